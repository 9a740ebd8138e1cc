import { expect, test } from 'vitest';
import { timelineOf } from '../../../src/engine/sequences/timeline.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { aTask, sequenceLab } from './lab.ts';

let engine: TestEngine;

test('a timeline has everything that someone was ever assigned, page by page', async () => {
  engine = await testEngine();
  const lab = sequenceLab(engine);
  const person = await engine.person({ startDate: '2027-01-04' });
  for (let n = 0; n < 60; n++)
    await lab.assign(
      await lab.sequence([{ timing: { kind: 'on', time: '09:00' }, does: aTask(`Task ${n}`) }], {
        name: `Sequence ${n}`,
      }),
      person,
    );
  const page = await timelineOf(engine.stores, person, { offset: 55, limit: 9 });
  expect([page.total, page.entries.length]).toEqual([60, 5]);
});
