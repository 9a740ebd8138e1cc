import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ADVISORY_LOCKS } from '../../src/store/advisory-locks.ts';

test('no two locks have one number', () => {
  const numbers: readonly number[] = Object.values(ADVISORY_LOCKS);
  expect(new Set(numbers).size).toBe(numbers.length);
});

test('no other file takes an advisory lock, whose number nobody would compare', async () => {
  const files = await Promise.all(
    ['src', 'migrations'].map(async (folder) =>
      (await readdir(folder, { recursive: true }))
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(folder, name)),
    ),
  );
  const taking = [];
  for (const file of files.flat())
    if ((await readFile(file, 'utf8')).includes('pg_advisory')) taking.push(file);
  expect(taking).toEqual(['src/store/advisory-locks.ts']);
});
