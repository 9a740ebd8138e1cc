/**
 * Taking secrets out of what is shown, logged or kept for display: every secret of an integration becomes
 * `•••NAME•••`, in whatever encoding it stands there.
 */
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { say } from '../core/say.ts';
import type { Person } from './directory.ts';
import { percentEncode } from './render-url.ts';

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

/** @returns a function that takes the secrets out of a text; it is cheap to keep, and dear to make for every text. */
export function redactor(
  secrets: Readonly<Record<string, string>>,
  exceptions: RedactionExceptions,
): (text: string) => string {
  const hidden = Object.entries(secrets).filter(
    ([, value]) => value.length >= SHORTEST_SECRET && !isPublic(value, exceptions),
  );
  if (hidden.length === 0) return (text) => text;
  const hideForms = hideFormsOf(hidden);
  const hideBase64 = hideBase64Of(hidden);
  return (text) => hideBase64(hideForms(text));
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

// ---------------------------------------------------------------- as it is, in JSON and in addresses

function hideFormsOf(
  secrets: readonly (readonly [name: string, value: string])[],
): (text: string) => string {
  const names = new Map<string, string>();
  for (const [name, value] of secrets) {
    for (const form of formsOf(value)) if (!names.has(form)) names.set(form, name);
  }
  // Longest first: a secret inside another must not leave the rest of the longer one behind.
  const forms = [...names.keys()].toSorted((a, b) => b.length - a.length);
  const nameOf = (form: string): string => mark(names.get(form) ?? 'SECRET');
  const long = forms.filter((form) => form.length > LONGEST_IN_PATTERN);
  const short = forms.slice(long.length);
  const pattern = short.length > 0 ? new RegExp(short.map(patternOf).join('|'), 'gu') : undefined;
  return (text) => {
    let shown = text;
    for (const form of long) shown = shown.replaceAll(form, () => nameOf(form));
    return pattern ? shown.replace(pattern, nameOf) : shown;
  };
}

/** Keys and certificates would make a pattern larger than the regular expressions of Node take. */
const LONGEST_IN_PATTERN = 200;

/** A value as it can stand in a text that is not base64. */
function formsOf(value: string): ReadonlySet<string> {
  const json = JSON.stringify(value).slice(1, -1);
  const inJson = [json, json.replaceAll('/', String.raw`\/`)];
  const url = percentEncode(value);
  const strict = url.replace(/[!'()*]/g, (char) => percent(char.charCodeAt(0)));
  const form = strict.replaceAll('%20', '+').replaceAll('~', '%7E');
  const inUrls = [url, strict, form, form.replaceAll('%2A', '*'), encodeUri(value)];
  return new Set([
    value,
    ...[...inJson, JSON.stringify(json).slice(1, -1)].flatMap((text) => [
      text,
      toAscii(text),
      toAscii(text).replaceAll(/\\u[\dA-F]{4}/g, (escape) => escape.toLowerCase()),
    ]),
    ...inUrls.flatMap((text) => [
      text,
      text.replaceAll(/%[\dA-F]{2}/g, (hex) => hex.toLowerCase()),
    ]),
    // Header values go out, and are shown, as UTF-8 bytes.
    Buffer.from(value, 'utf8').toString('latin1'),
  ]);
}

const percent = (code: number): string => `%${code.toString(16).toUpperCase().padStart(2, '0')}`;

/** As a URL parser writes a value that went in unencoded. */
const encodeUri = (value: string): string =>
  percentEncode(value).replaceAll(/%(2[1-9A-F]|3[ABDF]|40|5[BD])/g, (hex) =>
    decodeURIComponent(hex),
  );

const toAscii = (text: string): string =>
  text.replaceAll(
    /[\u0080-\uFFFF]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);

function patternOf(form: string): string {
  const pattern = literally(form);
  return form.length >= ANYWHERE_LENGTH
    ? pattern
    : String.raw`(?<![\p{L}\p{N}_])${pattern}(?![\p{L}\p{N}_])`;
}

// ---------------------------------------------------------------- base64, and Basic credentials

/** A run of base64 or base64url; shorter ones hold no secret that would be hidden. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{6,}={0,2}/g;
/** Base64 in an address or a form has its last three signs percent-encoded. */
const PERCENT_BASE64_RUN = /(?:[A-Za-z0-9_-]|%2[bBfF]|%3[dD])+/g;

function hideBase64Of(
  secrets: readonly (readonly [name: string, value: string])[],
): (text: string) => string {
  const found = secrets
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([name, value]) => ({ name, value, cores: coresOf(value) }));
  const nameIn = (run: string): string | undefined => {
    const plain = run.replaceAll('-', '+').replaceAll('_', '/');
    return found.find(
      ({ value, cores }) =>
        (value.length >= ANYWHERE_LENGTH && cores.some((core) => plain.includes(core))) ||
        holdsAsWord(plain, value),
    )?.name;
  };
  const hide = (run: string): string => {
    const name = nameIn(run);
    return name === undefined ? run : mark(name);
  };
  return (text) =>
    text
      .replace(PERCENT_BASE64_RUN, (run) => {
        if (!run.includes('%')) return run;
        const name = nameIn(decodeURIComponent(run));
        return name === undefined ? run : mark(name);
      })
      .replace(BASE64_RUN, hide);
}

/**
 * The characters that a value leaves in the base64 of any text that contains it, for each of its three possible
 * alignments; the characters at both ends also depend on its neighbours, and are left out.
 */
function coresOf(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'utf8');
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

/** Whether the run is the base64 of the value, or of credentials with it: `user:value`. */
function holdsAsWord(run: string, value: string): boolean {
  if (run.length > LONGEST_DECODED) return false;
  const decoded = Buffer.from(run, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return (
    decoded === value ||
    (colon !== -1 && (decoded.slice(0, colon) === value || decoded.slice(colon + 1) === value))
  );
}

// ---------------------------------------------------------------- token answers

/** Parts of a token answer that are no secret, whatever they hold. */
const PUBLIC_TOKEN_KEYS =
  /^(token_type|expires?(_in|_at)?|scopes?|issued_token_type|code_challenge_method)$/i;
const SECRET_TOKEN_KEYS = /token|secret|password|assertion|code|key|jwt|credential/i;
/** An opaque text this long is a credential, whatever its key; names and words are shorter or have spaces. */
const OPAQUE = /^[^\s/:@]{24,}$/;

/** What of a saved token answer is secret, by name, for `redactor`. */
export function tokenSecrets(answer: Json, name = 'oauth'): Readonly<Record<string, string>> {
  return Object.fromEntries(isJsonObject(answer) ? secretsIn(answer, name) : []);
}

function secretsIn(answer: JsonObject, prefix: string): readonly (readonly [string, string])[] {
  return Object.entries(answer).flatMap(([key, value]): (readonly [string, string])[] => {
    const name = `${prefix}.${key}`;
    if (isJsonObject(value)) return [...secretsIn(value, name)];
    if (typeof value !== 'string' || PUBLIC_TOKEN_KEYS.test(key)) return [];
    return SECRET_TOKEN_KEYS.test(key) || OPAQUE.test(value) ? [[name, value]] : [];
  });
}

// ---------------------------------------------------------------- length

/** What is kept for display of one answer, in bytes of UTF-8. */
const DISPLAY_BYTES = 64 * 1024;

/** Cuts a text for display, with a visible note. Redact first: a secret cut in two would not be found. */
export function cutForDisplay(text: string, maxBytes: number = DISPLAY_BYTES): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxBytes) return text;
  // A character cut in two decodes to U+FFFD; `stream` leaves it out instead.
  const kept = new TextDecoder().decode(bytes.subarray(0, maxBytes), { stream: true });
  const kib = (size: number): string => `${Math.ceil(size / 1024)} KB`;
  return `${kept}\n${say`… cut here: the first ${kib(maxBytes)} of ${kib(bytes.length)} are shown`}`;
}
