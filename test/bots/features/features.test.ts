/** What the files of features export: registered, or imported by another file. knip takes all of it for used. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const HERE = 'src/bots/features';
const MAKES =
  /\b(?:buttonAction|formAction|liveCard|listCard|searchableList|searchedPicker|turnPage)(?:<[^(]*>)?\(/;
/** They make an action for others, out of what these give them. */
const MAKERS = ['list-card.ts', 'paging.ts', 'search-picker.ts'];

const registered = [
  ...sourceOf(join(HERE, 'registered.ts')).matchAll(/^export \* from '(.+)';$/gm),
].map(([, path = '']) => join(HERE, path));

test('every file that makes an action or a card is registered', () => {
  const making = filesIn(HERE).filter((file) => MAKES.test(sourceOf(file)));
  const makers = MAKERS.map((name) => join(HERE, name));
  expect(making.filter((file) => ![...registered, ...makers].includes(file))).toEqual([]);
});

test('whatever else a registered file exports is imported by another file', async () => {
  const imported = new Set(['src', 'test'].flatMap(filesIn).flatMap(importsOf));
  const unused: string[] = [];
  for (const file of registered)
    for (const [name, value] of Object.entries(await exportsOf(file)))
      if (!isRegistered(value) && !imported.has(`${file} ${name}`)) unused.push(`${file} ${name}`);
  expect(unused).toEqual([]);
});

const exportsOf = async (file: string): Promise<Readonly<Record<string, unknown>>> =>
  (await import(`../../../${file}`)) as Readonly<Record<string, unknown>>; // What a file exports has names.

/** As `features.ts` tells actions and cards from all else. */
function isRegistered(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('press' in value || 'copies' in value);
}

/** Each value that the file imports by name, after the file that it comes from. */
function importsOf(file: string): string[] {
  const found = sourceOf(file).matchAll(/\{([^{}]*)\}\s*(?:from|= await import\()\s*'(\.[^']+)'/g);
  return [...found].flatMap(([, names = '', from = '']) =>
    names
      .split(',')
      .map((name) => name.trim().replace(/(?: as |:).*/, ''))
      .map((name) => `${join(dirname(file), from)} ${name}`),
  );
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => normalize(join(folder, name)));
}

function sourceOf(file: string): string {
  return readFileSync(file, 'utf8');
}
