/** Keys that a manifest doesn't know, with what they may be meant as. */
import { didYouMean } from '../../core/did-you-mean.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { NEEDS_APPROVAL } from './form-schema.ts';
import { type Problem, placeOf } from './problem.ts';
import { objectsAt, valueAt } from './raw.ts';
import { KNOWN_KEYS, TOP_LEVEL_KEYS } from './schema.ts';

export function unknownTopLevelKeys(raw: JsonObject): Problem[] {
  return Object.keys(raw)
    .filter((key) => !TOP_LEVEL_KEYS.includes(key))
    .map((key, index) => ({
      place: placeOf([key]),
      message: `is not a key of a manifest; ${cure(key, TOP_LEVEL_KEYS, index)}`,
    }));
}

export function unknownDeeperKeys(raw: JsonObject): Problem[] {
  return KNOWN_KEYS.flatMap(([pattern, known]) =>
    objectsMatching(raw, pattern).flatMap(({ item, place }) =>
      Object.keys(item)
        .filter((key) => !known.includes(key))
        .map((key, index) => ({
          place: `${place}.${key}`,
          message: `is not a known key here and has no effect; ${cure(key, known, index)}`,
        })),
    ),
  );
}

/** An option may have any keys, so the schema can't find a misspelt mark. Such a mark would let everyone grant the option. */
export function misspeltMarks(raw: JsonObject): Problem[] {
  return objectsAt(raw, 'form').flatMap(({ item, place }) =>
    objectsAt(item, 'items').flatMap(({ item: option, place: inside }) =>
      Object.keys(option)
        .filter((key) => key !== NEEDS_APPROVAL && /approv/i.test(key))
        .map((key) => ({
          place: `${place}.${inside}.${key}`,
          message: `has no effect; an option that only an approver may give has "${NEEDS_APPROVAL}": true`,
        })),
    ),
  );
}

/** Suggestions are made only for the first unknown keys. */
export const MAX_MISSPELLED = 20;

/** What a key is called elsewhere: in other tools, and in Latchkey's own words for people. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['body', 'data'],
  ['json', 'data'],
  ['payload', 'data'],
  ['status', 'status_code'],
  ['grant', 'execute'],
  ['requests', 'execute'],
  ['steps', 'execute'],
  ['check', 'exists'],
  ['remove', 'revoke'],
  ['delete', 'revoke'],
  ['secrets', 'initial_data_form'],
  ['notifications', 'post_execute_notification'],
  ['response', 'response_notation'],
  ['authorize_url', 'authenticate_url'],
  ['token', 'access_token'],
  ['label', 'name'],
  ['options', 'items'],
]);
/** What other tools add to an address. */
const OF_THE_ADDRESS = ['params', 'query'];

export function cure(key: string, known: readonly string[], index: number): string {
  const word = key.toLowerCase();
  if (OF_THE_ADDRESS.includes(word) && known.includes('url'))
    return word === 'query'
      ? 'write it into url, such as ?name=value, or a query of GraphQL into data'
      : 'write it into url, such as ?name=value';
  const other = known.find((each) => each === OTHER_NAMES.get(word));
  const meant = other ?? (index < MAX_MISSPELLED ? didYouMean(key, known) : undefined);
  return meant === undefined ? 'remove it' : `did you mean "${meant}"?`;
}

/** The objects at a place such as `execute[].polling`. */
function objectsMatching(
  raw: JsonObject,
  pattern: string,
): readonly { readonly item: JsonObject; readonly place: string }[] {
  let found: readonly { readonly item: JsonObject; readonly place: string }[] = [
    { item: raw, place: '' },
  ];
  for (const part of pattern.split('.')) {
    const isList = part.endsWith('[]');
    const key = isList ? part.slice(0, -2) : part;
    found = found.flatMap(({ item, place }) => {
      const prefix = place === '' ? '' : `${place}.`;
      const inside = isList || isJsonObject(valueAt(item, key)) ? objectsAt(item, key) : [];
      return inside.map((next) => ({ item: next.item, place: prefix + next.place }));
    });
  }
  return found;
}
