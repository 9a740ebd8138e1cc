/** The names that a manifest gives values, and which of them are taken. */
import type { JsonObject } from '../../core/json.ts';
import { RESERVED_NAMES } from '../templates/variables.ts';
import type { NamedPlace, Problem } from './problem.ts';
import { objectAt, objectsAt, textAt, valueAt } from './raw.ts';
import { isSync, isText, storedKeysIn } from './schema.ts';
import { TEXT_VARIABLES } from './variables.ts';

export const idsOf = (raw: JsonObject, key: string): readonly NamedPlace[] =>
  objectsAt(raw, key).flatMap(({ item, place }) => {
    const name = textAt(item, 'id')?.trim();
    return name === undefined ? [] : [{ name, place: `${place}.id` }];
  });

export const storedNames = (raw: JsonObject): readonly NamedPlace[] =>
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
export function definedNames(raw: JsonObject, storedKeys: Iterable<string>): ReadonlySet<string> {
  const named = [
    ...['form', 'initial_data_form', 'extra_user_info'].flatMap((key) => idsOf(raw, key)),
    ...storedNames(raw),
    ...importedNames(raw),
  ];
  return new Set([...storedKeys, ...named.map(({ name }) => name)]);
}

export function isKnownIn(
  raw: JsonObject,
  storedKeys: Iterable<string>,
): (name: string) => boolean {
  const defined = definedNames(raw, storedKeys);
  return (name) => isReserved(name) || defined.has(name);
}

export const isReserved = (name: string): boolean =>
  RESERVED_NAMES.some((reserved) => reserved === name);
export const isTextVariable = (name: string): boolean =>
  TEXT_VARIABLES.some((each) => each === name);

export function takenNames(raw: JsonObject): Problem[] {
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
