/** Lists are read once a night, each app at its own minute; the digest comes on Mondays, where there is something to decide. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { findingSources } from '../../../src/engine/findings/due-rounds.ts';
import type { Integration } from '../../../src/engine/people/directory.ts';
import { fireDue } from '../../../src/engine/work/due.ts';
import type { Event } from '../../../src/engine/work/events.ts';
import { DAY, HOUR, type TestEngine, testEngine } from '../../support/engine.ts';

let engine: TestEngine;
let events: Event['kind'][];
let fernboard: Integration;

beforeEach(async () => {
  events = [];
  engine = await testEngine({ onEvent: async (_tx, { kind }) => void events.push(kind) });
  fernboard = await engine.integration({
    execute: [{ url: `${engine.party.url}/users` }],
    accounts: {
      execute: [{ url: `${engine.party.url}/users`, method: 'GET' }],
      data_structure: { email: 'mail' },
    },
  });
});
afterEach(() => engine.cleanup());

const tick = (): Promise<number> =>
  fireDue(
    {
      stores: engine.stores,
      transact: engine.transact,
      sources: findingSources({ timeZone: 'UTC' }),
      onError: (error) => {
        throw error;
      },
    },
    engine.now(),
  );
const round = () => engine.stores.accountRounds.at(fernboard.id);

test('a list is read once in each night, and not before the first one', async () => {
  await tick();
  expect(await round()).toBeUndefined();
  engine.party.on('GET /users', { json: [] });
  engine.clock.advance(20 * HOUR); // 05:00 of the next day: every minute between two and five has passed.
  await tick();
  const first = await round();
  expect(first).toMatchObject({ state: 'waiting' });
  await engine.runJobs();
  engine.clock.advance(HOUR);
  await tick();
  expect((await round())?.id).toBe(first?.id);
  engine.clock.advance(DAY);
  await tick();
  expect((await round())?.id).not.toBe(first?.id);
});

test('no list of an integration that is turned off is read', async () => {
  await engine.transact((tx) => tx.integrations.save({ ...fernboard, enabled: false }));
  engine.clock.advance(DAY);
  await tick();
  expect(await round()).toBeUndefined();
});

test('admins are told on a Monday, once, and only where there is something to decide', async () => {
  engine.clock.advance(6 * DAY + HOUR); // Monday, 10:00
  await tick();
  expect(events).not.toContain('findings-due');
  const at = engine.now();
  await engine.transact((tx) =>
    tx.findings.insert({
      id: newId(),
      version: 1,
      integrationId: fernboard.id,
      accountId: newId(),
      kind: 'orphan',
      state: 'open',
      label: 'x@elsewhere.example',
      foundAt: at,
      seenAt: at,
      roundId: 'r',
    }),
  );
  await tick();
  await tick();
  expect(events.filter((kind) => kind === 'findings-due')).toHaveLength(1);
  engine.clock.advance(2 * DAY);
  await tick();
  expect(events.filter((kind) => kind === 'findings-due')).toHaveLength(1);
  engine.clock.advance(5 * DAY);
  await tick();
  expect(events.filter((kind) => kind === 'findings-due')).toHaveLength(2);
});
