/** Whose keys are refused, and with whose the rest goes on, on both databases. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { requireKeys } from '../../src/app/foundation.ts';
import { keepErased } from '../../src/store/people/erased-addresses.ts';
import { createStores } from '../../src/store/stores.ts';
import { signingKey } from '../../src/store/vault/signing-key.ts';
import { createVault } from '../../src/store/vault/vault.ts';
import { insertIntegration } from '../contracts/an-integration.ts';
import { bothDatabases } from '../support/database/both-databases.ts';

const now = new Date('2026-11-24T12:00:00.000Z');

describe.each(bothDatabases)('on %s', (_, open) => {
  let database: Awaited<ReturnType<typeof open>>;
  beforeEach(async () => {
    database = await open(() => now);
  });
  afterEach(() => database.cleanup());

  const sealSecret = async (key: Uint8Array) => {
    const stores = createStores(database.db, createVault([key]));
    const { id } = await insertIntegration(stores);
    await stores.secrets.put(id, 'TOKEN', 'hunter2hunter2');
  };
  const looked = (...keys: readonly Uint8Array[]) =>
    requireKeys({ db: database.db, vault: createVault(keys) });

  test('keys that open everything are the right ones', async () => {
    await sealSecret(database.key);
    expect(await looked(randomBytes(32), database.key)).toBeUndefined();
  });

  test('a key that opens nothing is that of another database', async () => {
    await sealSecret(database.key);
    await expect(looked(randomBytes(32))).rejects.toThrow('is not the key of this database');
  });

  test('where one of two keys was lost, the rest goes on, and it is said how much can not be opened', async () => {
    await sealSecret(randomBytes(32));
    await sealSecret(database.key);
    expect(await looked(database.key)).toMatch(
      /^1 of the 2 encrypted texts checked can't be opened, since key \S+ is not in LATCHKEY_KEYS/,
    );
  });

  test('where only the key that signs the audit log was lost, that is said, and nobody has to be forgotten', async () => {
    await signingKey(database.db, createVault([randomBytes(32)]));
    await sealSecret(database.key);
    const refusal = looked(database.key);
    await expect(refusal).rejects.toThrow(
      /^lacks the key \S+, which Latchkey needs to sign the audit log, .+ docs\/backup.md says how to continue/,
    );
    await expect(refusal).rejects.not.toThrow('whom you erased');
    const [, cure = ''] =
      /`(DELETE FROM peppers WHERE .+?;)`/.exec(readFileSync('docs/backup.md', 'utf8')) ?? [];
    await database.db.raw(cure);
    expect(await looked(database.key)).toBeUndefined();
  });

  test('where the key of the pepper was lost, nobody knows who was erased: it is refused until they are forgotten', async () => {
    await keepErased(database.db, createVault([randomBytes(32)]), {
      email: 'ada@example.com',
      at: now,
    });
    await sealSecret(database.key);
    await expect(looked(database.key)).rejects.toThrow(
      /^lacks the key \S+, which Latchkey needs to recognise people whom you erased: .+ docs\/backup.md says how to continue/,
    );

    const manual = readFileSync('docs/backup.md', 'utf8');
    const statements = /```sql\n(.+)\n```/.exec(manual)?.[1]?.split(';').filter(Boolean) ?? [];
    for (const statement of statements) await database.db.raw(statement);
    expect(await looked(database.key)).toBeUndefined();
    await keepErased(database.db, createVault([database.key]), {
      email: 'bob@example.com',
      at: now,
    });
    expect(await looked(database.key)).toBeUndefined();
  });

  test('what goes by itself may have been sealed with any key', async () => {
    const other = createStores(database.db, createVault([randomBytes(32)]));
    await other.options.put('key', { kind: 'options', options: [] }, { at: now, expiresAt: now });
    expect(await looked(database.key)).toBeUndefined();
  });
});
