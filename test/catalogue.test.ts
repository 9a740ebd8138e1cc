import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readCatalogue } from '../src/catalogue.ts';
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

test("a ready-made integration's notes say where each value is found", async () => {
  const asana = (await readCatalogue()).find(({ id }) => id === 'asana');
  expect(asana).toMatchObject({ name: 'Asana', kind: 'access' });
  expect(asana?.notes.values.map(({ id }) => id)).toEqual(['TOKEN', 'ORG']);
  expect(asana?.notes.values[1]?.where).toBe(
    'The gid of your organization. Open app.asana.com/api/1.0/workspaces while signed in to see it.',
  );
});
