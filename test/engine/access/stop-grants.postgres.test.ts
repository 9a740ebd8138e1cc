/**
 * What stops grants, and grants themselves, in the same moment on several connections of PostgreSQL, where transactions
 * run side by side: whichever comes first, no access is left behind.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cancelRetry, type StartResult, startGrant } from '../../../src/engine/access/grant.ts';
import { advanceRemoval } from '../../../src/engine/access/removals/advance-removal.ts';
import { type Begun, beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import { stopGrant } from '../../../src/engine/access/stop-grants.ts';
import { saveManifest, turnOff } from '../../../src/engine/integrations/change-integration.ts';
import { deleteIntegration } from '../../../src/engine/integrations/delete-integration.ts';
import { deactivate } from '../../../src/engine/people/change-person.ts';
import type { Actor, Integration, Person } from '../../../src/engine/people/directory.ts';
import type { RunStore } from '../../../src/engine/ports/run-stores.ts';
import type { Transaction, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { advanceRun } from '../../../src/engine/runs/advance-run.ts';
import { fail, isUnfinished, lease } from '../../../src/engine/runs/run.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { isAnyoneWaiting, untilOneWaits } from '../../support/database/lock-waits.ts';
import { overlapping as overlap } from '../../support/database/overlapping.ts';
import { startedRun, testClock } from '../../support/engine.ts';
import { addedIntegration, addedPerson } from '../../support/given/added.ts';
import { workerOn } from '../../support/given/worker.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';
import { startThirdParty, type ThirdParty } from '../../support/peers/third-party.ts';
import { until } from '../../support/until.ts';

const actor: Actor = { kind: 'operator', user: 'ada' };
const { now } = testClock();
const deps = { actor };

let database: TestPostgres;
let party: ThirdParty;
/** As another process has it. */
let elsewhere: UnitOfWork;
let person: Person;
let integration: Integration;
beforeEach(async () => {
  database = await temporaryPostgres(now);
  elsewhere = unitOfWork(database.connect(), database.vault, { now });
  party = await startThirdParty();
  party.on('POST /members', { json: {} });
  party.on('DELETE /members', { json: {} });
  const email = 'grace@example.com';
  person = await addedPerson(database.transact, { email, firstName: 'Grace' });
  const manifest = JSON.stringify({
    execute: [{ url: `${party.url}/members` }],
    revoke: [{ url: `${party.url}/members`, method: 'DELETE' }],
  });
  integration = await addedIntegration(database.transact, { manifest });
});
afterEach(async () => {
  await party.close();
  await database.cleanup();
});

const grantIn = (tx: Transaction): Promise<StartResult> =>
  startGrant(tx, { actor, person, integration, form: {} });
const revokeIn = (tx: Transaction): Promise<Begun> =>
  beginRemoval(tx, { actor, person, integration, cause: { kind: 'revoked' } });
const leave = async (tx: Transaction): Promise<void> => {
  const current = await tx.people.hold(person.id);
  if (current) await deactivate(tx, current, deps);
};
const states = async () =>
  (await database.stores.runs.list({}, { offset: 0, limit: 10 })).runs
    .toReversed()
    .map(({ kind, state }) => `${kind} ${state}`);
const sent = () => party.requests.map(({ method }) => method);

const overlapping = <A, B>(
  first: (tx: Transaction) => Promise<A>,
  second: (tx: Transaction) => Promise<B>,
): Promise<readonly [A, B]> => overlap(database, [first, second], now);

const endings: Record<string, (tx: Transaction) => Promise<unknown>> = {
  'turning it off': (tx) => turnOff(tx, integration, deps),
  'deleting it': (tx) => deleteIntegration(tx, integration, { access: 'keep', ...deps }),
  'an end date': leave,
};

describe.each(Object.entries(endings))('%s', (_ending, stop) => {
  test('waits for a grant that is about to commit, and cancels it', async () => {
    await overlapping(grantIn, stop);
    expect(await states()).toEqual(['execute cancelled']);
  });

  test('that is about to commit has the last word: the grant is refused', async () => {
    const [, grant] = await overlapping(stop, grantIn);
    expect(grant.kind).toBe('refused');
    expect(await states()).toEqual([]);
  });
});

/** A grant that waits for its retry. */
async function failOnce(): Promise<void> {
  const started = await database.transact(grantIn);
  if (started.kind !== 'started' || started.run.state !== 'queued') throw new Error(started.kind);
  const running = lease(
    started.run,
    { workerId: 'worker-1', newestManifestVersionId: started.run.manifestVersionId },
    now(),
  );
  const error = { code: 'no-answer', message: 'It did not answer.' } as const;
  await database.transact((tx) => tx.runs.save(fail(running, error, now())));
}

describe('a grant with other answers', () => {
  const otherIn = (tx: Transaction): Promise<StartResult> =>
    startGrant(tx, { actor, person, integration, form: { TEAM: 'design' } });
  /** The first one ends. */
  const cancelIn = async (tx: Transaction): Promise<unknown> => {
    const first = await tx.runs.unfinished(person.id, integration.id);
    return first && cancelRetry(tx, first, actor);
  };
  beforeEach(failOnce);

  test('that is deferred while the first one ends is not forgotten', async () => {
    const [grant] = await overlapping(otherIn, cancelIn);
    expect(grant.kind).toBe('deferred');
    expect(await states()).toEqual(['execute cancelled', 'execute queued']);
  });

  test('that is asked for while the first one ends starts at once', async () => {
    const [, grant] = await overlapping(cancelIn, otherIn);
    expect(grant.kind).toBe('started');
    expect(await states()).toEqual(['execute cancelled', 'execute queued']);
  });
});

describe('a grant with the same answers by someone else', () => {
  const sameIn = (tx: Transaction): Promise<StartResult> =>
    startGrant(tx, { actor: { kind: 'operator', user: 'bo' }, person, integration, form: {} });
  const cancelIn = async (tx: Transaction): Promise<unknown> => {
    const first = await tx.runs.unfinished(person.id, integration.id);
    return first && cancelRetry(tx, first, actor);
  };
  beforeEach(failOnce);

  test('that joins the first one in the moment in which that is cancelled ends with it', async () => {
    const [grant] = await overlapping(sameIn, cancelIn);
    expect(grant.kind).toBe('joined');
    expect(await states()).toEqual(['execute cancelled']);
    expect(await database.stores.holds.openAt(person.id, integration.id)).toEqual([]);
  });

  test('that comes when the first one is about to be cancelled starts anew', async () => {
    const [, grant] = await overlapping(cancelIn, sameIn);
    expect(grant.kind).toBe('started');
    const holds = await database.stores.holds.openAt(person.id, integration.id);
    expect(holds.map(({ runId }) => runId)).toEqual([startedRun(grant).id]);
  });
});

test('of two who save a manifest at once, one reads that the other was faster', async () => {
  const save = (word: string) => (tx: Transaction) =>
    saveManifest(tx, integration, {
      text: JSON.stringify({ execute: [{ url: `${party.url}/${word}` }] }),
      ...deps,
    });
  const [first, second] = await overlapping(save('one'), save('two'));
  expect(first.ok).toBe(true);
  expect(second.ok ? [] : second.errors.map(({ message }) => message)).toEqual([
    'someone has already saved version 2; check what it changes, then save yours again',
  ]);
});

// ---------------------------------------------------------------- a worker at the same time

/**
 * A unit of work in which someone else does something once: before a run or a step is stored, after a run was read, or before its
 * integration is held.
 */
function interrupted(
  method: 'find' | 'hold' | 'putSteps' | 'save' | 'insert',
  others: () => Promise<unknown>,
  when: () => boolean = () => true,
): UnitOfWork {
  let done = false;
  let later: Promise<unknown> | undefined;
  const before = async (): Promise<void> => {
    if (done || !when()) return;
    done = true;
    const over = new AbortController();
    later = others().finally(() => over.abort());
    // It may need a row that this transaction holds.
    await until(async () => over.signal.aborted || (await isAnyoneWaiting(database.db)));
  };
  return async (work) => {
    const result = await database.transact((tx) => {
      const runs: RunStore = {
        ...tx.runs,
        find: async (id) => {
          const found = await tx.runs.find(id);
          if (method === 'find') await before();
          return found;
        },
        putSteps: async (steps) => {
          if (method === 'putSteps') await before();
          await tx.runs.putSteps(steps);
        },
        save: async (run) => {
          if (method === 'save') await before();
          return tx.runs.save(run);
        },
        insert: async (run, inputs) => {
          if (method === 'insert') await before();
          return tx.runs.insert(run, inputs);
        },
      };
      const integrations: Transaction['integrations'] = {
        ...tx.integrations,
        hold: async (id, how) => {
          if (method === 'hold') await before();
          return tx.integrations.hold(id, how);
        },
        holdBeside: async (id) => {
          if (method === 'hold') await before();
          return tx.integrations.holdBeside(id);
        },
      };
      return work({ ...tx, runs, integrations });
    });
    await later;
    return result;
  };
}

const worker = (transact: UnitOfWork = database.transact) =>
  workerOn({ stores: database.stores, transact, now });

/** Works on every removal and run until no run is left, as a worker does. */
async function workOff(transact: UnitOfWork = database.transact): Promise<void> {
  const { removals, runs } = database.stores;
  for (;;) {
    for (const { id } of await removals.openOf(person.id)) await advanceRemoval(id, { transact });
    const next = (await runs.list({}, { offset: 0, limit: 10 })).runs.find(isUnfinished);
    if (!next) return;
    await advanceRun(next.id, worker(transact));
  }
}

const everything: Record<string, (tx: Transaction) => Promise<unknown>> = {
  'a revoke': revokeIn,
  ...endings,
};

describe.each(Object.entries(everything))('%s', (_ending, stop) => {
  test('in the moment in which a worker takes the run: nothing is sent', async () => {
    await database.transact(grantIn);
    const meanwhile = interrupted('find', () => elsewhere(stop));
    await workOff(meanwhile);
    expect(sent()).not.toContain('POST');
    expect((await states())[0]).toBe('execute cancelled');
  });

  test('in the moment in which the last step is stored: what it made is removed', async () => {
    await database.transact(grantIn);
    const meanwhile = interrupted(
      'hold',
      () => elsewhere(stop),
      () => party.requests.length > 0,
    );
    await workOff(meanwhile);
    expect(sent()).toEqual(['POST', 'DELETE']);
    expect((await database.stores.removals.latest(person.id, integration.id))?.state).toBe('gone');
  });
});

describe.each(Object.entries(endings))('%s', (_ending, stop) => {
  test('in the moment in which a worker takes the run and dies: what it sends is not sent again', async () => {
    const run = startedRun(await database.transact(grantIn));
    const dying = () => advanceRun(run.id, worker(takingOnly())).catch(() => undefined);
    const meanwhile = interrupted('save', dying);
    await meanwhile(stop);
    await workOff();
    // Taking it also stores that the request is being sent, so nobody knows whether it was.
    expect(sent().filter((method) => method === 'POST')).toHaveLength(1);
    expect((await states())[0]).toBe('execute failed');
  });
});

/** Of a worker that takes a run and dies: its next transaction never comes. */
function takingOnly(): UnitOfWork {
  let taken = false;
  return async (work) => {
    if (taken) throw new Error('The worker has died');
    taken = true;
    return elsewhere(work);
  };
}

test('the stop of a grant locks its person before the run, as everything else does', async () => {
  const run = startedRun(await database.transact(grantIn));
  await advanceRun(run.id, worker(takingOnly())).catch(() => undefined);
  let tries = 0;
  let stopping: Promise<unknown> | undefined;
  await database.transact(async (tx) => {
    tries += 1;
    await tx.people.hold(person.id);
    stopping ??= elsewhere((other) => {
      tries += 1;
      return stopGrant(other, run.id, { actor });
    });
    await untilOneWaits(database.db);
    const found = await tx.runs.find(run.id);
    if (found) await tx.runs.save(found);
  });
  await stopping;
  expect(tries).toBe(2); // A deadlock would make one of them try again.
});

describe('a revoke', () => {
  test('that finds nothing is waited for by a grant of the same moment, which then is deferred', async () => {
    const [, grant] = await overlapping(revokeIn, grantIn);
    expect(grant.kind).toBe('deferred');
    expect(await states()).toEqual(['execute deferred']);
  });

  test('waits for a grant that is about to commit, and cancels it', async () => {
    await overlapping(grantIn, revokeIn);
    expect(await states()).toEqual(['execute cancelled']);
  });

  test('of two at once, one begins the removal and the other joins it', async () => {
    const [first, second] = await overlapping(revokeIn, revokeIn);
    expect([first.kind, second.kind]).toEqual(['begun', 'joined']);
  });
});

test('an answer about the account that is stored in the moment in which the last step is stored is kept', async () => {
  await database.transact(grantIn);
  const answer = { state: 'has', reason: 'It is there.', checkedAt: now() } as const;
  const check = async (tx: Transaction): Promise<void> => {
    for (const account of await tx.accounts.openAt(person.id, integration.id))
      await tx.accounts.save({ ...account, answer });
  };
  const meanwhile = interrupted(
    'putSteps',
    () => elsewhere(check),
    () => party.requests.length > 0,
  );
  await workOff(meanwhile);
  expect(sent()).toEqual(['POST']);
  expect(await states()).toEqual(['execute succeeded']);
  const [account] = await database.stores.accounts.openAt(person.id, integration.id);
  expect(account).toMatchObject({ answer, writtenAt: now() });
});
