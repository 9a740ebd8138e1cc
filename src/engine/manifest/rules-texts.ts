/** Rules of a manifest that sends text messages. */
import { compact } from '../../core/compact.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Problem } from './problem.ts';
import { objectsAt, textAt, valueAt } from './raw.ts';
import { TEXT_TYPE } from './schema.ts';
import { TEXT_VARIABLES, variablesOf } from './variables.ts';

/** A text is about a number, not a person, and it can't be checked or revoked. */
const NOT_FOR_TEXTS = [
  'action',
  'data_structure',
  'form',
  'exists',
  'revoke',
  'gone_if',
  'extra_user_info',
  'post_execute_notification',
];
const NOT_FOR_A_TEXT = ['polling', 'store_data', 'save_as_file', 'files'];

export function textErrors(raw: JsonObject): Problem[] {
  const requests = objectsAt(raw, 'execute');
  const used = variablesOf({ execute: raw['execute'] ?? [] }).map(({ name }) => name);
  const unused = TEXT_VARIABLES.filter((name) => !used.includes(name));
  return compact([
    ...NOT_FOR_TEXTS.filter((key) => valueAt(raw, key) !== undefined).map((key) => ({
      place: key,
      message: `is not for a manifest of type "${TEXT_TYPE}"; remove it`,
    })),
    requests.length !== 1 && {
      place: 'execute',
      message: 'has to be exactly one request: one that is interrupted is not sent again',
    },
    ...requests.flatMap(({ item, place }) =>
      compact([
        ...NOT_FOR_A_TEXT.filter((key) => valueAt(item, key) !== undefined).map((key) => ({
          place: `${place}.${key}`,
          message: 'does nothing when a text message is sent; remove it',
        })),
        /^(get|head)$/i.test(textAt(item, 'method') ?? '') && {
          place: `${place}.method`,
          message: 'only reads; a text message is sent with POST or PUT',
        },
      ]),
    ),
    unused.length !== 0 && {
      place: 'execute',
      message: `does not use ${unused.map((name) => `{{${name}}}`).join(' and ')}; a text message needs its number and its words`,
    },
  ]);
}
