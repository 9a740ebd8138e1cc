/**
 * What the engine costs: an `execute` of two requests over a database in memory, against the same two calls with bare got in the same
 * process. Both are measured in turns, since the machine's mood changes from minute to minute.
 */
import { randomBytes } from 'node:crypto';
import { Agent, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { got } from 'got';
import { newId } from '../src/core/ids.ts';
import { type StartResult, startGrant } from '../src/engine/access/grant.ts';
import { createTokens } from '../src/engine/calls/oauth.ts';
import type { ManifestIntegration } from '../src/engine/people/directory.ts';
import { advanceRun } from '../src/engine/runs/advance-run.ts';
import { parseAllowList } from '../src/http/address-guard.ts';
import { createHttp } from '../src/http/got-http.ts';
import { openMemory } from '../src/store/memory.ts';
import { aPerson } from '../test/contracts/a-person.ts';
import type { Figure } from './support/figure.ts';

const ROUNDS = 9;
const RUNS_PER_ROUND = 100;
const WARM_UP = 200;
const TOKEN = 'bench-token-1234567890';

const manifestText = JSON.stringify({
  execute: [
    {
      url: '{{BASE}}/users',
      data: { user: '{{email}}', name: '{{first_name}}' },
      store_data: { UID: 'data.id' },
    },
    { url: '{{BASE}}/teams/7/members', data: { user: '{{responses.0.data.id}}' } },
  ],
  headers: { Accept: 'application/json', Authorization: 'Bearer {{TOKEN}}' },
  initial_data_form: [
    { id: 'BASE', name: 'Address', secret: false },
    { id: 'TOKEN', name: 'Token' },
  ],
});

/** `npm run bench -- engine [ROUNDS]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const rounds = Number(args[0] ?? ROUNDS);
  const server = await serve();
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { grant: engine, close } = await engineAt(base, WARM_UP + rounds * RUNS_PER_ROUND);
  try {
    const plainly = () => bare(base);
    await timed(WARM_UP, engine);
    await timed(WARM_UP, plainly);
    const measured: Round[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const plain = await timed(RUNS_PER_ROUND, plainly);
      measured.push({ plain, ours: await timed(RUNS_PER_ROUND, engine) });
    }
    return told(measured);
  } finally {
    await close();
    server.closeAllConnections();
    server.close();
  }
}

interface Round {
  /** Milliseconds of a run, with bare got. */
  readonly plain: number;
  readonly ours: number;
}

function told(rounds: readonly Round[]): readonly Figure[] {
  const ratio = median(rounds.map(({ plain, ours }) => ours / plain));
  return [
    {
      what: `engine: two requests over a database in memory, medians of ${rounds.length} rounds`,
      value: `bare got ${shown(median(rounds.map(({ plain }) => plain)))}, engine ${shown(median(rounds.map(({ ours }) => ours)))}, ratio ${ratio.toFixed(2)}`,
      aim: 'at most 1.5',
    },
  ];
}

const shown = (ms: number): string => `${ms.toFixed(2)} ms`;
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** The median of milliseconds that one piece of work takes. */
async function timed(times: number, work: () => Promise<void>): Promise<number> {
  const taken: number[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    const started = performance.now();
    await work();
    taken.push(performance.now() - started);
  }
  return median(taken);
}

function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end('{"data":{"id":"u-1234","email":"ann@example.com","teams":[1,2,3]}}');
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const agent = { http: new Agent({ keepAlive: false }) };

/** Both calls as someone would write them by hand; like the engine, with a connection for each. */
async function bare(base: string): Promise<void> {
  const headers = { accept: 'application/json', authorization: `Bearer ${TOKEN}` };
  const options = { headers, agent, retry: { limit: 0 }, timeout: { request: 120_000 } };
  const user = await got
    .post(`${base}/users`, { ...options, json: { user: 'ann@example.com', name: 'Ann' } })
    .json<{ data: { id: string } }>();
  await got.post(`${base}/teams/7/members`, { ...options, json: { user: user.data.id } }).json();
}

interface BenchedEngine {
  /** One `execute` of two requests, from the click to its outcome. */
  readonly grant: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** @param grants how often it may grant: each grant is another person's, as what is known of one person's access is read with it */
async function engineAt(base: string, grants: number): Promise<BenchedEngine> {
  const allowed = parseAllowList('127.0.0.1');
  if (!allowed.ok) throw new Error(allowed.error);
  const now = () => new Date();
  const { stores, transact, close } = await openMemory(now);
  const deps = {
    stores,
    transact,
    http: createHttp({ allowPrivateHosts: allowed.list, userAgent: 'Latchkey/bench' }),
    now,
    newId,
    randomBytes: (size: number) => randomBytes(size),
  };
  const tokens = createTokens({
    ...deps,
    pause: () => Promise.resolve(),
    redirectUrlOf: () => '',
  });
  const worker = {
    ...deps,
    tokens,
    workerId: 'bench',
    underWay: new Set<string>(),
    breakdowns: new Map<string, number>(),
    announce: async () => undefined,
  };

  const integration: ManifestIntegration = {
    id: newId(),
    version: 1,
    name: 'Bench',
    enabled: true,
    manifestVersionId: newId(),
    createdAt: now(),
  };
  await stores.integrations.insert(integration);
  await stores.integrations.insertVersion({
    id: integration.manifestVersionId,
    integrationId: integration.id,
    number: 1,
    manifest: manifestText,
    savedBy: { kind: 'system' },
    createdAt: now(),
  });
  await stores.secrets.put(integration.id, 'BASE', base);
  await stores.secrets.put(integration.id, 'TOKEN', TOKEN);
  const people = Array.from({ length: grants }, () => aPerson());
  for (const person of people) await stores.people.insert(person);

  const grant = async (): Promise<void> => {
    const person = people.pop();
    if (!person) throw new RangeError(`There are ${grants} grants`);
    const wish = { actor: { kind: 'system' } as const, person, integration, form: {} };
    const { run: begun } = justStarted(await transact((tx) => startGrant(tx, wish)));
    await advanceRun(begun.id, worker);
    const ended = await stores.runs.find(begun.id);
    if (ended?.state !== 'succeeded') throw new Error(`The run is ${ended?.state}`);
  };
  return { grant, close };
}

function justStarted(grant: StartResult): Extract<StartResult, { kind: 'started' }> {
  if (grant.kind !== 'started') throw new Error(`The run was ${grant.kind}`);
  return grant;
}
