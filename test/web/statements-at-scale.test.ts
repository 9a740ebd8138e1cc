/**
 * What pages, lists and forms ask of the database doesn't grow with the company: each is counted in a small one, and once more when that
 * has many copies of everything.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { actions, commands } from '../../src/bots/features/features.ts';
import type { PressReply } from '../../src/bots/view/action.ts';
import type { Card } from '../../src/bots/view/card.ts';
import { endpoints } from '../../src/web/api/endpoints.ts';
import { type TestWeb, testWeb } from '../support/browser/web.ts';
import { buttonsOf, Clicker } from '../support/clicks.ts';
import { furnish, growBy } from '../support/company/furniture.ts';
import { statementsOf } from '../support/database/plans.ts';

/** More than any list shows on a page. */
const COPIES = 20;

const PEOPLE = ['ada', 'mia', 'ann'] as const;
type Who = (typeof PEOPLE)[number];

/** How many statements each page, list or form asked, by its name. */
type Counts = ReadonlyMap<string, number>;

/** The second time: some of what is read, as what a manifest says, is kept. */
async function again(look: () => Promise<Counts>): Promise<Counts> {
  await look();
  return look();
}

let web: TestWeb;
let overview: (path: string) => Promise<unknown>;
const before = new Map<string, Counts>();

beforeAll(async () => {
  web = await testWeb();
  const { browser, page } = await web.opened('overview', 'overview');
  overview = (path) => browser.get(`${page.at}${path}`);
  await furnish(web.chat, web.admin);
  for (const [name, look] of looks) before.set(name, await again(look));
  await growBy(COPIES, web.chat.database);
});
afterAll(() => web.close());

/**
 * Without what says how many there are: a list that fits on its page knows. A word that chooses its list may ask for it twice; a count for
 * each row is asked more often.
 */
async function asked(work: () => Promise<unknown>): Promise<number> {
  const all = (await statementsOf(web.chat.database.db, work)).map(({ sql }) => sql);
  const times = (sql: string) => all.filter((each) => each === sql).length;
  return all.filter((sql) => !sql.startsWith('select count(') || times(sql) > 2).length;
}

const page = (path: string) => async (): Promise<Counts> =>
  new Map([[path, await asked(() => overview(path))]]);

const PATHS = [
  '',
  '/people',
  '/apps',
  '/removals',
  '/reviews',
  '/findings',
  '/health',
  '/evidence',
];

const listed = (endpoint: (typeof endpoints)[number], who: Who) => async (): Promise<Counts> => {
  const { services } = web.chat;
  const reader = await services.stores.people.findByEmail(`${who}@example.com`);
  if (!reader) throw new Error(`There is no ${who}`);
  const actor = { kind: 'person', personId: reader.id, via: 'web' } as const;
  const turn = {
    ...services,
    reader,
    actor,
    tokenId: 'none',
    timeZone: 'UTC',
    isKeyedHash: () => false,
  };
  const query = { id: '', query: new URLSearchParams(), body: undefined, bytes: '' };
  const count = await asked(async () => {
    const outcome = await endpoint.respond({ ...query, key: undefined }, turn);
    if (!('status' in outcome)) throw new Error(JSON.stringify(outcome));
  });
  return new Map([[endpoint.path, count]]);
};

/** The answer to a word, what its buttons open, and the forms on those. */
const typed = (word: string, who: Who) => async (): Promise<Counts> => {
  const clicker = new Clicker(web.chat, `${who}@example.com`);
  const counts = new Map<string, number>();
  const shown = async (name: string, press: () => Promise<PressReply>) => {
    let card: Card | undefined;
    counts.set(
      name,
      await asked(async () => {
        card = await cardOf(await press(), clicker);
      }),
    );
    return card;
  };
  const opened = async (name: string, card: Card | undefined, isDeep: boolean): Promise<void> => {
    for (const button of card ? buttonsOf(card) : []) {
      const { id } = button.does;
      const path = `${name} › ${button.label} (${id})`;
      const isForm = actions.findForm(id) !== undefined;
      if (counts.has(path) || !(isForm || (isDeep && OPENS.test(id)))) continue;
      const next = await shown(path, () => clicker.press(button));
      if (!isForm) await opened(path, next, false);
    }
  };
  await opened(word, await shown(word, () => clicker.writes(word)), true);
  return counts;
};

/** Buttons that only show something. */
const OPENS = /[.-](?:open|page|show|pick|details)$/;

async function cardOf(reply: PressReply, clicker: Clicker): Promise<Card | undefined> {
  if (reply.kind === 'open') {
    await reply.form;
    return undefined;
  }
  if (!('card' in reply)) return undefined;
  return 'view' in reply.card ? clicker.sees(reply.card) : reply.card;
}

const looks = new Map<string, () => Promise<Counts>>([
  ...PATHS.map((path) => [`the overview${path}`, page(path)] as const),
  ...endpoints
    .filter(({ isList, path }) => isList && !path.includes('{'))
    .flatMap((endpoint) =>
      PEOPLE.filter((who) => who === 'ada' || endpoint.path !== '/audit').map(
        (who) => [`GET ${endpoint.path} by ${who}`, listed(endpoint, who)] as const,
      ),
    ),
  ...commands.flatMap(({ word }) =>
    PEOPLE.map((who) => [`"${word}" by ${who}`, typed(word, who)] as const),
  ),
]);

test.each([...looks])('%s asks no more in a large company', async (name, look) => {
  const small = before.get(name);
  const grown = [...(await again(look))].flatMap(([what, count]) => {
    // Only a large company has a second page and a search.
    const few = small?.get(what);
    return few === undefined || count <= few ? [] : [`${what}: ${few}, then ${count}`];
  });
  expect(grown).toEqual([]);
});

test('the large company has more of everything than a page shows', async () => {
  const { stores } = web.chat.services;
  const first = { offset: 0, limit: 50 };
  const lists = [
    stores.people.search('', first),
    stores.requests.list({ state: 'open' }, first),
    stores.findings.list({}, first),
    stores.reviews.list(first),
    stores.bundles.list('', first),
    stores.rules.list('', first),
    stores.sequences.list('', first),
    stores.removals.list({}, first),
  ];
  for (const { total } of await Promise.all(lists)) expect(total).toBeGreaterThan(50);
  expect((await stores.integrations.list()).length).toBeGreaterThan(50);
});
