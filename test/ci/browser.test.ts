/** The browser of the tests is unpacked once, whatever else begins on the machine at the same moment. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prepared } from '../support/browser/launch.ts';

let temporary: string;
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'latchkey-browser-'));
});
afterEach(() => rm(temporary, { recursive: true, force: true }));

const unpack = (folder: string) => writeFile(join(folder, 'chromium'), 'whole');
const unpackedIn = (folder: string) => readFile(join(folder, 'chromium'), 'utf8');

test('two that need it at once on a fresh machine both get the whole browser', async () => {
  let unpacking = 0;
  let both: () => void = () => undefined;
  const bothUnpack = new Promise<void>((resolve) => {
    both = resolve;
  });
  const slowly = async (folder: string) => {
    await writeFile(join(folder, 'chromium'), 'half');
    if (++unpacking === 2) both();
    await bothUnpack;
    await unpack(folder);
  };
  const folders = await Promise.all([prepared(temporary, slowly), prepared(temporary, slowly)]);
  expect(folders[0]).toBe(folders[1]);
  expect(await unpackedIn(folders[0])).toBe('whole');
  expect(await readdir(temporary)).toHaveLength(1);
});

test('one that was unpacked before is taken as it is', async () => {
  const before = await prepared(temporary, unpack);
  expect(await prepared(temporary, () => Promise.reject(new Error('again')))).toBe(before);
});

test('what a run left that was stopped in the middle is no browser', async () => {
  const stopped = prepared(temporary, async (folder) => {
    await writeFile(join(folder, 'chromium'), 'half');
    throw new Error('stopped');
  });
  await expect(stopped).rejects.toThrow('stopped');
  // One that was killed could not even tidy up.
  await mkdir(join(temporary, 'latchkey-chromium-left'));
  expect(await unpackedIn(await prepared(temporary, unpack))).toBe('whole');
});
