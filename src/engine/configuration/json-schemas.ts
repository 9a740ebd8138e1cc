/** The JSON Schemas of documents, for editors; `schemas/` has copies. */
import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { documentSchemas } from './document.ts';
import { type ThingKind } from './managed.ts';
import { fileKey, withFileKeys } from './named.ts';

export function documentJsonSchema(kind: ThingKind): JsonObject {
  const made = z.toJSONSchema(documentSchemas[kind], { io: 'input', unrepresentable: 'any' });
  const schema = closed(withFileKeys(JSON.parse(JSON.stringify(made)) as Json)) as JsonObject;
  const { properties, ...rest } = schema;
  return {
    ...rest,
    title: `Latchkey ${kind}`,
    description: 'As "latchkey export" writes it and "latchkey apply" reads it.',
    properties: { $schema: { type: 'string' }, ...(properties as JsonObject) },
  };
}

/** A key that isn't listed is a mistake. */
function closed(schema: Json): Json {
  if (Array.isArray(schema)) return (schema as readonly Json[]).map(closed);
  if (!isJsonObject(schema)) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]): [string, Json] =>
      key === 'required' && Array.isArray(value)
        ? [key, value.map((each) => fileKey(String(each)))]
        : [key, closed(value)],
    ),
  );
  return isJsonObject(schema['properties']) ? { ...inner, additionalProperties: false } : inner;
}

/** Every key that a document of this kind may have, at any depth. */
export const keysOf = (kind: ThingKind): readonly string[] => [
  ...new Set(propertyNames(documentJsonSchema(kind))),
];

function propertyNames(schema: Json | undefined): string[] {
  if (Array.isArray(schema)) return (schema as readonly Json[]).flatMap(propertyNames);
  if (!isJsonObject(schema)) return [];
  const { properties } = schema;
  return [
    ...(isJsonObject(properties) ? Object.keys(properties) : []),
    ...Object.values(schema).flatMap(propertyNames),
  ];
}
