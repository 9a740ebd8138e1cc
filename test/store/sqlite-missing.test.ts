import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { nodeHeaders, SqliteMissing, toCompileSqlite } from '../../src/store/sqlite-missing.ts';

test('where SQLite is missing, the compiler is named', () => {
  const { message, next } = new SqliteMissing(new Error('no module'));
  expect(message).toBe(`SQLite is not installed here. ${next}`);
  expect(next).toContain('Install Python 3, make and a C++ compiler');
});

test('in a folder with a space, where no compiler helps, the folder is named', () => {
  const said = toCompileSqlite('/srv/Große Firma/node_modules/latchkey');
  expect(said).toContain("can't be compiled in /srv/Große Firma/node_modules/latchkey");
  expect(said).not.toContain('Python');
});

test('the headers beside Node are found, which node-gyp would fetch from nodejs.org', () => {
  const root = mkdtempSync(join(tmpdir(), 'latchkey-node-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const node = join(root, 'bin/node');
  expect(nodeHeaders(node)).toBeUndefined();
  mkdirSync(join(root, 'include/node'), { recursive: true });
  writeFileSync(join(root, 'include/node/common.gypi'), '');
  expect(nodeHeaders(node)).toBe(root);
});
