/**
 * Parts of Adaptive Cards that both renderers use. Text is always a run of a RichTextBlock, since a TextBlock reads its
 * text as Markdown and a run shows it literally.
 */
import { compact } from '../../core/compact.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Span, Text } from '../view/card.ts';
import { CARD_VERSION, RUN_UNITS, URL_UNITS } from './limits.ts';

export interface Element {
  readonly type: string;
  readonly [property: string]: unknown;
}

export interface AdaptiveCard {
  readonly type: 'AdaptiveCard';
  readonly version: string;
  readonly body: readonly Element[];
  readonly refresh?: { readonly action: Element };
}

type RunStyle = Readonly<Record<string, unknown>>;

export const adaptiveCard = (body: readonly Element[]): AdaptiveCard => ({
  type: 'AdaptiveCard',
  version: CARD_VERSION,
  body,
});

/** Bytes of a value as UTF-8 JSON. */
export const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** One paragraph. Empty when there is nothing to show. */
export function paragraph(text: Text, style: RunStyle = {}, block: RunStyle = {}): Element[] {
  const inlines = runs(text, style);
  return inlines.length === 0 ? [] : [{ type: 'RichTextBlock', ...block, inlines }];
}

/** Teams draws `Medium` as large as other text (14 px; `Large` is 18), so only the weight would tell a title from a heading. */
export const titleLine = (title: string): Element[] => {
  const inlines = withColor(runs([title], { size: 'Large', weight: 'Bolder' }));
  return inlines.length === 0 ? [] : [{ type: 'RichTextBlock', inlines }];
};

/** Of the mark that a status begins with. */
const colors: Readonly<Record<string, string>> = {
  '✓': 'Good',
  '⚠': 'Warning',
  '✗': 'Attention',
};

/** A status is known by its mark; the color only repeats it. */
export function withColor([first, ...rest]: readonly Element[]): Element[] {
  if (!first) return [];
  const text = String(first['text']);
  const [mark = ''] = text;
  const color = colors[mark];
  if (color === undefined) return [first, ...rest];
  const after = text.slice(mark.length);
  const { isSubtle: _, ...style } = first;
  return compact([
    { ...style, type: 'TextRun', text: mark, color },
    after !== '' && { ...first, text: after },
    ...rest,
  ]);
}

/** The text as runs, short enough that each can go on another card. Empty spans give none. */
export const runs = (text: Text, style: RunStyle = {}): Element[] =>
  text.flatMap((span) => spanRuns(span, style));

function spanRuns(span: Span, style: RunStyle): Element[] {
  if (typeof span === 'string') return literalRuns(span, style);
  switch (span.kind) {
    case 'strong':
      return literalRuns(span.text, { ...style, weight: 'Bolder' });
    case 'code':
      return literalRuns(span.text, { ...style, fontType: 'Monospace' });
    case 'link':
      return isOpenable(span.url)
        ? literalRuns(span.text || span.url, {
            ...style,
            selectAction: { type: 'Action.OpenUrl', url: span.url },
          })
        : literalRuns(`${span.text} (${span.url})`, style);
    default:
      return unreachable(span);
  }
}

/** Clients open no other links from a card, and a card must never offer a `javascript:` link. */
const isOpenable = (url: string): boolean =>
  url.length <= URL_UNITS && /^(https?:\/\/|mailto:)/i.test(url);

/**
 * Clients replace `{{DATE(…)}}` and `{{TIME(…)}}` in each run separately. When a run ends between the two braces, they
 * stay as typed.
 */
const DATE_FUNCTION = /(?<=\{)(?=\{(?:DATE|TIME))/;
export const hasDateFunction = (text: string): boolean => DATE_FUNCTION.test(text);

const literalRuns = (text: string, style: RunStyle): Element[] =>
  (text.includes('{{') ? text.split(DATE_FUNCTION) : [text])
    .flatMap(chunks)
    .map((chunk) => ({ type: 'TextRun', text: chunk, ...style }));

/** Cuts at `RUN_UNITS`, never inside a surrogate pair. */
function chunks(text: string): string[] {
  const parts: string[] = [];
  for (let from = 0; from < text.length; ) {
    let to = Math.min(from + RUN_UNITS, text.length);
    if (to < text.length && isHighSurrogate(text.charCodeAt(to - 1))) to -= 1;
    parts.push(text.slice(from, to));
    from = to;
  }
  return parts;
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
