/**
 * Removes secrets from texts that are shown, logged or kept for display: every secret of an integration becomes `•••NAME•••`, in
 * any encoding. A *needle* is a secret in the forms that the search uses.
 */
import { Buffer } from 'node:buffer';
import { compact } from '../../core/compact.ts';
import { t } from '../../core/translate.ts';
import type { Person } from '../people/directory.ts';
import { asBytes, type View, viewsOf } from './decoded-views.ts';
import {
  addBase64,
  addBroken,
  addCredentials,
  base64In,
  base64Lines,
  coresOf,
} from './find-base64.ts';
import { BEGINNING, eachPlace, type Pattern, patternOf } from './find-pattern.ts';

/** Values that are public although they equal a secret. Hiding one would reveal that it is the secret. */
export interface RedactionExceptions {
  readonly person?: Person;
  /** The manifest as it was saved. */
  readonly manifestText: string;
}

/** Shorter values occur everywhere by accident, and a secret that short protects nothing. */
const SHORTEST_SECRET = 4;
/** A value of this length or more is hidden anywhere, not only as a whole word. */
const ANYWHERE_LENGTH = 8;

/** The most that is shown or kept of one text, in bytes of UTF-8. */
const DISPLAY_BYTES = 64 * 1024;
/** Longer than the longest escape of one byte, also when a second encoder escaped its signs: `%26%23x0026%3B`. */
const MAX_ESCAPE = 24;
/** How far past the shown part a text is searched, so that a secret that begins inside is found. */
export const LOOKED_AT_BEHIND = BEGINNING * MAX_ESCAPE;

interface Redactor {
  /**
   * Redacts a text and cuts it for display. It searches only the shown part and the beginning of a secret after it, however long
   * both are.
   */
  (text: string): string;
  /** Whether the text holds a secret anywhere. Its time is linear in the text, and its memory is one window. */
  readonly finds: (text: string) => boolean;
}

/** Keep it for several texts, because making one is expensive. */
export function redactor(
  secrets: Readonly<Record<string, string>>,
  exceptions: RedactionExceptions,
): Redactor {
  const hidden = Object.entries(secrets).filter(
    ([, value]) => value.length >= SHORTEST_SECRET && !isPublic(value, exceptions),
  );
  if (hidden.length === 0)
    return Object.assign((text: string) => cutForDisplay(text), { finds: () => false });
  const needles = needlesOf(hidden, exceptions);
  const window = DISPLAY_BYTES + NOTE_BYTES + LOOKED_AT_BEHIND;
  const redact = (text: string): string => {
    const seen = text.length > window ? text.slice(0, window) : text;
    const shown = hide(seen, needles);
    return seen === text ? cutForDisplay(shown) : cutWithNote(shown, Buffer.byteLength(text));
  };
  const finds = (text: string): boolean => {
    // Windows overlap so far that a secret at the border is whole in one of them.
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
 * Without the values that integrations stored with the person. An app chooses those, and an app that answers with the secret that
 * it got would make that secret public.
 */
function fieldsOf(person: Person): ReadonlySet<string> {
  const values = Object.values<unknown>({ ...person, stored: undefined });
  return new Set(values.flatMap((value) => (typeof value === 'string' ? [value] : [])));
}

// ---------------------------------------------------------------- looking for them

interface Needle {
  readonly name: string;
  readonly isShort: boolean;
  /** UTF-8, one character for each byte, like every text here. */
  readonly bytes: string;
  /**
   * The value itself; its UTF-8 read as Latin-1, as in a header that is shown; its apostrophes doubled (`$odata`); and as it is in the
   * host of an address, in lower case or as Punycode.
   */
  readonly plain: readonly Pattern[];
  /** In lower case. */
  readonly hex: Pattern;
  /** Parts of every base64 text that contains it; see `coresOf`. */
  readonly cores: readonly Pattern[];
}

/** The longest first, each value once. Equal values get the name of the first. */
function needlesOf(
  secrets: readonly (readonly [name: string, value: string])[],
  exceptions: RedactionExceptions,
): readonly Needle[] {
  const byValue = new Map(secrets.toReversed().map(([name, value]) => [value, name]));
  const inOrder = secrets.filter(([name, value]) => byValue.get(value) === name);
  return inOrder
    .map(([name, value]) => {
      const bytes = asBytes(value);
      const twice = asBytes(bytes);
      const doubled = bytes.replaceAll("'", "''");
      const isShort = value.length < ANYWHERE_LENGTH;
      const pattern = (text: string) => patternOf(text, isShort);
      const inHost = inHostForms(value).filter((form) => !isPublic(form, exceptions));
      return {
        name,
        isShort,
        bytes,
        plain: compact([
          pattern(bytes),
          twice !== bytes && pattern(twice),
          doubled !== bytes && pattern(doubled),
          ...inHost.map((form) => pattern(asBytes(form))),
        ]),
        hex: pattern(Buffer.from(bytes, 'latin1').toString('hex')),
        cores: coresOf(bytes).map(pattern),
      };
    })
    .toSorted((one, other) => other.bytes.length - one.bytes.length);
}

/** The value itself where it is more than a host, or can be none. */
const asHost = (value: string): string =>
  /[/?#@:\\\s]/.test(value) || !URL.canParse(`https://${value}`)
    ? value
    : new URL(`https://${value}`).hostname;

/** As an address shows the value in its host, where that is another text. */
const inHostForms = (value: string): readonly string[] =>
  [...new Set([value.toLowerCase(), asHost(value)])].filter(
    (form) => form !== value && form.length >= SHORTEST_SECRET,
  );

function coverAll(cover: Cover, needles: readonly Needle[]): void {
  for (const view of viewsOf(cover.text)) {
    const lower = view.text.toLowerCase();
    const hasHex = lower.length === view.text.length; // Of Latin-1 no character becomes two.
    const runs = base64In(view);
    const lines = base64Lines(view);
    for (const [rank, needle] of needles.entries()) {
      const add = cover.hiding(view, rank);
      const inText = (text: string) => (from: number, to: number) => {
        if (!needle.isShort || isWholeWord(text, from, to)) add(from, to);
      };
      for (const pattern of needle.plain) eachPlace(pattern, view.text, inText(view.text));
      if (hasHex) eachPlace(needle.hex, lower, inText(lower));
      if (needle.isShort) addCredentials(runs, needle.bytes, add);
      else
        for (const core of needle.cores) {
          addBase64(runs, core, add);
          if (lines) addBroken(lines, core, add);
        }
    }
  }
}

/** Whether no letter, digit or `_` comes directly before or after. @param text bytes */
const isWholeWord = (text: string, from: number, to: number): boolean =>
  !isWordSign(codeBefore(text, from)) && !isWordSign(codeAt(text, to));

const isWordSign = (code: number): boolean =>
  code < 0x80
    ? (code >= 48 && code <= 57) ||
      (code >= 65 && code <= 90) ||
      code === 95 ||
      (code >= 97 && code <= 122)
    : /[\p{L}\p{N}]/u.test(String.fromCodePoint(code));

/** For bytes that are not UTF-8 and for the end, because neither is a letter. */
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

/** Marks the hidden bytes of a text, so its memory doesn't grow with the number of places. */
class Cover {
  readonly text: string;
  readonly #bytes: Buffer;
  /** For each hidden byte, the rank of its secret, from 1. */
  readonly #ranks: Uint32Array;
  /** Whether a byte is hidden together with the one before it. */
  readonly #joined: Uint8Array;

  constructor(text: string) {
    this.text = text;
    this.#bytes = Buffer.from(text, 'utf8');
    this.#ranks = new Uint32Array(this.#bytes.length);
    this.#joined = new Uint8Array(this.#bytes.length);
  }

  /** Hides places of the view. @param rank the secret's; the longest one has the lowest */
  hiding({ starts }: View, rank: number): (from: number, to: number) => void {
    return (from, to) => {
      const begin = starts[from] ?? 0;
      const end = starts[to] ?? 0;
      for (let at = begin; at < end; at += 1) {
        const before = this.#ranks[at] ?? 0;
        if (before === 0 || before > rank + 1) this.#ranks[at] = rank + 1;
      }
      if (begin + 1 < end) this.#joined.fill(1, begin + 1, end);
    };
  }

  /** When two secrets overlap, both are hidden under the longest one's name, because a part of a secret reveals much of it. */
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

// ---------------------------------------------------------------- length

/** Space for the note, which is almost this long in some languages. So a text that was cut is not cut again. */
const NOTE_BYTES = 256;

/** Cuts a text for display, with a visible note. Redact first, because half of a secret would not be found. */
export function cutForDisplay(text: string, maxBytes: number = DISPLAY_BYTES): string {
  const bytes = Buffer.byteLength(text);
  return bytes <= maxBytes + NOTE_BYTES ? text : cutWithNote(text, bytes, maxBytes);
}

/** Whether only the beginning of a text is shown. */
export const isCut = (text: string, shown: string): boolean =>
  Buffer.byteLength(text) > DISPLAY_BYTES && shown !== text;

/** @param whole size of the full text in bytes */
function cutWithNote(text: string, whole: number, maxBytes = DISPLAY_BYTES): string {
  const bytes = Buffer.from(text.slice(0, maxBytes), 'utf8'); // No character has less than one byte.
  // A character cut in two decodes to U+FFFD; `stream` leaves it out instead.
  const kept = new TextDecoder().decode(bytes.subarray(0, maxBytes), { stream: true });
  const kib = (size: number): string => `${Math.ceil(size / 1024)} KB`;
  return `${kept}\n${t`… cut here: the first ${kib(Math.min(maxBytes, whole))} of ${kib(whole)} are shown`}`;
}
