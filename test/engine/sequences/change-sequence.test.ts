import { beforeEach, expect, test } from 'vitest';
import { changeSequence, makeSequence } from '../../../src/engine/sequences/change-sequence.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { ok } from '../../support/given/outcomes.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

const make = (name: string) =>
  engine.transact((tx) =>
    makeSequence(tx, { name, anchor: 'start-date', isForEveryHire: false }, engine),
  );

test('a name that is taken is refused, with the name as the other sequence has it', async () => {
  await make('First week');
  const why = 'Another sequence is called First week. Choose another name.';
  expect(await make('first WEEK')).toMatchObject({ ok: false, why });
  const other = ok(await make('Goodbye'));
  const change = { name: 'FIRST week' };
  expect(
    await engine.transact((tx) => changeSequence(tx, other.value.id, { ...engine, change })),
  ).toMatchObject({ ok: false, why });
});
