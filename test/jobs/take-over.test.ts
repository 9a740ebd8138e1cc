import { beforeEach, describe, expect, test, vi } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import { startSync } from '../../src/engine/imports/start-sync.ts';
import { advanceRun } from '../../src/engine/runs/advance-run.ts';
import { beginBatch } from '../../src/engine/sequences/batch.ts';
import { recordEvents } from '../../src/engine/sequences/events/record-event.ts';
import { nothingAssigned, type SequenceBatch } from '../../src/engine/sequences/sequence-batch.ts';
import type { Lane } from '../../src/engine/work/lanes.ts';
import { sealAudit } from '../../src/engine/work/seal-audit.ts';
import { aliveAt, arrive, countWorkers, sweep, sweeper } from '../../src/jobs/take-over.ts';
import { claimJobs, releaseJobsOf } from '../../src/store/queue/queue.ts';
import { aTask, sequenceLab } from '../engine/sequences/lab.ts';
import {
  HOUR,
  inState,
  MINUTE,
  SECOND,
  startedRun,
  type TestEngine,
  testEngine,
} from '../support/engine.ts';
import { isDue } from '../support/given/is-due.ts';
import { held } from '../support/peers/third-party.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

const claim = (workerId: string, lane: Lane = 'interactive') =>
  claimJobs(engine.db, { lane, limit: 10, now: engine.now(), leaseMs: HOUR, workerId });
const sweeping = () =>
  sweep({ ...engine, releaseJobsOf: (...dead) => releaseJobsOf(engine.db, ...dead) });
/** Else a sweep wakes the sealer of the audit log as well. */
const sealed = () => sealAudit({ ...engine, pause: async () => undefined });
const beat = (workerId: string) => engine.stores.workers.beat(workerId, engine.now());

async function granted(name = 'Asana') {
  const person =
    (await engine.stores.people.findByEmail('grace@example.com')) ?? (await engine.person());
  const integration = await engine.integration(
    { execute: [{ method: 'GET', url: `${engine.party.url}/users` }] },
    {},
    name,
  );
  return startedRun(await engine.grant(person, integration));
}

/** Starts the run's request in that worker, which waits for an answer. */
async function inFlight(workerId: string, name?: string) {
  const answer = held({ json: {} });
  engine.party.on('GET /users', answer.answer, { json: {} });
  const run = await granted(name);
  const before = engine.party.requests.length;
  const working = advanceRun(run.id, engine.worker(workerId));
  await engine.party.received(before + 1);
  const end = async () => {
    answer.release();
    await working;
  };
  return { run, end };
}

describe("a dead worker's", () => {
  test('jobs can be claimed at once', async () => {
    await granted();
    expect(await claim('dead')).toHaveLength(1);
    expect(await claim('alive')).toHaveLength(0);
    await engine.die('dead');
    expect(await claim('alive')).toHaveLength(1);
  });

  test('runs are due at once, and are woken', async () => {
    const { run, end } = await inFlight('dead');
    expect(isDue(await engine.run(run.id), engine.now())).toBe(false);
    await engine.die('dead');
    expect(isDue(await engine.run(run.id), engine.now())).toBe(true);
    await engine.runJobs();
    expect((await engine.run(run.id)).state).toBe('succeeded');
    await end();
  });

  test('name is forgotten', async () => {
    await beat('dead');
    await engine.die('dead');
    engine.clock.advance(HOUR);
    expect(await engine.stores.workers.silent(aliveAt(engine.now()))).toEqual([]);
  });

  test('end leaves the runs of others alone', async () => {
    const { run, end } = await inFlight('alive');
    const before = await engine.run(run.id);
    await engine.die('dead');
    expect(await engine.run(run.id)).toEqual(before);
    await end();
    expect((await engine.run(run.id)).state).toBe('succeeded');
  });
});

test('a worker that lost its runs by mistake goes on while nobody else has taken them', async () => {
  const { run, end } = await inFlight('slow');
  await engine.die('slow');
  await end();
  expect((await engine.run(run.id)).state).toBe('succeeded');
  await engine.runJobs();
  expect(engine.party.requests).toHaveLength(1);
});

describe('a sweep', () => {
  test('takes over from a worker that has not beaten for 30 seconds, and from no other', async () => {
    await beat('dead');
    const dead = await inFlight('dead', 'Asana');
    await beat('alive');
    const alive = await inFlight('alive', 'Zoom');
    engine.clock.advance(30 * SECOND + 1);
    await beat('alive');
    await sweeping();

    expect(isDue(await engine.run(dead.run.id), engine.now())).toBe(true);
    expect(isDue(await engine.run(alive.run.id), engine.now())).toBe(false);
    await Promise.all([dead.end(), alive.end()]);
  });

  test('takes over from a worker that died while the clock was ahead, however little that was', async () => {
    engine.clock.advance(2 * HOUR);
    await beat('dead');
    const dead = await inFlight('dead');
    const importId = 'without a lease';
    await engine.transact((tx) =>
      tx.queue.push('people.import', { importId }, { lane: 'imports' }),
    );
    await claim('dead', 'imports');
    engine.clock.advance(-2 * HOUR);
    await beat('alive');
    await sweeping();

    expect(isDue(await engine.run(dead.run.id), engine.now())).toBe(true);
    expect(await engine.stores.workers.silent(aliveAt(engine.now()))).toEqual([]);
    expect(await countWorkers(engine)).toBe(1);
    expect(await claim('alive', 'imports')).toMatchObject([{ payload: { importId } }]);
    await dead.end();
  });

  test('leaves everything to a worker that goes on while it looks', async () => {
    const { run, end } = await inFlight('suspended');
    await beat('suspended');
    engine.clock.advance(31 * SECOND);
    await beat('alive');
    const { transact, stores } = engine;
    let isAwake = false;
    const awakes: typeof transact = async (work) => {
      if (!isAwake) {
        isAwake = true;
        const leased = inState(await engine.run(run.id), 'running');
        await transact((tx) => tx.runs.save(leased)); // It stores a step, and goes on.
      }
      return transact(work);
    };
    const releaseNothing = async () => undefined;
    await sweep({ ...engine, stores, transact: awakes, releaseJobsOf: releaseNothing });
    const { leasedUntil } = inState(await engine.run(run.id), 'running');
    expect(leasedUntil.getTime()).toBeGreaterThan(engine.now().getTime());
    expect(await stores.runs.leasedBy('suspended')).toHaveLength(1);
    await end();
  });

  test('wakes a run whose wake-up was lost, a minute after it was due', async () => {
    engine.party.on('GET /users', { json: {} });
    const run = await granted();
    await engine.db('jobs').delete();
    engine.clock.advance(MINUTE);
    await sealed();
    await sweeping();
    expect(await engine.runJobs()).toBe(0);

    engine.clock.advance(1);
    await sweeping();
    await engine.runJobs();
    expect((await engine.run(run.id)).state).toBe('succeeded');
  });

  test('wakes a run whose lease ran out, though its worker says that it lives', async () => {
    const { run, end } = await inFlight('stuck');
    engine.clock.advance(HOUR);
    await beat('stuck');
    await sweeping();
    await engine.runJobs();
    expect((await engine.run(run.id)).state).toBe('succeeded');
    await end();
  });

  test('wakes a sync, an event and a batch of a sequence whose jobs failed too often, a minute later', async () => {
    const lab = sequenceLab(engine);
    const hello = { timing: { kind: 'at-once' as const }, does: aTask('Say hello') };
    const sequence = await lab.sequence([hello], { anchor: 'assignment' });
    const person = await engine.person();
    const other = await engine.person({ email: 'ann@example.com' });
    const cause = { kind: 'person-created' } as const;
    const [event] = await engine.transact((tx) =>
      recordEvents(tx, { sequenceId: sequence.id, cause, personIds: [person.id] }),
    );
    const batch: SequenceBatch = {
      id: newId(),
      version: 1,
      sequenceId: sequence.id,
      whom: { kind: 'people', personIds: [other.id] },
      past: 'hold',
      askedBy: engine.actor,
      createdAt: engine.now(),
      movedAt: engine.now(),
      state: 'asked',
      next: 0,
      counts: nothingAssigned,
    };
    await engine.stores.sequenceBatches.insert(batch);
    await engine.transact((tx) => beginBatch(tx, batch.id, engine.now()));
    engine.party.on('GET /users', { json: { users: [] } });
    const hr = await engine.integration({
      execute: [{ url: `${engine.party.url}/users`, method: 'GET' }],
      action: 'create',
      data_from: 'users',
      data_structure: { email: 'mail', first_name: 'first', last_name: 'last' },
    });
    const sync = await engine.transact((tx) => startSync(tx, hr, { mode: 'import', ...engine }));
    // A job gives its key up when it is claimed, as each of these was six times.
    await engine.db('jobs').update({ buried_at: engine.now().getTime(), key: null });

    engine.clock.advance(MINUTE);
    await sealed();
    await sweeping();
    expect(await engine.runJobs()).toBe(0);
    engine.clock.advance(1);
    await sweeping();
    await engine.runJobs();
    expect(await lab.states(person)).toHaveLength(1);
    expect(await lab.states(other)).toHaveLength(1);
    expect(await engine.stores.sequenceEvents.find(event?.id ?? '')).toMatchObject({
      state: 'started',
    });
    expect((await engine.stores.sequenceBatches.find(batch.id))?.state).toBe('done');
    const { run } = sync.kind === 'started' ? sync : {};
    expect((await engine.stores.syncRuns.find(run?.id ?? ''))?.state).toBe('done');
  });

  test('that comes again and again leaves one wake-up', async () => {
    await granted();
    await engine.db('jobs').delete();
    engine.clock.advance(HOUR);
    await sweeping();
    await sweeping();
    expect(await claim('alive')).toHaveLength(1);
  });

  test('leaves a run alone that waits for its retry', async () => {
    engine.party.on('GET /users', { status: 400 });
    const run = await granted();
    await engine.runJobs();
    const before = inState(await engine.run(run.id), 'retrying');
    engine.clock.advance(30 * MINUTE);
    await sweeping();
    await engine.runJobs();
    expect(await engine.run(run.id)).toEqual(before);
    expect(engine.party.requests).toHaveLength(1);
  });
});

test('a sweep is not begun while the one before takes long', async () => {
  await sealed();
  let begun = 0;
  const beatAndSweep = sweeper('alive', {
    ...engine,
    releaseJobsOf: (...dead) => releaseJobsOf(engine.db, ...dead),
    bringForward: async () => undefined,
    acquit: async () => undefined,
    transact: (work) => {
      begun += 1;
      return engine.transact(work);
    },
  });
  await Promise.all([beatAndSweep(), beatAndSweep()]);
  expect(begun).toBe(1);
  await beatAndSweep();
  expect(begun).toBe(2);
});

/** Its first sweep is under way until `end`. */
async function longSweep() {
  let goOn: (silent: readonly string[]) => void = () => undefined;
  const look = vi.fn<() => Promise<readonly string[]>>(
    () =>
      new Promise((resolve) => {
        goOn = resolve;
      }),
  );
  const acquit = vi.fn<() => Promise<void>>(async () => undefined);
  const beatAndSweep = sweeper('slow', {
    ...engine,
    stores: { ...engine.stores, workers: { ...engine.stores.workers, silent: look } },
    releaseJobsOf: (...dead) => releaseJobsOf(engine.db, ...dead),
    bringForward: async () => undefined,
    acquit,
  });
  const first = beatAndSweep();
  await vi.waitUntil(() => look.mock.calls.length > 0);
  const end = async () => {
    goOn([]);
    await first;
    look.mockResolvedValue([]);
  };
  return { beatAndSweep, look, acquit, end };
}

test('a sweep that takes long does not keep the heartbeats back', async () => {
  const { beatAndSweep, end } = await longSweep();
  engine.clock.advance(31 * SECOND);
  await beatAndSweep();
  expect(await engine.stores.workers.silent(aliveAt(engine.now()))).toEqual([]);
  await end();
});

test.each([
  ['go on during a sweep keeps its jobs', 10, 0],
  ['stop during a sweep clears its jobs', 31, 1],
])('a worker whose heartbeats %s', async (_, apart, cleared) => {
  const { beatAndSweep, look, acquit, end } = await longSweep();
  for (let beats = 0; beats < 4; beats += 1) {
    engine.clock.advance(apart * SECOND);
    await beatAndSweep();
  }
  await end();
  await beatAndSweep();
  expect(acquit).toHaveBeenCalledTimes(cleared);
  expect(look).toHaveBeenCalledTimes(2 - cleared);
});

test('a worker that took long to take over is alive when it begins', async () => {
  await arrive('new', ['dead'], {
    ...engine,
    async releaseJobsOf() {
      engine.clock.advance(31 * SECOND);
    },
  });
  expect(await engine.stores.workers.silent(aliveAt(engine.now()))).toEqual([]);
});

test('a worker whose heartbeats were far apart clears its jobs, and sweeps with the next one', async () => {
  await sealed();
  let cleared = 0;
  const beatAndSweep = sweeper('alive', {
    ...engine,
    releaseJobsOf: (...dead) => releaseJobsOf(engine.db, ...dead),
    bringForward: async () => undefined,
    acquit: async () => void (cleared += 1),
  });
  await beatAndSweep();
  engine.clock.advance(5000);
  await beatAndSweep();
  expect(cleared).toBe(0);
  engine.clock.advance(31_000);
  await beatAndSweep();
  expect(cleared).toBe(1);
});

test('a sweep goes on behind what is broken, and tells it', async () => {
  let forgets = 0;
  const broken = new Error('broken');
  const failing = sweep({
    ...engine,
    stores: {
      ...engine.stores,
      deliveries: { ...engine.stores.deliveries, withBodySince: () => Promise.reject(broken) },
      integrations: {
        ...engine.stores.integrations,
        async deletedWithSecrets() {
          forgets += 1;
          return [];
        },
      },
    },
    releaseJobsOf: (...dead) => releaseJobsOf(engine.db, ...dead),
  });
  await expect(failing).rejects.toBe(broken);
  expect(forgets).toBe(1);
});
