import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder } from '../../src/store/folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-folder-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a folder is made with those above it, for their owner alone where that is asked', () => {
  makeFolder(join(folder, 'a', 'b'), 0o700);
  makeFolder(join(folder, 'a', 'b', 'c'), 0o700);
  expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'a', 'b', 'c')).isDirectory()).toBe(true);
});

test('below a link that leads nowhere, as to a disk that is not there, it fails and does not hang', async () => {
  await symlink(join(folder, 'no-disk'), join(folder, 'data'));
  const made = () => makeFolder(join(folder, 'data', 'latchkey', 'keys'));
  expect(made).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  expect(existsSync(join(folder, 'no-disk'))).toBe(false);
});

test('below a file it fails', async () => {
  await writeFile(join(folder, 'file'), '');
  const made = () => makeFolder(join(folder, 'file', 'x'));
  expect(made).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
});
