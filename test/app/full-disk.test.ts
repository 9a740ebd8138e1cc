import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { putMigrated } from '../support/company/migrated-file.ts';

test('a start that can store nothing says that the disk is full', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-full-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'latchkey.sqlite');
  putMigrated(file);
  // In blocks of 512 bytes: enough to look at the tables, and not for an admin.
  const line = `ulimit -f 64; exec '${process.execPath}' '${resolve('dist/src/main.js')}'`;
  const env = {
    PATH: process.env['PATH'],
    DATABASE_URL: `sqlite:${file}`,
    LATCHKEY_KEYS: randomBytes(32).toString('base64url'),
    ADMIN_EMAILS: 'ann@example.com',
  };
  const starting = promisify(execFile)('sh', ['-c', line], { env, cwd: folder });
  const { code, stderr } = (await starting.catch((error: unknown) => error)) as {
    readonly code: number;
    readonly stderr: string;
  };
  expect(code).toBe(1);
  expect(stderr).toMatch(/^DATABASE_URL: can't be used \(SQLITE_\w+, .*\): .*disk is full.*\n$/);
});
