/** What workers advance runs and imports with. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createTokens, redirectUrls } from '../../../src/engine/calls/oauth.ts';
import type { Http } from '../../../src/engine/ports/http.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import type { Stores, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { newWorker } from '../../../src/engine/work/leased.ts';
import { parseAllowList } from '../../../src/http/address-guard.ts';
import { createHttp } from '../../../src/http/got-http.ts';
import { ok } from './outcomes.ts';

/** Calls this machine, too: the doubles are there. */
export const localHttp = (): Http =>
  createHttp({ allowPrivateHosts: ok(parseAllowList('127.0.0.1')).list, userAgent: 'Latchkey' });

interface WorksOn {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly now: Clock;
  /** Left out: calls this machine, too. */
  readonly http?: Http;
}

/** A worker of that database, whose pauses pass at once. */
export function workerOn(
  { stores, transact, now, http = localHttp() }: WorksOn,
  workerId = 'worker-1',
) {
  const pause = () => nextTurn();
  const deps = { stores, transact, now, http, pause };
  const redirectUrlOf = redirectUrls('https://latchkey.example.com');
  const tokens = createTokens({ ...deps, redirectUrlOf });
  return { ...deps, tokens, timeZone: 'UTC', ...newWorker(workerId) };
}
