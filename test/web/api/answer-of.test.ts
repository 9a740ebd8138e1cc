import { expect, test } from 'vitest';
import { z } from 'zod';
import { answerOf } from '../../../src/web/api/answer-of.ts';

const schema = z.object({
  id: z.string(),
  at: z.iso.datetime().describe('When'),
  endedAt: z.iso.datetime().optional(),
  parts: z.array(z.object({ at: z.iso.datetime(), text: z.string() })).optional(),
});

test('times become text, at every depth', () => {
  const at = new Date(0);
  expect(answerOf(schema, { id: 'a', at, parts: [{ at, text: 'x' }] })).toEqual({
    id: 'a',
    at: '1970-01-01T00:00:00.000Z',
    parts: [{ at: '1970-01-01T00:00:00.000Z', text: 'x' }],
  });
});

test('nothing gets out that the schema does not name', () => {
  const parts = [{ at: new Date(0), text: 'x', secret: 's' }];
  const given = { id: 'a', at: new Date(0), secret: 's', parts };
  expect(JSON.stringify(answerOf(schema, given))).not.toContain('secret');
});

test('an object whose names the schema does not list is refused, and not passed on whole', () => {
  const either = z.object({ of: z.union([z.object({ id: z.string() }), z.string()]) });
  expect(() => answerOf(either, { of: { id: 'a' } })).toThrow(TypeError);
});
