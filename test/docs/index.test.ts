/** The way through the documents: every page is on the list, and every path and link leads somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const pages = readdirSync('docs').filter((name) => name.endsWith('.md'));
const textOf = (page: string): string => readFileSync(page, 'utf8');

test('the list of documents names every page', () => {
  const index = textOf('docs/README.md');
  const unnamed = pages.filter((page) => page !== 'README.md' && !index.includes(`](${page})`));
  expect(unnamed).toEqual([]);
});

test.each(['README.md', ...pages.map((page) => join('docs', page))])(
  'every link of %s leads to a file, and to a heading of it',
  (page) => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
    const broken = links
      .filter(([, path = '', heading]) => {
        const file = path === '' ? page : normalize(join(dirname(page), path));
        if (!existsSync(file)) return true;
        return heading !== undefined && !anchorsOf(textOf(file)).includes(heading);
      })
      .map(([link]) => link);
    expect(broken).toEqual([]);
  },
);

test('every file that the page for contributors names is there', () => {
  const named = [
    ...textOf('docs/contributing.md').matchAll(/`((?:src|test|docs|deploy|scripts)\/[\w./-]+)`/g),
  ];
  expect(named.length).toBeGreaterThan(30);
  expect(
    named
      .map(([, path = '']) => path)
      .filter((path) => !path.includes('NAME') && !existsSync(path)),
  ).toEqual([]);
});

/** As GitHub makes them of headings. */
const anchorsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
