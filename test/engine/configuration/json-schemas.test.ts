import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { documentJsonSchema } from '../../../src/engine/configuration/json-schemas.ts';
import { thingKinds } from '../../../src/engine/configuration/managed.ts';

test.each(thingKinds)(
  'the schema of %s is published in schemas/ as it is now (UPDATE=1 writes it)',
  (kind) => {
    const file = new URL(`../../../schemas/${kind}.schema.json`, import.meta.url);
    const schema = `${JSON.stringify(documentJsonSchema(kind), null, 2)}\n`;
    if (process.env['UPDATE'] === '1') writeFileSync(file, schema);
    expect(readFileSync(file, 'utf8')).toBe(schema);
  },
);

test('a schema has the names of a file, and takes no others', () => {
  expect(documentJsonSchema('integration')).toMatchObject({
    additionalProperties: false,
    required: ['name'],
    properties: { owners: { type: 'array' } },
  });
  expect(JSON.stringify(documentJsonSchema('integration'))).not.toMatch(
    /(person|integration|owner)Ids?"/,
  );
});
