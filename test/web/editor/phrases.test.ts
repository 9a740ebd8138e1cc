/** CodeMirror's own words, which its packages ask for by `phrase`. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { phrases } from '../../../src/web/editor/phrases.ts';

const PACKAGES = ['autocomplete', 'commands', 'language', 'lint', 'state', 'view'];

const phrasesOf = (name: string): readonly string[] => {
  const code = readFileSync(`node_modules/@codemirror/${name}/dist/index.js`, 'utf8');
  return [...code.matchAll(/\bphrase\(([^()]*"[^()]*)\)/g)].flatMap(([, asked = '']) =>
    [...asked.matchAll(/"([^"]+)"/g)].map(([, phrase = '']) => phrase),
  );
};

test('every word that CodeMirror says is said in the language of the page', () => {
  expect(Object.keys(phrases()).toSorted()).toEqual(
    [...new Set(PACKAGES.flatMap(phrasesOf))].toSorted(),
  );
});
