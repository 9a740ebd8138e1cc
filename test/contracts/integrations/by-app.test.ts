/** What pages and words read of all apps at once: what every database must do. */
import { describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { OAuthToken } from '../../../src/engine/ports/integration-stores.ts';
import { aSyncRun } from '../../support/a-sync-run.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import { insertPerson } from '../a-person.ts';
import { insertIntegration } from '../an-integration.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const later = new Date('2026-11-24T13:00:00.000Z');

describe.each(bothDatabases)('%s', (_database, open) => {
  test('gives what it has of each app, and nothing of another one', async () => {
    const { stores, cleanup } = await open(() => noon);
    const [fernboard, gitea, gone] = [newId(), newId(), newId()];
    for (const id of [fernboard, gitea, gone])
      await insertIntegration(stores, { id, deletedAt: id === gone ? noon : undefined });

    await stores.secrets.put(fernboard, 'TOKEN', 'one');
    await stores.secrets.put(fernboard, 'KEY', 'two');
    await stores.secrets.put(gitea, 'TOKEN', 'three');
    expect(await stores.secrets.allOf([fernboard, gone])).toEqual(
      new Map([[fernboard, { TOKEN: 'one', KEY: 'two' }]]),
    );
    expect(await stores.secrets.namesOf([fernboard, gone])).toEqual(
      new Map([[fernboard, new Set(['KEY', 'TOKEN'])]]),
    );

    const token: OAuthToken = {
      integrationId: fernboard,
      version: 1,
      generation: 1,
      state: 'connected',
      answer: { access_token: 'a' },
      refreshedAt: noon,
    };
    await stores.oauth.put(token);
    const failure = { at: later, why: 'Refused' };
    await stores.oauth.put({ ...token, integrationId: gitea, failure });
    expect(await stores.oauth.findMany([fernboard, gone])).toEqual([token]);
    expect(await stores.oauth.failures()).toEqual(new Map([[gitea, later]]));

    await stores.health.markOk(fernboard, noon, noon);
    await stores.health.forget(gitea, noon);
    expect(await stores.health.okTimes()).toEqual(new Map([[fernboard, noon]]));

    for (const [integrationId, createdAt] of [
      [fernboard, noon],
      [fernboard, later],
      [gone, later],
    ] as const)
      await stores.syncRuns.insert(
        aSyncRun({
          integrationId,
          createdAt,
          ...(createdAt === noon && { state: 'cancelled', finishedAt: noon }),
        } as Parameters<typeof aSyncRun>[0]),
      );
    const newest = await stores.syncRuns.newestByApp();
    expect([...newest].map(([id, run]) => [id, run.createdAt])).toEqual([[fernboard, later]]);

    for (const state of ['has', 'has', 'unknown', 'none'] as const) {
      const { id: personId } = await insertPerson(stores, {});
      const about = { personId, integrationId: fernboard, reason: '' };
      await stores.access.put({ ...about, state, since: noon, checkedAt: noon });
    }
    const counts = { has: 2, unknown: 1 };
    expect(await stores.access.countsAt([fernboard, gitea])).toEqual(
      new Map([[fernboard, counts]]),
    );
    expect(await stores.access.countAt(gitea)).toEqual({ has: 0, unknown: 0 });
    expect(await stores.access.unknownByApp()).toEqual(
      new Map([
        [fernboard, 1],
        [gitea, 0],
      ]),
    );
    expect(await stores.removals.countByApp('open')).toEqual(new Map());
    await cleanup();
  });
});
