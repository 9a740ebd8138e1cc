/**
 * Taking secrets out of what is shown, logged or kept for display: every secret of an integration becomes
 * `•••NAME•••`, in whatever encoding it stands there. Words: a *needle* is a secret as it is looked for, a *find* a place
 * of the text that holds one.
 */
import { Buffer } from 'node:buffer';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { say } from '../core/say.ts';
import { asBytes, type View, viewsOf } from './decoded-views.ts';
import type { Person } from './directory.ts';

/** What is public although it equals a secret: hiding it would say more than showing it. */
export interface RedactionExceptions {
  readonly person?: Person | undefined;
  /** The manifest as it was saved. */
  readonly manifestText: string;
}

/** Shorter values stand everywhere by accident; a value this short protects nothing. */
const SHORTEST_SECRET = 4;
/** From this length on a value is hidden wherever it stands, not only as a whole word. */
const ANYWHERE_LENGTH = 8;

/** What is shown or kept for display of one text, in bytes of UTF-8. */
const DISPLAY_BYTES = 64 * 1024;
/** The longest escape of one byte: `&#x0026;`, in which an address escapes the signs. */
const MAX_ESCAPE = 12;

/**
 * @returns a function that takes the secrets out of a text, and cuts it for display. It looks at what is shown, and at as
 * much behind it as the longest secret takes, however long the text is. It is cheap to keep, and dear to make for every text.
 */
export function redactor(
  secrets: Readonly<Record<string, string>>,
  exceptions: RedactionExceptions,
): (text: string) => string {
  const hidden = Object.entries(secrets).filter(
    ([, value]) => value.length >= SHORTEST_SECRET && !isPublic(value, exceptions),
  );
  if (hidden.length === 0) return (text) => cutForDisplay(text);
  const needles = needlesOf(hidden);
  const longest = Math.max(...needles.map(({ bytes }) => bytes.length));
  const window = DISPLAY_BYTES + NOTE_BYTES + longest * MAX_ESCAPE;
  return (text) => {
    const seen = text.length > window ? text.slice(0, window) : text;
    const shown = hide(seen, findsIn(seen, needles));
    return seen === text ? cutForDisplay(shown) : cutWithNote(shown, Buffer.byteLength(text));
  };
}

const mark = (name: string): string => `•••${name}•••`;

function isPublic(value: string, { person, manifestText }: RedactionExceptions): boolean {
  return manifestText.includes(value) || (person !== undefined && fieldsOf(person).has(value));
}

/**
 * Without what integrations have stored with the person: a third party chooses that, and one that answers with the secret
 * it was sent would have it shown from then on.
 */
function fieldsOf(person: Person): ReadonlySet<string> {
  const values = Object.values<unknown>({ ...person, stored: undefined });
  return new Set(values.flatMap((value) => (typeof value === 'string' ? [value] : [])));
}

// ---------------------------------------------------------------- looking for them

interface Needle {
  readonly name: string;
  readonly isShort: boolean;
  /** In UTF-8, one character for each byte, as every text here. */
  readonly bytes: string;
  /** The same as it stands where UTF-8 was taken for Latin-1, as in what is shown of a header. */
  readonly twice: string;
  /** In lower case. */
  readonly hex: string;
  /** What every base64 that contains it has in it; see `coresOf`. */
  readonly cores: readonly string[];
}

interface Find {
  /** In bytes of the text; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
  readonly needle: Needle;
}

function needlesOf(
  secrets: readonly (readonly [name: string, value: string])[],
): readonly Needle[] {
  return secrets.map(([name, value]) => {
    const bytes = asBytes(value);
    return {
      name,
      isShort: value.length < ANYWHERE_LENGTH,
      bytes,
      twice: asBytes(bytes),
      hex: Buffer.from(bytes, 'latin1').toString('hex'),
      cores: coresOf(bytes),
    };
  });
}

function findsIn(text: string, needles: readonly Needle[]): readonly Find[] {
  if (text.length < SHORTEST_SECRET) return [];
  return viewsOf(text).flatMap((view) => [
    ...needles.flatMap((needle) => asItStands(view, needle)),
    ...inHex(view, needles),
    ...inBase64(view, needles),
  ]);
}

function asItStands(view: View, needle: Needle): readonly Find[] {
  const { bytes, twice } = needle;
  return [bytes, ...(twice === bytes ? [] : [twice])].flatMap((wanted) =>
    placesOf(wanted, view.text)
      .filter((at) => !needle.isShort || isWholeWord(view.text, at, at + wanted.length))
      .map((at) => findAt(view, at, at + wanted.length, needle)),
  );
}

function inHex(view: View, needles: readonly Needle[]): readonly Find[] {
  const text = view.text.toLowerCase();
  if (text.length !== view.text.length) return []; // Of Latin-1 no character becomes two.
  return needles.flatMap((needle) =>
    placesOf(needle.hex, text)
      .filter((at) => !needle.isShort || isWholeWord(text, at, at + needle.hex.length))
      .map((at) => findAt(view, at, at + needle.hex.length, needle)),
  );
}

function placesOf(wanted: string, text: string): readonly number[] {
  const places: number[] = [];
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length))
    places.push(at);
  return places;
}

const findAt = ({ starts }: View, from: number, to: number, needle: Needle): Find => ({
  from: starts[from] ?? 0,
  to: starts[to] ?? 0,
  needle,
});

/** No letter, digit or `_` stands right before or behind. @param text bytes */
const isWholeWord = (text: string, from: number, to: number): boolean =>
  !/[\p{L}\p{N}_]$/u.test(asText(text.slice(Math.max(0, from - LONGEST_CHARACTER), from))) &&
  !/^[\p{L}\p{N}_]/u.test(asText(text.slice(to, to + LONGEST_CHARACTER)));

/** Bytes of the longest character. */
const LONGEST_CHARACTER = 4;
const asText = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

/** The finds of the longest secrets have their names; where two overlap, both are hidden, since a part of either would say much of it. */
function hide(text: string, finds: readonly Find[]): string {
  if (finds.length === 0) return text;
  const bytes = Buffer.from(text, 'utf8');
  const inOrder = finds.toSorted((a, b) => a.from - b.from || b.to - a.to);
  const pieces: string[] = [];
  let shownUpTo = 0;
  for (let at = 0; at < inOrder.length; ) {
    const first = inOrder[at] as Find;
    let { to, needle } = first;
    for (at += 1; (inOrder[at]?.from ?? to) < to; at += 1) {
      const next = inOrder[at] as Find;
      to = Math.max(to, next.to);
      if (next.needle.bytes.length > needle.bytes.length) needle = next.needle;
    }
    pieces.push(bytes.subarray(shownUpTo, first.from).toString('utf8'), mark(needle.name));
    shownUpTo = to;
  }
  return [...pieces, bytes.subarray(shownUpTo).toString('utf8')].join('');
}

// ---------------------------------------------------------------- base64, and Basic credentials

/** A run of base64 or base64url; shorter ones hold no secret that would be hidden. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{6,}={0,2}/g;

/** The whole run is hidden: what stands before and behind a secret in it says what the characters at its ends are. */
function inBase64(view: View, needles: readonly Needle[]): readonly Find[] {
  const finds: Find[] = [];
  for (const { 0: run, index } of view.text.matchAll(BASE64_RUN)) {
    const plain = run.replaceAll('-', '+').replaceAll('_', '/');
    const credentials = credentialsIn(plain);
    for (const needle of needles) {
      const isIn = needle.isShort
        ? credentials.includes(needle.bytes)
        : needle.cores.some((core) => plain.includes(core));
      if (isIn) finds.push(findAt(view, index, index + run.length, needle));
    }
  }
  return finds;
}

/**
 * The characters that a value leaves in the base64 of any text that contains it, for each of its three possible
 * alignments; the characters at both ends also depend on its neighbours, and are left out.
 */
function coresOf(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'latin1');
  return [0, 1, 2].map((before) => {
    const base64 = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const start = before === 0 ? 0 : before + 1;
    const wholeBits = Math.floor(((before + bytes.length) * 8) / 6);
    return base64.slice(start, wholeBits);
  });
}

/** Long runs are tokens or files, whose words are no words; a Basic credential is short. */
const LONGEST_DECODED = 2000;

/** What the run is the base64 of, and what stands there on either side of the first colon. */
function credentialsIn(run: string): readonly string[] {
  if (run.length > LONGEST_DECODED) return [];
  const decoded = Buffer.from(run, 'base64').toString('latin1');
  const colon = decoded.indexOf(':');
  return colon === -1 ? [decoded] : [decoded, decoded.slice(0, colon), decoded.slice(colon + 1)];
}

// ---------------------------------------------------------------- token answers

/** Parts of a token answer that are no secret, whatever they hold. */
const PUBLIC_TOKEN_KEYS =
  /^(token_type|expires?(_in|_at)?|scopes?|issued_token_type|code_challenge_method)$/i;
const SECRET_TOKEN_KEYS = /token|secret|password|assertion|code|key|jwt|credential/i;
/** An opaque text this long is a credential, whatever its key; names and words are shorter or have spaces. */
const OPAQUE = /^[^\s/:@]{24,}$/;

/** More than any service answers with; each is looked for in every text. */
const MAX_TOKEN_SECRETS = 100;

/** What of a saved token answer is secret, by name, for `redactor`. */
export function tokenSecrets(answer: Json, name = 'oauth'): Readonly<Record<string, string>> {
  const secrets = isJsonObject(answer) ? [...secretsIn(answer, name)] : [];
  return Object.fromEntries(secrets.slice(0, MAX_TOKEN_SECRETS));
}

function* secretsIn(
  answer: JsonObject,
  prefix: string,
): Generator<readonly [name: string, value: string]> {
  for (const [key, value] of Object.entries(answer)) {
    const name = `${prefix}.${key}`;
    if (isJsonObject(value)) yield* secretsIn(value, name);
    else if (typeof value === 'string' && !PUBLIC_TOKEN_KEYS.test(key))
      if (SECRET_TOKEN_KEYS.test(key) || OPAQUE.test(value)) yield [name, value];
  }
}

// ---------------------------------------------------------------- length

/** The note takes almost as much in some languages. So what was cut before is not cut once more. */
const NOTE_BYTES = 256;

/** Cuts a text for display, with a visible note. What `redactor` makes is cut already: a secret cut in two would not be found. */
export function cutForDisplay(text: string, maxBytes: number = DISPLAY_BYTES): string {
  const bytes = Buffer.byteLength(text);
  return bytes <= maxBytes + NOTE_BYTES ? text : cutWithNote(text, bytes, maxBytes);
}

/** Whether what is shown of a text is its beginning only. */
export const isCut = (text: string, shown: string): boolean =>
  Buffer.byteLength(text) > DISPLAY_BYTES && shown !== text;

/** @param whole bytes of the text that this is the beginning of */
function cutWithNote(text: string, whole: number, maxBytes = DISPLAY_BYTES): string {
  const bytes = Buffer.from(text.slice(0, maxBytes), 'utf8'); // No character has less than one byte.
  // A character cut in two decodes to U+FFFD; `stream` leaves it out instead.
  const kept = new TextDecoder().decode(bytes.subarray(0, maxBytes), { stream: true });
  const kib = (size: number): string => `${Math.ceil(size / 1024)} KB`;
  return `${kept}\n${say`… cut here: the first ${kib(Math.min(maxBytes, whole))} of ${kib(whole)} are shown`}`;
}
