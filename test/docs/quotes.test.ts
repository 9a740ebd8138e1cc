/** Every sentence, button and label of Latchkey that a page quotes is one that Latchkey says, in these words. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** What others say: other companies' pages, what people write, names in examples, and words that a page explains. */
const NOT_OURS = new Set([
  // Slack's and Microsoft's pages, and those of other apps.
  'Create New App',
  'From a manifest',
  'App registrations',
  'New registration',
  'Supported account types',
  'Accounts in this organizational directory only',
  'Redirect URI',
  'Azure Bot',
  'Single Tenant',
  'Multi Tenant',
  'Creation type',
  'Use existing app registration',
  'Configuration',
  'Messaging endpoint',
  'Channels',
  'Upload new app',
  'Permission policies',
  'Setup policies',
  'user principal name',
  'Dashboards',
  'Browse users and groups',
  'APPEND',
  // What people write.
  'Hi',
  'Help',
  'I need Figma until Friday',
  'can I get access to figma',
  "I don't need Figma any more",
  'I need Figma and GitHub',
  'I need Figma or GitHub',
  'either Ann or Bob needs Figma',
  'can you ask Marco to give me Figma?',
  'who do I ask for Figma?',
  'who approves Figma?',
  'who can approve Figma for me?',
  'actually Ann stays',
  "Ann isn't leaving",
  'Ann is back from leave',
  "I'm back",
  'Ann starts on Monday',
  'what does Ann get on her first day?',
  'my team',
  'who reports to me?',
  'my laptop was stolen',
  'I lost my phone',
  "Figma doesn't work",
  'who are the admins?',
  'can I talk to a human?',
  'who is my manager?',
  'I forgot my password',
  'my name is wrong',
  "I'm on vacation next week",
  'set Bob as my delegate',
  'what do I need to approve?',
  'my tasks',
  'what failed?',
  'how do I add GitHub?',
  'onboard John Smith',
  'make Ann an admin',
  'turn off Figma',
  'show me the audit log',
  'audit log',
  'import people',
  'add a rule',
  'create a sequence',
  'create a bundle',
  'until the end of the week',
  'Ann is leaving on Friday',
  'Ann geht zum 4. Dezember',
  'Zugriff Bob',
  "Ann's last day is 4 December",
  'do I have Figma?',
  'what do I have?',
  'who has GitHub?',
  "I can't log in to Figma",
  "why can't I open Figma?",
  'access to Figma for Ann',
  'give me Figma',
  'Bob needs GitHub for 3 days',
  'extend Figma until Friday',
  'can I keep Figma for two weeks?',
  'what can I request?',
  'is my Figma request approved?',
  'grant GitHub to Bob',
  'Bob no longer needs GitHub',
  'Ann and Bob need Figma',
  'Ann needs Figma and Bob needs GitHub',
  'Bob needs GitHub less',
  '> I need Figma',
  'fire Ann',
  "I don't need Zoom until May",
  'Joerg',
  'what can you do?',
  'Ok',
  "remove Bob's GitHub",
  "remove Bob's access",
  'Hi Sam, I need Figma',
  'what does Bob have?',
  'I need access',
  'until Friday',
  'till 12 Dec',
  'until the end of the month',
  'for 3 days',
  'for a week',
  'until 12/6',
  'until next Friday',
  'figma please',
  'works for a competitor until June',
  "In Slack, open Latchkey's Home tab: everything is a button there.",
  // Names.
  'Twilio',
  'Engineering',
  'Engineering basics',
  'GitHub',
  'GitHub team admins',
  'Member',
  'Junior designer',
  // Little more than names.
  'request (Engineering basics)',
  'Ada Lind (by the token Nightly report)',
  'Engineering basics — 4 of 5 granted',
  '2 of Ann and Ben',
  'If Role is Owner: first their manager approves, then 2 owners approve.',
  // Terms that the page explains, and a menu's sign.
  '…',
  'Limits',
  'The person has an address of their own',
  'A search answers with a list, maybe an empty one',
  'People who were deactivated are still listed',
  'They are in one list',
  'They are in a list of their own',
  'Taking an invitation back',
]);

/** `cards.md` is written by a test of its own, `performance.md` by benches, and decisions stay as they were written. */
const pages = [
  'README.md',
  ...['docs', 'docs/manifest', 'manifests'].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.md') && !/^(cards|performance)\.md$/.test(name))
      .map((name) => join(folder, name)),
  ),
];

const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

/** `*…*`, and what stands between quotation marks; of bold words only buttons that open a form. */
function quotesOf(page: string): readonly string[] {
  const prose = readFileSync(page, 'utf8')
    .replaceAll(/^ *```[\s\S]*?^ *```/gm, '')
    .replaceAll(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replaceAll(/`[^`]*`/g, '`');
  const bold = prose.matchAll(/\*\*([^*\n]+…)\*\*/g);
  const rest = prose.replaceAll('**', '');
  const marked = rest
    .replaceAll(/\*([^*\n]+)\*/g, (_, inner: string) => inner.replaceAll('"', ''))
    .matchAll(/"([^"\n]+)"/g);
  const found = [...bold, ...rest.matchAll(/\*([^*\n]+)\*/g), ...marked];
  return found.map(([, quote = '']) => quote).filter(isChecked);
}
/** One word in lower case is a state or a term, which a page names in passing. */
const isChecked = (quote: string): boolean => /^\p{Lu}|\s|…$/u.test(quote) && !quote.includes('`');

const lettersIn = (text: string): number => text.replaceAll(/[^\p{L}]/gu, '').length;
/** Ends a sentence, or a part of one that a page may quote alone. */
const END = /(?<=[.?]) |[;,:] (?:so )?| · | — | \(/;
const BEGIN_UNITS = 5;
interface Said {
  /** What stands between its values. */
  readonly parts: readonly string[];
  readonly letters: number;
}
const texts = Object.keys(JSON.parse(readFileSync('src/texts/de.json', 'utf8')) as object);
/** By what they begin with: a quote is compared with a few dozens in place of twenty thousand. */
const said = new Map<string, Said[]>();
for (const text of new Set(texts.flatMap((each) => [each, ...each.split(END)]))) {
  const parts = text.split(/\{\d+\}/);
  const letters = lettersIn(parts.join(''));
  const [first = ''] = parts;
  const begin = first.slice(0, BEGIN_UNITS);
  if (letters > 0) said.set(begin, [...(said.get(begin) ?? []), { parts, letters }]);
}
const beginningAs = (quote: string): readonly Said[] =>
  Array.from({ length: BEGIN_UNITS + 1 }, (_, units) => quote.slice(0, units))
    .filter((begin, units) => begin.length === units)
    .flatMap((begin) => said.get(begin) ?? []);
const allTexts = texts.join('\n');
/** What the command line and the configuration say, which is not translated. */
const code = ['src', 'scripts']
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|js)$/.test(name))
      .map((name) => readFileSync(join(folder, name), 'utf8').replaceAll(COMMENT, '')),
  )
  .join('\n');

/** Where a page leaves a value open, as in *Add …*, any will do. */
function isSaid(quote: string): boolean {
  const whole = quote.replaceAll(/^\(|[.,:)]$/g, '').replaceAll(' …', ' Acme');
  const small = whole.replace(/^\p{Lu}/u, (letter) => letter.toLowerCase());
  const big = whole.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
  const endings = ['', '.', ...(quote.endsWith(' …') ? ['…'] : [])];
  const forms = [whole, small, big].flatMap((form) => endings.map((ending) => form + ending));
  if (isPart(whole) || forms.some(isText)) return true;
  const pieces = whole.split(END);
  const sentences = pieces.filter((piece) => piece.includes(' ')); // One word is a value.
  return pieces.length > 1 && sentences.length > 0 && sentences.every(isSaid);
}

/** A text with its values: its own words are a third of it, or values that are texts, too. */
function isText(quote: string): boolean {
  const all = lettersIn(quote);
  return beginningAs(quote).some(({ parts, letters }) => {
    const values = valuesIn(quote, parts);
    return values && (letters * 3 >= all || values.every(isValue));
  });
}
function isValue(value: string): boolean {
  if (!value.includes(' ')) return true;
  const all = lettersIn(value);
  return beginningAs(value).some(
    ({ parts, letters }) => letters * 3 >= all && valuesIn(value, parts),
  );
}
const isPart = (quote: string): boolean =>
  quote.includes(' ') && (allTexts.includes(quote) || code.includes(quote));

function valuesIn(
  quote: string,
  [first = '', ...others]: readonly string[],
): readonly string[] | undefined {
  if (!quote.startsWith(first)) return undefined;
  const values: string[] = [];
  let at = first.length;
  for (const [index, part] of others.entries()) {
    const isLast = index === others.length - 1;
    const next = isLast ? quote.length - part.length : quote.indexOf(part, at + 1);
    if (next <= at || !quote.startsWith(part, next)) return undefined;
    values.push(quote.slice(at, next));
    at = next + part.length;
  }
  return at === quote.length ? values : undefined;
}

test.each(pages)('%s quotes what Latchkey says', (page) => {
  expect(quotesOf(page).filter((quote) => !NOT_OURS.has(quote) && !isSaid(quote))).toEqual([]);
});

test('what others say is still on a page', () => {
  const quoted = new Set(pages.flatMap(quotesOf));
  expect([...NOT_OURS].filter((quote) => !quoted.has(quote))).toEqual([]);
});
