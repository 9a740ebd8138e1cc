/**
 * Which facts about a person a check or a revoke needs, and which of them are missing. With an empty fact, the app would answer
 * about someone else, and Latchkey would take it as an answer about this person. Pure.
 */
import { compact } from '../../core/compact.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import { plural, t } from '../../core/translate.ts';
import type { ManifestRequest } from '../manifest/request-schema.ts';
import type { Manifest } from '../manifest/schema.ts';
import { scopeOf, toText } from '../templates/render.ts';
import { fillTemplate, hasTags, type Scope } from '../templates/template.ts';
import { NOT_FACTS, type Variables } from '../templates/variables.ts';

/** A value about a person, under the name that templates use. */
export interface Fact {
  /** As the templates name it: `GITHUB_USERNAME`, `email`. */
  readonly id: string;
  /** As people read it: `GitHub username`. */
  readonly label: string;
}

/**
 * The empty facts that these requests render in path, host, query, body or `expected`: each once, in the order of the requests.
 * A fact in a section of its own name (`{{#X}}…{{X}}…{{/X}}`) is optional and never returned. In a revoke, the answer to a
 * required field counts as a fact.
 */
export function missingFacts(
  manifest: Manifest,
  part: 'exists' | 'revoke',
  variables: Variables,
): readonly Fact[] {
  const requests = part === 'revoke' ? manifest.revoke : manifest.exists ? [manifest.exists] : [];
  const scope = scopeOf(variables);
  const names = requests.flatMap(templatesOf).flatMap((template) => emptyNames(template, scope));
  const isNeeded = (name: string) =>
    isFact(name, manifest) || (part === 'revoke' && isRequired(name, manifest));
  const facts = [...new Set(names)].filter(isNeeded);
  return facts.map((id) => ({ id, label: labelOf(id, manifest) }));
}

/** Why Latchkey did not check: a sentence for people. @param facts not empty */
export const notChecked = (facts: readonly Fact[]): string =>
  plural(facts.length, {
    one: t`${labelsOf(facts)} isn't known, so Latchkey couldn't check.`,
    other: t`${labelsOf(facts)} aren't known, so Latchkey couldn't check.`,
  });

/** Why Latchkey did not revoke: a sentence for people. @param facts not empty */
export const notRevoked = (facts: readonly Fact[]): string =>
  plural(facts.length, {
    one: t`${labelsOf(facts)} isn't known, so Latchkey couldn't revoke this access. Remove it by hand.`,
    other: t`${labelsOf(facts)} aren't known, so Latchkey couldn't revoke this access. Remove it by hand.`,
  });

const labelsOf = (facts: readonly Fact[]): string => facts.map(({ label }) => label).join(', ');

/** Headers are left out: they identify the caller, not the person. */
function templatesOf({ url, data, expected }: ManifestRequest): readonly string[] {
  return compact([url, ...textsIn(data), expected]).filter(hasTags);
}

function textsIn(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(textsIn);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)]);
}

/** Empty for a broken template: the request itself reports it. */
function emptyNames(template: string, scope: Scope): readonly string[] {
  const filled = fillTemplate(template, scope);
  if (!filled.ok) return [];
  return filled.value.flatMap((part) =>
    part.kind === 'value' && !part.optional && toText(part.value).trim() === '' ? [part.name] : [],
  );
}

/** Neither an answer in the form nor a value of the integration. What the integration stores with the person is a fact. */
function isFact(name: string, manifest: Manifest): boolean {
  const names = namesOf(name);
  const isOneOf = (ids: readonly string[]) => names.some((each) => ids.includes(each));
  const idsOf = (items: readonly { readonly id: string }[]) => items.map(({ id }) => id);
  if (isOneOf(NOT_FACTS) || isOneOf(idsOf(manifest.initialDataForm))) return false;
  const kept = manifest.execute.flatMap(({ storeData = {} }) => Object.keys(storeData));
  return isOneOf([...idsOf(manifest.extraUserInfo), ...kept]) || !isOneOf(idsOf(manifest.form));
}

/** An answer that a grant needs. If the form changed since the grant, it may be missing, and a revoke can't name the account. */
const isRequired = (name: string, { form }: Manifest): boolean =>
  form.some(({ id, required }) => required && namesOf(name).includes(id));

/** A dotted name reads inside the value of its first part, unless the id itself has dots. */
const namesOf = (name: string): readonly string[] => [name, name.split('.')[0] ?? name];

function labelOf(name: string, { extraUserInfo, form }: Manifest): string {
  const asked = [...extraUserInfo, ...form].find(({ id }) => namesOf(name).includes(id));
  return asked?.name.trim() ?? reservedLabel(name) ?? readable(name);
}

function reservedLabel(name: string): string | undefined {
  switch (name) {
    case 'email':
      return t`Email`;
    case 'first_name':
      return t`First name`;
    case 'last_name':
      return t`Last name`;
    case 'manager':
      return t`Manager`;
    case 'manager_email':
      return t`Manager's email`;
    case 'buddy':
      return t`Buddy`;
    case 'buddy_email':
      return t`Buddy's email`;
    case 'position':
      return t`Position`;
    case 'department':
      return t`Department`;
    case 'start':
      return t`First day`;
    default:
      return undefined;
  }
}

/** `OKTA_ID` and `oktaId` as `Okta ID`. */
function readable(name: string): string {
  const spaced = name.replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2');
  const words = spaced.split(/[_.\s-]+/).filter((word) => word !== '');
  const [first, ...rest] = words.map((word) =>
    isShortForm(word) ? word.toUpperCase() : word.toLowerCase(),
  );
  return first === undefined
    ? name
    : [first.charAt(0).toUpperCase() + first.slice(1), ...rest].join(' ');
}

const isShortForm = (word: string): boolean => /^(id|uid|uuid|url|sso|api)$/i.test(word);
