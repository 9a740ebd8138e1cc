/** What 0046 does to runs that failed before it: the code of their error can be searched for. */
import { expect, test } from 'vitest';
import { down, up } from '../../../migrations/0046-runs-by-error.ts';
import { testEngine } from '../../support/engine.ts';

test('a run whose outcome was unknown before it is listed as such after it', async () => {
  const engine = await testEngine();
  try {
    engine.party.on('POST /users', 'reset');
    const integration = await engine.integration({
      execute: [{ url: `${engine.party.url}/users` }],
    });
    const started = await engine.grant(await engine.person(), integration);
    await engine.runJobs();
    await down(engine.db);
    await up(engine.db);
    const { runs } = await engine.stores.runs.list({ outcome: 'unknown' }, { offset: 0, limit: 9 });
    expect(runs.map(({ id }) => id)).toEqual(started.kind === 'started' ? [started.run.id] : []);
  } finally {
    await engine.cleanup();
  }
});
