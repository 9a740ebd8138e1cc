import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { catalogueWhenAsked, readCatalogue } from '../src/catalogue.ts';
import { inLocale, languages, sayReadyMade } from '../src/core/translate.ts';
import { searchCatalogue } from '../src/engine/integrations/catalogue.ts';
import { parseManifest } from '../src/engine/manifest/parse.ts';
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

/** English is in the manifests themselves. */
const translated = languages.filter((language) => language !== 'en');

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

test.each(translated)(
  'each text of theirs is there in %s, and no other text is',
  async (language) => {
    const texts = (await readCatalogue()).flatMap(({ manifest: json, description, notes }) => {
      const parsed = parseManifest(json);
      if (!parsed.ok) throw new TypeError(JSON.stringify(parsed.errors));
      const { form, extraUserInfo, initialDataForm } = parsed.manifest;
      const asked = [
        ...form,
        ...extraUserInfo,
        ...initialDataForm.filter((item) => !item.generate),
      ];
      return [
        description,
        ...notes.permissions,
        ...notes.values.flatMap(({ what, where }) => [what, where]),
        ...notes.limits,
        ...asked.flatMap((field) => [field.name, field.description ?? '']),
      ].filter((text) => text !== '');
    });
    const file = readFileSync(`src/texts/ready-made/${language}.json`, 'utf8');
    const known = JSON.parse(file) as Readonly<Record<string, string>>;
    expect(Object.keys(known)).toEqual([...new Set(texts)].toSorted());
    expect(Object.values(known)).not.toContain('');
  },
);

test('a German reader searches and reads them in German', async () => {
  const catalogue = await readCatalogue();
  const found = inLocale('de', () => searchCatalogue(catalogue, 'asana fügt personen'));
  expect(found.map(({ id }) => id)).toEqual(['asana']);
  expect(inLocale('de', () => sayReadyMade('Group id'))).toBe('Gruppen-ID');
  expect(inLocale('en', () => sayReadyMade('Group id'))).toBe('Group id');
});
