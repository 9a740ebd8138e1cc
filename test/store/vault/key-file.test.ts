import { randomBytes } from 'node:crypto';
import {
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readdir,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { defaultKey, keyFileBeside } from '../../../src/store/vault/key-file.ts';
import { withoutHardLinks } from '../../support/database/without-hard-links.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'latchkey-key-'));
  path = keyFileBeside(join(directory, 'data', 'latchkey.sqlite'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('a key is made once, readable by its owner alone, and read ever after', async () => {
  const made = await defaultKey(path, randomBytes);
  expect(made.created).toBe(true);
  expect(made.key).toHaveLength(32);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await defaultKey(path, randomBytes)).toEqual({ key: made.key, created: false });
});

test('of many who start at once one makes the key, and all have that one', async () => {
  const starts = Array.from({ length: 20 }, () => defaultKey(path, randomBytes));
  const results = await Promise.all(starts);
  expect(results.filter(({ created }) => created)).toHaveLength(1);
  expect(new Set(results.map(({ key }) => Buffer.from(key).toString('hex'))).size).toBe(1);
  expect(await readdir(join(directory, 'data'))).toEqual(['latchkey.sqlite.key']);
});

test('a disk without hard links takes a key, too', async () => {
  withoutHardLinks();
  const made = await defaultKey(path, randomBytes);
  expect(made.created).toBe(true);
  expect(await defaultKey(path, randomBytes)).toEqual({ key: made.key, created: false });
  expect(await readdir(join(directory, 'data'))).toEqual(['latchkey.sqlite.key']);
});

test('a disk that takes no half of a key keeps none, also where it has no hard links', async () => {
  withoutHardLinks();
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  const folder = join(directory, 'data');
  await mkdir(folder);
  const handle = await open(join(folder, 'any'), 'wx');
  const sync = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'sync');
  await handle.close();
  await rm(join(folder, 'any'));
  onTestFinished(() => sync.mockRestore());
  sync.mockRejectedValueOnce(full); // Of the file beside its place.
  await expect(defaultKey(path, randomBytes)).rejects.toBe(full);
  expect(await readdir(folder)).toEqual([]);
  sync.mockResolvedValueOnce().mockRejectedValueOnce(full);
  await expect(defaultKey(path, randomBytes)).rejects.toBe(full);
  expect(await readdir(folder)).toEqual([]);
});

test('a file that holds no key is refused and left as it is', async () => {
  const broken = join(directory, 'broken.key');
  await writeFile(broken, 'half a k');
  await expect(defaultKey(broken, randomBytes)).rejects.toMatchObject({ code: 'bad-key-file' });
  expect((await stat(broken)).size).toBe(8);
});

test('a file that can not be read is named, with what to do', async () => {
  const folder = join(directory, 'folder.key'); // As a container makes one where the file that it is given is missing.
  await mkdir(folder);
  await expect(defaultKey(folder, randomBytes)).rejects.toThrow(
    `${folder} can't be read (EISDIR); make it a file that Latchkey's user owns, with mode 600`,
  );
});
