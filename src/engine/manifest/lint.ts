/**
 * Finds what is wrong or unwise in a manifest although its schema allows it. It runs when a manifest is saved or checked. It reads
 * the raw JSON, so that it also works on a manifest with other errors.
 */
import { compact } from '../../core/compact.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { OriginNames } from '../calls/request-origin.ts';
import { isOption } from '../integrations/form.ts';
import { hasTags, type Template, type Token } from '../templates/template.ts';
import { keysTwice } from './keys-twice.ts';
import { likelyMistakes } from './lint-mistakes.ts';
import { definedNames, idsOf, isKnownIn, isReserved, takenNames } from './lint-names.ts';
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
import { isVariableName, notFactsInRevokeNote, undefinedVariables } from './lint-variables.ts';
import { firstOf, type ParsedManifest, parseManifestJson, readBounded } from './parse.ts';
import { type Problem, showValue } from './problem.ts';
import { numberIn, objectAt, objectsAt, textAt, valueAt } from './raw.ts';
import type { Findings } from './rules.ts';
import { firesMoreThanHourly, readSchedule } from './schedule.ts';
import { isText } from './schema.ts';
import { TEXT_VARIABLES, templatesOf } from './variables.ts';

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

/** `{% if %}`; undefined when there is none. A pattern would search the second end from every first, which is slow. */
function blockTagIn(template: string): string | undefined {
  const from = template.indexOf('{%');
  const to = from === -1 ? -1 : template.indexOf('%}', from + 2);
  return to === -1 ? undefined : template.slice(from, to + 2);
}

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
    if (!isVariableName(token.name) && !ids.has(token.name)) return token.name;
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
