/** Finds a secret in base64, broken into lines or not, and in Basic credentials. */
import { Buffer } from 'node:buffer';
import type { View } from './decoded-views.ts';
import { eachPlace, type Pattern } from './find-pattern.ts';

/** A run of base64 or base64url. Shorter runs are too short for a secret that is hidden. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{6,}={0,2}/g;

interface Base64Text {
  readonly text: string;
  /** In base64's own signs. */
  readonly plain: string;
  /** Made on demand. */
  readonly credentials: () => readonly Credential[];
}

interface Credential {
  readonly from: number;
  readonly to: number;
  readonly texts: readonly string[];
}

export function base64In({ text }: View): Base64Text {
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

export function addCredentials(
  { credentials }: Base64Text,
  bytes: string,
  add: (from: number, to: number) => void,
): void {
  for (const { from, to, texts } of credentials()) if (texts.includes(bytes)) add(from, to);
}

/** Hides the whole run, because its neighbours would reveal the first and last characters of the secret. */
export function addBase64(
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

/** Base64 with its line breaks removed. Files, mail and keys break it into lines. */
interface Base64Lines {
  /** In base64's own signs. */
  readonly plain: string;
  /** The position of each of its signs in the view. */
  readonly places: Uint32Array;
}

/** A line break with the indentation of the next line. */
const BREAK = /[\r\n]{1,2}[ \t]{0,16}/g;

/** @returns undefined when no base64 continues on a next line */
export function base64Lines({ text }: View): Base64Lines | undefined {
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

/** Hides the secret and one sign on each side, which holds some of its bits. The rest of the lines may be something else. */
export function addBroken(
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
 * The characters that a value produces in the base64 of any text that contains it, for each of its three alignments. The
 * characters at both ends are left out, because they also depend on the neighbours.
 */
export function coresOf(value: string): readonly string[] {
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

/** Longer runs are tokens or files and hold no words. A Basic credential is short. */
const LONGEST_DECODED = 2000;

/** The decoded run, and its parts before and after the first colon. */
function credentialsIn(run: string): readonly string[] {
  if (run.length > LONGEST_DECODED) return [];
  const decoded = Buffer.from(run, 'base64').toString('latin1');
  const colon = decoded.indexOf(':');
  return colon === -1 ? [decoded] : [decoded, decoded.slice(0, colon), decoded.slice(colon + 1)];
}
