/** What has to be there after a power failure: contents are on the disk before their name is, and then the name. */
import { randomBytes } from 'node:crypto';
import files, { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { writeFolder } from '../../src/cli/configuration-files/folder.ts';
import { writeNew } from '../../src/cli/proof/write-new.ts';
import { writeEnvFile } from '../../src/cli/setup/env-file.ts';
import { renameDurably } from '../../src/store/folder.ts';
import { defaultKey } from '../../src/store/vault/key-file.ts';

const done: string[] = [];
const synced = (path: unknown) => void done.push(`sync ${basename(String(path))}`);

beforeAll(() => {
  const real = { ...files };
  vi.spyOn(files, 'open').mockImplementation(async (...given) => {
    const handle = await real.open(...given);
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      await sync();
      synced(given[0]);
    };
    return handle;
  });
  vi.spyOn(files, 'writeFile').mockImplementation(async (...given) => {
    await real.writeFile(...given);
    const [path, , options] = given;
    if (typeof options === 'object' && options?.flush === true) synced(path);
  });
  vi.spyOn(files, 'rename').mockImplementation(async (from, to) => {
    await real.rename(from, to);
    done.push(`rename to ${basename(String(to))}`);
  });
  vi.spyOn(files, 'link').mockImplementation(async (from, to) => {
    await real.link(from, to);
    done.push(`link to ${basename(String(to))}`);
  });
  syncBuiltinESMExports();
});
afterAll(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'latchkey-durable-')), 'data');
  await mkdir(folder);
  done.length = 0;
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

test('a name', async () => {
  await writeFile(join(folder, 'draft'), 'x');
  await renameDurably(join(folder, 'draft'), join(folder, 'file'));
  expect(done).toEqual(['rename to file', 'sync data']);
});

test('.env, and the copy of the one before', async () => {
  const section = { title: 'Chat', variables: { SLACK_BOT_TOKEN: 'xoxb-1' } };
  await writeEnvFile(folder, [section], undefined);
  expect(done).toEqual(['sync .env.new', 'rename to .env', 'sync data']);
  done.length = 0;
  await writeEnvFile(folder, [section], '.env.before');
  expect(done).toEqual(['sync .env.new', 'sync .env.before', 'rename to .env', 'sync data']);
});

test('the key', async () => {
  await defaultKey(join(folder, 'latchkey.sqlite.key'), randomBytes);
  expect(done).toEqual([
    expect.stringMatching(/^sync latchkey\.sqlite\.key\.[0-9a-f-]{36}$/),
    'link to latchkey.sqlite.key',
    'sync data',
  ]);
});

test('a pack of evidence', async () => {
  await writeNew(join(folder, 'pack.zip'), Readable.from(['x']), async () => {});
  expect(done).toEqual(['sync pack.zip.part', 'link to pack.zip', 'sync data']);
});

test('an export, with the folders in it', async () => {
  const root = join(folder, 'config');
  await writeFolder(root, () => new Map([['rules/all.yaml', 'x']]));
  const [mark, rule, ...rest] = done;
  expect([mark, rule]).toEqual(['sync latchkey.json', 'sync all.yaml']);
  expect(rest).toEqual([
    'sync rules',
    expect.stringMatching(/^sync \.config-\w{6}$/),
    'rename to config',
    'sync data',
  ]);
});
