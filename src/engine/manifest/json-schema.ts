import { z } from 'zod';
import { manifestSchema } from './schema.ts';

/** The JSON Schema of what admins write, for editors; `schemas/manifest.schema.json` is its copy. */
export function manifestJsonSchema(): Readonly<Record<string, unknown>> {
  // `data` and `items` hold any JSON. Zod can't describe that, and in JSON Schema an empty schema allows it.
  const schema = z.toJSONSchema(manifestSchema, { io: 'input', unrepresentable: 'any' });
  const { post_execute_notification: notifications, ...properties } = schema.properties ?? {};
  return {
    ...schema,
    properties: { ...properties, post_execute_notification: listOrOne(notifications) },
    title: 'Latchkey manifest',
    description:
      'How Latchkey grants, checks and revokes access at one service, or reads people from it.',
  };
}

/** The schema describes a list of notifications. A single notification may also be given without a list. */
function listOrOne(list: unknown): unknown {
  if (typeof list !== 'object' || list === null || !('items' in list)) return list;
  const { description, ...rest } = list as typeof list & { readonly description?: unknown };
  return { description, anyOf: [rest, list.items] };
}
