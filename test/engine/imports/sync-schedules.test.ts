/** Imports that a schedule begins: when, how often, and when not. */
import { beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { startSync } from '../../../src/engine/imports/start-sync.ts';
import { finishSync, type HeldImport, leaseSync } from '../../../src/engine/imports/sync-run.ts';
import {
  pauseSchedule,
  resumeSchedule,
  syncSources,
} from '../../../src/engine/imports/sync-schedules.ts';
import { turnOff, turnOn } from '../../../src/engine/integrations/change-integration.ts';
import type { Integration } from '../../../src/engine/people/directory.ts';
import type { DueDeps, Source } from '../../../src/engine/work/due.ts';
import { createStores } from '../../../src/store/stores.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { liveThrough } from '../../support/company/living.ts';
import { DAY, HOUR, MINUTE, type TestEngine, testEngine } from '../../support/engine.ts';
import { present } from '../../support/given/outcomes.ts';
import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { fire } from '../../support/tick.ts';

const AMSTERDAM = 'Europe/Amsterdam';
const manifest = (schedule: string) => ({
  execute: [{ url: 'https://hr.example.com/users', method: 'GET' }],
  action: 'create',
  data_structure: { email: 'mail' },
  schedule,
});

describe('a schedule', () => {
  let engine: TestEngine; // 09:00 UTC
  let sources: readonly Source[];
  beforeEach(async () => {
    engine = await testEngine();
    sources = syncSources({ timeZone: AMSTERDAM });
  });

  const tick = () => fire(engine, sources);
  async function begun(): Promise<readonly string[]> {
    const { runs } = await engine.stores.syncRuns.list({}, { offset: 0, limit: 100 });
    return runs
      .flatMap(({ scheduledFor }) => scheduledFor?.toISOString() ?? 'by hand')
      .toReversed();
  }
  async function endAll(): Promise<void> {
    const { runs } = await engine.stores.syncRuns.list(
      { states: ['queued'] },
      { offset: 0, limit: 100 },
    );
    for (const run of runs)
      if (run.state === 'queued')
        await engine.transact((tx) =>
          tx.syncRuns.save(finishSync(leaseSync(run, 'w', engine.now()), engine.now())),
        );
  }
  async function pass(ms: number): Promise<void> {
    engine.clock.advance(ms);
    await tick();
    await endAll();
  }
  const parts = () => ({ ...engine, announceLeft: async () => undefined });
  const current = async ({ id }: Integration) => present(await engine.stores.integrations.find(id));

  test('is read once for all ticks, however many integrations there are', async () => {
    const adds = (name: string) => engine.integration(manifest('0 * * * *'), {}, name);
    for (const name of ['HR', 'Payroll', 'Contractors']) await adds(name);
    await tick();
    const asked: string[] = [];
    engine.db.on('query', ({ sql }: { readonly sql: string }) => asked.push(sql));
    await tick();
    expect(asked.filter((sql) => sql.includes('manifest_versions'))).toEqual([]);
    await adds('Interns');
    asked.length = 0;
    await tick();
    expect(asked.filter((sql) => sql.includes('manifest_versions'))).toHaveLength(1);
  });

  test('begins a run at its next time, not when it is saved', async () => {
    await engine.integration(manifest('0 * * * *'));
    await pass(0);
    await pass(30 * MINUTE);
    expect(await begun()).toEqual([]);
    await pass(30 * MINUTE);
    expect(await begun()).toEqual(['2026-11-24T10:00:00.000Z']);
    expect(await tick()).toBe(0);
  });

  test('that was missed for days runs once', async () => {
    await engine.integration(manifest('0 * * * *'));
    await pass(2 * DAY + 20 * MINUTE);
    await pass(MINUTE);
    expect(await begun()).toEqual(['2026-11-26T09:00:00.000Z']);
  });

  test('never overlaps: a time that comes while a run is at work passes by', async () => {
    const integration = await engine.integration(manifest('0 * * * *'));
    await engine.transact((tx) => startSync(tx, integration, { mode: 'import', ...engine }));
    engine.clock.advance(HOUR);
    await tick();
    await endAll();
    await pass(MINUTE);
    expect(await begun()).toEqual(['by hand']);
    await pass(HOUR);
    expect(await begun()).toEqual(['by hand', '2026-11-24T11:00:00.000Z']);
  });

  test('in another zone begins at its next time there, and makes up for none of the past', async () => {
    await engine.integration(manifest('30 10 * * *'));
    await pass(HOUR); // 10:00 UTC, 11:00 in Amsterdam
    expect(await begun()).toEqual(['2026-11-24T09:30:00.000Z']);
    sources = syncSources({ timeZone: 'Asia/Tokyo' });
    await pass(MINUTE); // 10:30 of this day in Tokyo was at 01:30 UTC.
    expect(await begun()).toHaveLength(1);
    await pass(16 * HOUR);
    expect(await begun()).toEqual(['2026-11-24T09:30:00.000Z', '2026-11-25T01:30:00.000Z']);
  });

  test('in another zone makes up for no time before its last run', async () => {
    await engine.integration(manifest('30 10 * * *'));
    await pass(HOUR);
    await pass(DAY);
    const twice = ['2026-11-24T09:30:00.000Z', '2026-11-25T09:30:00.000Z'];
    expect(await begun()).toEqual(twice);
    sources = syncSources({ timeZone: 'Asia/Tokyo' });
    await pass(MINUTE); // 10:30 of this day in Tokyo was at 01:30 UTC, between these two.
    expect(await begun()).toEqual(twice);
  });

  test('begins its runs also after a clock that was ahead for a moment', async () => {
    await engine.integration(manifest('0 * * * *'));
    await pass(30 * DAY);
    await pass(-30 * DAY);
    await pass(HOUR);
    expect(await begun()).toEqual(['2026-11-24T10:00:00.000Z', '2026-12-24T09:00:00.000Z']);
  });

  test('rests while it is paused, and makes up for nothing', async () => {
    const integration = await engine.integration(manifest('0 * * * *'));
    await engine.transact((tx) => pauseSchedule(tx, integration, parts()));
    await pass(3 * HOUR);
    expect(await begun()).toEqual([]);
    await engine.transact((tx) => resumeSchedule(tx, integration, parts()));
    await pass(MINUTE);
    expect(await begun()).toEqual([]);
    await pass(HOUR);
    expect(await begun()).toEqual(['2026-11-24T13:00:00.000Z']);
  });

  test('rests while its integration is turned off, and makes up for nothing', async () => {
    const integration = await engine.integration(manifest('0 * * * *'));
    await engine.transact((tx) => turnOff(tx, integration, parts()));
    await pass(3 * HOUR);
    await engine.transact((tx) => turnOn(tx, integration, parts()));
    await pass(MINUTE);
    expect(await begun()).toEqual([]);
    await pass(HOUR);
    expect(await begun()).toEqual(['2026-11-24T13:00:00.000Z']);
  });

  test('changes and goes with its integration', async () => {
    const integration = await engine.integration(manifest('0 * * * *'));
    engine.clock.advance(HOUR + MINUTE);
    const changed = await engine.newManifest(integration, manifest('30 * * * *'));
    await pass(0);
    expect(await begun()).toEqual([]);
    await pass(29 * MINUTE);
    expect(await begun()).toEqual(['2026-11-24T10:30:00.000Z']);
    await engine.transact((tx) => tx.integrations.save({ ...changed, enabled: false }));
    await pass(HOUR);
    const off = await current(integration);
    await engine.transact((tx) =>
      tx.integrations.save({ ...off, enabled: true, deletedAt: engine.now() }),
    );
    await pass(HOUR);
    expect(await begun()).toHaveLength(1);
  });

  /** An import that has been read and waits for an admin. */
  async function waiting(
    integration: Integration,
    wanted: Pick<Parameters<typeof startSync>[2], 'mode' | 'scheduledFor'>,
    held?: HeldImport,
  ): Promise<string> {
    const started = await engine.transact((tx) =>
      startSync(tx, integration, { ...wanted, ...engine }),
    );
    if (started.kind !== 'started' || started.run.state !== 'queued') throw new Error('not begun');
    const { dueAt: _, ...facts } = started.run;
    await engine.transact((tx) =>
      tx.syncRuns.save({ ...facts, state: 'ready', readyAt: engine.now(), held }),
    );
    return started.run.id;
  }
  const stateOf = async (id: string) => (await engine.stores.syncRuns.find(id))?.state;

  test('waits while an import waits for an OK, and not for ever', async () => {
    const integration = await engine.integration(manifest('0 * * * *'));
    const wanted = { mode: 'import', scheduledFor: engine.now() } as const;
    const id = await waiting(integration, wanted, { fresh: 200, people: 10, why: ['growth'] });
    await pass(2 * HOUR);
    expect(await begun()).toHaveLength(1);
    await pass(7 * DAY - 2 * HOUR - 1);
    expect(await stateOf(id)).toBe('ready');
    await pass(1);
    expect(await stateOf(id)).toBe('cancelled');
    await pass(HOUR);
    expect(await begun()).toHaveLength(2);
  });

  test('goes on while an admin looks at a preview, which is over after a day', async () => {
    const integration = await engine.integration(manifest('0 * * * *'));
    const id = await waiting(integration, { mode: 'preview' });
    await pass(HOUR);
    expect(await begun()).toEqual(['by hand', '2026-11-24T10:00:00.000Z']);
    await pass(DAY - HOUR - 1);
    expect(await stateOf(id)).toBe('ready');
    await pass(1);
    expect(await stateOf(id)).toBe('cancelled');
  });
});

test('over nine days with a change of the clocks, two processes begin each run once', async () => {
  const from = new Date('2026-03-22T12:00:00Z');
  let at = from;
  const clock = () => at;
  const database = await temporaryPostgres(clock);
  try {
    const errors: unknown[] = [];
    const connection = (): DueDeps => {
      const db = database.connect();
      return {
        stores: createStores(db, database.vault),
        transact: unitOfWork(db, database.vault, { now: clock }),
        sources: syncSources({ timeZone: AMSTERDAM }),
        onError: (error) => errors.push(error),
      };
    };
    const schedules = { Nightly: '30 2 * * *', Mondays: '0 9 * * 1', Hourly: '0 * * * *' };
    const ids = new Map<string, string>();
    for (const [name, schedule] of Object.entries(schedules)) {
      const [id, versionId] = [newId(), newId()];
      ids.set(id, name);
      const facts = { id, version: 1, name, enabled: true, createdAt: from };
      await database.stores.integrations.insert({ ...facts, manifestVersionId: versionId });
      const text = JSON.stringify(manifest(schedule));
      const version = { id: versionId, integrationId: id, number: 1, createdAt: from };
      const saved = { manifest: text, savedBy: { kind: 'system' } } as const;
      await database.stores.integrations.insertVersion({ ...version, ...saved });
    }
    const begun: Record<string, string[]> = { Nightly: [], Mondays: [], Hourly: [] };
    // What has begun ends before the next tick.
    const collect = async () => {
      const { runs } = await database.stores.syncRuns.list(
        { states: ['queued'] },
        { offset: 0, limit: 10 },
      );
      for (const run of runs) {
        if (run.state !== 'queued' || !run.scheduledFor) continue;
        begun[ids.get(run.integrationId) ?? '']?.push(run.scheduledFor.toISOString());
        await database.stores.syncRuns.save(finishSync(leaseSync(run, 'w', at), at));
      }
    };
    // One night nothing runs; one process comes and goes.
    const isNight = (now: Date) => now.toISOString().startsWith('2026-03-25T0');
    await liveThrough(
      {
        from,
        to: new Date('2026-03-31T12:00:00Z'),
        everyMs: HOUR,
        async before(now) {
          await collect();
          at = now;
        },
      },
      [
        { due: connection(), isUp: (now) => !isNight(now) },
        { due: connection(), isUp: (now) => !isNight(now) && now.getUTCDate() % 3 > 0 },
      ],
    );
    await collect();
    expect(errors).toEqual([]);
    for (const times of Object.values(begun)) expect(new Set(times).size).toBe(times.length);
    expect(begun['Nightly']).toHaveLength(9); // The night without processes is made up for in the morning.
    expect(begun['Nightly']).toContain('2026-03-29T01:00:00.000Z'); // 02:30 doesn't exist: the clocks go to three.
    expect(begun['Mondays']).toEqual(
      ['2026-03-23T08', '2026-03-30T07'].map((hour) => `${hour}:00:00.000Z`),
    );
    expect(begun['Hourly']).toHaveLength(9 * 24 - 1 - 10); // The end is not included; at ten in the morning the hours of that night are over.
    expect(begun['Hourly']).toContain('2026-03-25T10:00:00.000Z');
  } finally {
    await database.cleanup();
  }
}, 120_000);
