import type { z } from 'zod';
import { isJsonObject, type Json, JsonSyntaxError, parseJson } from '../../core/json.ts';
import { shorten } from '../../core/shorten.ts';
import { type Problem, placeOf, showValue } from './problem.ts';
import { objectAt, objectsAt } from './raw.ts';
import { judgeRules } from './rules.ts';
import { type Manifest, manifestSchema } from './schema.ts';

export type ParsedManifest =
  | { readonly ok: true; readonly manifest: Manifest; readonly warnings: readonly Problem[] }
  | {
      readonly ok: false;
      /** All of them, at least one. */
      readonly errors: readonly Problem[];
      readonly warnings: readonly Problem[];
    };

/** The document's own examples have up to 12,000 characters. A text beyond this limit is probably the wrong file. */
export const MAX_MANIFEST_CHARACTERS = 256 * 1024;
/** Enough for 10,000 options with id and name, and as many other texts. No app accepts `data` that is nested this deep. */
const LIMITS = { depth: 60, values: 40_000 };
/** Objects in one list: requests, fields, notifications. */
const MAX_OBJECTS = 500;
/** Names under which it stores values with people. Each belongs to one integration. */
const MAX_STORED_NAMES = 500;
/** Longer than any name of a field, a header or a variable. */
const MAX_KEY = 500;
/** Longer than any message or script in a request. */
const MAX_TEXT = 64 * 1024;
/** For errors and for warnings, each: more than anybody reads. The rest shows once these are fixed. */
const MAX_PROBLEMS = 1000;
/** A limit, because a problem may quote a long value. */
const MAX_PROBLEM_CHARACTERS = 1000;

/**
 * Reads the text of a manifest and normalises it. Never throws. A saved manifest is only parsed. `checkManifest` adds warnings when
 * one is saved.
 */
export function parseManifest(text: string): ParsedManifest {
  const known = parsed.get(text);
  if (known) return known;
  const json = readBounded(text);
  const fresh: ParsedManifest = json.ok
    ? parseManifestJson(json.value)
    : { ok: false, errors: [json.error], warnings: [] };
  parsed.set(text, fresh);
  const [oldest] = parsed.keys();
  if (parsed.size > KEPT_MANIFESTS && oldest !== undefined) parsed.delete(oldest);
  return fresh;
}

/** A cache, because every step of a run needs the same few manifests. A parsed one never changes. */
const parsed = new Map<string, ParsedManifest>();
/** More than a workspace uses. Each takes some tens of kB. */
const KEPT_MANIFESTS = 100;

/** The same for JSON from `readBounded`. */
export function parseManifestJson(json: Json): ParsedManifest {
  const rules = isJsonObject(json) ? judgeRules(json) : { errors: [], warnings: [] };
  const read = manifestSchema.safeParse(json, { reportInput: true });
  const errors = [...(read.success ? [] : read.error.issues.flatMap(problemsOf)), ...rules.errors];
  if (!read.success || errors.length > 0) {
    return { ok: false, errors: firstOf(inOrder(errors)), warnings: firstOf(rules.warnings) };
  }
  return { ok: true, manifest: read.data, warnings: firstOf(rules.warnings) };
}

/** The first problems, and the number of the others. */
export function firstOf(problems: readonly Problem[]): readonly Problem[] {
  const more = problems.length - MAX_PROBLEMS;
  const first = problems.slice(0, MAX_PROBLEMS).map(({ place, message }) => ({
    place: shorten(place, MAX_PROBLEM_CHARACTERS),
    message: shorten(message, MAX_PROBLEM_CHARACTERS),
  }));
  if (more <= 0) return first;
  return [...first, { place: '', message: `and ${more} more, shown when these are fixed` }];
}

/** Keys with lists of objects. Several rules check each object. */
const LISTS = [
  'execute',
  'revoke',
  'form',
  'extra_user_info',
  'initial_data_form',
  'gone_if',
  'post_execute_notification',
];

/** A list with too many objects, of the manifest itself or of its `accounts`. */
function longList(json: Json | undefined, before = ''): Problem | undefined {
  if (!isJsonObject(json)) return undefined;
  for (const key of LISTS) {
    const list = json[key];
    if (Array.isArray(list) && list.length > MAX_OBJECTS)
      return {
        place: `${before}${key}`,
        message: `has ${list.length} entries; use at most ${MAX_OBJECTS}, and split the rest over several integrations`,
      };
  }
  return before === '' ? longList(json['accounts'], 'accounts.') : undefined;
}

/** Why a manifest is too large for further checks. @param place its key at the top level */
function excessIn(json: Json, place: string): Problem | undefined {
  if (typeof json === 'string' && json.length > MAX_TEXT)
    return {
      place: place === '' ? 'manifest' : place,
      message: `has a text of ${json.length} characters (${showValue(json)}); use at most ${MAX_TEXT}`,
    };
  if (typeof json !== 'object' || json === null) return undefined;
  for (const [key, value] of Object.entries(json)) {
    if (key.length > MAX_KEY)
      return {
        place: place === '' ? 'manifest' : place,
        message: `has a key of ${key.length} characters (${showValue(key)}); use at most ${MAX_KEY}`,
      };
    const found = excessIn(value, place === '' ? key : place);
    if (found) return found;
  }
  return undefined;
}

function tooManyNames(json: Json): Problem | undefined {
  if (!isJsonObject(json)) return undefined;
  const stored = objectsAt(json, 'execute').map(({ item }) => objectAt(item, 'store_data'));
  const lists = [...stored, objectAt(json, 'data_structure')];
  const names = lists.reduce((sum, list) => sum + Object.keys(list).length, 0);
  return names > MAX_STORED_NAMES
    ? {
        place: 'execute',
        message: `stores ${names} names with a person; use at most ${MAX_STORED_NAMES}`,
      }
    : undefined;
}

type ReadText =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly error: Problem };

/** The JSON of a manifest's text. A manifest that is too large is refused here, before any other check. */
export function readBounded(text: string): ReadText {
  const json = readManifestJson(text);
  const error = json.ok
    ? (longList(json.value) ?? excessIn(json.value, '') ?? tooManyNames(json.value))
    : undefined;
  return error ? { ok: false, error } : json;
}

/** For a text that isn't one at all. */
const AN_OBJECT =
  'write one JSON object, like {"execute": [{"url": "https://api.example.com/users"}]}';

/** The JSON of a manifest's text, or the place of its error. */
export function readManifestJson(text: string): ReadText {
  if (text.length > MAX_MANIFEST_CHARACTERS) {
    const message = `is longer than ${MAX_MANIFEST_CHARACTERS} characters; is this the right file?`;
    return { ok: false, error: { place: 'manifest', message } };
  }
  const begun = text.trim();
  if (begun === '')
    return { ok: false, error: { place: 'manifest', message: `is empty; ${AN_OBJECT}` } };
  try {
    return { ok: true, value: parseJson(text, LIMITS) };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const place = `line ${error.line}, column ${error.column}`;
    const isOther = error.cure === undefined && !begun.startsWith('{');
    const detail = isOther ? `${error.detail}; ${AN_OBJECT}` : error.detail;
    return { ok: false, error: { place, message: `not valid JSON: ${detail}` } };
  }
}

function problemsOf(issue: z.core.$ZodIssue): readonly Problem[] {
  // judgeRules reports unknown keys of the top level, because it can suggest the right key.
  if (issue.code === 'unrecognized_keys') return [];
  if (issue.path.length === 0) {
    const message = `must be a JSON object, but is ${showValue(issue.input)}; ${AN_OBJECT}`;
    return [{ place: 'manifest', message }];
  }
  return [{ place: placeOf(issue.path), message: issue.message }];
}

/** Each problem once; the schema and the rules may both miss the same key. */
function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ place }) => {
    const known = seen.has(place);
    seen.add(place);
    return !known;
  });
}
