/** How Latchkey speaks: words that it doesn't use, and how long a button, a title and a paragraph may be. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { beforeAll, expect, test } from 'vitest';
import { commands } from '../src/bots/features/commands.ts';
import { slackAppManifest } from '../src/bots/slack/app-manifest.ts';
import {
  MAX_BUTTON,
  MAX_PARAGRAPH,
  MAX_TITLE,
  NOT_SAID,
  NOT_SAID_IN_GERMAN,
} from './support/plain-words.ts';

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

test('no sentence uses a word that has a plainer one', () => {
  const said = Object.keys(german());
  expect(said.length).toBeGreaterThan(3000);
  expect(said.filter((text) => NOT_SAID.some((word) => word.test(text)))).toEqual([]);
});

test("nor does what Slack shows of the app's manifest", () => {
  const manifest = slackAppManifest({
    publicUrl: 'https://l.example',
    socketMode: false,
    commands,
  });
  expect(NOT_SAID.filter((word) => word.test(JSON.stringify(manifest)))).toEqual([]);
});

test('nor does a sentence of the command line', () => {
  const said = ['src/cli', 'src/try'].flatMap(filesIn).flatMap(literalsOf);
  expect(said.length).toBeGreaterThan(1000);
  expect(said.filter((text) => NOT_SAID.some((word) => word.test(text)))).toEqual([]);
});

test('no German sentence uses a word that has a plainer one, or a second word for the same', () => {
  const unwanted = Object.values(german()).filter((text) =>
    NOT_SAID_IN_GERMAN.some((word) => word.test(text)),
  );
  expect(unwanted).toEqual([]);
});

test('German names a button as its label has it', () => {
  const translated = german();
  const wrong = Object.entries(translated).filter(([text, said]) =>
    [...text.matchAll(/"([A-Z][^"{]*)"/g)].some(
      ([, label = '']) => label in translated && !said.includes(translated[label] ?? ''),
    ),
  );
  expect(wrong).toEqual([]);
});

test('in German, what someone may not do completes "Sie sind nicht berechtigt, …"', () => {
  const translated = german();
  const phrases = filesIn('src/bots/features').flatMap((file) => {
    const code = readFileSync(file, 'utf8');
    const tables = [...code.matchAll(NOT_ALLOWED_OF_KINDS)].flatMap(([, table = '']) => [
      ...table.matchAll(/t`([a-z][^`]*)`/g),
    ]);
    return [...code.matchAll(NOT_ALLOWED), ...tables].map(([, text = '']) => text);
  });
  expect(phrases.length).toBeGreaterThan(80);
  const wrong = phrases.map((text) => translated[text] ?? text).filter((text) => !ZU.test(text));
  expect(wrong).toEqual([]);
});

/** What completes "You can't …", at the functions that refuse and in the names by which they get it. */
const NOT_ALLOWED =
  /(?:(?:asAdmin|adminsTo|readersTo|ownersTo|foundFor\w+|refuse[A-Z]\w*|auditRefusal|\w+ForAdmin|sequenceFor|targetOf|targetToRead)\(|(?:what\w*|wanted\w*|to[A-Z]\w*|seeing|changing)(?: =|:) )\(\)(?:: string)? => t`([a-z][^`]*)`/g;
/** Of one sentence for several kinds: `whatIsWanted = () => ({ manifest: t`write manifests` })`. */
const NOT_ALLOWED_OF_KINDS = /\bwhat(?:IsWanted)? = \(\): [^=]*=> \(\{([^}]*)\}/g;
/** "Pakete zu ändern", "Pakete anzulegen". */
const ZU = /\bzu\b|\p{L}zu\p{L}+en/u;

test('a command in a sentence is in quotes, so that it is named as people type it here', () => {
  const bare = Object.keys(german()).filter((text) =>
    /(?<!["`(]|[:-] )\blatchkey [a-z]/.test(text),
  );
  expect(bare).toEqual([]);
});

test('a paragraph fits a few lines', () => {
  const long = bothOf(Object.keys(german())).filter((text) => lengthOf(text) > MAX_PARAGRAPH);
  expect(long).toEqual([]);
});

test('the label of a button fits a phone', () => {
  const { labels } = shown;
  expect(labels.length).toBeGreaterThan(150);
  expect(bothOf(labels).filter((text) => lengthOf(text) > MAX_BUTTON)).toEqual([]);
});

test('a title fits one or two lines', () => {
  const { titles } = shown;
  expect(titles.length).toBeGreaterThan(100);
  expect(bothOf(titles).filter((text) => lengthOf(text) > MAX_TITLE)).toEqual([]);
});

test('the label of a button is found, also one of several', () => {
  const code =
    'const a = { label: open ? t`Close` : t`Open ${name}`, does: x }; const b = { label: t`Field` };';
  expect(shownIn(code, 'x.ts').labels).toEqual(['Close', 'Open {0}']);
});

/** Without what is filled in. */
const lengthOf = (text: string): number => text.replaceAll(/\{\d+\}|<[^>]+>/g, '').length;

const german = (): Record<string, string> =>
  JSON.parse(readFileSync('src/texts/de.json', 'utf8')) as Record<string, string>;

/** These texts in English and German. */
const bothOf = (texts: readonly string[]): readonly string[] => {
  const translated = german();
  return texts.flatMap((text) => [text, translated[text] ?? '']);
};

interface Shown {
  /** Of buttons. */
  readonly labels: readonly string[];
  readonly titles: readonly string[];
}

/** What the code says in cards and forms. */
let shown: Shown;
beforeAll(() => {
  const all = filesIn('src').map((path) => shownIn(readFileSync(path, 'utf8'), path));
  shown = {
    labels: [...new Set(all.flatMap(({ labels }) => labels))],
    titles: [...new Set(all.flatMap(({ titles }) => titles))],
  };
});

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));

/** Every text in the code, and every part of one between what is filled in. */
function literalsOf(path: string): readonly string[] {
  const found: string[] = [];
  visit(parseSync(path, readFileSync(path, 'utf8')).program, ({ type, value }) => {
    if (type === 'Literal' && typeof value === 'string') found.push(value);
    if (type === 'TemplateElement') found.push((value as { cooked: string }).cooked);
  });
  return found;
}

function shownIn(code: string, path: string): Shown {
  const labels: string[] = [];
  const titles: string[] = [];
  if (!code.includes('t`')) return { labels, titles };
  visit(parseSync(path, code).program, (node) => {
    if (node.type !== 'ObjectExpression') return;
    const properties: Readonly<Record<string, unknown>> = Object.fromEntries(
      (node['properties'] as readonly Node[])
        .filter(({ type }) => type === 'Property')
        .map((each): [string, unknown] => [
          (each['key'] as { name?: string }).name ?? '',
          each['value'],
        ]),
    );
    if ('does' in properties) textsIn(properties['label'], labels);
    textsIn(properties['title'], titles);
  });
  return { labels, titles };
}

/** The text itself, or those of a condition. */
function textsIn(node: unknown, found: string[]): void {
  const { type, ...rest } = (node ?? { type: 'none' }) as Node;
  if (type === 'ConditionalExpression') {
    textsIn(rest['consequent'], found);
    textsIn(rest['alternate'], found);
  }
  if (type !== 'TaggedTemplateExpression' || (rest['tag'] as { name?: string }).name !== 't')
    return;
  const { quasis } = rest['quasi'] as { quasis: readonly { value: { cooked: string } }[] };
  found.push(
    quasis
      .map(({ value }) => value.cooked)
      .reduce((text, part, index) => `${text}{${index - 1}}${part}`),
  );
}

function visit(node: unknown, see: (node: Node) => void): void {
  if (node === null || typeof node !== 'object') return;
  if ('type' in node) see(node as Node);
  for (const child of Object.values(node)) visit(child, see);
}
