/**
 * Renders strings, JSON and headers of a manifest with the values of a person, a form and earlier answers. JSON is rendered leaf
 * by leaf, never as text, so that no value can break it or add to it. `render-url.ts` renders addresses.
 */
import {
  beginningOfJson,
  exactNumberIn,
  isJsonObject,
  type Json,
  type JsonObject,
  stringifyJson,
} from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import {
  done,
  failed,
  fillTemplate,
  hasTags,
  type Outcome,
  type Part,
  parseTemplate,
  type Scope,
} from './template.ts';
import type { Variables } from './variables.ts';

export type { Outcome, Scope };

/** Begins a rendering. Everything that is rendered with one scope shares its warnings. */
export const scopeOf = (variables: Variables): Scope => ({
  variables,
  missing: new Set(),
  left: MAX_RENDERED,
});

/** In characters. The same number as the limit of a response in bytes. */
const MAX_RENDERED = 10 * 1024 * 1024;

/** One sentence for each variable that was used and has no value. */
export const warningsOf = ({ missing }: Scope): readonly string[] =>
  [...missing].map((name) => t`{{${name}}} has no value, so it was left empty.`);

/** A value inside a text: null is empty, lists are comma-joined, objects are JSON. */
export function toText(value: Json | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return String(value);
  if (isJsonObject(value)) return stringifyJson(value);
  return value.map(toText).join(',');
}

/** A part of a template as text. A value is escaped for the quotes in which the template says it stands. */
export function textOf(part: Part): string {
  if (part.kind === 'text') return part.text;
  const text = toText(part.value);
  switch (part.literal) {
    case '$json':
      return JSON.stringify(text).slice(1, -1);
    case '$odata':
      return text.replaceAll("'", "''");
    case undefined:
      return text;
    default:
      return unreachable(part.literal);
  }
}

/**
 * Renders a text. Fails only for a broken template.
 * @param encode makes each value fit for the text's format
 */
export function renderText(
  template: string,
  scope: Scope,
  encode: (value: string) => string = (value) => value,
): Outcome<string> {
  if (!hasTags(template)) return done(template);
  const filled = fillTemplate(template, scope);
  if (!filled.ok) return filled;
  const texts: string[] = [];
  for (const part of filled.value) {
    const taken = take(part.kind === 'text' ? part.text : encode(textOf(part)), scope);
    if (!taken.ok) return taken;
    texts.push(taken.value);
  }
  return done(texts.join(''));
}

const XML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
// oxlint-disable-next-line no-control-regex -- XML 1.0 can't hold these characters, not even as entities.
const NOT_FOR_XML = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;

/** Renders XML. No value can add an element or an attribute to it. */
export const renderXml = (template: string, scope: Scope): Outcome<string> =>
  renderText(template, scope, (value) =>
    value
      .replaceAll(NOT_FOR_XML, '')
      .replaceAll(/[&<>"']/g, (character) => XML_ENTITIES[character] ?? ''),
  );

function take(text: string, scope: Scope): Outcome<string> {
  scope.left -= text.length;
  return scope.left < 0 ? failed(tooLarge()) : done(text);
}

const tooLarge = (): string =>
  t`This would be larger than ${MAX_RENDERED / 1024 / 1024} MB. Use smaller values in the manifest.`;

/**
 * Renders every string and key in JSON. A string that is exactly one `{{value}}` becomes that value when it is a list or an object;
 * under `$number` or `$boolean` it becomes what that says. Everything else becomes a string. Fails for a broken template, for a text
 * that is no such number, and when two rendered keys of an object are the same, because one of them would be lost.
 */
export function renderJson(value: Json, scope: Scope): Outcome<Json> {
  if (typeof value === 'string') return renderLeaf(value, scope);
  if (Array.isArray(value))
    return all((value as readonly Json[]).map((item) => renderJson(item, scope)));
  if (isJsonObject(value)) return renderTyped(value, scope) ?? renderObject(value, scope);
  return done(value);
}

export const VALUE_TYPES = ['$number', '$boolean'] as const;

interface TypedValue {
  readonly type: (typeof VALUE_TYPES)[number];
  readonly template: string;
}

/** `{"$number": "{{LIMIT}}"}` and `{"$boolean": "{{IS_ADMIN}}"}`. @returns undefined for other objects, which are sent as they stand */
export function typedValueIn(object: JsonObject): TypedValue | undefined {
  const type = VALUE_TYPES.find((each) => Object.hasOwn(object, each));
  const template = type && object[type];
  return type && typeof template === 'string' && Object.keys(object).length === 1
    ? { type, template }
    : undefined;
}

function renderTyped(object: JsonObject, scope: Scope): Outcome<Json> | undefined {
  const typed = typedValueIn(object);
  if (!typed) return undefined;
  const rendered = renderLeaf(typed.template, scope);
  return rendered.ok ? inType(rendered.value, typed) : rendered;
}

/** Of a list each of its values. An empty value is null. */
function inType(value: Json, typed: TypedValue): Outcome<Json> {
  const { type, template } = typed;
  if (Array.isArray(value))
    return all((value as readonly Json[]).map((item) => inType(item, typed)));
  const text = toText(value).trim();
  if (text === '') return done(null);
  const read = type === '$number' ? exactNumberIn(text) : booleanIn(text);
  if (read !== undefined) return done(read);
  return failed(
    type === '$number'
      ? t`${template} has to be a number here, and is something else. Check the value.`
      : t`${template} has to be true or false here, and is something else. Check the value.`,
  );
}

const booleanIn = (text: string): boolean | undefined =>
  text === 'true' || (text === 'false' ? false : undefined);

function renderLeaf(template: string, scope: Scope): Outcome<Json> {
  if (!hasTags(template)) return done(template);
  const parsed = parseTemplate(template);
  const isOneValue = parsed.ok && parsed.tokens.length === 1 && parsed.tokens[0]?.kind === 'value';
  // Comments and stripped white space leave no token, so the text itself has to be looked at, too.
  if (!isOneValue || !/^\{\{[^{}]*\}\}$|^\{\{\{[^{}]*\}\}\}$/.test(template)) {
    return renderText(template, scope);
  }
  const filled = fillTemplate(template, scope);
  if (!filled.ok) return filled;
  const [part] = filled.value;
  const value = part?.kind === 'value' ? part.value : null;
  if (typeof value !== 'object' || value === null) return take(toText(value), scope);
  scope.left -= beginningOfJson(value, scope.left + 1).length;
  return scope.left < 0 ? failed(tooLarge()) : done(value);
}

function renderObject(object: JsonObject, scope: Scope): Outcome<JsonObject> {
  const rendered = new Map<string, Json>();
  for (const [template, inner] of Object.entries(object)) {
    const key = renderText(template, scope);
    if (!key.ok) return key;
    const value = renderJson(inner, scope);
    if (!value.ok) return value;
    if (rendered.has(key.value)) {
      return failed(
        t`Two keys of data both become ${JSON.stringify(key.value)}. Give them different names.`,
      );
    }
    rendered.set(key.value, value.value);
  }
  return done(Object.fromEntries(rendered));
}

function all<T>(outcomes: readonly Outcome<T>[]): Outcome<readonly T[]> {
  const values: T[] = [];
  for (const outcome of outcomes) {
    if (!outcome.ok) return outcome;
    values.push(outcome.value);
  }
  return done(values);
}

// ---------------------------------------------------------------- headers

/** RFC 9110, 5.6.2 */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for.
const CONTROL_CHARACTER = /[\u0000-\u0008\u000A-\u001F\u007F]/;

/** Renders names and values; names become lower case. Fails for characters that a header can't carry. */
export function renderHeaders(
  headers: Readonly<Record<string, string>>,
  scope: Scope,
): Outcome<Readonly<Record<string, string>>> {
  const rendered = new Map<string, string>();
  for (const [nameTemplate, valueTemplate] of Object.entries(headers)) {
    const name = renderText(nameTemplate.trim(), scope);
    if (!name.ok) return name;
    if (!HEADER_NAME.test(name.value)) {
      return failed(
        t`${JSON.stringify(name.value)} isn't a valid header name. Use letters, digits and dashes.`,
      );
    }
    // Only the manifest's own edges are trimmed here: a value's may be the end of a password.
    const value = renderText(valueTemplate.trim(), scope);
    if (!value.ok) return value;
    if (/[\r\n]/.test(value.value)) {
      return failed(
        t`The header ${name.value} would contain a line break. Remove it from its values.`,
      );
    }
    if (CONTROL_CHARACTER.test(value.value)) {
      return failed(
        t`The header ${name.value} would contain a control character. Remove it from its values.`,
      );
    }
    rendered.set(name.value.toLowerCase(), value.value);
  }
  return done(Object.fromEntries(rendered));
}
