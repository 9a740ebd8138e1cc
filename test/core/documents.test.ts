import { copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { documentAt } from '../../src/core/documents.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'latchkey-documents-')));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

test('a document is named from the folder where a command runs', () => {
  expect(documentAt('backup')).toBe('docs/backup.md');
});

test('a document of an installation elsewhere is named by where that is', () => {
  const file = resolve('docs/backup.md');
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  expect(documentAt('backup')).toBe(file);
});

test.each(['src/core', 'dist/src/core'])('it is found by what runs in %s', async (code) => {
  for (const name of [code, 'docs', 'dist/docs/manifest'])
    mkdirSync(join(folder, name), { recursive: true });
  copyFileSync('src/core/documents.ts', join(folder, code, 'documents.ts'));
  copyFileSync('docs/backup.md', join(folder, 'docs/backup.md'));
  const moved = (await import(join(folder, code, 'documents.ts'))) as {
    readonly documentAt: typeof documentAt;
  };
  expect(moved.documentAt('backup')).toBe(join(folder, 'docs/backup.md'));
});

test('sentences name no document by hand', async () => {
  const files = (await readdir('src', { recursive: true })).filter((name) => name.endsWith('.ts'));
  const named: string[] = [];
  for (const name of files) {
    const code = (await readFile(join('src', name), 'utf8')).replaceAll(
      /\/\*[^]*?\*\/|\/\/ .*/g,
      '',
    );
    if (/['"` ]docs\/[\w/-]+\.md/.test(code)) named.push(name);
  }
  expect(named).toEqual(['web/api/open-api.ts']); // It says that it means the source.
});

test.each(['backup', 'configuration', 'upgrading', 'manifest/reference'] as const)(
  'there is %s',
  (name) => expect(existsSync(documentAt(name))).toBe(true),
);
