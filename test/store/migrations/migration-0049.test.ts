/** What 0049 does to what was there before it, on both databases. */
import type { Knex } from 'knex';
import { describe, expect, test } from 'vitest';
import { down, up } from '../../../migrations/0049-holds-and-removals.ts';
import { newId } from '../../../src/core/ids.ts';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const DAY = 24 * 60 * 60_000;
const endsAt = new Date(noon.getTime() + 10 * DAY);

interface Before {
  readonly db: Knex;
  readonly stores: Stores;
  readonly personId: string;
  readonly integrationId: string;
}

/** @param then what is there before it; then it runs */
async function migrating(
  open: (typeof bothDatabases)[number][1],
  then: (before: Before) => Promise<void>,
  check: (after: Before) => Promise<void>,
): Promise<void> {
  const database = await open(() => noon);
  try {
    const { db, stores } = database;
    const [personId, integrationId] = [newId(), newId()];
    await stores.people.insert({
      id: personId,
      version: 1,
      email: 'ann@example.com',
      firstName: 'Ann',
      lastName: 'Lee',
      role: 'other',
      active: true,
      stored: {},
    });
    await stores.integrations.insert({
      id: integrationId,
      version: 1,
      name: 'Asana',
      enabled: true,
      createdAt: noon,
    });
    await down(db);
    await then({ db, stores, personId, integrationId });
    await up(db);
    await check({ db, stores, personId, integrationId });
  } finally {
    await database.cleanup();
  }
}

const limitOf = (
  { personId, integrationId }: Before,
  about: Readonly<Record<string, unknown>>,
): object => ({
  id: newId(),
  version: 1,
  person_id: personId,
  integration_id: integrationId,
  tries: 0,
  ends_at: endsAt.getTime(),
  ...about,
});

const granted = async ({ db, stores, personId, integrationId }: Before): Promise<void> => {
  const manifestVersionId = newId();
  await stores.integrations.insertVersion({
    id: manifestVersionId,
    integrationId,
    number: 1,
    manifest: '{}',
    createdAt: noon,
  });
  await db('runs').insert({
    id: newId(),
    version: 1,
    kind: 'execute',
    integration_id: integrationId,
    person_id: personId,
    manifest_version_id: manifestVersionId,
    started_by: JSON.stringify({ kind: 'system' }),
    created_at: noon.getTime(),
    attempt: 1,
    state: 'succeeded',
    inputs: 'sealed',
    finished_at: noon.getTime(),
  });
  const known = { since: noon, checkedAt: noon, reason: '' };
  await stores.access.put({ personId, integrationId, state: 'has', ...known });
};

describe.each(bothDatabases)('on %s', (_name, open) => {
  test('a time limit that runs is a hold that ends then, with its request and its reminder', () =>
    migrating(
      open,
      async (before) => {
        const about = { state: 'running', request_id: 'r1', warned_at: noon.getTime() };
        await before.db('time_limits').insert(limitOf(before, about));
        await before.db('time_limits').insert(limitOf(before, { state: 'lifted' }));
      },
      async ({ stores, personId, integrationId }) => {
        const holds = await stores.holds.of(personId, integrationId);
        expect(holds).toEqual([
          {
            id: expect.any(String) as string,
            version: 1,
            personId,
            integrationId,
            source: 'request',
            givenBy: { kind: 'system' },
            startedAt: new Date(endsAt.getTime() - 7 * DAY),
            endsAt,
            warnedAt: noon,
            requestId: 'r1',
          },
        ]);
      },
    ));

  test('one that was ending is over, so its removal begins at the next look', () =>
    migrating(
      open,
      async (before) => {
        const over = { state: 'ending', ends_at: noon.getTime() - DAY, tries: 3 };
        await before.db('time_limits').insert(limitOf(before, over));
      },
      async ({ stores }) => {
        const [hold] = await stores.holds.endingBefore(noon);
        expect(hold).toMatchObject({ source: 'by-hand' });
        expect(hold?.ended).toBeUndefined();
      },
    ));

  test('what was granted without an end has a hold without one', () =>
    migrating(open, granted, async ({ stores, personId, integrationId }) => {
      const [hold, ...rest] = await stores.holds.openAt(personId, integrationId);
      expect(rest).toEqual([]);
      expect(hold).toMatchObject({ source: 'by-hand', startedAt: noon });
      expect(hold?.endsAt).toBeUndefined();
    }));

  test('what was granted for a time has no hold beside that of its limit', () =>
    migrating(
      open,
      async (before) => {
        await granted(before);
        await before.db('time_limits').insert(limitOf(before, { state: 'running' }));
      },
      async ({ stores, personId, integrationId }) => {
        const holds = await stores.holds.openAt(personId, integrationId);
        expect(holds.map((hold) => hold.endsAt)).toEqual([endsAt]);
      },
    ));

  test('an offboarding that runs begins again, without the items that it had', () =>
    migrating(
      open,
      async ({ stores, db, personId, integrationId }) => {
        const offboarding = { id: 'o1', version: 1, personId, endDate: '2026-11-20' } as const;
        await stores.offboardings.insert({ ...offboarding, state: 'running', createdAt: noon });
        await db('offboarding_items').insert({
          offboarding_id: 'o1',
          integration_id: integrationId,
          state: 'revoking',
          tries: 1,
        });
      },
      async ({ stores, personId }) => {
        expect(await stores.offboardings.items('o1')).toEqual([]);
        expect(await stores.offboardings.current(personId)).toMatchObject({ state: 'planned' });
        expect(await stores.offboardings.plannedBefore('2026-11-24')).toHaveLength(1);
      },
    ));
});
