import { expect, test } from 'vitest';
import { labelsForDisplay } from '../../../src/engine/integrations/form-options.ts';
import { redactor } from '../../../src/engine/templates/redact.ts';

const listed = (labels: readonly string[]) =>
  labels.map((label, n) => ({ value: String(n), label }));
const SECRET = 'sk-live-4f9b2a7c-0123';
const redact = redactor({ TOKEN: SECRET }, { manifestText: '' });

test('a label is cut to what is shown, and no secret with it', async () => {
  const labels = Array.from(
    { length: SECRET.length },
    (_, n) => `${'x '.repeat(150 - n)}${SECRET}`,
  );
  const shown = await labelsForDisplay(listed([...labels, 'Sales', '😀'.repeat(200)]), redact);
  if (shown.kind !== 'options') throw new Error(shown.message);
  for (const { label } of shown.options) {
    expect(label.length).toBeLessThanOrEqual(300);
    expect(label).not.toContain('sk-');
    expect(label).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/);
  }
  expect(shown.options.map(({ value }) => value)).toHaveLength(labels.length + 2);
  expect(shown.options.at(-2)).toEqual({ value: String(labels.length), label: 'Sales' });
});

test('gives others a turn after every 64 KB', async () => {
  let sinceTurn = 0;
  let most = 0;
  let turns = 0;
  const turn = () => {
    turns += 1;
    sinceTurn = 0;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  await labelsForDisplay(listed(Array.from({ length: 4000 }, () => 'a'.repeat(450))), (text) => {
    sinceTurn += text.length;
    most = Math.max(most, sinceTurn);
    return text;
  });
  clearImmediate(next);
  expect(turns).toBeGreaterThan(20);
  expect(most).toBeLessThanOrEqual(2 * 64 * 1024);
});

test('looks through no list whose names are longer than anybody reads', async () => {
  const labels = Array.from({ length: 20_000 }, () => 'a'.repeat(101));
  const refused = await labelsForDisplay(listed(labels), () => {
    throw new Error('It was looked through');
  });
  expect(refused).toEqual({
    kind: 'problem',
    message:
      'The names in the list of options have 2,020,000 characters, but the limit is 2,000,000. Ask an admin to request fewer in the manifest.',
  });
});

test('of a label that goes on for ever its beginning counts', async () => {
  const shown = await labelsForDisplay(listed(['a'.repeat(5_000_000)]), redact);
  expect(shown).toEqual({
    kind: 'options',
    options: [{ value: '0', label: `${'a'.repeat(299)}…` }],
  });
});
