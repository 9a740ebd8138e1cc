/** The pictures of the documents: none is missing, and none is left that nobody shows. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const FOLDER = 'docs/images';
const pages = [
  'README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const pictures = readdirSync(FOLDER).map((name) => join(FOLDER, name));

/** `![what it shows](where)`, as a path from the root of the repository. */
const shownOn = (page: string): readonly string[] =>
  Array.from(readFileSync(page, 'utf8').matchAll(/!\[[^\]]*\]\(([^)\s]+)\)/g), ([, path = '']) =>
    normalize(join(dirname(page), path)),
  );

test('every picture that a page shows is there', () => {
  const missing = pages.flatMap((page) =>
    shownOn(page)
      .filter((path) => !pictures.includes(path))
      .map((path) => `${page} shows ${path}`),
  );
  expect(missing).toEqual([]);
});

test('every picture is shown by a page', () => {
  const shown = new Set(pages.flatMap(shownOn));
  expect(pictures.filter((path) => !shown.has(path))).toEqual([]);
});

test('every picture has a text for those who don’t see it', () => {
  const silent = pages.filter((page) => /!\[\s*\]\(/.test(readFileSync(page, 'utf8')));
  expect(silent).toEqual([]);
});
