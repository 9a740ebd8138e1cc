/** The page of a pack: for a person, in any browser, without a script or anything from elsewhere. */
import { languageOf, locale, plural, sayNumber, t } from '../../core/translate.ts';
import type { PackContents } from './evidence.ts';
import type { Line } from './lines.ts';

export interface PageTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly count: number;
  readonly first: readonly Line[];
}

/** A browser shows more only slowly; the CSV files have all. */
export const ROWS_ON_PAGE = 1000;

export function packPage(about: PackContents, tables: readonly PageTable[]): string {
  const title = t`Evidence of access`;
  const entries = about.lines['audit'] ?? 0;
  const auditEntries = plural(entries, {
    one: t`1 entry of the sealed audit log is in audit.csv and audit.jsonl. chain.jsonl proves its place and that it wasn't changed.`,
    other: t`${sayNumber(entries)} entries of the sealed audit log are in audit.csv and audit.jsonl. chain.jsonl proves their order and that none was changed.`,
  });
  const check = t`Latchkey has signed this pack. This command finds any change, and says where it is. Compare the key with one that you got another way, since someone who makes a new pack can also make a new key.`;
  const body = [
    element('h1', title),
    `<dl>${definitions(factsOf(about))}</dl>`,
    ...tables.map(sectionOf),
    element('h2', t`The audit log`),
    element('p', auditEntries),
    element('h2', t`Check this pack`),
    element('p', check),
    element('pre', `latchkey verify PACK.zip --key ${about.key}`),
  ].join('\n');
  return `<!doctype html>
<html lang="${languageOf(locale())}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
${element('title', title)}
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

const element = (name: string, text: string): string => `<${name}>${escaped(text)}</${name}>`;

function factsOf(about: PackContents): readonly (readonly [string, string])[] {
  const { started, closed } = about;
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    [t`From`, about.from],
    [t`Until (not included)`, about.before],
    [t`Person`, about.person],
    [t`Integration`, about.integration],
    [t`Access review`, about.review],
    [t`Review started`, started?.at],
    [t`Started by`, started?.by],
    [t`Review closed`, closed === null ? t`It is still open.` : closed?.at],
    [t`Closed by`, closed?.by],
    [t`Made`, about.madeAt],
    [t`Made by`, about.madeBy],
    [t`Head of the audit log`, about.head],
    [t`Key`, about.key],
  ];
  return facts.flatMap(([name, value]) => (value ? [[name, value] as const] : []));
}

const definitions = (facts: readonly (readonly [string, string])[]): string =>
  facts.map(([name, value]) => element('dt', name) + element('dd', value)).join('\n');

const titles = (): Readonly<Record<string, string>> => ({
  access: t`Access`,
  removals: t`Removed access`,
  review: t`Access review`,
});

function sectionOf({ name, columns, count, first }: PageTable): string {
  const title = titles()[name] ?? name;
  const file = `${name}.csv`;
  const head = columns.map((column) => `<th scope="col">${escaped(column)}</th>`).join('');
  const rows = first.map(
    (line) => `<tr>${columns.map((column) => element('td', line[column] ?? '')).join('')}</tr>`,
  );
  const all = t`These are the first ${sayNumber(first.length)} of ${sayNumber(count)}. All of them are in ${file}.`;
  return [
    element('h2', title),
    element('p', count > first.length ? all : sayNumber(count)),
    // A keyboard scrolls only what takes the focus.
    `<div class="table" role="region" aria-label="${escaped(title)}" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>`,
    ...rows,
    '</tbody></table></div>',
  ].join('\n');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (each) => ESCAPES[each] ?? each);

const STYLE =
  ':root{color-scheme:light;background:#fff;color:#111}body{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:90rem}dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere}.table{overflow-x:auto}table{border-collapse:collapse;font-size:13px}th,td{border:1px solid #bbb;padding:.25rem .5rem;text-align:left;vertical-align:top;min-width:6rem;max-width:24rem;overflow-wrap:anywhere}th{background:#eee;white-space:nowrap}pre{background:#eee;padding:.75rem;white-space:pre-wrap;overflow-wrap:anywhere}';
