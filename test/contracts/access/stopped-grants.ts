/**
 * What ends access meets a grant in each of its states: however it comes, no access is left behind. With a worker that
 * takes whatever is due by a clock that only the test moves.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accessSources } from '../../../src/engine/access/due-access.ts';
import { startGrant } from '../../../src/engine/access/grant.ts';
import { advanceRemoval } from '../../../src/engine/access/removals/advance-removal.ts';
import { beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import { saveManifest, turnOff } from '../../../src/engine/integrations/change-integration.ts';
import {
  deleteIntegration,
  emptyIntegration,
} from '../../../src/engine/integrations/delete-integration.ts';
import { offboardingSource, planOffboarding } from '../../../src/engine/offboarding/offboard.ts';
import type { Actor, Integration, Person } from '../../../src/engine/people/directory.ts';
import { beginErasure } from '../../../src/engine/people/erase-person.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import type { Stores, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { advanceRun } from '../../../src/engine/runs/advance-run.ts';
import type { Run } from '../../../src/engine/runs/run.ts';
import type { Source } from '../../../src/engine/work/due.ts';
import { takeOver } from '../../../src/jobs/take-over.ts';
import { HOUR, startedRun, testClock } from '../../support/engine.ts';
import { addedIntegration, addedPerson } from '../../support/given/added.ts';
import { isDue } from '../../support/given/is-due.ts';
import { workerOn } from '../../support/given/worker.ts';
import { held, startThirdParty, type ThirdParty } from '../../support/peers/third-party.ts';

export interface Database {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly cleanup: () => Promise<void>;
}

const actor: Actor = { kind: 'operator', user: 'ada' };
const nothing = async () => undefined;
const ACCESS_ENDS = 'an end date of the access';
const DEFERRED = 'deferred behind one in flight';

export function stoppedGrantsContract(open: (now: Clock) => Promise<Database>): void {
  const clock = testClock();
  const { now } = clock;
  const starting = { actor };
  let database: Database;
  let party: ThirdParty;
  let person: Person;
  let integration: Integration;
  let made = 0;
  beforeAll(async () => {
    database = await open(now);
  });
  afterAll(() => database.cleanup());

  /** Its first step gives access; its second waits until a job at the app is done. */
  const job = () => ({
    method: 'GET',
    url: `${party.url}/job`,
    continue_if: { response_notation: 'done', value: true },
  });
  const manifest = (second: object = { ...job(), polling: { interval: 60, amount: 10 } }) => ({
    execute: [{ url: `${party.url}/members`, data: { email: '{{email}}' } }, second],
    revoke: [{ method: 'DELETE', url: `${party.url}/members` }],
  });

  beforeEach(async () => {
    party = await startThirdParty();
    party.on('POST /members', { json: {} });
    party.on('DELETE /members', { json: {} });
    made += 1;
    const wanted = { email: `grace${made}@example.com`, firstName: 'Grace' };
    person = await addedPerson(database.transact, wanted);
    const described = { name: `Asana ${made}`, manifest: manifest() };
    integration = await addedIntegration(database.transact, described);
  });
  afterEach(() => party.close());

  const worker = (workerId: string) => workerOn({ ...database, now }, workerId);

  const runs = async (): Promise<readonly Run[]> => {
    const { id } = integration;
    const page = { offset: 0, limit: 100 };
    return (await database.stores.runs.list({ integrationId: id }, page)).runs;
  };

  /** Takes whatever is due, until nothing is; each removal has a look after each run, as if it had been woken. */
  async function work(): Promise<void> {
    const { stores, transact } = database;
    for (;;) {
      for (const { id } of await stores.removals.openAt(integration.id))
        await advanceRemoval(id, { transact });
      const due = (await runs()).find((run) => isDue(run, now()));
      if (!due) break;
      await advanceRun(due.id, worker('worker-1'));
    }
    const { id: integrationId } = integration;
    await emptyIntegration({ integrationId }, { ...starting, transact });
  }

  const grant = (form = {}) =>
    database.transact(async (tx) =>
      startedRun(await startGrant(tx, { actor, person, integration, form, hours: 1 * 24 })),
    );
  const stateOf = async ({ id }: Run) => (await database.stores.runs.find(id))?.state;
  const writes = () =>
    party.requests.map(({ method }) => method).filter((method) => method !== 'GET');

  async function inFlightAt(workerId: string) {
    party.on('GET /job', { json: { done: true } });
    const answer = held({ json: {} });
    party.on('POST /members', answer.answer);
    const run = await grant();
    const working = advanceRun(run.id, worker(workerId));
    await party.received(1);
    return async () => {
      answer.release();
      await working;
    };
  }

  /** Brings a grant to where the test wants it. @returns what lets it go on */
  const states: Record<string, () => Promise<() => Promise<void>>> = {
    async queued() {
      await grant();
      return work;
    },
    async waiting() {
      party.on('GET /job', { json: { done: false } }, { json: { done: true } });
      const run = await grant();
      await work();
      expect(await stateOf(run)).toBe('waiting');
      return work;
    },
    async 'due for its retry'() {
      const text = JSON.stringify(manifest(job()));
      await database.transact((tx) => saveManifest(tx, integration, { text, ...starting }));
      integration = (await database.stores.integrations.find(integration.id)) ?? integration;
      party.on('GET /job', { status: 500 });
      const run = await grant();
      await work();
      expect(await stateOf(run)).toBe('retrying');
      party.on('GET /job', { json: { done: true } });
      return work;
    },
    async 'in flight'() {
      const end = await inFlightAt('worker-1');
      return async () => {
        await end();
        await work();
      };
    },
    async [DEFERRED]() {
      const end = await inFlightAt('worker-1');
      expect(await stateOf(await grant({ TEAM: 'design' }))).toBe('deferred');
      return async () => {
        await end();
        await work();
      };
    },
    async 'in flight at a worker that dies'() {
      const end = await inFlightAt('worker-2');
      return async () => {
        await takeOver('worker-2', { ...database, now, releaseJobsOf: nothing });
        await end();
        await work();
      };
    },
  };

  const fire = (source: Source | undefined, subject: string, at: Date) =>
    database.transact(async (tx) => source?.fire(tx, { subject, at }, now()));

  const revoked = { kind: 'revoked' } as const;
  const ends: Record<string, () => Promise<unknown>> = {
    'a revoke': () =>
      database.transact((tx) => beginRemoval(tx, { actor, person, integration, cause: revoked })),
    'turning the integration off': () =>
      database.transact((tx) => turnOff(tx, integration, starting)),
    'deleting the integration': () =>
      database.transact((tx) =>
        deleteIntegration(tx, integration, { access: 'remove', ...starting }),
      ),
    'deleting the integration, where people keep what they have': () =>
      database.transact((tx) =>
        deleteIntegration(tx, integration, { access: 'keep', ...starting }),
      ),
    async 'erasing the person'() {
      const erasing = { ...starting, adminEmails: [] };
      const begun = await database.transact((tx) => beginErasure(tx, person, erasing));
      if (begun.kind === 'refused') throw new Error(begun.why);
    },
    async 'an end date of the person'() {
      const wanted = { person, endDate: '2026-11-01', actor };
      const planned = await database.transact((tx) => planOffboarding(tx, wanted));
      if (planned.kind === 'refused') throw new Error(planned.why);
      await fire(offboardingSource({ timeZone: 'UTC' }), planned.offboarding.id, now());
    },
    [ACCESS_ENDS]: endHolds,
  };

  async function endHolds(): Promise<void> {
    const source = accessSources.find(({ name }) => name === 'hold-end');
    for (const hold of await database.stores.holds.openAt(person.id, integration.id))
      await fire(source, hold.id, hold.endsAt ?? now());
  }

  test('the time of a deferred grant begins when that starts, and then its end removes what it gave', async () => {
    const goOn = await states[DEFERRED]?.();
    await endHolds();
    await goOn?.();
    expect(writes().at(-1)).toBe('POST');
    await endHolds();
    await work();
    expect(writes().at(-1)).toBe('DELETE');
    expect(await database.stores.holds.openAt(person.id, integration.id)).toEqual([]);
    expect((await database.stores.removals.latest(person.id, integration.id))?.state).toBe('gone');
  });

  describe.each(Object.entries(ends))('%s', (end, stop) => {
    test.each(
      Object.entries(states).filter(([state]) => end !== ACCESS_ENDS || state !== DEFERRED),
    )('leaves nothing of a grant that is %s', async (_state, begin) => {
      const goOn = await begin();
      await stop();
      await goOn();
      clock.advance(3 * HOUR);
      await work();
      // Access is there when the last thing that happened to it is that it was given.
      expect(writes().at(-1)).not.toBe('POST');
      expect(writes().filter((method) => method === 'POST').length).toBeLessThan(2);
      // One that is in flight is stopped at its next pause, and what it gave is revoked.
      for (const run of await runs())
        expect(run.state).toBe(run.kind === 'execute' ? 'cancelled' : 'succeeded');
      const { removals, holds } = database.stores;
      const { id: integrationId } = integration;
      expect(await removals.count({ integrationId, state: 'open' })).toBe(0);
      expect(await holds.openAt(person.id, integrationId)).toEqual([]);
      const removal = await removals.latest(person.id, integrationId);
      expect(['gone', ...(writes().includes('POST') ? [] : [undefined])]).toContain(removal?.state);
    });
  });
}
