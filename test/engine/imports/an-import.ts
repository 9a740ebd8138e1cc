/** Imports of a source that answers what a test says, without a server. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { advanceSync } from '../../../src/engine/imports/advance-sync.ts';
import { startSync } from '../../../src/engine/imports/start-sync.ts';
import type { SyncIn } from '../../../src/engine/imports/sync-run.ts';
import type { Actor, Integration } from '../../../src/engine/people/directory.ts';
import type { HttpAnswer } from '../../../src/engine/ports/http.ts';
import type { TestDatabase } from '../../support/database/database.ts';
import { addedIntegration } from '../../support/given/added.ts';

type Env = Pick<TestDatabase, 'stores' | 'transact'>;

export const actor: Actor = { kind: 'operator', user: 'test' };

/** Where in an answer the people are, and their values. */
interface Reads {
  readonly data_from: string;
  readonly data_structure: Readonly<Record<string, string>>;
}

export async function addSource(
  { transact }: Env,
  name: string,
  reads: Reads,
): Promise<Integration> {
  const execute = [{ url: 'https://hr.example/people', method: 'GET' }];
  const manifest = JSON.stringify({ execute, action: 'create', ...reads });
  const wanted = { name, manifest, secrets: {} };
  return addedIntegration(transact, wanted);
}

/** Imports what the source answers, until that is done or waits for an OK. */
export async function importFrom(source: Integration, answer: object, env: Env) {
  const started = await env.transact((tx) => startSync(tx, source, { mode: 'import', actor }));
  if (started.kind !== 'started') throw new Error(started.kind);
  return goOn(started.run.id, answer, env);
}

/** The same for an import that was begun before. */
export async function goOn(
  id: string,
  answer: object,
  { stores, transact }: Env,
): Promise<SyncIn<'done' | 'ready'>> {
  const answered: HttpAnswer = {
    kind: 'answer',
    status: 200,
    headers: {},
    text: JSON.stringify(answer),
  };
  for (let step = 0; step < 20; step += 1) {
    await advanceSync(id, {
      stores,
      transact,
      http: { send: async () => answered },
      tokens: {
        fresh: async (context) => ({ ok: true, context }),
        renewed: async () => undefined,
        exchangeCode: () => Promise.reject(new Error('It needs no token')),
      },
      now: () => new Date(),
      workerId: 'worker-1',
      underWay: new Set(),
      timeZone: 'UTC',
      pause: () => nextTurn(),
    });
    const run = await stores.syncRuns.find(id);
    if (run?.state === 'done' || run?.state === 'ready') return run;
  }
  throw new Error('It did not end');
}
