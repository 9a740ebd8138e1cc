import files, { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { writeNew } from '../../../src/cli/proof/write-new.ts';
import { withoutHardLinks } from '../../support/database/without-hard-links.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-new-'));
  path = join(folder, 'evidence.zip');
});
afterEach(() => rm(folder, { recursive: true }));

const nothing = async () => {};
async function* broken() {
  yield 'one';
  throw new Error('no more');
}

test('a file has its name only when it is whole: what a command leaves that is killed looks like none', async () => {
  const during: (readonly string[])[] = [];
  async function* pieces() {
    yield 'one ';
    during.push(await readdir(folder));
    yield 'two';
  }
  await writeNew(path, Readable.from(pieces()), nothing);
  expect(during).toEqual([['evidence.zip.part']]);
  expect(await readdir(folder)).toEqual(['evidence.zip']);
  expect(await readFile(path, 'utf8')).toBe('one two');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('a half that is there stays: another command may write it just now', async () => {
  await writeFile(`${path}.part`, 'half');
  await expect(writeNew(path, Readable.from(['whole']), nothing)).rejects.toThrow(
    `${path}.part is there: another command writes it just now, or was killed while it did. If none runs, remove that file and try again`,
  );
  expect(await readFile(`${path}.part`, 'utf8')).toBe('half');
  expect(await readdir(folder)).toEqual(['evidence.zip.part']);
});

test('what fails in the middle leaves nothing', async () => {
  await expect(writeNew(path, Readable.from(broken()), nothing)).rejects.toThrow('no more');
  expect(await readdir(folder)).toEqual([]);
});

test('a file that is there stays, and nothing is noted of another', async () => {
  await writeFile(path, 'mine');
  const note = async () => expect.unreachable();
  await expect(writeNew(path, Readable.from(['other']), note)).rejects.toThrow(
    `${path} is there already; choose a name that is not taken`,
  );
  expect(await readFile(path, 'utf8')).toBe('mine');
});

test('a file that another command finishes at the same moment stays', async () => {
  const real = files.open;
  const open = vi.spyOn(files, 'open').mockImplementationOnce(async (...given) => {
    await writeFile(path, 'the other one');
    return real(...given);
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    open.mockRestore();
    syncBuiltinESMExports();
  });
  await expect(writeNew(path, Readable.from(['mine']), nothing)).rejects.toThrow(
    `${path} is there already; choose a name that is not taken`,
  );
  expect(await readFile(path, 'utf8')).toBe('the other one');
  expect(await readdir(folder)).toEqual(['evidence.zip']);
});

test.each([
  ['with hard links', false],
  ['without', true],
])('a file that is made meanwhile stays, on a disk %s', async (_, lacksLinks) => {
  if (lacksLinks) withoutHardLinks();
  async function* slow() {
    yield 'other';
    await writeFile(path, 'mine');
  }
  await expect(writeNew(path, Readable.from(slow()), nothing)).rejects.toThrow(
    `${path} is there already; choose a name that is not taken`,
  );
  expect(await readFile(path, 'utf8')).toBe('mine');
  expect(await readdir(folder)).toEqual(['evidence.zip']);
});

test('a path below a file is said to be no place for it', async () => {
  await writeFile(path, 'mine');
  await expect(writeNew(join(path, 'x.zip'), Readable.from(['x']), nothing)).rejects.toThrow(
    "x.zip can't be written (ENOTDIR)",
  );
});
