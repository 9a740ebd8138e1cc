import { expect, test } from 'vitest';
import { SqliteMissing, toCompileSqlite } from '../../src/store/sqlite-missing.ts';

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
