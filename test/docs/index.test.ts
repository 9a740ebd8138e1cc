/** The way through the documents: every page is on the list, and every path and link leads somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const pages = [
  ...readdirSync('docs'),
  ...readdirSync('docs/manifest').map((name) => join('manifest', name)),
].filter((name) => name.endsWith('.md'));
const everywhere = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
/** It names files of the repositories that it compares Latchkey with. */
const OTHER_REPOSITORIES = 'docs/decisions/0068-beside-the-nearest-models.md';
/** A path from the root, or the last part of one that ends in `.ts`. */
const IN_BACKTICKS =
  /`((?:src|test|docs|deploy|scripts|bench|demo)\/[\w./-]+?|[\w/-]+(?:\.\w+)*\.ts)\/?`/g;
/** `NAME.json`, `NNNN-what-it-is.ts`, and the file of a language that isn't there yet. */
const STANDS_FOR_ANY = /NAME|NNNN|texts\/fr\.json/;
const paths = ['src', 'test', 'docs', 'deploy', 'scripts', 'bench', 'demo', 'migrations'].flatMap(
  (folder) => [
    folder,
    ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  ],
);
/** What the chat doesn't say either (`test/support/plain-words.ts`), as far as a page has no other sense for it. */
const NOT_WRITTEN =
  /\b(?:whoever|somebody|nobody|everybody|anew|meanwhile|by itself|third part(?:y|ies)|other side)\b/i;
/** Decisions stay as they were written, and lines of benches as they were measured; `cards.md` has a test of its own. */
const isWritten = (page: string): boolean =>
  !/^docs\/(?:decisions|cards\.md|performance\.md)/.test(page);
/** The lines that are sentences: without code, without the names of tests. */
const proseOf = (text: string): readonly string[] =>
  text
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/`[^`\n]+` › [^;|\n]*/g, '')
    .replaceAll(/`[^`\n]+`/g, '')
    .split('\n');
const textOf = (page: string): string => readFileSync(page, 'utf8');

test('the list of documents names every page', () => {
  const index = textOf('docs/README.md');
  const unnamed = pages.filter((page) => page !== 'README.md' && !index.includes(`](${page})`));
  expect(unnamed).toEqual([]);
});

test('the sidebar of the site leads to every page', () => {
  const side = textOf('docs-site/.vitepress/config.js');
  const guides = readdirSync('docs/guides').map((name) => join('guides', name));
  const missing = [...pages, ...guides].filter(
    (page) => page !== 'README.md' && !side.includes(`'/${page.replace(/\.md$/, '')}'`),
  );
  expect(missing).toEqual([]);
});

const manifests = readdirSync('manifests').filter((name) => name.endsWith('.md'));
test.each([
  ...everywhere,
  'CHANGELOG.md',
  'SECURITY.md',
  ...manifests.map((name) => join('manifests', name)),
])('every link of %s leads to a file, and to a heading of it', (page) => {
  const links = [...textOf(page).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
  const broken = links
    .filter(([, path = '', heading]) => {
      const file = path === '' ? page : normalize(join(dirname(page), path));
      if (!existsSync(file)) return true;
      return heading !== undefined && !anchorsOf(textOf(file)).includes(heading);
    })
    .map(([link]) => link);
  expect(broken).toEqual([]);
});

test('the README is read in three minutes', () => {
  const words = textOf('README.md')
    .split(/\s+/)
    .filter((word) => /\w/.test(word));
  expect(words.length).toBeLessThan(600);
});

test('no page, nor the changelog, uses a word that has a plainer one', () => {
  const wrong = [...everywhere, 'CHANGELOG.md'].filter(isWritten).flatMap((page) =>
    proseOf(textOf(page))
      .map((line) => NOT_WRITTEN.exec(line)?.[0])
      .filter((word) => word !== undefined)
      .map((word) => `${page}: ${word}`),
  );
  expect(wrong).toEqual([]);
});

test('every file of the repository that a page names in backticks is there', () => {
  const named = everywhere
    .filter((page) => page !== OTHER_REPOSITORIES)
    .flatMap((page) =>
      [...textOf(page).matchAll(IN_BACKTICKS)].map(([, path = '']) => ({ page, path })),
    );
  expect(named.length).toBeGreaterThan(100);
  expect(
    named.filter(
      ({ path }) =>
        !STANDS_FOR_ANY.test(path) && !paths.some((each) => `/${each}`.endsWith(`/${path}`)),
    ),
  ).toEqual([]);
});

test('every decision that a page or the code names is there', () => {
  const decisions = new Set(readdirSync('docs/decisions').map((name) => Number.parseInt(name, 10)));
  const named = paths
    .filter((path) => /\.(?:md|ts|js)$/.test(path))
    .flatMap((path) =>
      [...textOf(path).matchAll(/\bdecisions? (\d+)|decisions\/(\d{4})/gi)].map(
        ([, number, file]) => ({ path, decision: Number(number ?? file) }),
      ),
    );
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter(({ decision }) => !decisions.has(decision))).toEqual([]);
});

test('the page for contributors names every folder of the code and every domain', () => {
  const page = textOf('docs/contributing.md');
  const folders = ['src', 'src/engine'].flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((each) => each.isDirectory())
      .map((each) => ({ name: each.name, path: join(folder, each.name) })),
  );
  const unnamed = folders.filter(
    ({ name, path }) => !page.includes(`\`${name}\``) && !page.includes(`\`${path}`),
  );
  expect(unnamed).toEqual([]);
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
