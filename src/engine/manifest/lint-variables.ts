/** Variables that have no value where they are used. */
import { didYouMean } from '../../core/did-you-mean.ts';
import type { JsonObject } from '../../core/json.ts';
import { NOT_FACTS, RESERVED_NAMES } from '../templates/variables.ts';
import { definedNames, idsOf, isReserved, isTextVariable, storedNames } from './lint-names.ts';
import type { Problem } from './problem.ts';
import { objectsAt, valueAt } from './raw.ts';
import { isSync, isText } from './schema.ts';
import { PAGE_COUNTERS, REVOKE_NOTE, SINCE, type UsedVariable, variablesOf } from './variables.ts';

/**
 * The form of our variables. Filters, calls, helpers and paths of other template engines look different. After a dot, the key of an
 * answer may have characters that a name may not begin with: `@odata.id`, `urn:ietf:params:scim:…`; or it finds an entry of a list.
 */
export const isVariableName = (name: string): boolean =>
  VARIABLE_NAME.test(name.replaceAll(/\.\[[^\]=]+=[^\]]*\](?=\.|$)/g, '.0'));

const VARIABLE_NAME = /^(?=.)[^\s|()"'`=<>@#!?:,[\]/\\.]*(\.[^\s|()"'`=<>#!?,[\]/\\.]*)*$/;

/** Comparing names takes time. A manifest has a few dozen, and few of them are misspelt. */
const MAX_COMPARED = 200;
const MAX_GUESSED = 20;

export function undefinedVariables(raw: JsonObject, storedKeys: Iterable<string>): Problem[] {
  const stored = [...storedKeys];
  const defined = definedNames(raw, stored);
  const answers = answersOf(raw, stored);
  const settings = idsOf(raw, 'initial_data_form').map(({ name }) => name);
  const facts = new Set([...defined].filter((name) => !settings.includes(name)));
  const seen = new Set<string>();
  const names = [...RESERVED_NAMES, ...[...defined].slice(0, MAX_COMPARED)];
  return variablesOf(raw).flatMap((used): Problem[] => {
    const use = `${used.place} ${used.name}`;
    if (seen.has(use)) return [];
    const near = seen.size < MAX_GUESSED ? names : [];
    const message =
      aboutNoPerson(used, facts, raw) ??
      answerAskedLater(used, answers) ??
      undefinedBecause(used, { defined, near }, raw);
    if (message === undefined) return [];
    seen.add(use);
    return [{ place: used.place, message }];
  });
}

/** The assignee of the task reads the note, so it must not hold a secret or an answer of the app. */
export function notFactsInRevokeNote(raw: JsonObject): Problem[] {
  const settings = idsOf(raw, 'initial_data_form').map(({ name }) => name);
  const names = variablesOf(raw).flatMap(({ name, place }) =>
    place === REVOKE_NOTE ? [name.split('.')[0] ?? name] : [],
  );
  return [...new Set(names)]
    .filter((name) => settings.includes(name) || NOT_FACTS.includes(name))
    .map((name) => ({
      place: REVOKE_NOTE,
      message: `can't show {{${name}}}; use facts about the person, such as {{email}}`,
    }));
}

/** Places that are rendered without answers of the form. A revoke has those of the grants that it ends. */
const BESIDE_A_GRANT = /^(exists\.|revoke_note$|form\[)/;

/** Names whose value comes only from the form. */
function answersOf(raw: JsonObject, storedKeys: readonly string[]): ReadonlySet<string> {
  const elsewhere = new Set([
    ...storedKeys,
    ...[...idsOf(raw, 'extra_user_info'), ...storedNames(raw)].map(({ name }) => name),
  ]);
  return new Set(
    idsOf(raw, 'form')
      .map(({ name }) => name)
      .filter((name) => !elsewhere.has(name)),
  );
}

const answerAskedLater = (
  { name, place }: UsedVariable,
  answers: ReadonlySet<string>,
): string | undefined =>
  BESIDE_A_GRANT.test(place) && answers.has(name)
    ? `{{${name}}} is an answer of the form, which only execute and revoke have; it will be empty here. Ask it in extra_user_info, which is kept with the person, or keep it from an answer with store_data`
    : undefined;

const isOfImports = (name: string): boolean => name === SINCE || PAGE_COUNTERS.includes(name);

const isNextPage = (place: string): boolean =>
  place === 'next_page' || place === 'accounts.next_page';

/** The list of accounts and an import are about no person, so what is known of one has no value there. */
const aboutNoPerson = (
  { name, place }: UsedVariable,
  facts: ReadonlySet<string>,
  raw: JsonObject,
): string | undefined => {
  const [first = ''] = name.split('.');
  const isImport = isSync(raw) && !isText(raw) && /^(execute\[|next_page$|headers\.)/.test(place);
  if (!isImport && !place.startsWith('accounts.')) return undefined;
  const isFact = isReserved(first)
    ? !NOT_FACTS.includes(first)
    : !isOfImports(name) && (facts.has(name) || facts.has(first));
  return isFact
    ? `{{${name}}} has no value here, since ${isImport ? 'an import' : 'the list of accounts'} is about no person`
    : undefined;
};

function undefinedBecause(
  { name, place, step }: UsedVariable,
  { defined, near }: { readonly defined: ReadonlySet<string>; readonly near: readonly string[] },
  raw: JsonObject,
): string | undefined {
  const [first = '', second = ''] = name.split('.');
  const tag = `{{${name}}}`;
  if (name === '.' || defined.has(name) || !isVariableName(name)) return undefined;
  if (first === 'responses') {
    const steps =
      step ??
      (place.startsWith('post_execute_notification')
        ? objectsAt(raw, 'execute').length
        : undefined);
    if (second !== '' && !/^\d+$/.test(second))
      return `${tag} names no answer; say which, counted from 0, such as {{responses.0.id}}`;
    return second !== '' && steps !== undefined && Number(second) >= steps
      ? `${tag} isn't there yet: only answers of earlier requests can be used`
      : undefined;
  }
  if (first === 'oauth' && valueAt(raw, 'oauth') === undefined)
    return `${tag} needs an "oauth" in the manifest`;
  if ((name === 'NEXT_PAGE_TOKEN' || PAGE_COUNTERS.includes(name)) && !isNextPage(place))
    return `${tag} has a value in next_page only`;
  if (PAGE_COUNTERS.includes(name)) return undefined;
  if (name === SINCE)
    return valueAt(raw, 'since') === undefined
      ? `${tag} has a value only in an import with "since"; add that to the manifest`
      : undefined;
  if (name === 'code' && !place.startsWith('oauth.'))
    return `${tag} has a value in oauth.access_token only`;
  if (isText(raw)) {
    if (isTextVariable(name)) return undefined;
    if (isReserved(first) && first !== 'oauth')
      return `${tag} has no value in a text message, which knows only a number; use {{to}} and {{message}}`;
  }
  if (isReserved(first) || defined.has(first)) return undefined;
  if (/^\d+(\.\d+)*$/.test(name))
    return `${tag} is defined nowhere in this manifest. A path such as [price=$${name}] compares with a text if that is in quotes: '$${name}'`;
  const begins = didYouMean(first, near);
  const meant =
    begins === undefined || begins === first || name === first
      ? didYouMean(name, near)
      : begins + name.slice(first.length);
  const isAboutNoPerson = isSync(raw) || isText(raw) || /^(accounts|oauth)\./.test(place);
  const lists = isAboutNoPerson
    ? 'initial_data_form'
    : 'initial_data_form, form or extra_user_info';
  const cure = meant === undefined ? `add it to ${lists}.` : `did you mean {{${meant}}}?`;
  const unless = isAboutNoPerson ? '' : ' unless another integration stores it with the person';
  return `${tag} is defined nowhere in this manifest; ${cure} Else it will be empty${unless}`;
}
