/** YAML 1.2 as another way to write the same JSON values. What JSON has no word for is refused: aliases, tags, keys that are no text. */
import {
  type Document,
  isScalar,
  Lexer,
  LineCounter,
  Parser,
  parseDocument,
  stringify,
  visit,
} from 'yaml';
import { type Json, parseJson, stringifyJson } from '../../core/json.ts';

export type ReadYaml =
  /** The same as JSON. */
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly place: string; readonly message: string };

/** Of unfinished collections and their items. Deeper texts would end the process in the library's recursion. */
const MAX_NESTED = 200;

const TAG = 'Tags are not read; remove it, and write a text in quotes';

/** For what the library says to programmers. */
const MESSAGES: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'More than one document; keep one',
  NON_STRING_KEY: 'A key that is no text; write a text',
  TAG_RESOLVE_FAILED: TAG,
};

export function readYaml(text: string): ReadYaml {
  const lines = new LineCounter();
  lines.addNewLine(0);
  const wrong = (at: number, message: string): ReadYaml => {
    const { line, col } = lines.linePos(at);
    return {
      ok: false,
      place: `line ${line}, column ${col}`,
      message: `not valid YAML: ${message}`,
    };
  };
  const tooDeep = nestedTooDeep(text, lines);
  if (tooDeep !== undefined) return wrong(tooDeep, 'Nested too deeply');
  const document = parseDocument(text, {
    lineCounter: new LineCounter(),
    prettyErrors: false,
    stringKeys: true,
    // Numbers keep their digits.
    intAsBigInt: true,
    // It would take a time that grows with the square of their number.
    uniqueKeys: false,
  });
  const [problem = notInJson(document)] = [...document.errors, ...document.warnings];
  if (problem) return wrong(problem.pos[0], MESSAGES[problem.code ?? ''] ?? problem.message);
  return { ok: true, text: stringifyJson(document.toJS({ maxAliasCount: 0 }) as Json) };
}

/** Where it is. It also finds the beginnings of all lines. */
function nestedTooDeep(text: string, lines: LineCounter): number | undefined {
  const parser = new Parser(lines.addNewLine);
  for (const token of new Lexer().lex(text)) {
    for (const _ of parser.next(token)); // Only its stack counts here.
    if (parser.stack.length > MAX_NESTED) return parser.offset;
  }
  return undefined;
}

interface Wrong {
  readonly pos: readonly [number, ...number[]];
  readonly message: string;
  readonly code?: string;
}

function notInJson(document: Document): Wrong | undefined {
  let found: Wrong | undefined;
  const stop = (range: readonly number[] | null | undefined, message: string): symbol => {
    found = { pos: [range?.[0] ?? 0], message };
    return visit.BREAK;
  };
  visit(document, {
    Alias: (_, { range }) => stop(range, 'Aliases are not read; write the value here again'),
    Value(_, node) {
      if (node.tag !== undefined) return stop(node.range, TAG);
      return isScalar(node) && typeof node.value === 'number' && !Number.isFinite(node.value)
        ? stop(node.range, 'A number that JSON has no word for; write a text in quotes')
        : undefined;
    },
    Map(_, { items, tag, range }) {
      if (tag !== undefined) return stop(range, TAG);
      const seen = new Set<unknown>();
      for (const { key } of items) {
        const name = isScalar(key) ? key.value : key;
        if (seen.has(name))
          return stop(
            isScalar(key) ? key.range : null,
            `${String(name)} stands here twice; keep one`,
          );
        seen.add(name);
      }
      return undefined;
    },
  });
  return found;
}

/** The same value gives the same bytes. */
export const yamlOf = (value: Json): string =>
  stringify(parseJson(stringifyJson(value)), { lineWidth: 0 });
