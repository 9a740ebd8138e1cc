import { readdirSync, readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';

vi.mock(import('../../src/core/translate.ts'), async (original) => ({
  ...(await original()),
  t: (parts) => {
    throw new Error(`"${parts.join('{}')}" is said while its module loads, when nobody reads`);
  },
}));

test('no text is made while a module loads', async () => {
  const root = new URL('../../src/', import.meta.url);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && readFileSync(new URL(name, root), 'utf8').includes(' t`'),
  );
  expect(files.length).toBeGreaterThan(100);
  for (const file of files) await import(new URL(file, root).href);
});
