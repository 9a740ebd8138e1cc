/** Renders addresses. Every value is encoded for its place, so that it can't change the rest of the address. */
import { sentences, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Method } from '../ports/http.ts';
import { textOf, toText } from './render.ts';
import { done, failed, fillTemplate, type Outcome, type Part, type Scope } from './template.ts';

/**
 * Renders an address. A value at the very start is a base address and stays as it is. A value in the host has to be a
 * `host[:port]` and stays as it is. Every other value is percent-encoded, unless it is `{{{raw}}}`.
 *
 * Fails before anything is sent when a value in the path is `.` or `..`; when a value in the path is empty and the method isn't
 * GET or HEAD (a DELETE of `/users/` instead of `/users/7`); when a host isn't valid; and when the result is not an http(s)
 * address. Errors name variables, never their values.
 */
export function renderUrl(template: string, scope: Scope, method: Method): Outcome<string> {
  const trimmed = template.trim();
  const filled = fillTemplate(trimmed, scope);
  if (!filled.ok) return filled;
  if (filled.value.length > MAX_PARTS) return failed(tooLong(trimmed));
  let url = '';
  for (const [index, part] of filled.value.entries()) {
    if (part.kind === 'text') {
      url += part.text;
    } else {
      const around = { before: url, after: () => textAfter(filled.value, index) };
      const placed = index === 0 ? placeBase(part) : placeValue(part, around, method);
      if (!placed.ok) return placed;
      url += placed.value;
    }
    // A limit, because each value's position is computed from the beginning of the address.
    if (url.length > MAX_CHARACTERS) return failed(tooLong(trimmed));
  }
  return checkUrl(url.replace(/[\t\r\n]/g, ''), trimmed);
}

/** Servers accept about 8,000 characters. */
const MAX_CHARACTERS = 32_000;
/** The most texts and values in one address. */
export const MAX_PARTS = 500;

const tooLong = (template: string): string =>
  t`The address ${quoted(template)} would have more than ${MAX_CHARACTERS} characters or more than ${MAX_PARTS} values. Send long values in data.`;

const quoted = (template: string): string =>
  JSON.stringify(template.length > 100 ? `${template.slice(0, 100)}…` : template);

type ValuePart = Extract<Part, { kind: 'value' }>;

function placeBase(part: ValuePart): Outcome<string> {
  const base = toText(part.value).trim();
  return base === ''
    ? failed(t`The address begins with {{${part.name}}}, which is empty.`)
    : done(base);
}

function placeValue(
  part: ValuePart,
  { before, after }: { readonly before: string; readonly after: () => string },
  method: Method,
): Outcome<string> {
  const value = textOf(part);
  const encoded = part.raw ? value : percentEncode(value);
  const position = positionAfter(before);
  switch (position) {
    case 'host':
      if (isUserInfo(before, after)) return done(percentEncode(value));
      return isHost(value)
        ? done(value)
        : failed(
            sentences(
              t`{{${part.name}}} is used as the host of the address, but isn't a host name (or host:port).`,
              value.startsWith('/') &&
                t`If it's a path, put a / before it in the manifest, and leave the / out of the value.`,
            ),
          );
    case 'path':
      if (value === '.' || value === '..') {
        return failed(
          t`{{${part.name}}} is "${value}", which would change the path of the address.`,
        );
      }
      if (value === '' && method !== 'GET' && method !== 'HEAD') {
        return failed(
          t`{{${part.name}}} is empty, and the path of the address needs it: a ${method} without it could hit the wrong thing.`,
        );
      }
      return done(encoded);
    case 'elsewhere':
      return done(encoded);
    default:
      return unreachable(position);
  }
}

/** `https://{{USER}}:{{KEY}}@host/`: the part before an @ is not the host, and is always encoded. @param after see `textAfter` */
export const isUserInfo = (before: string, after: () => string): boolean =>
  /^https?:[/\\]{2}[^/?#\\]*$/i.test(before) && /^[^/?#\\]*@/.test(after());

/** Longer than any host with a user and a password before it. */
export const MAX_HOST_CHARACTERS = 4096;

/** The manifest's own text after a value, without other values, as far as it may belong to the host. */
export function textAfter(
  parts: readonly ({ readonly kind: string } | { readonly kind: 'text'; readonly text: string })[],
  index: number,
): string {
  let text = '';
  for (let at = index + 1; at < parts.length; at += 1) {
    const part = parts[at];
    const own = part && 'text' in part ? part.text.slice(0, MAX_HOST_CHARACTERS) : '';
    text += own;
    if (/[/?#\\@]/.test(own) || text.length > MAX_HOST_CHARACTERS) break;
    if (at - index > MAX_HOST_CHARACTERS) break; // So many values, all of them empty perhaps.
  }
  return text;
}

/** `elsewhere` is the query and the fragment. */
type Position = 'host' | 'path' | 'elsewhere';

/** The position of the next character. URL parsers treat a backslash as a slash. */
export function positionAfter(url: string): Position {
  const afterScheme = url.replace(/^[a-z][a-z\d+.-]*:[/\\]{2}/i, '');
  const hostEnd = afterScheme.search(/[/?#\\]/);
  if (hostEnd === -1) return 'host';
  return /[?#]/.test(afterScheme) ? 'elsewhere' : 'path';
}

const HOST = /^[\p{L}\p{M}\p{N}._-]+(:\d{1,5})?$/u;
const IPV6_HOST = /^\[[\da-f:.]+\](:\d{1,5})?$/i;
/** A `host[:port]`, or a part of one. */
export const isHost = (value: string): boolean => HOST.test(value) || IPV6_HOST.test(value);

/** Like encodeURIComponent, but a broken surrogate becomes U+FFFD instead of an exception. */
export const percentEncode = (value: string): string =>
  encodeURIComponent(new TextDecoder().decode(new TextEncoder().encode(value)));

function checkUrl(url: string, template: string): Outcome<string> {
  if (!URL.canParse(url))
    return failed(t`With its values filled in, ${quoted(template)} isn't a valid address.`);
  const { protocol } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') {
    return failed(t`The address ${quoted(template)} does not begin with https:// or http://.`);
  }
  const literal = template.replace(/\{\{\{?.*?\}?\}\}/gs, '_');
  if (hasDotSegment(url) && !hasDotSegment(literal)) {
    return failed(
      t`A value would change the path of the address ${quoted(template)} with "." or "..".`,
    );
  }
  return done(url);
}

function hasDotSegment(url: string): boolean {
  const path = url.replace(/^[a-z][a-z\d+.-]*:[/\\]{2}[^/?#\\]*/i, '').replace(/[?#].*$/s, '');
  return path.split(/[/\\]/).some((segment) => /^(\.|%2e){1,2}$/i.test(segment));
}
