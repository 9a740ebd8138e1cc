/** Access reviews in the overview: their numbers, each access with what became of it, and the recurring ones. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { closeAsGone } from '../../../src/engine/access/removals/removals.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { blank } from '../../../src/engine/people/people.ts';
import { makeCampaign } from '../../../src/engine/reviews/campaigns.ts';
import type { Review } from '../../../src/engine/reviews/review.ts';
import { decideItem } from '../../../src/engine/reviews/reviews.ts';
import { startReview } from '../../../src/engine/reviews/start-review.ts';
import { type TestWeb, testWeb, type WebBrowser } from '../../support/browser/web.ts';
import { present } from '../../support/given/outcomes.ts';
import { hasAccess } from '../../support/has-access.ts';
import { inState } from '../../support/removals.ts';

const NAMES = ['Ann', 'Ben', 'Cy', 'Dee', 'Eve', 'Fay'] as const;
const system = { kind: 'system' } as const;

let web: TestWeb;
let fernboard: string;
let boss: Person;
let review: Review;
let browser: WebBrowser;
let root: string;

beforeEach(async () => {
  web = await testWeb();
  fernboard = await web.chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
    revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
  });
  boss = await web.chat.person({ email: 'bo@example.com', firstName: 'Bo', lastName: 'Boss' });
  for (const firstName of NAMES) {
    const email = `${firstName}@example.com`.toLowerCase();
    const managerEmail = boss.email;
    const person = await web.chat.person({ email, firstName, lastName: 'Lee', managerEmail });
    await hasAccess(web.chat, person, { integrationId: fernboard });
  }
  const started = await web.chat.services.transact((tx) =>
    startReview(tx, {
      name: 'Autumn',
      dueDate: '2026-12-09',
      actor: system,
      startedBy: boss,
    }),
  );
  if (!started) throw new Error('There was nothing to review');
  review = started;
  const opened = await web.opened('overview', 'overview');
  browser = opened.browser;
  root = opened.page.at;
});
afterEach(() => web.close());

const stores = () => web.chat.services.stores;

async function decide(name: (typeof NAMES)[number], verdict: 'kept' | 'revoked') {
  const person = present(await stores().people.findByEmail(`${name}@example.com`.toLowerCase()));
  await web.chat.services.transact((tx) =>
    decideItem(tx, {
      reviewId: review.id,
      personId: person.id,
      integrationId: fernboard,
      verdict,
      by: boss,
      actor: system,
    }),
  );
  const removal = await stores().removals.open(person.id, fernboard);
  return removal as NonNullable<typeof removal>; // Of what was revoked.
}

/** One kept, one not decided, and of four revoked: proven gone, removed by hand, stuck, and a task. */
async function decided(): Promise<void> {
  const at = web.chat.services.now();
  await decide('Ann', 'kept');
  const [ben, cy] = [await decide('Ben', 'revoked'), await decide('Cy', 'revoked')];
  await web.chat.services.transact(async (tx) => {
    const how = { canAsk: true, actor: system };
    await closeAsGone(tx, ben, { ...how, proof: { kind: 'asked', at } });
    await closeAsGone(tx, cy, { ...how, proof: { kind: 'done', at, byId: boss.id } });
  });
  await inState(web.chat, await decide('Dee', 'revoked'), { state: 'stuck' });
  await inState(web.chat, await decide('Eve', 'revoked'), { state: 'by-hand' });
}

const page = async (path: string): Promise<string> => {
  const answer = await browser.get(`${root}${path}`);
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.text;
};

/** The cells of the row that begins so. */
function rowOf(html: string, begins: string): readonly string[] {
  const rows = html.match(/<tr[^>]*>.*?<\/tr>/gs) ?? [];
  const cells = rows.map((row) =>
    [...row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/gs)].map(([, cell = '']) =>
      cell.replace(/<[^>]*>/g, '').trim(),
    ),
  );
  const found = cells.find(([first]) => first === begins);
  if (!found) throw new Error(`No row begins with ${begins}`);
  return found;
}

test('each has its numbers, and tells what was proven from what someone says', async () => {
  await decided();
  const html = await page('/reviews');
  expect(rowOf(html, 'Review').slice(2)).toEqual([
    'Accesses',
    'Undecided',
    'Kept',
    'Revoked',
    'Proven gone',
    'Removed by hand',
    'Stuck',
    'To remove by hand',
  ]);
  expect(rowOf(html, 'Autumn')).toEqual([
    'Autumn',
    'open until 9 Dec 2026',
    '6',
    '1',
    '1',
    '4',
    '1',
    '1',
    '1',
    '1',
  ]);
});

test('one shows each access with its verdict and what became of it, and is a file', async () => {
  await decided();
  const html = await page(`/reviews/${review.id}`);
  expect(rowOf(html, 'Ann Lee')).toEqual(['Ann Lee', 'Fernboard', 'Bo Boss', 'kept', '']);
  expect(rowOf(html, 'Fay Lee').slice(2)).toEqual(['Bo Boss', 'not decided', '']);
  expect(rowOf(html, 'Ben Lee').at(-1)).toContain('Gone');
  expect(rowOf(html, 'Bo Boss')).toEqual(['Bo Boss', '6', '1']);
  const [head, ...lines] = (await page(`/reviews/${review.id}/review.csv`)).trim().split('\r\n');
  expect(head).toContain('person,integration,verdict');
  expect(lines).toHaveLength(6);
  expect(lines.find((line) => line.startsWith('"Cy') || line.startsWith('Cy'))).toContain('done');
});

test('a recurring one is there with its next date, and says when it is damaged or stopped', async () => {
  const draft = {
    name: 'Quarterly',
    every: 'quarter',
    firstOn: '2026-12-01',
    days: 14,
    reviewers: 'managers',
    reviewerIds: [],
    undecided: 'keep',
    scope: {},
  } as const;
  const made = await web.chat.services.transact((tx) =>
    makeCampaign(tx, draft, { by: boss, actor: system }),
  );
  expect(rowOf(await page('/reviews'), 'Quarterly')).toEqual(['Quarterly', '1 Dec 2026']);
  await web.chat.database.db('review_campaigns').update({ scope: 'damaged' });
  const idle = 'starts nothing until it is edited';
  expect(rowOf(await page('/reviews'), 'Quarterly')).toEqual(['Quarterly', idle]);
  await web.chat.services.transact((tx) => tx.campaigns.save({ ...made, state: 'stopped' }));
  expect(rowOf(await page('/reviews'), 'Quarterly')).toEqual(['Quarterly', 'stopped']);
});

test('a review with more reviewers than fit on a page has all of them on its pages', async () => {
  const { newId, transact } = web.chat.services;
  const many = Array.from({ length: 60 }, (_, n) => `rev-${String(n).padStart(2, '0')}`);
  const people = many.map((lastName) => ({
    ...blank(newId(), `${lastName}@example.com`),
    lastName,
  }));
  await stores().people.insertMany(people);
  const bySelf = people.map(({ id }, n) => ({ id, reviewerId: people[(n + 1) % 60]?.id ?? '' }));
  await transact((tx) =>
    tx.reviews.insertItems(
      bySelf.map(({ id: personId, reviewerId }) => ({
        reviewId: review.id,
        personId,
        integrationId: fernboard,
        reviewerId,
        state: 'open',
      })),
    ),
  );
  const reviewersOn = async (path: string): Promise<readonly string[]> => {
    const [, table = ''] =
      /Reviewers<[\s\S]*?<tbody[^>]*>([\s\S]*?)<\/tbody>/.exec(await page(path)) ?? [];
    return table.match(/rev-\d\d|Bo Boss/g) ?? [];
  };
  const first = await reviewersOn(`/reviews/${review.id}`);
  const second = await reviewersOn(`/reviews/${review.id}?page=2`);
  expect([first.length, second.length]).toEqual([50, 11]);
  expect(new Set([...first, ...second]).size).toBe(61);
});
