import { isSafeNumber, parse, stringify } from 'lossless-json';

/** JSON as Latchkey holds it: an integer that a double can't hold is a `bigint`, so its digits survive. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** @throws {SyntaxError} when `text` is not JSON. */
export function parseJson(text: string): Json {
  return parse(text, null, readNumber) as Json; // lossless-json types its result as unknown.
}

export function stringifyJson(value: Json, indent?: number): string {
  return stringify(value, null, indent) ?? 'null';
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readNumber(digits: string): number | bigint {
  return /^-?\d+$/.test(digits) && !isSafeNumber(digits) ? BigInt(digits) : Number(digits);
}
