/** How long the pages of the overview take to read where there are many people and apps. */
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { newId } from '../src/core/ids.ts';
import { statesOf } from '../src/engine/findings/finding.ts';
import { health, troubledApps } from '../src/engine/overview/health.ts';
import { allHolders, holdersPage, peoplePage } from '../src/engine/overview/overview.ts';
import type { Integration } from '../src/engine/people/directory.ts';
import { blank } from '../src/engine/people/people.ts';
import type { Stores } from '../src/engine/ports/unit-of-work.ts';
import { openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrations.ts';
import { createStores } from '../src/store/stores.ts';
import { createVault } from '../src/store/vault/vault.ts';
import { insertRows } from '../src/store/work/insert-rows.ts';
import { onEachDatabase } from './support/databases.ts';
import { type Figure, inWords } from './support/figure.ts';

const PEOPLE = 50_000;
const APPS = 50;
/** How many apps each person has. */
const EACH = 10;
const ROWS_AT_ONCE = 250;
/** How often each page is read. */
const TIMES = 20;
const PAGE = 25;
const FINDINGS_PAGE = 50;
const KINDS = ['orphan', 'found', 'unused', 'left-behind', 'missing'] as const;
const NOON = Date.UTC(2026, 10, 25, 12);

/** `npm run bench -- overview [PEOPLE [APPS [EACH]]] [sqlite|postgres]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const [people = PEOPLE, apps = APPS, each = EACH] = args.map(Number).filter((size) => size > 0);
  return onEachDatabase(args, (name, url) => measure(name, url, { people, apps, each }));
}

interface Sizes {
  readonly people: number;
  readonly apps: number;
  readonly each: number;
}

async function measure(name: string, url: string, sizes: Sizes): Promise<readonly Figure[]> {
  const db = openDatabase(url);
  try {
    await migrate(db);
    const stores = createStores(db, createVault([randomBytes(32)]));
    const integrations = await fill(db, stores, sizes);
    // A database that grew slowly has statistics.
    if (url.startsWith('postgres')) await db.raw('analyze');
    const [first] = integrations;
    if (!first) throw new Error('There is no app');
    const of = `overview, ${name}: ${sizes.people} people, ${sizes.apps} apps, ${sizes.each} each`;
    const last = Math.max(0, sizes.people - PAGE);
    const everyone = { text: '', who: 'active' } as const;
    return [
      await page(`${of}; people, the first page`, () =>
        peoplePage(stores, everyone, { offset: 0, limit: PAGE }),
      ),
      await page(`${of}; people, the last page`, () =>
        peoplePage(stores, everyone, { offset: last, limit: PAGE }),
      ),
      await page(`${of}; people, by a name`, () =>
        peoplePage(stores, { ...everyone, text: 'person77' }, { offset: 0, limit: PAGE }),
      ),
      await page(`${of}; everyone at an app, the first page`, () => holdersPage(stores, first)),
      await page(`${of}; the counts of all apps`, () =>
        Promise.all(integrations.map(({ id }) => stores.access.countAt(id))),
      ),
      await page(`${of}; findings, the first page`, () =>
        stores.findings.list({ states: statesOf('open') }, { offset: 0, limit: FINDINGS_PAGE }),
      ),
      await page(`${of}; findings of one kind at an app, the first page`, () =>
        stores.findings.list(
          { kind: 'orphan', integrationId: first.id },
          { offset: 0, limit: FINDINGS_PAGE },
        ),
      ),
      await page(`${of}; health, with every app`, () =>
        Promise.all([health(stores), troubledApps(stores)]),
      ),
      await file(`${of}; everyone at an app as a file`, () => linesOf(allHolders(stores, first))),
      await file(`${of}; all findings as a file`, () => allFindings(stores)),
    ];
  } finally {
    await db.destroy();
  }
}

async function fill(db: Knex, stores: Stores, sizes: Sizes): Promise<readonly Integration[]> {
  const integrations = Array.from(
    { length: sizes.apps },
    (_, index): Integration => ({
      id: newId(),
      version: 1,
      name: `App ${index}`,
      enabled: true,
      createdAt: new Date(NOON),
    }),
  );
  for (const each of integrations) await stores.integrations.insert(each);
  for (let first = 0; first < sizes.people; first += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, sizes.people - first);
    const people = Array.from({ length: count }, (_, index) => ({
      ...blank(newId(), `p${first + index}@lab.example`),
      firstName: `Person${first + index}`,
      lastName: 'Vance',
    }));
    await stores.people.insertMany(people);
    const held = people.flatMap(({ id }, index) =>
      Array.from({ length: sizes.each }, (_, each) => ({
        person_id: id,
        integration_id: integrations[(first + index + each) % integrations.length]?.id ?? '',
      })),
    );
    await insertRows(
      db,
      'access',
      held.map((each) => ({ ...each, state: 'has', reason: '', since: NOON, checked_at: NOON })),
    );
    await insertRows(
      db,
      'holds',
      held.map((each) => ({
        ...each,
        id: newId(),
        version: 1,
        source: 'by-hand',
        given_by: JSON.stringify({ kind: 'system' }),
        started_at: NOON,
      })),
    );
    // One for each person: as many as an app has that no one ever compared.
    await insertRows(
      db,
      'findings',
      people.map(({ id: personId }, index) => ({
        id: newId(),
        version: 1,
        integration_id: integrations[(first + index) % integrations.length]?.id ?? '',
        subject: `account:${personId}`,
        kind: KINDS[index % KINDS.length] ?? 'orphan',
        state: index % 2 === 0 ? 'open' : 'resolved',
        account_id: personId,
        person_id: personId,
        label: `p${first + index}@lab.example`,
        found_at: NOON + first + index,
        seen_at: NOON,
        round_id: 'r',
      })),
    );
  }
  return integrations;
}

async function page(what: string, read: () => Promise<unknown>): Promise<Figure> {
  const times: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const begun = performance.now();
    await read();
    times.push(performance.now() - begun);
  }
  return { what, value: inWords(times), aim: 'median under 200 ms' };
}

async function linesOf(parts: AsyncIterable<readonly unknown[]>): Promise<number> {
  let lines = 0;
  for await (const part of parts) lines += part.length;
  return lines;
}

async function allFindings({ findings }: Stores): Promise<number> {
  let lines = 0;
  for (let after = ''; ; ) {
    const some = await findings.after({}, after, ROWS_AT_ONCE);
    lines += some.length;
    after = some.at(-1)?.id ?? after;
    if (some.length < ROWS_AT_ONCE) return lines;
  }
}

async function file(what: string, read: () => Promise<number>): Promise<Figure> {
  const begun = performance.now();
  const rows = await read();
  const seconds = (performance.now() - begun) / 1000;
  return { what, value: `${rows} lines in ${seconds.toFixed(1)} s` };
}
