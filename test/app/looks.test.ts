import { afterEach, beforeEach, expect, test } from 'vitest';
import { looksAt } from '../../src/app/looks.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Environment } from '../../src/config/variables.ts';
import { figuresOf, pageOf } from '../../src/observe/figures.ts';
import { addLooks, createMeters } from '../../src/observe/meters.ts';
import { type DatabaseWithFile, databaseWithFile } from '../support/database/database.ts';
import { ok } from '../support/given/outcomes.ts';

const NOON = new Date('2026-11-25T12:00:00Z');

let now: Date;
let database: DatabaseWithFile;
let failed: string[];
beforeEach(async () => {
  now = NOON;
  failed = [];
  database = await databaseWithFile(() => now);
});
afterEach(() => database.cleanup());

/** The lines of the page with that figure. */
async function shown(figure: string, more: Environment = {}): Promise<readonly string[]> {
  const { config } = ok(readConfig({ DATABASE_URL: database.url, ...more }));
  const { registry } = createMeters('main');
  const looks = looksAt(
    { ...database, config, now: () => now },
    { parts: async () => ({}), onError: (_, where) => void failed.push(where) },
  );
  addLooks(registry, looks);
  await figuresOf(registry); // As an earlier look at the page.
  const page = await pageOf([await figuresOf(registry)]);
  return page.split('\n').filter((line) => line.startsWith(figure));
}

test('the audit log has waited for its seal since its oldest entry', async () => {
  expect(await shown('latchkey_audit_unsealed_seconds')).toEqual([
    'latchkey_audit_unsealed_seconds{process="main"} 0',
  ]);
  await database.transact((tx) => tx.audit('keys.rotated', { actor: { kind: 'system' } }));
  now = new Date(NOON.getTime() + 90_000);
  await database.transact((tx) => tx.audit('keys.rotated', { actor: { kind: 'system' } }));
  expect(await shown('latchkey_audit_unsealed_seconds')).toEqual([
    'latchkey_audit_unsealed_seconds{process="main"} 90',
  ]);
});

test('free space is that of the disks that Latchkey writes to', async () => {
  const free = async (more?: Environment) =>
    (await shown('latchkey_disk_free_bytes', more)).map((line) => line.replace(/ [1-9]\d+$/, ' …'));
  expect(await free({ AUDIT_FILE: `${database.file}.jsonl` })).toEqual([
    'latchkey_disk_free_bytes{of="database",process="main"} …',
    'latchkey_disk_free_bytes{of="audit-file",process="main"} …',
  ]);
  expect(
    await free({ DATABASE_URL: 'postgres://db.example/latchkey', LATCHKEY_KEYS: 'A'.repeat(43) }),
  ).toEqual([]);
});

test('of a database that is away nothing is shown, and each look is said to have failed once', async () => {
  await database.db.destroy();
  expect(await shown('latchkey_audit_unsealed_seconds')).toEqual([]);
  expect(failed.toSorted()).toEqual([
    'the age of unsealed entries',
    'the count of removals',
    'the depth of the queue',
  ]);
});
