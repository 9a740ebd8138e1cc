/** How long the pages of the overview take to read where there are many people and apps. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { newId } from '../src/core/ids.ts';
import { allHolders, holdersPage, peoplePage } from '../src/engine/overview/overview.ts';
import type { Integration } from '../src/engine/people/directory.ts';
import { blank } from '../src/engine/people/people.ts';
import type { Stores } from '../src/engine/ports/unit-of-work.ts';
import { openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrations.ts';
import { createStores } from '../src/store/stores.ts';
import { createVault } from '../src/store/vault/vault.ts';
import { insertRows } from '../src/store/work/insert-rows.ts';
import { type Figure, inWords } from './support/figure.ts';

const PEOPLE = 50_000;
const APPS = 50;
/** How many apps each person has. */
const EACH = 10;
const ROWS_AT_ONCE = 250;
/** How often each page is read. */
const TIMES = 20;
const PAGE = 25;
const NOON = Date.UTC(2026, 10, 25, 12);

/** `npm run bench -- overview [PEOPLE [APPS]]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const [people = PEOPLE, apps = APPS] = args.map(Number);
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-overview-'));
  const { startPostgres } = await import('../test/support/peers/embedded-postgres.ts');
  const server = await startPostgres(true);
  try {
    const sizes = { people, apps };
    return [
      ...(await measure('SQLite', `sqlite:${join(folder, 'a.sqlite')}`, sizes)),
      ...(await measure('PostgreSQL', await server.createDatabase('overview'), sizes)),
    ];
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Sizes {
  readonly people: number;
  readonly apps: number;
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
    const of = `overview, ${name}: ${sizes.people} people, ${sizes.apps} apps, ${EACH} each`;
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
      await file(`${of}; everyone at an app as a file`, stores, first),
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
      Array.from({ length: EACH }, (_, each) => ({
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

async function file(what: string, stores: Stores, app: Integration): Promise<Figure> {
  const begun = performance.now();
  let rows = 0;
  for await (const entries of allHolders(stores, app)) rows += entries.length;
  const seconds = (performance.now() - begun) / 1000;
  return { what, value: `${rows} lines in ${seconds.toFixed(1)} s` };
}
