import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { catalogueWhenAsked, readCatalogue } from '../src/catalogue.ts';
import { NOT_SAID } from './support/plain-words.ts';

test('every manifest that comes with Latchkey is in the catalogue, by name, with what it does', async () => {
  const catalogue = await readCatalogue();
  const files = readdirSync(new URL('../manifests/', import.meta.url));
  expect(catalogue.map(({ id }) => id).toSorted()).toEqual(
    files
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.replace('.json', ''))
      .toSorted(),
  );
  const names = catalogue.map(({ name }) => name);
  expect(names).toEqual(names.toSorted((a, b) => a.localeCompare(b, 'en')));
  for (const { description, notes } of catalogue) {
    expect(description).not.toBe('');
    expect(notes.permissions).not.toEqual([]);
    expect(notes.values).not.toEqual([]);
    expect(JSON.stringify(notes)).not.toMatch(/\*\*|\*\w[^*]*\*|`/);
    const said = JSON.stringify({ description, notes });
    expect(NOT_SAID.map((word) => word.exec(said)?.[0]).filter(Boolean)).toEqual([]);
  }
});

test('it is read when it is first asked for, and again after that failed', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'latchkey-catalogue-')), 'more');
  onTestFinished(() => rmSync(join(folder, '..'), { recursive: true }));
  const catalogue = catalogueWhenAsked(pathToFileURL(`${folder}/`));
  await expect(catalogue()).rejects.toThrow('ENOENT');
  cpSync('demo/catalogue', folder, { recursive: true });
  const read = await catalogue();
  expect(read.map(({ id }) => id)).toContain('tidebook');
  expect(await catalogue()).toBe(read);
});

test("a ready-made integration's notes say where each value is found", async () => {
  const asana = (await readCatalogue()).find(({ id }) => id === 'asana');
  expect(asana).toMatchObject({ name: 'Asana', kind: 'access' });
  expect(asana?.notes.values.map(({ id }) => id)).toEqual(['TOKEN', 'ORG']);
  expect(asana?.notes.values[1]?.where).toBe(
    'The gid of your organization. Open app.asana.com/api/1.0/workspaces while signed in to see it.',
  );
});
