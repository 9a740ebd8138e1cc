/**
 * The output of commands. Results go to stdout and all messages to stderr, so that with
 * `latchkey … --json | jq` only the result reaches `jq`.
 */
import { type Json, stringifyJson } from '../core/json.ts';

/** Where text is written: `process.stdout` and `process.stderr`, or a test's object. */
export interface Sink {
  write(text: string): unknown;
}

export interface Output {
  /** One line of the result, a sentence. */
  line(text: string): void;
  /** One line of the result that has a text from outside, such as an answer or a manifest: commands in it stay as they are. */
  verbatim(text: string): void;
  /** The result as aligned columns. Without rows it prints `whenEmpty`. */
  table(columns: readonly string[], rows: readonly (readonly string[])[], whenEmpty: string): void;
  /** The whole result as one JSON value. */
  json(value: Json): void;
  /** A message beside the result: progress or a warning. */
  note(text: string): void;
  /** An error, and how to fix it. */
  error(text: string): void;
}

/** @param command how someone types `latchkey` here: sentences that name a command are to be copied */
export function createOutput(stdout: Sink, stderr: Sink, command = 'latchkey'): Output {
  const typed = (text: string): string => visible(asTyped(text, command));
  const aside = (text: string): unknown => stderr.write(`${typed(text)}\n`);
  const verbatim = (text: string): void => void stdout.write(`${visible(text)}\n`);
  return {
    line: (text) => void stdout.write(`${typed(text)}\n`),
    verbatim,
    table: (columns, rows, whenEmpty) => {
      if (rows.length === 0) aside(whenEmpty);
      else for (const line of aligned([columns, ...rows])) verbatim(line);
    },
    json: (value) => void stdout.write(`${stringifyJson(value, 2)}\n`),
    note: (text) => void aside(text),
    error: (text) => void aside(`Error: ${text}`),
  };
}

/** In UTC, to the second. */
export const shownTime = (date: Date): string => date.toISOString().replace(/\.\d+Z/, 'Z');

/** A command in a sentence: `Run "latchkey start"`, `Add one with: latchkey token create`; or in a list, after `- `. */
const NAMED = /(["`(]|[:-] )latchkey (?=[a-z])/g;

let called = 'latchkey';
/** Before a command runs: how the command line was called. */
export const callItself = (command: string): void => void (called = command);

/** The text, with its commands as someone types them here. Also for what `latchkey start` logs. */
export const asTyped = (text: string, command = called): string =>
  text.replaceAll(NAMED, (_, before) => `${before}${command} `);

let asJson = false;
/** Before a command runs: whether it has `--json`. */
export const wantJson = (wanted: boolean): void => void (asJson = wanted);

export function terminal(): Output {
  const output = createOutput(process.stdout, process.stderr, called);
  return asJson ? withJsonTables(output) : output;
}

/** A table is an array of objects then, with its columns as keys. */
export const withJsonTables = (output: Output): Output => ({
  ...output,
  table: (columns, rows) =>
    output.json(
      rows.map((row) =>
        Object.fromEntries(columns.map((column, index) => [keyOf(column), row[index] ?? ''])),
      ),
    ),
});

const keyOf = (column: string): string => column.toLowerCase().replaceAll(' ', '_');

const GAP = '  ';

function aligned(rows: readonly (readonly string[])[]): string[] {
  // A line break in a cell would break the table.
  const cells = rows.map((row) => row.map((cell) => visible(cell).replace(/[\t\n]/g, ' ')));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => widthOf(row[column] ?? ''))),
  );
  return cells.map((row) =>
    widths
      .map((width, column) => pad(row[column] ?? '', width))
      .join(GAP)
      .trimEnd(),
  );
}

const graphemes = new Intl.Segmenter();
const widthOf = (text: string): number => Array.from(graphemes.segment(text)).length;
const pad = (text: string, width: number): string => text + ' '.repeat(width - widthOf(text));

/** Names and answers come from outside. Characters that control a terminal or reorder text become a mark. */
function visible(text: string): string {
  return text.replace(/(?![\t\n])[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, '\uFFFD');
}
