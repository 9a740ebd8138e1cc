/** Warnings about typical mistakes: what loads, and then does something else than its author expects. */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { NOTICES_CHANNEL } from '../messages/delivery.ts';
import { readEmail } from '../people/person-details.ts';
import { readPhone } from '../people/phone.ts';
import { hasTags } from '../templates/template.ts';
import { type Problem, showValue } from './problem.ts';
import { objectAt, objectsUnder, textAt, valueAt } from './raw.ts';
import { isSync, isText } from './schema.ts';
import { PAGE_COUNTERS, templatesOf } from './variables.ts';

/** @param known whether something defines the name, so that `{{name}}` would have a value */
export const likelyMistakes = (raw: JsonObject, known: (name: string) => boolean): Problem[] => [
  ...existsThatNeverSaysNo(raw),
  ...blankExpectations(raw),
  ...recipientsThatAreNone(raw),
  ...tokenOfNoUse(raw),
  ...notForASync(raw),
  ...pagesThatRepeat(raw),
  ...placesThatAreNone(raw),
  ...singleBraces(raw, known),
];

/** Nothing but `expected`, or a 404 that may count, makes an answer `none`. Then no removal is ever proven. */
function existsThatNeverSaysNo(raw: JsonObject): Problem[] {
  const exists = valueAt(raw, 'exists');
  if (!isJsonObject(exists) || isSync(raw) || isText(raw)) return [];
  if (valueAt(exists, 'expected') !== undefined) return [];
  if (valueAt(exists, 'fail_when_4xx_response_code') === false) return [];
  return [
    {
      place: 'exists',
      message:
        'never says that someone has no access: every success counts as access, and a 404 as not confirmed; give it "expected", or "fail_when_4xx_response_code": false',
    },
  ];
}

/** A check would never find anything, and a grant or a revoke would look into no answer. */
function blankExpectations(raw: JsonObject): Problem[] {
  const cure = 'give it a text of the answer, such as "{{email}}", or remove it';
  const meanings = {
    exists: 'so no check confirms anything',
    execute: 'so nothing is looked for',
    revoke: 'so nothing is looked for',
  };
  return Object.entries(meanings).flatMap(([key, meaning]) =>
    objectsUnder(raw, key)
      .filter(({ item }) => textAt(item, 'expected')?.trim() === '')
      .map(({ place }) => ({
        place: `${place}expected`,
        message: `is empty, ${meaning}; ${cure}`,
      })),
  );
}

/** Whom each kind of message takes, and how that is written. */
const RECIPIENTS = {
  email: { isOne: (to: string) => readEmail(to) !== undefined, cure: 'an email address' },
  text: {
    isOne: (to: string) => readPhone(to) !== undefined || readEmail(to) !== undefined,
    cure: 'a phone number with + and the country code, or an email address',
  },
  chat: {
    isOne: (to: string) => readEmail(to) !== undefined || CHANNEL.test(to.trim()),
    cure: `an email address, "${NOTICES_CHANNEL}", or in Slack a channel like #general or its ID`,
  },
};
const CHANNEL = new RegExp(String.raw`^(?:${NOTICES_CHANNEL}|#\S+|[A-Z][A-Z0-9]{6,})$`);

const recipientsThatAreNone = (raw: JsonObject): Problem[] =>
  objectsUnder(raw, 'post_execute_notification').flatMap(({ item, place }) => {
    const [type, to] = [textAt(item, 'type'), textAt(item, 'to')];
    if (to === undefined || to.trim() === '' || hasTags(to)) return [];
    if (type !== 'email' && type !== 'text' && type !== 'chat') return [];
    const { isOne, cure } = RECIPIENTS[type];
    const message = `${showValue(to)} can't get a message of type "${type}"; give ${cure}, or a {{variable}}`;
    return isOne(to) ? [] : [{ place: `${place}to`, message }];
  });

/** The app would refuse every request, and someone would look for the mistake in the connection. */
function tokenOfNoUse(raw: JsonObject): Problem[] {
  const uses = ({ template, place }: { readonly template: string; readonly place: string }) =>
    !place.startsWith('oauth.') && /\boauth\./.test(template);
  return valueAt(raw, 'oauth') === undefined || templatesOf(raw).some(uses)
    ? []
    : [
        {
          place: 'oauth',
          message:
            'gets a token that no request sends; put it into headers, such as "Authorization": "Bearer {{oauth.access_token}}"',
        },
      ];
}

/** They are about one person's access, which an import doesn't grant. */
const NOT_FOR_A_SYNC = [
  'form',
  'exists',
  'revoke',
  'gone_if',
  'revoke_note',
  'post_execute_notification',
];

const notForASync = (raw: JsonObject): Problem[] =>
  isSync(raw) && !isText(raw)
    ? [
        ...NOT_FOR_A_SYNC.filter((key) => valueAt(raw, key) !== undefined).map((key) => ({
          place: key,
          message: 'has no effect in an import; put it into a manifest of its own',
        })),
        ...objectsUnder(raw, 'execute')
          .filter(({ item }) => valueAt(item, 'expected') !== undefined)
          .map(({ place }) => ({
            place: `${place}expected`,
            message: 'has no effect in an import; let status_code say which answers are good',
          })),
      ]
    : [];

// ---------------------------------------------------------------- pages

const pagesThatRepeat = (raw: JsonObject): Problem[] => [
  ...repeatingPages(isSync(raw) ? raw : {}, ''),
  ...repeatingPages(objectAt(raw, 'accounts'), 'accounts.'),
];

/** @param list what has the pages @param prefix of its keys' places */
function repeatingPages(list: JsonObject, prefix: string): Problem[] {
  const nextPage = textAt(list, 'next_page');
  if (nextPage === undefined) return [];
  const problems: Problem[] = [];
  const isTold = valueAt(list, 'next_page_token_from') !== undefined;
  if (isTold && !['NEXT_PAGE_TOKEN', ...PAGE_COUNTERS].some((name) => nextPage.includes(name)))
    problems.push({
      place: `${prefix}next_page`,
      message:
        'is the same address for every page, so reading ends after two; put {{NEXT_PAGE_TOKEN}} into it',
    });
  if (valueAt(list, 'next_page_from') !== undefined)
    problems.push({
      place: `${prefix}next_page_from`,
      message: 'has no effect beside next_page; remove one of the two',
    });
  return problems;
}

// ---------------------------------------------------------------- places in answers

/** Keys of any object of a manifest that hold the place of a value. */
const PLACES = [
  'response_notation',
  'data_from',
  'choice_value',
  'choice_id',
  'choice_name',
  'next_page_token_from',
  'next_page_from',
  'since',
];
/** Keys whose values are names, each with a place. */
const MAPS_OF_PLACES = ['store_data', 'data_structure'];

function placesThatAreNone(raw: JsonObject): Problem[] {
  const accounts = objectAt(raw, 'accounts');
  const holders = [
    { item: raw, place: '' },
    ...objectsUnder(raw, 'form'),
    ...objectsUnder(raw, 'gone_if'),
    ...objectsUnder(raw, 'execute').flatMap((step) => [
      step,
      ...objectsUnder(step.item, 'continue_if', step.place),
    ]),
    { item: accounts, place: 'accounts.' },
    ...objectsUnder(accounts, 'skip_if', 'accounts.'),
  ];
  return holders.flatMap(({ item, place }) => [
    ...PLACES.flatMap((key) => wrongPlace(valueAt(item, key), place + key)),
    ...MAPS_OF_PLACES.flatMap((key) =>
      Object.entries(objectAt(item, key)).flatMap(([name, value]) =>
        wrongPlace(value, `${place}${key}.${name}`),
      ),
    ),
  ]);
}

/** Two variables, or each entry of a list. */
const SEVERAL_VALUES = /\{\{|\}\}|\[\*?\]/;

/** Keys of OData, such as `@odata.nextLink`, and Dropbox's `.tag`. */
const OWN_NAMES = /^@|^\.tag\b/;

function wrongPlace(value: Json | undefined, place: string): Problem[] {
  if (typeof value !== 'string') return [];
  const meant = value
    .replace(/^\s*\{\{\s*|\s*\}\}\s*$/g, '')
    .replace(/^\$\.?(?=[\w[])/, '')
    .replaceAll(/\[['"]?([\w-]+)['"]?\]/g, '.$1')
    .replace(/\.?\[\*?\]$/, '') // Every entry of a list is the list.
    .replace(/^\./, '');
  const isOfMany = SEVERAL_VALUES.test(meant);
  if ((meant === value && !isOfMany) || OWN_NAMES.test(value)) return [];
  const cure = isOfMany ? 'name the place of one value' : `write ${JSON.stringify(meant)}`;
  return [{ place, message: `${JSON.stringify(value)} is no path of this format; ${cure}` }];
}

// ---------------------------------------------------------------- single braces

const WHOLE = /^\$?\{(\w+)\}$/;
const PART = /(?<![{\w])\$?\{(\w+)\}(?!\})/;
/** Elsewhere a text may be a query or a program that has braces of its own. */
const SHORT_TEXT = /(^|\.)(url|next_page|authenticate_url|expected|to|subject)$|(^|\.)headers\b/;

const singleBraces = (raw: JsonObject, known: (name: string) => boolean): Problem[] =>
  templatesOf(raw).flatMap(({ place, template }) => {
    const name = (SHORT_TEXT.test(place) ? PART : WHOLE).exec(template)?.[1];
    return name !== undefined && known(name)
      ? [{ place, message: `{${name}} is sent as it stands; did you mean {{${name}}}?` }]
      : [];
  });
