/** Rules that the schema can't express: what one key of a manifest requires of another. */
import { compact } from '../../core/compact.ts';
import { didYouMean } from '../../core/did-you-mean.ts';
import type { JsonObject } from '../../core/json.ts';
import { plural } from '../../core/translate.ts';
import { type Problem, showValue } from './problem.ts';
import { numberIn, objectAt, objectsAt, textAt, valueAt } from './raw.ts';
import {
  cure,
  MAX_MISSPELLED,
  misspeltMarks,
  unknownDeeperKeys,
  unknownTopLevelKeys,
} from './rules-keys.ts';
import { textErrors } from './rules-texts.ts';
import { readSchedule } from './schedule.ts';
import {
  ACCOUNT_KEYS,
  CREATE_KEYS,
  isSync,
  isText,
  LEGACY_SYNC_TYPE,
  RECIPIENT,
  storedKeysIn,
} from './schema.ts';
import { PAGE_COUNTERS, SINCE, variablesOf } from './variables.ts';

export interface Findings {
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Checks the JSON of a manifest, valid or not, against every rule about several keys. */
export function judgeRules(raw: JsonObject): Findings {
  const text = isText(raw);
  const sync = !text && isSync(raw);
  return {
    errors: [
      ...unknownTopLevelKeys(raw),
      ...formProblems(raw),
      ...notificationProblems(raw),
      ...goneIfProblems(raw),
      ...accountsErrors(raw),
      ...(sync ? syncErrors(raw) : []),
      ...(text ? textErrors(raw) : []),
    ],
    warnings: [
      ...unknownDeeperKeys(raw),
      ...misspeltMarks(raw),
      ...accountsWarnings(raw),
      ...(sync ? syncWarnings(raw) : text ? [] : provisionWarnings(raw)),
    ],
  };
}

// ---------------------------------------------------------------- forms and notifications

function formProblems(raw: JsonObject): Problem[] {
  return objectsAt(raw, 'form').flatMap(({ item, place }) => {
    const isChoice = item['type'] === 'choice' || item['type'] === 'multiple_choice';
    const hasUrl = valueAt(item, 'url') !== undefined;
    const older = textAt(item, 'items');
    if (older !== undefined) return olderItemsProblems(item, place, older);
    if (!isChoice || hasUrl || valueAt(item, 'items') !== undefined) return [];
    return [{ place, message: `has no options to choose from; give it "items" or a "url"` }];
  });
}

/** `"items": "data"` beside a `url`: manifests of 2022 used it for today's `data_from`. */
function olderItemsProblems(item: JsonObject, place: string, older: string): Problem[] {
  if (valueAt(item, 'url') === undefined)
    return [
      {
        place: `${place}.items`,
        message: `must be a list of options, each with id and name, but is ${showValue(older)}; a text is taken beside a "url" only`,
      },
    ];
  const from = textAt(item, 'data_from');
  return from === undefined || from === older
    ? []
    : [
        {
          place: `${place}.items`,
          message: `says ${showValue(older)} where data_from says ${showValue(from)}; keep data_from and remove this`,
        },
      ];
}

function notificationProblems(raw: JsonObject): Problem[] {
  return objectsAt(raw, 'post_execute_notification').flatMap(({ item, place }) =>
    compact([
      item['type'] === 'email' &&
        (textAt(item, 'subject') ?? '').trim() === '' && {
          place: `${place}.subject`,
          message: 'is missing; an email needs a subject',
        },
      item['type'] !== 'text' &&
        valueAt(item, 'to') === undefined && {
          place: `${place}.to`,
          message: `is missing; give ${RECIPIENT}`,
        },
    ]),
  );
}

// ---------------------------------------------------------------- no account

function goneIfProblems(raw: JsonObject): Problem[] {
  const requests = objectsAt(raw, 'revoke').length;
  return objectsAt(raw, 'gone_if').flatMap(({ item, place }) => {
    const problems: Problem[] = [];
    const step = numberIn(valueAt(item, 'step'));
    const hasValue = valueAt(item, 'value') !== undefined;
    const status = valueAt(item, 'status');
    if (requests === 0)
      problems.push({ place, message: 'has no revoke beside it; it is about the answers to that' });
    else if (step >= requests)
      problems.push({
        place: `${place}.step`,
        message: `is ${step}, but revoke has ${plural(requests, { one: 'one request, number 0', other: `${requests} requests, from 0 to ${requests - 1}` })}`,
      });
    if (valueAt(item, 'response_notation') !== undefined && !hasValue)
      problems.push({
        place: `${place}.value`,
        message: 'is missing; give the value that says that the person has no account',
      });
    else if (!hasValue && (!Array.isArray(status) || status.length === 0))
      problems.push({
        place,
        message: 'would accept every answer; give it status, or response_notation and value',
      });
    return problems;
  });
}

// ---------------------------------------------------------------- sync

/** Keys that only steps of a run have, each with the key that a sync uses instead. */
const STEP_ONLY_KEYS = [
  ['continue_if', 'let status_code say which answers are good'],
  ['polling', 'let the schedule run it again'],
  ['store_data', 'say in data_structure what to keep of each row'],
  ['save_as_file', 'read the people from JSON'],
  ['files', 'send what the request needs in data'],
] as const;

const actionOf = (raw: JsonObject): string => textAt(raw, 'action') ?? 'create';

function syncErrors(raw: JsonObject): Problem[] {
  const problems: Problem[] = [];
  const structure = objectAt(raw, 'data_structure');
  const add = (place: string, message: string) => problems.push({ place, message });

  if (objectsAt(raw, 'execute').length === 0) {
    add('execute', 'is missing; give it the request that reads the people');
  }
  for (const { item, place } of objectsAt(raw, 'execute')) {
    for (const [key, instead] of STEP_ONLY_KEYS)
      if (valueAt(item, key) !== undefined)
        add(`${place}.${key}`, `does nothing in a sync; remove it, and ${instead}`);
  }
  if (raw['type'] === LEGACY_SYNC_TYPE && raw['action'] === 'update') {
    add('type', `"${LEGACY_SYNC_TYPE}" means action "create"; remove type or use action "create"`);
  }
  if (valueAt(raw, 'data_structure') === undefined) {
    add(
      'data_structure',
      'is missing; say where in a row each value is, such as {"email": "workEmail"}',
    );
  } else if (actionOf(raw) === 'create' && valueAt(structure, 'email') === undefined) {
    add('data_structure.email', 'is missing; people are created by their email address');
  }
  if (actionOf(raw) === 'update' && valueAt(raw, 'schedule') === undefined) {
    add('schedule', 'is missing; an update only runs on a schedule, such as "0 * * * *"');
  }
  const schedule = textAt(raw, 'schedule');
  if (schedule !== undefined) {
    const read = readSchedule(schedule);
    if (!read.ok) add('schedule', `${showValue(schedule)} ${read.problem}`);
  }
  problems.push(...nextPageProblems(raw, raw, ''));
  if (valueAt(raw, 'since') !== undefined && !variablesOf(raw).some(({ name }) => name === SINCE)) {
    add(
      'since',
      `does nothing without {{${SINCE}}}; put that into the request that reads the people`,
    );
  }
  return problems;
}

/** @param prefix of the places of what has the pages */
const countsPages = (raw: JsonObject, prefix: string): boolean =>
  variablesOf(raw).some(
    ({ name, place }) => place === `${prefix}next_page` && PAGE_COUNTERS.includes(name),
  );

const firstPageWarnings = (raw: JsonObject, list: JsonObject, prefix: string): Problem[] =>
  valueAt(list, 'first_page') === undefined || countsPages(raw, prefix)
    ? []
    : [
        {
          place: `${prefix}first_page`,
          message:
            'has no effect: next_page counts neither with {{NEXT_PAGE_NUMBER}} nor with {{NEXT_PAGE_OFFSET}}',
        },
      ];

/** @param list what has the pages: the manifest, or its `accounts` @param prefix of its keys' places */
function nextPageProblems(raw: JsonObject, list: JsonObject, prefix: string): Problem[] {
  const nextPage = valueAt(list, 'next_page');
  const tokenFrom = valueAt(list, 'next_page_token_from');
  if (nextPage !== undefined && tokenFrom === undefined && !countsPages(raw, prefix))
    return [
      {
        place: `${prefix}next_page_token_from`,
        message:
          'is missing; next_page needs to know where the token is, or counts with {{NEXT_PAGE_NUMBER}} or {{NEXT_PAGE_OFFSET}}',
      },
    ];
  if (tokenFrom !== undefined && nextPage === undefined)
    return [
      {
        place: `${prefix}next_page`,
        message: 'is missing; give the address that takes {{NEXT_PAGE_TOKEN}}',
      },
    ];
  return [];
}

function syncWarnings(raw: JsonObject): Problem[] {
  const problems: Problem[] = firstPageWarnings(raw, raw, '');
  const structure = objectAt(raw, 'data_structure');
  if (actionOf(raw) === 'update' && valueAt(structure, 'email') === undefined) {
    problems.push({
      place: 'data_structure.email',
      message: 'is missing, so people are found by the "email" of the row itself; say where it is',
    });
  }
  if (actionOf(raw) === 'create') {
    for (const key of storedKeysIn(Object.keys(structure), 'create').slice(0, MAX_MISSPELLED)) {
      const meant = didYouMean(key, CREATE_KEYS);
      if (meant === undefined) continue;
      problems.push({
        place: `data_structure.${key}`,
        message: `is kept with people as {{${key}}}; did you mean "${meant}"?`,
      });
    }
    if (['manager', 'manager_email'].every((key) => valueAt(structure, key) !== undefined))
      problems.push({
        place: 'data_structure.manager_email',
        message: 'has no effect beside "manager"; remove one of the two',
      });
    if (
      valueAt(structure, 'manager_id') !== undefined &&
      ['manager', 'manager_email'].some((key) => valueAt(structure, key) !== undefined)
    )
      problems.push({
        place: 'data_structure.manager_id',
        message: 'counts in place of the address of the manager; remove one of the two',
      });
  }
  return problems;
}

const SYNC_ONLY_KEYS = [
  'data_from',
  'schedule',
  'amount_pages_to_fetch',
  'next_page',
  'next_page_token_from',
  'next_page_from',
  'first_page',
  'since',
];

function provisionWarnings(raw: JsonObject): Problem[] {
  const problems: Problem[] = SYNC_ONLY_KEYS.filter((key) => valueAt(raw, key) !== undefined).map(
    (key) => ({
      place: key,
      message: 'has no effect; it is for a sync, which has "action" and "data_structure"',
    }),
  );
  const doesSomething = ['execute', 'exists', 'revoke', 'accounts'].some(
    (key) => objectsAt(raw, key).length > 0,
  );
  if (!doesSomething) {
    problems.push({ place: '', message: 'does nothing: there is no execute, exists or revoke' });
  }
  return problems;
}

// ---------------------------------------------------------------- accounts

const ACCOUNTS = 'accounts';

/** Of a step of a run, each with what the list has instead. */
const NOT_FOR_A_LIST = [
  ['continue_if', 'let status_code say which answers are good'],
  ['polling', 'let the next night ask again'],
  ['store_data', 'say in data_structure what to read of each account'],
  ['save_as_file', 'read the accounts from JSON'],
  ['files', 'send what the request needs in data'],
] as const;

function accountsErrors(raw: JsonObject): Problem[] {
  if (valueAt(raw, ACCOUNTS) === undefined) return [];
  const problems: Problem[] = [];
  const add = (place: string, message: string) => problems.push({ place, message });
  if (isSync(raw) || isText(raw))
    add(ACCOUNTS, 'is for a manifest that grants access; this one grants none, so remove it');
  const list = objectAt(raw, ACCOUNTS);
  const requests = objectsAt(list, 'execute');
  if (requests.length === 0)
    add(`${ACCOUNTS}.execute`, 'is missing; give it the request that lists the accounts');
  for (const { item, place } of requests)
    for (const [key, instead] of NOT_FOR_A_LIST)
      if (valueAt(item, key) !== undefined)
        add(`${ACCOUNTS}.${place}.${key}`, `does nothing in a list; remove it, and ${instead}`);
  const structure = objectAt(list, 'data_structure');
  const match = textAt(list, 'match')?.trim();
  const place = `${ACCOUNTS}.data_structure`;
  if (match !== undefined && valueAt(structure, match) === undefined) {
    const meant = didYouMean(match, Object.keys(structure).slice(0, MAX_MISSPELLED));
    const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
    add(
      `${ACCOUNTS}.match`,
      `${showValue(match)} is not a name in data_structure${hint === '' ? '; say there where in an account it is' : hint}`,
    );
  } else if (match === undefined && valueAt(structure, 'email') === undefined) {
    add(
      valueAt(list, 'data_structure') === undefined ? place : `${place}.email`,
      'is missing; say where in an account its email address is, or name another fact in match',
    );
  }
  return [...problems, ...nextPageProblems(raw, list, `${ACCOUNTS}.`)];
}

/** A misspelt `last_login` would make nobody unused, silently. */
function accountsWarnings(raw: JsonObject): Problem[] {
  const list = objectAt(raw, ACCOUNTS);
  const match = textAt(list, 'match')?.trim();
  const known: readonly string[] = ACCOUNT_KEYS;
  const misspelt = Object.keys(objectAt(list, 'data_structure'))
    .filter((key) => key !== match && !known.includes(key))
    .map((key, index) => ({
      place: `${ACCOUNTS}.data_structure.${key}`,
      message: `has no effect: of an account only ${known.join(', ')} and the name in match are read; ${cure(key, known, index)}`,
    }));
  return [...misspelt, ...firstPageWarnings(raw, list, `${ACCOUNTS}.`)];
}
