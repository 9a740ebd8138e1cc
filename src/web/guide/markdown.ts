/** HTML of the guide to manifests: of Markdown only what its three documents use. All else appears literally. */
import { unreachable } from '../../core/unreachable.ts';

/** Of one document. @param linked the address that a link leads to; undefined: its text stands alone */
export function htmlOf(markdown: string, linked: (url: string) => string | undefined): string {
  const inline = (text: string): string => inlineOf(text, linked);
  return blocksOf(markdown.split('\n'))
    .map((block) => drawn(block, inline))
    .join('\n');
}

type Block =
  | { readonly kind: 'code'; readonly lines: readonly string[] }
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'list'; readonly isNumbered: boolean; readonly items: readonly string[] }
  | { readonly kind: 'text'; readonly text: string };

const FENCE = /^```/;
const HEADING = /^(#{1,6}) (.+)$/;
const ROW = /^\|(.+)\|$/;
const ITEM = /^(?:-|(\d+)\.) (.+)$/;
const BETWEEN = /^[\s|:-]+$/;

function blocksOf(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  let at = 0;
  /** Lines from here on, while they fit. */
  const take = (fits: (line: string) => boolean): readonly string[] => {
    const from = at;
    while (at < lines.length && fits(lines[at] ?? '')) at += 1;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const [, marks = '', heading = ''] = HEADING.exec(line) ?? [];
    if (line.trim() === '') at += 1;
    else if (FENCE.test(line)) {
      at += 1;
      blocks.push({ kind: 'code', lines: take((each) => !FENCE.test(each)) });
      at += 1;
    } else if (heading) {
      blocks.push({ kind: 'heading', level: marks.length, text: heading });
      at += 1;
    } else if (ROW.test(line)) blocks.push({ kind: 'table', rows: rowsOf(take(isRow)) });
    else if (ITEM.test(line)) {
      const isNumbered = ITEM.exec(line)?.[1] !== undefined;
      const items = take((each) => ITEM.test(each) || /^ +\S/.test(each));
      blocks.push({ kind: 'list', isNumbered, items: itemsOf(items) });
    } else blocks.push({ kind: 'text', text: take(isText).join(' ') });
  }
  return blocks;
}

const isRow = (line: string): boolean => ROW.test(line);
const isText = (line: string): boolean =>
  line.trim() !== '' && ![FENCE, HEADING, ROW, ITEM].some((begins) => begins.test(line));

const rowsOf = (lines: readonly string[]): readonly (readonly string[])[] =>
  lines
    .filter((line) => !BETWEEN.test(line))
    .map((line) => (ROW.exec(line)?.[1] ?? '').split(/(?<!\\)\|/).map((cell) => cell.trim()));

/** An item goes on in the lines below it that are indented. */
function itemsOf(lines: readonly string[]): readonly string[] {
  const items: string[] = [];
  for (const line of lines) {
    const begun = ITEM.exec(line)?.[2];
    if (begun === undefined) items.push(`${items.pop() ?? ''} ${line.trim()}`);
    else items.push(begun);
  }
  return items;
}

type Inline = (text: string) => string;

function drawn(block: Block, inline: Inline): string {
  switch (block.kind) {
    case 'code':
      return `<pre>${literal(block.lines.join('\n'))}</pre>`;
    case 'heading': {
      const { level, text } = block;
      return `<h${level} id="${anchorOf(text)}">${inline(text)}</h${level}>`;
    }
    case 'table':
      return tableOf(block.rows, inline);
    case 'list': {
      const tag = block.isNumbered ? 'ol' : 'ul';
      return `<${tag}>${block.items.map((item) => `<li>${inline(item)}</li>`).join('')}</${tag}>`;
    }
    case 'text':
      return `<p>${inline(block.text)}</p>`;
    default:
      return unreachable(block);
  }
}

/** On a phone its rows are stacked, each cell below its column's name: roles say that it is a table all the same. */
function tableOf([head = [], ...rows]: readonly (readonly string[])[], inline: Inline): string {
  const columns = head.map((cell) => `<th role="columnheader">${inline(cell)}</th>`).join('');
  const cell = (text: string, at: number) =>
    `<td role="cell" data-column="${literal(head[at] ?? '')}">${inline(text)}</td>`;
  const body = rows.map((row) => `<tr role="row">${row.map(cell).join('')}</tr>`).join('');
  return `<table class="stacked" role="table"><thead><tr role="row">${columns}</tr></thead><tbody>${body}</tbody></table>`;
}

/** As GitHub makes it, so that the links of the documents find it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const SPANS =
  /`(?<code>[^`]+)`|\[(?<label>(?:[^\]`]|`[^`]*`)+)\]\((?<url>[^)]+)\)|\*\*(?<strong>(?:[^*`]|`[^`]*`)+)\*\*|\*(?<em>(?:[^*`]|`[^`]*`)+)\*/g;

function inlineOf(text: string, linked: (url: string) => string | undefined): string {
  const parts: string[] = [];
  let at = 0;
  for (const found of text.matchAll(SPANS)) {
    parts.push(literal(text.slice(at, found.index)), spanOf(found.groups ?? {}, linked));
    at = found.index + found[0].length;
  }
  return [...parts, literal(text.slice(at))].join('');
}

function spanOf(
  { code, label, url = '', strong, em }: Readonly<Record<string, string | undefined>>,
  linked: (url: string) => string | undefined,
): string {
  if (code !== undefined) return `<code>${literal(code)}</code>`;
  if (strong !== undefined) return `<strong>${inlineOf(strong, linked)}</strong>`;
  if (em !== undefined) return `<em>${inlineOf(em, linked)}</em>`;
  const said = inlineOf(label ?? '', linked);
  const to = linked(url);
  return to === undefined ? said : `<a href="${literal(to)}">${said}</a>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
const literal = (text: string): string =>
  text.replaceAll('\\|', '|').replaceAll(/[&<>"]/g, (mark) => ENTITIES[mark] ?? mark);
