import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openToOthers } from '../../src/store/for-owner.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "latchkey-ann's-")));
  await chmod(folder, 0o755);
  file = join(folder, 'latchkey.sqlite');
  for (const end of ['', '-wal', '.key']) await writeFile(file + end, '', { mode: 0o600 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('files for their owner alone are open to nobody', async () => {
  expect(await openToOthers(file)).toBeUndefined();
});

test.each([0o644, 0o640, 0o604])('a database of mode %i is named, with its cure', async (mode) => {
  await chmod(file, mode);
  await chmod(`${file}-wal`, mode);
  const quoted = file.replace("'", `'\\''`);
  expect(await openToOthers(file)).toEqual({
    what: `The mode of ${file} (${mode.toString(8)}) lets other users of this machine open it, and it is there for Latchkey alone`,
    cure: `Run: chmod 600 '${quoted}'; chmod -f 600 '${quoted}-wal'`,
  });
});

test('its cure is silent about a log that SQLite has removed since, and cures the rest', async () => {
  for (const end of ['', '-wal', '.key']) await chmod(file + end, 0o644);
  const command = (await openToOthers(file))?.cure.replace(/^Run: /, '') ?? '';
  await rm(`${file}-wal`);
  expect(spawnSync('sh', ['-c', command], { encoding: 'utf8' }).stderr).toBe('');
  expect(await openToOthers(file)).toBeUndefined();
});

test('its cure says where the database itself can not be changed', async () => {
  for (const end of ['', '-wal']) await chmod(file + end, 0o644);
  const command = (await openToOthers(file))?.cure.replace(/^Run: /, '') ?? '';
  await rm(file);
  expect(spawnSync('sh', ['-c', command], { encoding: 'utf8' }).stderr).toMatch(/latchkey\.sqlite/);
});

test('the key beside it counts, also where a link leads to the database', async () => {
  await chmod(`${file}.key`, 0o644);
  await symlink(file, join(folder, 'link.sqlite'));
  expect((await openToOthers(join(folder, 'link.sqlite')))?.what).toContain(`${file}.key`);
});

test('what others may not enter opens nothing to them', async () => {
  await chmod(file, 0o644);
  await chmod(folder, 0o700);
  expect(await openToOthers(file)).toBeUndefined();
});
