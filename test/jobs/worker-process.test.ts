/** The built worker process, told to end before it has begun: as when somebody starts Latchkey and stops it at once. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import { type Downward, upward } from '../../src/jobs/messages.ts';
import { type CountingParty, startCountingParty } from '../support/counting-party.ts';
import { emptyPostgres } from '../support/postgres.ts';
import { openRunLab, type RunLab } from '../support/run-lab.ts';

const workerFile = fileURLToPath(new URL('../../dist/src/jobs/worker-process.js', import.meta.url));
const drain: Downward = { kind: 'drain' };

const databases = {
  async SQLite() {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-worker-'));
    const cleanup = () => rm(folder, { recursive: true, force: true });
    return { url: `sqlite:${join(folder, 'latchkey.sqlite')}`, cleanup };
  },
  PostgreSQL: emptyPostgres,
};

describe.each(Object.entries(databases))('on %s', (_, open) => {
  let database: { readonly url: string; readonly cleanup: () => Promise<void> };
  let party: CountingParty;
  let lab: RunLab;
  beforeEach(async () => {
    database = await open();
    party = await startCountingParty(() => 0);
    lab = await openRunLab(database.url, party);
  });
  afterEach(async () => {
    await lab.close();
    await party.close();
    await database.cleanup();
  });

  test('a worker that is told to stop while it starts claims nothing, leaves nothing behind, and ends well', async () => {
    await lab.start(1, ['writes']);
    const workerId = newId();
    const child = fork(workerFile, [JSON.stringify({ workerId, replaces: [newId()] })], {
      env: { ...process.env, ...lab.environment },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const said: unknown[] = [];
    child.on('message', (message) => said.push(upward.parse(message).kind));
    child.send(drain); // It waits in the channel until somebody listens, which is before the first look at the database.
    expect(await once(child, 'exit')).toEqual([0, null]);

    expect(said).toEqual([]);
    expect(party.hits.size).toBe(0);
    expect(await lab.unfinished()).toBe(1);
    expect(await lab.foundation.stores.workers.lastBeat()).toBeUndefined();
  });
});
