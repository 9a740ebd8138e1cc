import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { manifestJsonSchema } from '../../../src/engine/manifest/json-schema.ts';

const file = new URL('../../../schemas/manifest.schema.json', import.meta.url);

it('is published in schemas/ as it is now (UPDATE=1 writes it)', () => {
  const schema = `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`;
  if (process.env['UPDATE'] === '1') writeFileSync(file, schema);
  expect(readFileSync(file, 'utf8')).toBe(schema);
});

it('says of every key what it is, which editors show beside it', () => {
  expect(silentKeys(manifestJsonSchema() as Schema)).toEqual([]);
});

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

function silentKeys({ properties = {}, items, anyOf = [] }: Schema, at = ''): readonly string[] {
  const own = Object.entries(properties).flatMap(([key, value]) => [
    ...(value.description ? [] : [`${at}${key}`]),
    ...silentKeys(value, `${at}${key}.`),
  ]);
  return [...own, ...[...anyOf, ...(items ? [items] : [])].flatMap((each) => silentKeys(each, at))];
}

it('knows one notification as well as a list, and methods in any case', () => {
  const schema = JSON.stringify(manifestJsonSchema());
  expect(manifestJsonSchema()).toMatchObject({
    additionalProperties: false,
    properties: { post_execute_notification: { anyOf: [{ type: 'array' }, { type: 'object' }] } },
  });
  expect(schema).toContain('[Pp][Aa][Tt][Cc][Hh]');
});
