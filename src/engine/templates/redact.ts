/**
 * Taking secrets out of what is shown, logged or kept for display: every secret of an integration becomes
 * `•••NAME•••`, in whatever encoding it stands there. Words: a *needle* is a secret as it is looked for.
 */
import { Buffer } from 'node:buffer';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import type { Person } from '../people/directory.ts';
import { asBytes, type View, viewsOf } from './decoded-views.ts';

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
/** The longest escape of one byte, of which another encoder has escaped the signs: `%26%23x0026%3B`. */
const MAX_ESCAPE = 24;
/** So much of the beginning of a long secret is hidden as all of it is: it needs not be looked for to its end. */
const BEGINNING = 256;
/** How far behind what is shown a text is looked at, so that a secret that begins before is found. */
export const LOOKED_AT_BEHIND = BEGINNING * MAX_ESCAPE;

interface Redactor {
  /**
   * Takes the secrets out of a text, and cuts it for display. It looks at what is shown, and at as much behind it as a
   * secret's beginning takes, however long both are.
   */
  (text: string): string;
  /** Whether a secret stands anywhere in the text. It takes as long as the text, and at any time the memory of one window. */
  readonly finds: (text: string) => boolean;
}

/** It is cheap to keep, and dear to make for every text. */
export function redactor(
  secrets: Readonly<Record<string, string>>,
  exceptions: RedactionExceptions,
): Redactor {
  const hidden = Object.entries(secrets).filter(
    ([, value]) => value.length >= SHORTEST_SECRET && !isPublic(value, exceptions),
  );
  if (hidden.length === 0)
    return Object.assign((text: string) => cutForDisplay(text), { finds: () => false });
  const needles = needlesOf(hidden);
  const window = DISPLAY_BYTES + NOTE_BYTES + LOOKED_AT_BEHIND;
  const redact = (text: string): string => {
    const seen = text.length > window ? text.slice(0, window) : text;
    const shown = hide(seen, needles);
    return seen === text ? cutForDisplay(shown) : cutWithNote(shown, Buffer.byteLength(text));
  };
  const finds = (text: string): boolean => {
    // Each window begins so far before the end of the last one that a secret between them stands in one as a whole.
    for (let from = 0; ; from += window - LOOKED_AT_BEHIND) {
      const seen = text.slice(from, from + window);
      if (hide(seen, needles) !== seen) return true;
      if (from + window >= text.length) return false;
    }
  };
  return Object.assign(redact, { finds });
}

function hide(text: string, needles: readonly Needle[]): string {
  if (text.length < SHORTEST_SECRET) return text;
  const cover = new Cover(text);
  coverAll(cover, needles);
  return cover.shown(needles);
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
  /** As it stands, and where UTF-8 was taken for Latin-1, as in what is shown of a header. */
  readonly plain: readonly Pattern[];
  /** In lower case. */
  readonly hex: Pattern;
  /** What every base64 that contains it has in it; see `coresOf`. */
  readonly cores: readonly Pattern[];
}

/** The longest first, each value once: of equal ones the first has its name. */
function needlesOf(
  secrets: readonly (readonly [name: string, value: string])[],
): readonly Needle[] {
  const byValue = new Map(secrets.toReversed().map(([name, value]) => [value, name]));
  const inOrder = secrets.filter(([name, value]) => byValue.get(value) === name);
  return inOrder
    .map(([name, value]) => {
      const bytes = asBytes(value);
      const twice = asBytes(bytes);
      const isShort = value.length < ANYWHERE_LENGTH;
      const pattern = (text: string) => patternOf(text, isShort);
      return {
        name,
        isShort,
        bytes,
        plain: [pattern(bytes), ...(twice === bytes ? [] : [pattern(twice)])],
        hex: pattern(Buffer.from(bytes, 'latin1').toString('hex')),
        cores: coresOf(bytes).map(pattern),
      };
    })
    .toSorted((one, other) => other.bytes.length - one.bytes.length);
}

function coverAll(cover: Cover, needles: readonly Needle[]): void {
  for (const view of viewsOf(cover.text)) {
    const lower = view.text.toLowerCase();
    const hasHex = lower.length === view.text.length; // Of Latin-1 no character becomes two.
    const runs = base64In(view);
    const lines = base64Lines(view);
    for (const [rank, needle] of needles.entries()) {
      const add = (from: number, to: number): void => cover.add(view, from, to, rank);
      const inText = (text: string) => (from: number, to: number) => {
        if (!needle.isShort || isWholeWord(text, from, to)) add(from, to);
      };
      for (const pattern of needle.plain) eachPlace(pattern, view.text, inText(view.text));
      if (hasHex) eachPlace(needle.hex, lower, inText(lower));
      if (needle.isShort) addCredentials(runs, needle, add);
      else
        for (const core of needle.cores) {
          addBase64(runs, core, add);
          if (lines) addBroken(lines, core, add);
        }
    }
  }
}

/** A text that is looked for, and how far its beginning stands in it again (as Knuth, Morris and Pratt have it). */
interface Pattern {
  readonly text: string;
  /** Of each beginning, the length of the longest shorter one that it ends with. */
  readonly again: Uint32Array;
  /** Whether each place is looked at for itself: of a short secret only whole words are hidden. */
  readonly isWord: boolean;
}

function patternOf(text: string, isWord: boolean): Pattern {
  const again = new Uint32Array(text.length);
  let length = 0;
  for (let at = 1; at < text.length; at += 1) {
    const next = text.charCodeAt(at);
    while (length > 0 && text.charCodeAt(length) !== next) length = again[length - 1] ?? 0;
    if (text.charCodeAt(length) === next) length += 1;
    again[at] = length;
  }
  return { text, again, isWord };
}

/** Long enough to stand in few texts by accident, and short enough to be looked for in any at no cost. */
const FIRST_SIGNS = 8;

/**
 * Calls `found` for every place, in order; for those that overlap once. In time that grows with the text alone, whatever both are: who chooses a token and
 * the answers to it could make `indexOf` compare all of the one at every place of the other.
 */
function eachPlace(
  { text: wanted, again, isWord }: Pattern,
  text: string,
  found: (from: number, to: number) => void,
): void {
  const enough = Math.min(wanted.length, BEGINNING);
  const first = text.indexOf(wanted.slice(0, FIRST_SIGNS));
  if (first === -1) return;
  let length = 0;
  /** Where what was found last ends, and where it begins: it is handed over when it goes no further. */
  let from = -1;
  let to = -1;
  for (let at = first; at < text.length; at += 1) {
    const next = text.charCodeAt(at);
    while (length > 0 && (length === wanted.length || wanted.charCodeAt(length) !== next))
      length = again[length - 1] ?? 0;
    if (wanted.charCodeAt(length) === next) length += 1;
    if (length < enough) continue;
    const begin = at + 1 - length;
    if (isWord) {
      found(begin, at + 1);
      continue;
    }
    if (begin >= to && from !== -1) found(from, to);
    if (begin >= to || from === -1) from = begin;
    to = at + 1;
  }
  if (from !== -1) found(from, to);
}

/** No letter, digit or `_` stands right before or behind. @param text bytes */
const isWholeWord = (text: string, from: number, to: number): boolean =>
  !isWordSign(codeBefore(text, from)) && !isWordSign(codeAt(text, to));

const isWordSign = (code: number): boolean =>
  code < 0x80
    ? (code >= 48 && code <= 57) ||
      (code >= 65 && code <= 90) ||
      code === 95 ||
      (code >= 97 && code <= 122)
    : /[\p{L}\p{N}]/u.test(String.fromCodePoint(code));

/** Stands for bytes that are no UTF-8, and for the end: neither is a letter. */
const NO_LETTER = 0;

/** The character of the UTF-8 that begins there. */
function codeAt(bytes: string, at: number): number {
  const lead = bytes.charCodeAt(at); // NaN at the end.
  if (lead < 0x80) return lead;
  const more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
  if (more === 0) return NO_LETTER;
  let code = lead & (0x3f >> more);
  for (let nth = 1; nth <= more; nth += 1) {
    const byte = bytes.charCodeAt(at + nth);
    if (!isContinuation(byte)) return NO_LETTER;
    code = (code << 6) | (byte & 0x3f);
  }
  return code <= 0x10_ffff ? code : NO_LETTER;
}

/** The character of the UTF-8 that ends there. */
function codeBefore(bytes: string, end: number): number {
  let at = end - 1;
  while (at > 0 && at > end - 4 && isContinuation(bytes.charCodeAt(at))) at -= 1;
  return at < 0 ? NO_LETTER : codeAt(bytes, at);
}

const isContinuation = (byte: number): boolean => byte >= 0x80 && byte < 0xc0;

/** What of a text is hidden, by its bytes: so it takes no more however many places there are. */
class Cover {
  readonly text: string;
  readonly #bytes: Buffer;
  /** Of each byte that is hidden, the rank of its secret, from 1 on. */
  readonly #ranks: Uint32Array;
  /** Whether a byte is hidden together with the one before it. */
  readonly #joined: Uint8Array;

  constructor(text: string) {
    this.text = text;
    this.#bytes = Buffer.from(text, 'utf8');
    this.#ranks = new Uint32Array(this.#bytes.length);
    this.#joined = new Uint8Array(this.#bytes.length);
  }

  /** Hides a place of the view. @param rank the secret's; the longest one has the lowest */
  add({ starts }: View, from: number, to: number, rank: number): void {
    const begin = starts[from] ?? 0;
    const end = starts[to] ?? 0;
    for (let at = begin; at < end; at += 1) {
      const before = this.#ranks[at] ?? 0;
      if (before === 0 || before > rank + 1) this.#ranks[at] = rank + 1;
    }
    if (begin + 1 < end) this.#joined.fill(1, begin + 1, end);
  }

  /** The longest secrets have their names; where two overlap, both are hidden, since a part of either would say much of it. */
  shown(needles: readonly Needle[]): string {
    const ranks = this.#ranks;
    const pieces: string[] = [];
    let shownUpTo = 0;
    for (let at = 0; at < ranks.length; ) {
      let rank = ranks[at] ?? 0;
      if (rank === 0) {
        at += 1;
        continue;
      }
      pieces.push(this.#bytes.toString('utf8', shownUpTo, at));
      for (at += 1; this.#joined[at] === 1; at += 1) rank = Math.min(rank, ranks[at] ?? rank);
      pieces.push(mark(needles[rank - 1]?.name ?? ''));
      shownUpTo = at;
    }
    if (shownUpTo === 0) return this.text;
    return [...pieces, this.#bytes.toString('utf8', shownUpTo)].join('');
  }
}

// ---------------------------------------------------------------- base64, and Basic credentials

/** A run of base64 or base64url; shorter ones hold no secret that would be hidden. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{6,}={0,2}/g;

interface Base64Text {
  readonly text: string;
  /** In base64's own signs. */
  readonly plain: string;
  /** Where each run begins and ends; made when they are asked for. */
  readonly credentials: () => readonly Credential[];
}

interface Credential {
  readonly from: number;
  readonly to: number;
  readonly texts: readonly string[];
}

function base64In({ text }: View): Base64Text {
  const plain = inBase64Signs(text);
  let known: readonly Credential[] | undefined;
  const credentials = () => {
    known ??= Array.from(text.matchAll(BASE64_RUN), ({ 0: run, index }) => ({
      from: index,
      to: index + run.length,
      texts: credentialsIn(plain.slice(index, index + run.length)),
    }));
    return known;
  };
  return { text, plain, credentials };
}

function addCredentials(
  { credentials }: Base64Text,
  { bytes }: Needle,
  add: (from: number, to: number) => void,
): void {
  for (const { from, to, texts } of credentials()) if (texts.includes(bytes)) add(from, to);
}

/** The whole run is hidden: what stands before and behind a secret in it says what the characters at its ends are. */
function addBase64(
  { text, plain }: Base64Text,
  core: Pattern,
  add: (from: number, to: number) => void,
): void {
  let hiddenUpTo = 0;
  eachPlace(core, plain, (from, to) => {
    if (to <= hiddenUpTo) return;
    const [begin, end] = runAround(text, Math.max(from, hiddenUpTo), to);
    add(begin, end);
    hiddenUpTo = end;
  });
}

/** Base64 as if none of it were broken into lines, as files, mail and keys have it. */
interface Base64Lines {
  /** In base64's own signs. */
  readonly plain: string;
  /** Where each of its signs stands in the view. */
  readonly places: Uint32Array;
}

/** A break, and how far the next line is set in. */
const BREAK = /[\r\n]{1,2}[ \t]{0,16}/g;

/** @returns undefined where no base64 could go on in the next line */
function base64Lines({ text }: View): Base64Lines | undefined {
  const pieces: string[] = [];
  const places = new Uint32Array(text.length);
  let length = 0;
  let end = 0;
  const copyUpTo = (to: number): void => {
    pieces.push(text.slice(end, to));
    for (; end < to; end += 1, length += 1) places[length] = end;
  };
  for (const { 0: found, index } of text.matchAll(BREAK)) {
    const next = index + found.length;
    // NaN at both ends of the text, which is no sign.
    if (!isBase64Sign(text.charCodeAt(index - 1)) || !isBase64Sign(text.charCodeAt(next))) continue;
    copyUpTo(index);
    end = next;
  }
  if (end === 0) return undefined;
  copyUpTo(text.length);
  return { plain: inBase64Signs(pieces.join('')), places };
}

const inBase64Signs = (text: string): string => text.replaceAll('-', '+').replaceAll('_', '/');

/** The secret is hidden, and one sign on each side, which has some bits of it: whatever else the lines hold may be something else. */
function addBroken(
  { plain, places }: Base64Lines,
  core: Pattern,
  add: (from: number, to: number) => void,
): void {
  eachPlace(core, plain, (from, to) => {
    const begin = from > 0 && isBase64Sign(plain.charCodeAt(from - 1)) ? from - 1 : from;
    const end = to < plain.length && isBase64Sign(plain.charCodeAt(to)) ? to + 1 : to;
    add(places[begin] ?? 0, (places[end - 1] ?? 0) + 1);
  });
}

function runAround(text: string, from: number, to: number): readonly [from: number, to: number] {
  let begin = from;
  while (begin > 0 && isBase64Sign(text.charCodeAt(begin - 1))) begin -= 1;
  let end = to;
  while (end < text.length && isBase64Sign(text.charCodeAt(end))) end += 1;
  for (let padding = 0; padding < 2 && text[end] === '='; padding += 1) end += 1;
  return [begin, end];
}

/** Letters, digits, `+`, `/`, `-` and `_`. */
const isBase64Sign = (code: number): boolean =>
  (code >= 0x2f && code <= 0x39) ||
  code === 0x2b ||
  code === 0x2d ||
  (code >= 0x41 && code <= 0x5a) ||
  code === 0x5f ||
  (code >= 0x61 && code <= 0x7a);

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

/** Longer than any token is, and short enough to be looked for; a text that is longer is no answer of a service that gives tokens. */
export const MAX_TOKEN_CHARACTERS = 16 * 1024;

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
  return `${kept}\n${t`… cut here: the first ${kib(Math.min(maxBytes, whole))} of ${kib(whole)} are shown`}`;
}
