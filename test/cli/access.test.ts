import { expect, test } from 'vitest';
import { stateOf } from '../../src/cli/access.ts';
import { accessOf } from '../../src/engine/access/access-overview.ts';
import { testEngine } from '../support/engine.ts';
import { firstOf } from '../support/given/outcomes.ts';

test('access of some hours says until when, and not only on which day', async () => {
  const engine = await testEngine();
  const person = await engine.person();
  const integration = await engine.integration({ execute: [{ url: `${engine.party.url}/users` }] });
  const hold = { id: 'h1', version: 1, personId: person.id, integrationId: integration.id };
  const endsAt = new Date('2026-12-01T18:30:45.000Z');
  await engine.transact((tx) =>
    tx.holds.insert({
      ...hold,
      source: 'by-hand',
      givenBy: engine.actor,
      startedAt: engine.now(),
      endsAt,
    }),
  );
  const { rows } = await accessOf(engine.stores, person, { offset: 0, limit: 1 });
  expect(stateOf(firstOf(rows))).toBe('not confirmed until 2026-12-01T18:30Z (not checked)');
});
