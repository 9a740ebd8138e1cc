import { z } from 'zod';
import { manifestSchema } from './schema.ts';

/** The JSON Schema of what admins write, for editors; `schemas/manifest.schema.json` is its copy. */
export function manifestJsonSchema(): Readonly<Record<string, unknown>> {
  // `data` and `items` hold any JSON, which zod can't describe and JSON Schema allows by saying nothing.
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

/** The schema says what a list of notifications is; one by itself may stand without its list. */
function listOrOne(list: unknown): unknown {
  return typeof list === 'object' && list !== null && 'items' in list
    ? { anyOf: [list, list.items] }
    : list;
}
