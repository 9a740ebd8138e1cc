import { parse, stringify } from 'lossless-json';

/** JSON as Latchkey holds it: an integer that a double can't hold is a `bigint`, so its digits survive. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Deeper than any API answers, and shallow enough that no walk over a value exhausts the stack. */
export const MAX_JSON_DEPTH = 500;

/** The text is not JSON. `message` says what is wrong at which line and column (both from 1). */
export class JsonSyntaxError extends SyntaxError {
  readonly code = 'json-syntax';
  /** What is wrong, without the place. */
  readonly detail: string;
  readonly line: number;
  readonly column: number;

  constructor(detail: string, text: string, position: number) {
    const before = text.slice(0, position).split(/\r\n|\r|\n/);
    const line = before.length;
    const column = (before.at(-1) ?? '').length + 1;
    super(`line ${line}, column ${column}: ${detail}`);
    this.name = 'JsonSyntaxError';
    this.detail = detail;
    this.line = line;
    this.column = column;
  }
}

/**
 * Reads JSON. Of a key that comes twice the last one counts, `__proto__` is a key like any other, and a byte
 * order mark at the start is skipped.
 * @throws {JsonSyntaxError} when `text` is not JSON, or is nested deeper than `MAX_JSON_DEPTH`.
 */
export function parseJson(text: string): Json {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  refuseDeepNesting(body);
  if (!MAY_HOLD_BIG_INTEGER.test(body)) {
    try {
      return JSON.parse(body) as Json; // JSON.parse yields nothing but JSON.
    } catch {
      // The slower parser below says what is wrong in words that don't depend on the Node version.
    }
  }
  try {
    // lossless-json types its result as unknown.
    return parse(body, null, { parseNumber: readNumber, onDuplicateKey: lastOne }) as Json;
  } catch (error) {
    throw describeSyntaxError(error, body);
  }
}

/** As `parseJson` does; undefined for what is no JSON. */
export function jsonIn(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

export function stringifyJson(value: Json, indent?: number): string {
  return stringify(value, null, indent) ?? 'null';
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Safe integers have at most 16 digits; without a longer run the built-in, much faster parser is exact. */
const MAY_HOLD_BIG_INTEGER = /\d{16}/;

function readNumber(digits: string): number | bigint {
  const number = Number(digits);
  return /^-?\d+$/.test(digits) && !Number.isSafeInteger(number) ? BigInt(digits) : number;
}

const lastOne = ({ newValue }: { newValue: unknown }): unknown => newValue;

function describeSyntaxError(error: unknown, text: string): JsonSyntaxError {
  const message = error instanceof Error ? error.message : String(error);
  const position = / at position (\d+)$/.exec(message);
  return new JsonSyntaxError(
    message.slice(0, position?.index),
    text,
    position ? Number(position[1]) : text.length,
  );
}

function refuseDeepNesting(text: string): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === BACKSLASH) at++;
      else if (char === QUOTE) inString = false;
    } else if (char === QUOTE) {
      inString = true;
    } else if (char === OPEN_BRACE || char === OPEN_BRACKET) {
      depth++;
      if (depth > MAX_JSON_DEPTH) {
        throw new JsonSyntaxError(`Nested more than ${MAX_JSON_DEPTH} levels deep`, text, at);
      }
    } else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) {
      depth--;
    }
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
