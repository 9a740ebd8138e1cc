import { beforeEach, expect, test } from 'vitest';
import { cards } from '../../../../src/bots/features/features.ts';
import { timelineCard } from '../../../../src/bots/features/sequences/timeline-card.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { refuse } from '../../../../src/engine/runs/run.ts';
import { aGrant, sequenceLab } from '../../../engine/sequences/lab.ts';
import { textOf } from '../../../support/chat.ts';
import { DAY, type TestEngine, testEngine } from '../../../support/engine.ts';
import { firstOf } from '../../../support/given/outcomes.ts';

let engine: TestEngine;
let grace: Person;
beforeEach(async () => {
  engine = await testEngine(); // It is Tuesday 24 November 2026, 09:00 UTC.
  grace = await engine.person({ startDate: '2026-11-25' });
});

async function shown(): Promise<string> {
  const { stores, now, admin: reader } = engine;
  const { payload } = timelineCard.with({ personId: grace.id, page: 0 });
  const context = { reader, stores, now, timeZone: 'UTC', scheduleZone: 'UTC' };
  return textOf(await cards.find('timeline').render(payload, context));
}

test('a grant that waits behind another has yet to begin, and one that could not start says why', async () => {
  const { id } = await engine.integration({
    form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
    execute: [{ url: `${engine.party.url}/{{TEAM}}` }],
  });
  engine.party.on('POST /all', { status: 500 });
  const lab = sequenceLab(engine);
  const timing = { kind: 'on', time: '09:00' } as const;
  const sequence = await lab.sequence(
    ['all', 'design'].map((TEAM) => ({ timing, does: aGrant(id, { TEAM }) })),
  );
  await lab.assign(sequence, grace);
  await lab.tick(DAY);
  expect(await shown()).toContain(
    'due on 25 Nov 2026, 09:00, not started yet · It starts when another grant of Asana',
  );

  const waiting = firstOf(await engine.stores.runs.deferredOf(grace.id, id));
  const refused = refuse(waiting, 'Asana is turned off.', engine.now());
  await engine.transact((tx) => tx.runs.save(refused));
  expect(await shown()).toMatch(/⚠ .*could not start on 25 Nov 2026, 09:00: Asana is turned off\./);
});
