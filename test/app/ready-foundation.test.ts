/** A start beside others that write the same, and beside a move. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type Foundation, openFoundation } from '../../src/app/foundation.ts';
import { openReadyFoundation } from '../../src/app/ready-foundation.ts';
import { BadConfiguration, refuseUnusable } from '../../src/app/refused-start.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Environment } from '../../src/config/variables.ts';
import type { Log } from '../../src/log.ts';
import { BeingMoved, holdForMove } from '../../src/store/hold-moving.ts';
import { putMigrated } from '../support/company/migrated-file.ts';
import { addedPerson } from '../support/given/added.ts';
import { migratedPostgres } from '../support/peers/postgres.ts';

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

const sqlite = () => `sqlite:${join(folder, 'latchkey.sqlite')}`;

function config(more: Environment = {}) {
  const read = readConfig({
    DATABASE_URL: sqlite(),
    ADMIN_EMAILS: 'ann@example.com',
    ...more,
  });
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

describe('beside "latchkey move"', () => {
  const used = () => new Error('in use');

  test('no Latchkey starts', async () => {
    const letGo = await holdForMove(sqlite(), used);
    await expect(openReadyFoundation(config(), {}, log)).rejects.toThrow(BeingMoved);
    await letGo();
  });

  test('on PostgreSQL a start holds it off until a heartbeat does', async () => {
    const postgres = await migratedPostgres();
    onTestFinished(postgres.cleanup);
    const LATCHKEY_KEYS = randomBytes(32).toString('base64url');
    const own = config({ DATABASE_URL: postgres.url, LATCHKEY_KEYS });
    const letGo = await holdForMove(postgres.url, used);
    await expect(openReadyFoundation(own, {}, log)).rejects.toThrow(BeingMoved);
    await letGo();
    const started = await openReadyFoundation(own, {}, log);
    await expect(holdForMove(postgres.url, used)).rejects.toThrow('in use');
    await started.isSeen();
    await (await holdForMove(postgres.url, used))();
    await started.close();
  });
});
