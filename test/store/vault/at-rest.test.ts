import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createStores } from '../../../src/store/stores.ts';
import { resealAll } from '../../../src/store/vault/reseal.ts';
import { sealedColumns } from '../../../src/store/vault/sealed-columns.ts';
import { createVault } from '../../../src/store/vault/vault.ts';
import { type DatabaseWithFile, databaseWithFile } from '../../support/database/database.ts';
import { anIntegration, hidden, storeEverythingHidden } from '../../support/database/every-row.ts';

const now = new Date('2026-11-24T12:00:00.000Z');

let database: DatabaseWithFile;
beforeEach(async () => {
  database = await databaseWithFile(() => now);
});
afterEach(() => database.cleanup());

test('no secret, form value or response is readable in the files of the database', async () => {
  await storeEverythingHidden(database);

  const files = await filesOf(database);
  // What is plain is found, so what is not found below really is hidden.
  expect(files.some((bytes) => bytes.includes('plain-position'))).toBe(true);
  const readable = Object.values(hidden).filter((value) =>
    writtenAs(value).some((form) => files.some((bytes) => bytes.includes(form))),
  );
  expect(readable).toEqual([]);
});

test('a sealed value that is copied to another row is refused', async () => {
  const { stores, db } = database;
  const [mine, other] = [anIntegration(), anIntegration()];
  await stores.integrations.insert(mine);
  await stores.integrations.insert(other);
  await stores.secrets.put(mine.id, 'TOKEN', hidden.secret);
  await stores.secrets.put(other.id, 'TOKEN', 'theirs');

  const sealed = await db<{ integration_id: string; value: string }>('secrets')
    .where({ integration_id: mine.id })
    .first();
  await db('secrets')
    .where({ integration_id: other.id })
    .update({ value: sealed?.value ?? '' });

  await expect(stores.secrets.all(other.id)).rejects.toMatchObject({ code: 'wrong-row' });
  expect(await stores.secrets.all(mine.id)).toEqual({ TOKEN: hidden.secret });
});

test('every sealed column is known, and everything is sealed again under a new first key', async () => {
  await storeEverythingHidden(database);
  const before = await sealedTexts(database);
  const known = Object.values(sealedColumns).map(({ table, column }) => `${table}.${column}`);
  expect([...new Set(before.map(({ place }) => place))].toSorted()).toEqual(known.toSorted());

  const newKey = randomBytes(32);
  const rotating = createVault([newKey, database.key]);
  const proof = { texts: before.length, left: {}, unopened: [] };
  expect(await resealAll(database.db, rotating)).toEqual({ resealed: before.length, ...proof });
  expect(await resealAll(database.db, rotating)).toEqual({ resealed: 0, ...proof });

  const after = await sealedTexts(database);
  expect(after).toHaveLength(before.length);
  const stores = createStores(database.db, createVault([newKey]));
  const [integration] = await stores.integrations.list();
  expect(await stores.secrets.all(integration?.id ?? '')).toEqual({ TOKEN: hidden.secret });
  const [removal] = await stores.removals.openAt(integration?.id ?? '');
  expect(removal).toMatchObject({ why: hidden.removalWhy, note: hidden.removalNote });
  const [account] = await stores.accounts.openOf(removal?.personId ?? '');
  expect(account?.facts).toEqual({ USERNAME: hidden.accountFact });
});

test('no list stops where a text in it is damaged', async () => {
  await storeEverythingHidden(database);
  const { stores, db } = database;
  const rows = async (table: string) =>
    (await db<Record<string, string>>(table).orderBy('id').first()) ?? {};
  const page = { offset: 0, limit: 9 };
  const { person_id: personId = '', id: requestId = '' } = await rows('access_requests');
  const { id: versionId = '' } = await rows('bundle_versions');
  const { id: ruleId = '' } = await rows('rules');
  const { id: endpointId = '' } = await rows('event_endpoints');
  const { id: transitionId = '' } = await rows('transitions');
  const { run_id: runId = '' } = (await db<Record<string, string>>('run_steps').first()) ?? {};
  const ids = (await stores.integrations.list()).map(({ id }) => id);
  const [integrationId = ''] = ids;
  await db('deliveries').update({ state: 'failed', due_at: null, finished_at: now.getTime() });
  const lists: Readonly<Record<string, () => Promise<unknown>>> = {
    access: () => stores.access.forPerson(personId),
    accounts: () => stores.accounts.openOf(personId),
    lists: () => stores.accountRounds.all(),
    removals: () => stores.removals.openAt(integrationId),
    runs: () => stores.runs.list({}, page),
    imports: () => stores.syncRuns.newestByApp(),
    tasks: () => stores.tasks.list({}, page),
    requests: () => stores.requests.list({}, page),
    verdicts: () => stores.requests.verdicts(requestId),
    questions: () => stores.questions.of(requestId),
    reassignments: () => stores.reassignments.of(requestId),
    exceptions: () => stores.ruleExceptions.ofRule(ruleId, now, page),
    moves: () => stores.transitions.items(transitionId),
    deliveries: () => stores.deliveries.unsent(new Date(0), page),
    'messages of a run': () => stores.deliveries.forRun(runId),
    events: () => stores.eventDeliveries.list(endpointId, page),
    authenticators: () => stores.authenticators.of(personId),
    bundles: () => stores.bundles.findVersions([versionId]),
    secrets: () => stores.secrets.allOf(ids),
    connections: () => stores.oauth.findMany(ids),
  };
  for (const { table, column } of Object.values(sealedColumns))
    await db(table)
      .whereNotNull(column)
      .update({ [column]: 'damaged' });
  const failed: string[] = [];
  for (const [name, read] of Object.entries(lists))
    await read().catch((error: unknown) => failed.push(`${name}: ${String(error)}`));
  expect(failed).toEqual([]);
});

/** Every text in the database that looks like a JWE, and its table and column. */
async function sealedTexts({ db }: DatabaseWithFile) {
  const tables: readonly string[] = await db('sqlite_master').where('type', 'table').pluck('name');
  const found: { readonly place: string; readonly text: string }[] = [];
  for (const table of tables) {
    for (const row of await db(table).select<Record<string, unknown>[]>('*')) {
      for (const [column, text] of Object.entries(row)) {
        if (typeof text === 'string' && /^eyJ[\w-]+\.\.[\w.-]+$/.test(text)) {
          found.push({ place: `${table}.${column}`, text });
        }
      }
    }
  }
  return found;
}

/** The database, its write-ahead log and whatever else lies beside them. */
async function filesOf({ file }: DatabaseWithFile): Promise<readonly Buffer[]> {
  const names = await readdir(dirname(file));
  expect(names).toContain('latchkey.sqlite-wal');
  return Promise.all(names.map((name) => readFile(join(dirname(file), name))));
}

/** The value itself, and in the three ways base64 may write it, depending on what stands before it. */
function writtenAs(value: string): readonly string[] {
  const shifted = [0, 1, 2].map((before) =>
    Buffer.from(`${'x'.repeat(before)}${value}`)
      .toString('base64url')
      .slice(4, -4),
  );
  return [value, ...shifted];
}
