/** The parts of the manifest's JSON Schema that completion and hints need: what can be where, and what it means. */
import manifestSchema from '../../../schemas/manifest.schema.json' with { type: 'json' };

export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** An object's key, or an item of a list. */
export type Step = { readonly key: string } | 'item';

const root = manifestSchema as Schema;

/** Every schema that can apply at a path. There are several when the schema has alternatives. */
export function schemasAt(path: readonly Step[]): readonly Schema[] {
  let here = alternatives(root);
  for (const step of path) here = here.flatMap((schema) => alternatives(...inside(schema, step)));
  return here;
}

function inside(schema: Schema, step: Step): readonly Schema[] {
  if (step === 'item') return schema.items ? [schema.items] : [];
  const known = own(schema.properties, step.key);
  if (known) return [known];
  const others = schema.additionalProperties;
  return typeof others === 'object' ? [others] : [];
}

const alternatives = (...schemas: readonly Schema[]): readonly Schema[] =>
  schemas.flatMap((schema) => [
    schema,
    ...alternatives(...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])),
  ]);

const own = <T>(values: Readonly<Record<string, T>> | undefined, key: string): T | undefined =>
  values && Object.hasOwn(values, key) ? values[key] : undefined;

/** An object's possible keys, with their meanings. */
export function keysOf(schemas: readonly Schema[]): ReadonlyMap<string, Schema> {
  return new Map(schemas.flatMap(({ properties = {} }) => Object.entries(properties)));
}

/** The values that the schemas list, as JSON. */
export function valuesOf(schemas: readonly Schema[]): readonly string[] {
  const values = schemas.flatMap((schema) => [
    ...(schema.enum ?? []),
    ...(schema.const === undefined ? [] : [schema.const]),
    ...(typesOf(schema).includes('boolean') ? [true, false] : []),
  ]);
  return [...new Set(values.map((value) => JSON.stringify(value)))];
}

export const typesOf = ({ type }: Schema): readonly string[] =>
  type === undefined ? [] : [type].flat();

export const describe = (schemas: readonly Schema[]): string | undefined =>
  schemas.map(({ description }) => description).find((each) => each !== undefined && each !== '');
