/** A database that is migrated already, as most starts find it: migrating an empty one is a fifth of what a start takes. */
import { randomBytes } from 'node:crypto';
import { copyFileSync, writeFileSync } from 'node:fs';
import { keyFileBeside } from '../../../src/store/vault/key-file.ts';
import { KEY_BYTES } from '../../../src/store/vault/vault.ts';

/** Where Vitest's global setup names the file that is copied. Benches have none, and Latchkey migrates for itself. */
export const MIGRATED_FILE = 'LATCHKEY_TESTS_MIGRATED_FILE';

/** Puts it where there is no database yet, with a key beside it. */
export function putMigrated(file: string): void {
  const migrated = process.env[MIGRATED_FILE];
  if (migrated === undefined) return;
  copyFileSync(migrated, file);
  const key = randomBytes(KEY_BYTES).toString('base64url');
  writeFileSync(keyFileBeside(file), key, { mode: 0o600 });
}
