/**
 * Finds what is wrong or unwise in a manifest although its schema allows it. It runs when a manifest is saved or checked. It reads
 * the raw JSON, so that it also works on a manifest with other errors.
 */
import { compact } from '../../core/compact.ts';
import { didYouMean } from '../../core/did-you-mean.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { OriginNames } from '../calls/request-origin.ts';
import { isOption } from '../integrations/form.ts';
import { hasTags, type Template, type Token } from '../templates/template.ts';
import { NOT_FACTS, RESERVED_NAMES } from '../templates/variables.ts';
import { keysTwice } from './keys-twice.ts';
import { likelyMistakes } from './lint-mistakes.ts';
import { foreignHosts } from './lint-origins.ts';
import { valuesInQuotes } from './lint-quotes.ts';
import {
  formsThatAreNone,
  hardCodedSecrets,
  hostsThatAreNone,
  impossibleHeaders,
  plainHttpAddresses,
  textsSentAsJson,
  typesOfNoUse,
} from './lint-requests.ts';
import { firstOf, type ParsedManifest, parseManifestJson, readBounded } from './parse.ts';
import { type Problem, showValue } from './problem.ts';
import { numberIn, objectAt, objectsAt, textAt, valueAt } from './raw.ts';
import type { Findings } from './rules.ts';
import { firesMoreThanHourly, readSchedule } from './schedule.ts';
import { isSync, isText, storedKeysIn } from './schema.ts';
import {
  PAGE_COUNTERS,
  REVOKE_NOTE,
  SINCE,
  TEXT_VARIABLES,
  templatesOf,
  type UsedVariable,
  variablesOf,
} from './variables.ts';

/**
 * All problems of a manifest's text at once, from its schema, its rules and the lint. For saving and checking. Never throws.
 * @param storedKeys names that other integrations store with people, so that they don't count as undefined
 */
export const checkManifest = (text: string, storedKeys: Iterable<string> = []): ParsedManifest =>
  manifestChecker(text)(storedKeys);

/** The same for several calls: it reads the text only once. */
export function manifestChecker(text: string): (storedKeys: Iterable<string>) => ParsedManifest {
  const json = readBounded(text);
  if (!json.ok) return () => ({ ok: false, errors: [json.error], warnings: [] });
  const raw = json.value;
  const parsed = parseManifestJson(raw);
  const twice = keysTwice(text);
  return (storedKeys) => {
    const lint = isJsonObject(raw) ? lintManifest(raw, storedKeys) : { errors: [], warnings: [] };
    const warnings = firstOf([...parsed.warnings, ...twice, ...lint.warnings]);
    const errors = firstOf([...(parsed.ok ? [] : parsed.errors), ...lint.errors]);
    return parsed.ok && errors.length === 0
      ? { ok: true, manifest: parsed.manifest, warnings }
      : { ok: false, errors, warnings };
  };
}

function lintManifest(raw: JsonObject, stored: Iterable<string>): Findings {
  const storedKeys = [...stored]; // Looked through twice.
  return {
    errors: [
      ...takenNames(raw),
      ...itemsThatAreNone(raw),
      ...pollingWithoutCondition(raw),
      ...filesBeforeSaved(raw),
      ...goneIfOfNoLookUp(raw),
      ...templateProblems(raw, storedKeys),
      ...hostsOfOthers(raw, storedKeys),
      ...notFactsInRevokeNote(raw),
      ...hostsThatAreNone(raw),
      ...impossibleHeaders(raw),
      ...formsThatAreNone(raw),
    ],
    warnings: [
      ...undefinedVariables(raw, storedKeys),
      ...likelyMistakes(raw, isKnownIn(raw, storedKeys)),
      ...hardCodedSecrets(raw),
      ...plainHttpAddresses(raw),
      ...textsSentAsJson(raw),
      ...typesOfNoUse(raw),
      ...valuesInQuotes(raw),
      ...frequentSchedule(raw),
    ],
  };
}

// ---------------------------------------------------------------- names

interface NamedPlace {
  readonly name: string;
  readonly place: string;
}

const idsOf = (raw: JsonObject, key: string): readonly NamedPlace[] =>
  objectsAt(raw, key).flatMap(({ item, place }) => {
    const name = textAt(item, 'id')?.trim();
    return name === undefined ? [] : [{ name, place: `${place}.id` }];
  });

const storedNames = (raw: JsonObject): readonly NamedPlace[] =>
  objectsAt(raw, 'execute').flatMap(({ item, place }) =>
    Object.keys(objectAt(item, 'store_data')).map((name) => ({
      name,
      place: `${place}.store_data.${name}`,
    })),
  );

/** Names under which an import keeps values with people. */
const importedNames = (raw: JsonObject): readonly NamedPlace[] =>
  isSync(raw)
    ? storedKeysIn(
        Object.keys(objectAt(raw, 'data_structure')),
        valueAt(raw, 'action') === 'update' ? 'update' : 'create',
      ).map((name) => ({ name, place: `data_structure.${name}` }))
    : [];

/** Every name that this manifest gives a value, or that is known to be stored with people. */
function definedNames(raw: JsonObject, storedKeys: Iterable<string>): ReadonlySet<string> {
  const named = [
    ...['form', 'initial_data_form', 'extra_user_info'].flatMap((key) => idsOf(raw, key)),
    ...storedNames(raw),
    ...importedNames(raw),
  ];
  return new Set([...storedKeys, ...named.map(({ name }) => name)]);
}

function isKnownIn(raw: JsonObject, storedKeys: Iterable<string>): (name: string) => boolean {
  const defined = definedNames(raw, storedKeys);
  return (name) => isReserved(name) || defined.has(name);
}

const isReserved = (name: string): boolean => RESERVED_NAMES.some((reserved) => reserved === name);
const isTextVariable = (name: string): boolean => TEXT_VARIABLES.some((each) => each === name);

function takenNames(raw: JsonObject): Problem[] {
  const initial = idsOf(raw, 'initial_data_form');
  const form = idsOf(raw, 'form');
  const extra = idsOf(raw, 'extra_user_info');
  const others = [...form, ...extra, ...storedNames(raw), ...importedNames(raw)];
  const secrets = new Set(initial.map(({ name }) => name));
  return [
    ...[...initial, ...others]
      .filter(({ name }) => isReserved(name) || (isText(raw) && isTextVariable(name)))
      .map(({ name, place }) => ({
        place,
        message: `"${name}" is a reserved name; choose another`,
      })),
    ...others
      .filter(({ name }) => secrets.has(name))
      .map(({ name, place }) => ({
        place,
        message: `"${name}" is the id of a value in initial_data_form; choose another`,
      })),
    ...[initial, form, extra].flatMap(repeated),
  ];
}

function repeated(names: readonly NamedPlace[]): Problem[] {
  const seen = new Set<string>();
  const isRepeated = ({ name }: NamedPlace): boolean => seen.size === seen.add(name).size;
  return names.filter(isRepeated).map(({ name, place }) => ({
    place,
    message: `"${name}" is used twice; give each its own id`,
  }));
}

// ---------------------------------------------------------------- options

/** Without this lint, only the person who grants would see the error, in the form. */
function itemsThatAreNone(raw: JsonObject): Problem[] {
  return objectsAt(raw, 'form').flatMap(({ item, place }): Problem[] => {
    const { type, items, url } = item;
    if ((type !== 'choice' && type !== 'multiple_choice') || !Array.isArray(items)) return [];
    if (items.length === 0 && url === undefined)
      return [{ place: `${place}.items`, message: 'is empty; add the options to choose from' }];
    const choiceValue = textAt(item, 'choice_value') ?? textAt(item, 'choice_id') ?? 'id';
    const shape = { choiceValue, choiceName: textAt(item, 'choice_name') ?? 'name' };
    return (items as readonly Json[]).flatMap((option, index) =>
      isOption(shape, option)
        ? []
        : [
            {
              place: `${place}.items[${index}]`,
              message: `must be an option such as {"id": "233", "name": "Option 1"}, but is ${showValue(option)}`,
            },
          ],
    );
  });
}

// ---------------------------------------------------------------- steps

function pollingWithoutCondition(raw: JsonObject): Problem[] {
  return objectsAt(raw, 'execute').flatMap(({ item, place }) =>
    valueAt(item, 'polling') !== undefined && valueAt(item, 'continue_if') === undefined
      ? [
          {
            place: `${place}.polling`,
            message: 'has nothing to wait for; add continue_if, which says when to continue',
          },
        ]
      : [],
  );
}

function filesBeforeSaved(raw: JsonObject): Problem[] {
  const saved = new Set<string>();
  return objectsAt(raw, 'execute').flatMap(({ item, place }) => {
    const problems = Object.entries(objectAt(item, 'files'))
      .filter(([, file]) => typeof file === 'string' && !saved.has(file))
      .map(([field, file]) => ({
        place: `${place}.files.${field}`,
        message: `no earlier request saves ${JSON.stringify(file)}; give one save_as_file with this name`,
      }));
    const name = textAt(item, 'save_as_file');
    if (name !== undefined) saved.add(name);
    return problems;
  });
}

/** Refusals and temporary errors. None of them says anything about the person. */
const SAYS_NOTHING = [401, 403, 407, 408, 425, 429];
const LOOK_UPS = ['GET', 'HEAD', 'POST']; // GraphQL and some searches look up by POST.

/** The answer counts as proof that there is no account, so it has to come from a look-up. */
function goneIfOfNoLookUp(raw: JsonObject): Problem[] {
  const requests = objectsAt(raw, 'revoke');
  return objectsAt(raw, 'gone_if').flatMap(({ item, place }): Problem[] => {
    const request = requests[numberIn(valueAt(item, 'step'))];
    const method = (textAt(request?.item, 'method') ?? 'POST').trim().toUpperCase();
    const status = valueAt(item, 'status');
    const idle = (Array.isArray(status) ? (status as readonly Json[]) : [])
      .map(numberIn)
      .filter((code) => code >= 500 || SAYS_NOTHING.includes(code));
    return compact([
      request &&
        !LOOK_UPS.includes(method) && {
          place: `${place}.step`,
          message: `is about ${request.place}, a ${method}, which is no look-up; let its status_code accept the answer`,
        },
      ...idle.map((code) => ({
        place: `${place}.status`,
        message: `has ${code}, which doesn't say that the person has no account; apps answer 404, 410 or nothing then`,
      })),
      hasTags(JSON.stringify(valueAt(item, 'value') ?? null)) && {
        place: `${place}.value`,
        message: "is compared as written; it can't use {{variables}}",
      },
    ]);
  });
}

// ---------------------------------------------------------------- templates

/** `{% if %}`; undefined when there is none. A pattern would search the second end from every first, which is slow. */
function blockTagIn(template: string): string | undefined {
  const from = template.indexOf('{%');
  const to = from === -1 ? -1 : template.indexOf('%}', from + 2);
  return to === -1 ? undefined : template.slice(from, to + 2);
}

/**
 * The form of our variables. Filters, calls, helpers and paths of other template engines look different. After a dot, the key of an
 * answer may have characters that a name may not begin with: `@odata.id`, `urn:ietf:params:scim:…`.
 */
const VARIABLE_NAME = /^(?=.)[^\s|()"'`=<>@#!?:,[\]/\\.]*(\.[^\s|()"'`=<>#!?,[\]/\\.]*)*$/;

function templateProblems(raw: JsonObject, storedKeys: Iterable<string>): Problem[] {
  // A stored name may hold a space; with a filter or a call in it, it is another engine's tag and no name.
  const plain = [...storedKeys].filter((name) => !/[|(]/.test(name));
  const ids = definedNames(raw, plain);
  const seen = new Set<string>();
  return templatesOf(raw).flatMap(({ place, template, parsed }): Problem[] => {
    const message = templateProblem(template, parsed, ids);
    if (message === undefined || seen.has(`${place} ${message}`)) return [];
    seen.add(`${place} ${message}`);
    return [{ place, message }];
  });
}

function templateProblem(
  template: string,
  parsed: Template,
  ids: ReadonlySet<string>,
): string | undefined {
  const block = blockTagIn(template);
  if (block !== undefined)
    return `${block} belongs to another template engine; use {{variable}} and {{#variable}}…{{/variable}}`;
  if (!parsed.ok) return parsed.problem;
  const foreign = foreignName(parsed.tokens, ids);
  return foreign === undefined
    ? undefined
    : `{{${foreign}}} belongs to another template engine; here a tag is only the name of a variable`;
}

function foreignName(tokens: readonly Token[], ids: ReadonlySet<string>): string | undefined {
  for (const token of tokens) {
    if (token.kind === 'text') continue;
    if (!VARIABLE_NAME.test(token.name) && !ids.has(token.name)) return token.name;
    const inner = token.kind === 'section' ? foreignName(token.tokens, ids) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** Values that would choose where secrets are sent. */
function hostsOfOthers(raw: JsonObject, storedKeys: Iterable<string>): Problem[] {
  const ids = (key: string): readonly string[] => idsOf(raw, key).map(({ name }) => name);
  const names: OriginNames = {
    settings: new Set(ids('initial_data_form')),
    typed: new Set([
      ...['form', 'extra_user_info'].flatMap(ids),
      ...(isText(raw) ? TEXT_VARIABLES : []),
    ]),
  };
  const defined = definedNames(raw, storedKeys);
  return foreignHosts(raw, names, (name) => {
    const [first = ''] = name.split('.');
    return isReserved(first) || defined.has(name) || defined.has(first);
  });
}

// ---------------------------------------------------------------- variables

/** Comparing names takes time. A manifest has a few dozen, and few of them are misspelt. */
const MAX_COMPARED = 200;
const MAX_GUESSED = 20;

function undefinedVariables(raw: JsonObject, storedKeys: Iterable<string>): Problem[] {
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
function notFactsInRevokeNote(raw: JsonObject): Problem[] {
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
  if (name === '.' || defined.has(name) || !VARIABLE_NAME.test(name)) return undefined;
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

// ---------------------------------------------------------------- schedule

function frequentSchedule(raw: JsonObject): Problem[] {
  const schedule: Json | undefined = valueAt(raw, 'schedule');
  const read = typeof schedule === 'string' ? readSchedule(schedule) : undefined;
  return read?.ok && firesMoreThanHourly(read.pattern)
    ? [
        {
          place: 'schedule',
          message: `${JSON.stringify(schedule)} fires more than hourly; "0 * * * *" is once an hour`,
        },
      ]
    : [];
}
