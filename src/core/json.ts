import { isSafeNumber, parse, stringify } from 'lossless-json';

/** JSON in Latchkey. An integer that a double can't hold is a `bigint`, so that it keeps its digits. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Deeper than any API's answer, and shallow enough that no recursion over a value exhausts the stack. */
export const MAX_JSON_DEPTH = 500;
/** Enough for 20,000 people with 50 facts each. A text of a few MB can hold ten times as many, at 30 bytes or more each. */
export const MAX_JSON_VALUES = 1_000_000;
/** Far more than any id has. The time to read a number grows with the square of its digits. */
export const MAX_JSON_DIGITS = 400;

/** Limits of a text. They are checked before any value is built. */
interface JsonLimits {
  readonly depth: number;
  /** Number of lists, objects, texts, numbers, `true`, `false` and `null`. */
  readonly values: number;
}

const LIMITS: JsonLimits = { depth: MAX_JSON_DEPTH, values: MAX_JSON_VALUES };

/** The text is not JSON, or exceeds a limit. `message` says what is wrong, and at which line and column (both from 1). */
export class JsonSyntaxError extends SyntaxError {
  readonly code = 'json-syntax';
  /** What is wrong and what to do, without the place. It may quote a character of the text. */
  readonly detail: string;
  /** What to do, where that is known. Never a part of the text. */
  readonly cure: string | undefined;
  readonly line: number;
  readonly column: number;

  constructor(what: string, text: string, position: number) {
    const { line, column } = placeAt(text, position);
    const cure = cureAt(text, position);
    const detail = cure === undefined ? what : `${what}; ${cure}`;
    super(`line ${line}, column ${column}: ${detail}`);
    this.name = 'JsonSyntaxError';
    this.detail = detail;
    this.cure = cure;
    this.line = line;
    this.column = column;
  }
}

function placeAt(text: string, position: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (const { index, 0: lineBreak } of text.slice(0, position).matchAll(/\r\n|\r|\n/g)) {
    line += 1;
    start = index + lineBreak.length;
  }
  return { line, column: position - start + 1 };
}

/**
 * Reads JSON. When a key comes twice, the last one counts. `__proto__` is a key like any other. A byte order mark at the start is
 * skipped.
 * @throws {JsonSyntaxError} when `text` is not JSON or exceeds `limits`
 */
export function parseJson(text: string, limits: JsonLimits = LIMITS): Json {
  const read = readJson(text, limits);
  if (read.ok) return read.value;
  throw read.exceeds
    ? new JsonSyntaxError(describeExcess(read.exceeds, limits), withoutMark(text), read.at)
    : describeSyntaxError(withoutMark(text));
}

/** Like `parseJson`, but undefined when the text is not JSON or exceeds a limit. */
export function jsonIn(text: string): Json | undefined {
  const read = readJson(text, LIMITS);
  return read.ok ? read.value : undefined;
}

/**
 * The number in a text that JSON could hold, without white space around it.
 * @returns undefined for every other text, and for a number that a double would change: `9007199254740993.0`, `1e-400`
 */
export function exactNumberIn(text: string): number | bigint | undefined {
  const value = text.length > MAX_JSON_DIGITS ? undefined : jsonIn(text);
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && isSafeNumber(text) ? value : undefined;
}

type ReadJson =
  | { readonly ok: true; readonly value: Json }
  /** `exceeds` names the limit that the text exceeds at `at`. Left out when the text is not JSON. */
  | { readonly ok: false; readonly exceeds?: JsonExcess; readonly at: number };

export type JsonExcess = 'depth' | 'values' | 'digits' | 'size';

function describeExcess(excess: JsonExcess, { depth, values }: JsonLimits): string {
  return {
    depth: `Nested more than ${depth} levels deep`,
    values: `More than ${values} values`,
    digits: `A number of more than ${MAX_JSON_DIGITS} digits`,
    size: 'A number beyond 1.8e308',
  }[excess];
}

/** Like `parseJson`, but without the place of a mistake, because finding that takes much longer than reading. */
export function readJson(text: string, limits: JsonLimits = LIMITS): ReadJson {
  const body = withoutMark(text);
  const scanned = scan(body, limits);
  if (!scanned.ok) return mayBeJson(body) ? scanned : { ok: false, at: 0 };
  try {
    if (scanned.bigIntegers.length === 0) return { ok: true, value: JSON.parse(body) as Json }; // JSON.parse yields only JSON.
    return { ok: true, value: revive(JSON.parse(quoted(body, scanned.bigIntegers)) as Json) };
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, at: 0 };
    throw error;
  }
}

/** What `scan` counts in a page, a table or a list of hexadecimal ids is no number and no list. */
const mayBeJson = (text: string): boolean => /^\s*(?:[[{]|-?\d[\d.eE+-]*\s*$)/.test(text);

const withoutMark = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text);

export function stringifyJson(value: Json, indent?: number): string {
  try {
    return JSON.stringify(value, null, indent) ?? 'null';
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return stringify(value, null, indent) ?? 'null'; // Slower, and knows big integers.
  }
}

/** The beginning of `stringifyJson`, at least so many characters. For display: it doesn't build the rest of a long list. */
export function beginningOfJson(value: Json, characters: number): string {
  let text = '';
  const write = (part: Json): void => {
    if (typeof part === 'string') text += JSON.stringify(part.slice(0, characters));
    else if (Array.isArray(part)) writeList(part as readonly Json[]);
    else if (isJsonObject(part)) writeObject(part);
    else text += stringifyJson(part);
  };
  const writeList = (list: readonly Json[]): void => {
    let before = '[';
    for (const item of list) {
      if (text.length >= characters) return;
      text += before;
      write(item);
      before = ',';
    }
    text += list.length === 0 ? '[]' : ']';
  };
  const writeObject = (object: JsonObject): void => {
    let before = '{';
    for (const key in object) {
      if (text.length >= characters) return;
      text += `${before}${JSON.stringify(key.slice(0, characters))}:`;
      write(object[key] ?? null);
      before = ',';
    }
    text += before === '{' ? '{}' : '}';
  };
  write(value);
  return text;
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// ---------------------------------------------------------------- before it is parsed

type Scanned =
  | {
      readonly ok: true;
      /** Start and end of each integer that a double can't hold, one behind the other. A list of pairs would take ten times the memory. */
      readonly bigIntegers: readonly number[];
    }
  | Extract<ReadJson, { ok: false }>;

/** Scans the text once and builds nothing. The parser finds errors of syntax later. */
function scan(text: string, limits: JsonLimits): Scanned {
  const bigIntegers: number[] = [];
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      at = endOfString(text, at);
    } else if (char === OPEN_BRACE || char === OPEN_BRACKET) {
      depth++;
      values++;
      if (depth > limits.depth) return { ok: false, exceeds: 'depth', at };
    } else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) {
      depth--;
    } else if (char === COMMA) {
      values++;
    } else if (isDigit(char)) {
      const whole = endOfDigits(text, at);
      const to = endOfNumber(text, whole);
      if (to - at > MAX_JSON_DIGITS) return { ok: false, exceeds: 'digits', at };
      if (to > whole && isInfinite(text, at, to)) return { ok: false, exceeds: 'size', at };
      if (to === whole && isBigInteger(text, at, to)) bigIntegers.push(at, to);
      at = to - 1;
    }
    if (values > limits.values) return { ok: false, exceeds: 'values', at };
  }
  return { ok: true, bigIntegers };
}

/** The closing quote, or the end of the text. It reads each backslash once, because a run of them precedes only one quote. */
function endOfString(text: string, open: number): number {
  for (let at = open; ; ) {
    at = text.indexOf('"', at + 1);
    if (at === -1) return text.length;
    let before = at - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    if ((at - before) % 2 === 1) return at;
  }
}

function endOfDigits(text: string, start: number): number {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at++;
  return at;
}

/** Behind the whole digits: a fraction, an exponent, and what looks like them. The parser finds what is wrong there. */
function endOfNumber(text: string, whole: number): number {
  let at = whole;
  for (let char = text.charCodeAt(at); isDigit(char) || isInFraction(char); )
    char = text.charCodeAt(++at);
  return at;
}

const isInFraction = (char: number): boolean =>
  char === DOT || char === SMALL_E || char === LARGE_E || char === PLUS || char === MINUS;

/** A double would take it for infinite, and writing that as JSON gives `null`. */
const isInfinite = (text: string, from: number, to: number): boolean =>
  Number(text.slice(from, to)) === Number.POSITIVE_INFINITY;

const isDigit = (char: number): boolean => char >= ZERO && char <= NINE;

/** Safe integers have at most 16 digits. */
const SAFE_DIGITS = 16;

const isBigInteger = (text: string, from: number, to: number): boolean =>
  to - from >= SAFE_DIGITS &&
  text.charCodeAt(from) !== ZERO &&
  !Number.isSafeInteger(Number(text.slice(from, to)));

// ---------------------------------------------------------------- integers of any size

/** Marks the digits of a big integer while they are a text. It is random, so no input can contain it. */
const MARK = `${crypto.randomUUID().slice(-12)}:`;

/** So many pieces of a text are joined at a time: a list of all of them would take many times the text's memory. */
const JOINED = 4000;

/** The text with its big integers as marked texts, so that the built-in parser, which is much faster, can read it. */
function quoted(text: string, bigIntegers: readonly number[]): string {
  const parts: string[] = [];
  let pieces: string[] = [];
  let end = 0;
  for (let n = 0; n < bigIntegers.length; n += 2) {
    const [digits = 0, to = 0] = [bigIntegers[n], bigIntegers[n + 1]];
    const from = text.charCodeAt(digits - 1) === MINUS ? digits - 1 : digits;
    pieces.push(text.slice(end, from), `"${MARK}`, text.slice(from, to), '"');
    end = to;
    if (pieces.length < JOINED) continue;
    parts.push(pieces.join(''));
    pieces = [];
  }
  return [...parts, ...pieces, text.slice(end)].join('');
}

/** @param value is changed in place */
function revive(value: Json): Json {
  if (typeof value === 'string')
    return value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const list = value as Json[];
    for (let n = 0; n < list.length; n++) list[n] = revive(list[n] as Json);
    return list;
  }
  const holder = value as Record<string, Json>;
  for (const key of Object.keys(holder)) {
    const before = holder[key] as Json;
    const after = revive(before);
    if (after === before) continue;
    if (key !== '__proto__') holder[key] = after;
    // An assignment would take it for something else.
    else
      Object.defineProperty(holder, key, {
        value: after,
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  return value;
}

// ---------------------------------------------------------------- mistakes

/** Uses a second parser for the message, because its messages don't depend on the Node version. */
function describeSyntaxError(text: string): JsonSyntaxError {
  try {
    parse(text, null, { parseNumber: Number, onDuplicateKey: ({ newValue }) => newValue });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const position = / at position (\d+)$/.exec(message);
    const at = position ? Number(position[1]) : text.length;
    const detail = message.slice(0, position?.index).replaceAll(/[\n\r\t]/g, escaped);
    return new JsonSyntaxError(detail, text, at);
  }
  return new JsonSyntaxError('JSON expected', text, text.length); // Only one of the two parsers takes it.
}

const escaped = (char: string): string => JSON.stringify(char).slice(1, -1);

/** For the mistakes that people make who write JSON by hand. */
function cureAt(text: string, at: number): string | undefined {
  const char = text[at];
  if (char === undefined)
    return text.trim() === '' ? undefined : 'a brace, a bracket or a quotation mark is not closed';
  if (/^(#|\/[/*])/.test(text.slice(at, at + 2))) return 'JSON has no comments, so remove it';
  if ((char === '}' || char === ']') && /,\s{0,1000}$/.test(text.slice(Math.max(0, at - 1000), at)))
    return 'remove the comma before it';
  if (/['\u2018-\u201F]/.test(char)) return 'write "straight double quotes"';
  if (char === '\t') return 'write a tab in a text as \\t';
  if (char === '\n' || char === '\r') return 'write a line break in a text as \\n';
  return undefined;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const PLUS = 0x2b;
const MINUS = 0x2d;
const LARGE_E = 0x45;
const SMALL_E = 0x65;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
