/** What comments say of the code: each stands right above what it is about, in plain words, and what it names in backticks is there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';
import { NOT_IN_ANY_COMMENT, NOT_IN_COMMENTS } from '../support/plain-words.ts';

/** In mixed case or in capitals: a function, a property, a type, a constant. */
const NAME = /`(\w*[a-z]\w*[A-Z]\w*|[A-Z\d]+_[A-Z\d_]+)(?:\(\))?`/g;
/** A path from the root, or the last part of one. Capitals stand for any name. */
const FILE = /`(?:\.\.?\/)*([a-z][a-z\d./-]*\.(?:ts|mustache))`/g;
/** Made-up names of values, and a type of the Bot Connector. */
const NOT_OURS = new Set(['oktaId', 'ZOOM_EU_ZOOM_ID', 'ConversationParameters']);

const paths = ['src', 'test', 'bench', 'demo', 'scripts', 'migrations'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
);
const files = paths
  .filter((path) => /\.(?:ts|js|mjs)$/.test(path))
  .map((path) => {
    const text = readFileSync(path, 'utf8');
    return { path, text, comments: parseSync(path, text).comments };
  });

test('no comment stands between another one and what that is about', () => {
  const misplaced = files.flatMap(({ path, text, comments }) => {
    const blocks = comments.filter(({ value }) => value.startsWith('*'));
    return blocks
      .filter(({ end }, n) => /^\n[^\S\n]*$/.test(text.slice(end, blocks[n + 1]?.start)))
      .map(({ value }) => `${path}: ${value}`);
  });
  expect(misplaced).toEqual([]);
});

test('no comment of the code uses a word that has a plainer one', () => {
  const said = commentsIn('src');
  expect(said.length).toBeGreaterThan(5000);
  expect(said.filter((text) => NOT_IN_COMMENTS.test(text))).toEqual([]);
});

test('nor does a comment of what stands beside it', () => {
  const said = commentsIn('test', 'bench', 'demo', 'migrations');
  expect(said.length).toBeGreaterThan(2000);
  expect(said.filter((text) => NOT_IN_ANY_COMMENT.test(text))).toEqual([]);
});

test('a comment names only what the code has', () => {
  const words = new Set(
    files.flatMap(({ text, comments }) => codeOf(text, comments).match(/\w+/g)),
  );
  const named = namedBy(NAME);
  expect(named.length).toBeGreaterThan(200);
  expect(named.filter(({ name }) => !words.has(name) && !NOT_OURS.has(name))).toEqual([]);
});

test('a comment names only files that are there', () => {
  const named = namedBy(FILE);
  expect(named.length).toBeGreaterThan(200);
  expect(
    named.filter(({ name }) => !paths.some((path) => `/${path}`.endsWith(`/${name}`))),
  ).toEqual([]);
});

interface Comment {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

const commentsIn = (...folders: readonly string[]): readonly string[] =>
  files
    .filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}${sep}`)))
    .flatMap(({ comments }) => comments.map(({ value }) => value));

const namedBy = (pattern: RegExp) =>
  files.flatMap(({ path, comments }) =>
    comments.flatMap(({ value }) =>
      [...value.matchAll(pattern)].map(([, name = '']) => ({ path, name })),
    ),
  );

/** Without its comments. */
const codeOf = (text: string, comments: readonly Comment[]): string =>
  [...comments, { start: text.length }]
    .map(({ start }, n) => text.slice(comments[n - 1]?.end ?? 0, start))
    .join(' ');
