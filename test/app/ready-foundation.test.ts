/** A start beside others that write the same. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Foundation, openFoundation } from '../../src/app/foundation.ts';
import { openReadyFoundation } from '../../src/app/ready-foundation.ts';
import { BadConfiguration, refuseUnusable } from '../../src/app/refused-start.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Log } from '../../src/log.ts';
import { putMigrated } from '../support/company/migrated-file.ts';
import { addedPerson } from '../support/given/added.ts';

const log = { info: () => undefined, warn: () => undefined } as unknown as Log;

let folder: string;
let other: Foundation;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-ready-'));
  putMigrated(join(folder, 'latchkey.sqlite'));
  other = await openFoundation(config());
  await addedPerson(other.transact, { email: 'ann@example.com' });
  // As if another process changed her before each write of this one.
  await other.db.raw(
    'create trigger overtaken before update on people begin select raise(ignore); end',
  );
});
afterEach(async () => {
  await other.close();
  await rm(folder, { recursive: true });
});

function config() {
  const url = `sqlite:${join(folder, 'latchkey.sqlite')}`;
  const read = readConfig({ DATABASE_URL: url, ADMIN_EMAILS: 'ann@example.com' });
  if (!read.ok) throw new TypeError(JSON.stringify(read.problems));
  return read.config;
}

test('an admin whom another process changes at the same moment is made one a moment later', async () => {
  const waited: number[] = [];
  const pause = async (ms: number) => {
    waited.push(ms);
    if (waited.length === 3) await other.db.raw('drop trigger overtaken');
  };
  const started = await openReadyFoundation(config(), { pause }, log);
  expect((await started.stores.people.admins()).map(({ email }) => email)).toEqual([
    'ann@example.com',
  ]);
  expect(waited).toEqual([1000, 1000, 1000]);
  await started.close();
});

test('where that never ends, it is said, and a later start may go well', async () => {
  const starting = openReadyFoundation(config(), { pause: async () => undefined }, log);
  const refused = await starting
    .catch((error: unknown) => refuseUnusable(error, undefined))
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(BadConfiguration);
  expect(refused).toMatchObject({
    exitCode: 1,
    problems: [
      {
        variable: 'DATABASE_URL',
        message: expect.stringMatching(/start this one again$/) as unknown,
      },
    ],
  });
});
