/**
 * Literal text for Slack: rich text elements and plain text objects, split where Slack's limits require it. Only a section
 * has mrkdwn, and only where it shows every character as it is.
 */
import type { types } from '@slack/bolt';
import { compact } from '../../core/compact.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Span, Text } from '../view/card.ts';
import { BLOCK_WEIGHT, LINK_URL, TEXT_OBJECT } from './limits.ts';

type Element = types.RichTextText | types.RichTextLink;

/** Stands for an empty or blank name, since Slack refuses empty texts. */
const NOTHING = '(blank)';

export const isBlank = (text: string): boolean => text.trim() === '';
export const orBlank = (text: string): string => (isBlank(text) ? NOTHING : text);

/**
 * The SDK can't send half of a character that two UTF-16 units make, and Slack refuses one in JSON. A text that an app or we
 * cut may end in one.
 */
export const wellFormed = (text: string): string => text.replaceAll(/\p{Surrogate}/gu, '\uFFFD');

/** `emoji: false` keeps Slack from turning a typed `:smile:` into a picture. */
export const plain = (text: string): types.PlainTextElement => ({
  type: 'plain_text',
  text: wellFormed(text),
  emoji: false,
});

/** In bytes, as Slack stores it: with `&`, `<` and `>` escaped. */
export const weigh = (value: unknown): number =>
  Buffer.byteLength(escapeText(JSON.stringify(value)), 'utf8');

/** For Slack's `text` argument, where these three characters are markup. */
const escapeText = (text: string): string =>
  wellFormed(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The escaped text in at most `max` bytes; a cut ends in "…". */
export function escapeUpTo(text: string, max: number): string {
  const whole = escapeText(text);
  if (Buffer.byteLength(whole) <= max) return whole;
  const end = '…';
  let left = max - Buffer.byteLength(end);
  let beginning = '';
  for (const character of text) {
    const escaped = escapeText(character);
    left -= Buffer.byteLength(escaped);
    if (left < 0) break;
    beginning += escaped;
  }
  return beginning + end;
}

export const unescapeText = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** Slack stores each of these as one byte. Most text consists of them, so we skip the slower count. */
const PLAIN = /^[\w .,:;!?()/=-]$/;

/** Cuts `text` into pieces that fit one Slack element. Joined they are `text` again. No character is cut in two. */
function pieces(text: string): readonly string[] {
  const all: string[] = [];
  let piece = '';
  let weight = 0;
  for (const character of wellFormed(text)) {
    const more = PLAIN.test(character) ? 1 : weigh(character) - 2; // Minus two, for the quotes.
    if (piece.length + character.length > TEXT_OBJECT || weight + more > BLOCK_WEIGHT / 2) {
      all.push(piece);
      piece = '';
      weight = 0;
    }
    piece += character;
    weight += more;
  }
  return piece === '' ? all : [...all, piece];
}

const LINE_BREAK = { type: 'text', text: '\n' } as const;

/** The lines in as few rich text blocks as Slack's limits allow. Empty when there is nothing to show. */
export function richText(lines: readonly Text[]): readonly types.RichTextBlock[] {
  const shown = lines.filter((line) => line.some((span) => !isBlank(spanText(span))));
  const elements = shown.flatMap((line, index) =>
    compact([index !== 0 && LINE_BREAK, ...line.flatMap(renderSpan)]),
  );
  return groupByWeight(elements).map((group) => ({
    type: 'rich_text',
    elements: [{ type: 'rich_text_section', elements: group }],
  }));
}

/** The text as small print (context elements). Undefined when it has links, which plain text can't show. */
export function smallPrint(text: Text): readonly types.PlainTextElement[] | undefined {
  if (text.some((span) => typeof span !== 'string' && span.kind === 'link')) return undefined;
  const whole = text.map(spanText).join('');
  return isBlank(whole) ? [] : pieces(whole).map(plain);
}

/** What mrkdwn would read as formatting, as an emoji or as a quote. */
const MARKUP = /[*_~`]|:[^\s:]+:|^[ \t]*>/m;

/**
 * The lines as the text of a section. It is mrkdwn, where a line may begin in bold, or plain text where mrkdwn would not
 * show every character as it is. Undefined where it is too long for a section.
 */
export function sectionText(
  lines: readonly Text[],
): types.MrkdwnElement | types.PlainTextElement | undefined {
  const whole = lines.reduce((length, line) => length + literal(line).length, 0);
  if (whole > TEXT_OBJECT) return undefined;
  const shown = lines.filter((line) => !isBlank(literal(line)));
  const marked = shown.map(markedLine);
  const isMarked = shown.length > 0 && !marked.includes(undefined);
  const text = (isMarked ? marked : shown.map(literal)).join('\n');
  if (text.length > TEXT_OBJECT || weigh(text) > BLOCK_WEIGHT / 2) return undefined;
  return isMarked ? { type: 'mrkdwn', text, verbatim: true } : plain(orBlank(text));
}

/** What a person reads of a section's text. Our mrkdwn has an asterisk only where it makes bold. */
export const readSection = ({ type, text }: types.TextObject): string =>
  type === 'mrkdwn' ? unescapeText(text.replaceAll('*', '')) : text;

const literal = (line: Text): string =>
  line
    .map((span) =>
      typeof span === 'object' && span.kind === 'link'
        ? `${span.text} ${span.url}`
        : spanText(span),
    )
    .join('');

/** Undefined where mrkdwn can't show the line as it is. Slack formats whole words only, within one line. */
function markedLine(line: Text): string | undefined {
  const [first = '', ...rest] = line;
  if (MARKUP.test(literal(line))) return undefined;
  if (typeof first === 'string' || first.kind !== 'strong') return escapeText(literal(line));
  const after = literal(rest);
  if (!/^\S(?:.*\S)?$/.test(first.text) || /^\S/.test(after)) return undefined;
  return `*${escapeText(first.text)}*${escapeText(after)}`;
}

const spanText = (span: Span): string =>
  typeof span === 'string'
    ? span
    : span.kind === 'link'
      ? span.text + span.url // A link without a text shows its address.
      : span.text;

function renderSpan(span: Span): Element[] {
  if (typeof span === 'string') return pieces(span).map((text) => ({ type: 'text', text }));
  switch (span.kind) {
    case 'strong':
      return pieces(span.text).map((text) => ({ type: 'text', text, style: { bold: true } }));
    case 'code':
      return pieces(span.text).map((text) => ({ type: 'text', text, style: { code: true } }));
    case 'link':
      return renderLink(span);
    default:
      return unreachable(span);
  }
}

/** Only web and email addresses become links. Any other address is shown as text. */
function renderLink({ text, url }: Extract<Span, { kind: 'link' }>): Element[] {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const opens = parsed && ['http:', 'https:', 'mailto:'].includes(parsed.protocol);
  const [label = '', ...rest] = pieces(text);
  if (!opens || url.length > LINK_URL || rest.length > 0)
    return pieces(`${text} ${url}`).map((piece) => ({ type: 'text', text: piece }));
  return [{ type: 'link', url: wellFormed(url), ...(!isBlank(label) && { text: label }) }];
}

function groupByWeight(elements: readonly Element[]): Element[][] {
  const groups: Element[][] = [];
  let weight = Number.POSITIVE_INFINITY;
  for (const element of elements) {
    const more = weigh(element) + 1;
    if (weight + more > BLOCK_WEIGHT) {
      groups.push([]);
      weight = 100; // For the block itself.
    }
    groups.at(-1)?.push(element);
    weight += more;
  }
  return groups;
}
