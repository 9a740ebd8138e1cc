/** Keys are changed while Latchkey runs, on both databases. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { Integration } from '../../../src/engine/people/directory.ts';
import { inTransaction } from '../../../src/store/database.ts';
import { createStores } from '../../../src/store/stores.ts';
import { resealAll } from '../../../src/store/vault/reseal.ts';
import { createVault } from '../../../src/store/vault/vault.ts';
import { insertIntegration } from '../../contracts/an-integration.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import type { temporaryDatabase } from '../../support/database/database.ts';

const now = new Date('2026-11-24T12:00:00.000Z');

describe.each(bothDatabases)('on %s', (_, open) => {
  let database: Awaited<ReturnType<typeof open>>;
  let integration: Integration;
  beforeEach(async () => {
    database = await open(() => now);
    integration = await insertIntegration(database.stores);
  });
  afterEach(() => database.cleanup());

  /** What another process sees and does that has these keys, the first of which seals. */
  const processWith = (...keys: readonly Uint8Array[]) => {
    const [db, vault] = [database.connect(), createVault(keys)];
    const { secrets, files, options } = createStores(db, vault);
    return {
      secrets,
      files,
      options,
      /** A transaction waits for its turn in the program, and not in SQLite's thread, which all connections of a test share. */
      putSecret: (name: string, value: string) =>
        inTransaction(db, (tx) => createStores(tx, vault).secrets.put(integration.id, name, value)),
    };
  };
  const storeSecrets = async (count: number) => {
    for (let n = 0; n < count; n += 1)
      await database.stores.secrets.put(integration.id, `S${n}`, `value-${n}`);
  };

  test('it was interrupted: what was sealed again stays so, and the next call does the rest', async () => {
    await storeSecrets(600);
    const newKey = randomBytes(32);
    const rotating = createVault([newKey, database.key]);

    let batches = 0;
    const interrupted = resealAll(database.db, rotating, () => {
      batches += 1;
      if (batches === 2) throw new RangeError('the process ended');
    });
    await expect(interrupted).rejects.toThrow('the process ended');

    const result = await resealAll(database.db, rotating);
    expect(result).toEqual({ resealed: 100, texts: 600, left: {}, unopened: [] });
    const secrets = await processWith(newKey).secrets.all(integration.id);
    expect(Object.keys(secrets)).toHaveLength(600);
    expect(secrets['S599']).toBe('value-599');
  });

  test('what others write at the same time is never overwritten, and the old key opens nothing afterwards', async () => {
    await storeSecrets(300);
    const newKey = randomBytes(32);
    const running = processWith(newKey, database.key);
    const old = processWith(database.key, newKey); // Restarted last, it still seals with the old key.

    let written = 0;
    const result = await resealAll(
      database.db,
      createVault([newKey, database.key]),
      // After the batch was read and sealed again, before the next one: others write behind and before it.
      ({ place }) => {
        if (place !== 'secrets.value' || written > 0) return;
        written += 1;
        writing.push(running.putSecret('S299', 'newer'));
        writing.push(old.putSecret('A-first', 'from the old process'));
      },
    );
    await Promise.all(writing);
    expect(result.left).toEqual({});

    const last = await resealAll(database.db, createVault([newKey, database.key]));
    expect(last).toMatchObject({ texts: 301, left: {} });
    const alone = await processWith(newKey).secrets.all(integration.id);
    expect(alone).toMatchObject({
      S0: 'value-0',
      S299: 'newer',
      'A-first': 'from the old process',
    });
  });
  const writing: Promise<void>[] = [];

  test('a hundred writers race with it for the same rows, and the last word of each stands', async () => {
    await storeSecrets(100);
    const newKey = randomBytes(32);
    const running = processWith(newKey, database.key);
    const [result] = await Promise.all([
      resealAll(database.db, createVault([newKey, database.key])),
      ...Array.from({ length: 100 }, (_each, n) => running.putSecret(`S${n}`, `again-${n}`)),
    ]);
    expect(result).toMatchObject({ texts: 100, left: {}, unopened: [] });
    const secrets = await processWith(newKey).secrets.all(integration.id);
    expect(secrets).toEqual(
      Object.fromEntries(Array.from({ length: 100 }, (_each, n) => [`S${n}`, `again-${n}`])),
    );
  });

  test('a part of a file is sealed again in its place', async () => {
    const { files } = database.stores;
    const part = { runId: newId(), name: 'photo.png', index: 0, last: true };
    await withoutForeignKeys(database, () =>
      files.putPart({ ...part, bytes: new TextEncoder().encode('a picture') }),
    );
    const newKey = randomBytes(32);
    await resealAll(database.db, createVault([newKey, database.key]));
    const read = await processWith(newKey).files.part(part.runId, part.name, 0);
    expect(new TextDecoder().decode(read?.bytes)).toBe('a picture');
  });

  test('a process that keeps sealing with another key is noticed', async () => {
    await storeSecrets(1);
    const newKey = randomBytes(32);
    const stubborn = processWith(database.key, newKey);
    const rotating = createVault([newKey, database.key]);
    // Seals again with the old key whatever was read, just before it is looked at for the last time.
    const result = await resealAll(database.db, {
      ...rotating,
      sealBytes: async (identity, plain) => {
        await stubborn.secrets.put(integration.id, 'S0', 'value-0');
        return rotating.sealBytes(identity, plain);
      },
    });
    expect(result).toMatchObject({ left: { 'secrets.value': 1 }, unopened: [] });
  });

  test('a text that no key opens is said, and everything else is sealed again', async () => {
    await storeSecrets(3);
    const lost = randomBytes(32);
    await processWith(lost).secrets.put(integration.id, 'LOST', 'x');
    const newKey = randomBytes(32);
    const result = await resealAll(database.db, createVault([newKey, database.key]));
    expect(result).toMatchObject({ resealed: 3, texts: 4, left: { 'secrets.value': 1 } });
    expect(result.unopened.map(({ code }) => code)).toEqual(['unknown-key']);
  });

  test('what goes by itself and no key opens keeps no key from being taken out', async () => {
    await storeSecrets(3);
    const kept = { kind: 'options', options: [] } as const;
    const soon = { at: now, expiresAt: new Date(now.getTime() + 60_000) };
    await processWith(randomBytes(32)).options.put('lost', kept, soon);
    await database.stores.options.put('kept', kept, soon);
    const newKey = randomBytes(32);
    const result = await resealAll(database.db, createVault([newKey, database.key]));
    expect(result).toEqual({ resealed: 4, texts: 4, left: {}, unopened: [] });
    expect(await processWith(newKey).options.find('kept', now)).toEqual(kept);
  });
});

/** A file belongs to a run, which has nothing to do with keys. */
async function withoutForeignKeys(
  { db }: { readonly db: Awaited<ReturnType<typeof temporaryDatabase>>['db'] },
  work: () => Promise<void>,
): Promise<void> {
  const isSqlite = String(db.client.config.client).includes('sqlite');
  await db.raw(
    isSqlite
      ? 'pragma foreign_keys = off'
      : 'alter table run_files drop constraint if exists run_files_run_id_foreign',
  );
  await work();
}
