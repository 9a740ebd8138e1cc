/** Imports that come every day are kept for as long as everything else, whatever their reading came to. */
import { beforeEach, describe, expect, test } from 'vitest';
import { startSync } from '../../../src/engine/imports/start-sync.ts';
import type { Integration } from '../../../src/engine/people/directory.ts';
import { purge } from '../../../src/engine/work/purge.ts';
import { createRetention } from '../../../src/store/work/retention.ts';
import { DAY, type TestEngine, testEngine } from '../../support/engine.ts';

const RETENTION_DAYS = 5;

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

const sync = (more: object = {}) => ({
  execute: [{ url: `${engine.party.url}/users`, method: 'GET' }],
  action: 'create',
  data_from: 'users',
  next_page_from: 'next',
  amount_pages_to_fetch: 1,
  data_structure: { email: 'mail', first_name: 'first', last_name: 'last' },
  schedule: '0 2 * * *',
  ...more,
});
const answer = (more: object = {}) =>
  engine.party.on('GET /users', {
    json: { users: [{ mail: 'ann@x.io', first: 'Ann', last: 'Lee' }], mark: 'm', ...more },
  });

async function daily(integration: Integration, days: number): Promise<void> {
  for (let day = 0; day < days; day += 1) {
    const wanted = { mode: 'import', scheduledFor: engine.now() } as const;
    const started = await engine.transact((tx) =>
      startSync(tx, integration, { ...wanted, ...engine }),
    );
    expect(started.kind).toBe('started');
    await engine.runJobs();
    engine.clock.advance(DAY);
  }
}
const purged = () =>
  purge({
    stores: engine.stores,
    retention: createRetention(engine.db, undefined, engine),
    retentionDays: RETENTION_DAYS,
    evidenceDays: RETENTION_DAYS,
    auditDays: RETENTION_DAYS,
    now: engine.now,
    pause: async () => undefined,
  });
const kept = async ({ id: integrationId }: Integration) =>
  (
    await engine.stores.syncRuns.list({ integrationId }, { offset: 0, limit: 100 })
  ).runs.toReversed();

describe('those that are too old go', () => {
  test('where every reading was complete', async () => {
    answer();
    const integration = await engine.integration(sync());
    await daily(integration, 12);
    await purged();
    expect(await kept(integration)).toHaveLength(RETENTION_DAYS);
  });

  test('where every reading was cut off by the page limit', async () => {
    answer({ next: '/users?page=2' });
    const integration = await engine.integration(sync());
    await daily(integration, 12);
    await purged();
    expect(await kept(integration)).toHaveLength(RETENTION_DAYS);
  });

  test('where a source gives what has changed', async () => {
    answer();
    const url = `${engine.party.url}/users?since={{SINCE}}`;
    const integration = await engine.integration(
      sync({ execute: [{ url, method: 'GET' }], since: 'mark' }),
    );
    await daily(integration, 12);
    await purged();
    // And the first reading, which was of everybody.
    expect((await kept(integration)).length).toBeLessThanOrEqual(RETENTION_DAYS + 1);
  });
});

describe('those that the next one is held against stay', () => {
  test('the newest complete reading, behind ones that were cut off', async () => {
    answer();
    const integration = await engine.integration(sync());
    await daily(integration, 2);
    answer({ next: '/users?page=2' });
    await daily(integration, 10);
    await purged();
    const [first, ...others] = (await kept(integration)).map(({ reading }) => reading);
    expect(first).toBe('complete');
    expect(others).toHaveLength(RETENTION_DAYS);
    expect(new Set(others)).toEqual(new Set(['cut-off']));
  });

  test('the last one that worked, and the first of the failures since, whose notice tells of all', async () => {
    answer();
    const integration = await engine.integration(sync());
    await daily(integration, 2);
    engine.party.on('GET /users', { status: 500 });
    await daily(integration, 10);
    await purged();
    const [done, first, ...failed] = await kept(integration);
    expect(done?.state).toBe('done');
    expect(first).toMatchObject({ state: 'failed', failures: 1 });
    expect(failed).toHaveLength(RETENTION_DAYS);
    expect(failed.every(({ noticeRunId }) => noticeRunId === first?.id)).toBe(true);
    expect(failed.at(-1)).toMatchObject({ failures: 10 });
  });

  test('the last one of all, however long ago it was', async () => {
    answer({ next: '/users?page=2' });
    const integration = await engine.integration(sync());
    await daily(integration, 2);
    engine.clock.advance(100 * DAY);
    await purged();
    expect(await kept(integration)).toHaveLength(1);
  });
});
