/** Many runs of mixed manifests against a third party that counts, and what can be said of them afterwards. */
import { randomBytes } from 'node:crypto';
import { type Foundation, openFoundation } from '../../src/app/foundation.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Environment } from '../../src/config/variables.ts';
import { retryNow, startGrant } from '../../src/engine/access/grant.ts';
import type { Actor, Integration } from '../../src/engine/people/directory.ts';
import { addPerson } from '../../src/engine/people/people.ts';
import { StaleWrite } from '../../src/engine/ports/store.ts';
import { migrate } from '../../src/store/migrations.ts';
import type { CountingParty } from './counting-party.ts';
import { addedIntegration } from './given/added.ts';

export interface RunLab {
  /** What worker processes on this database need. */
  readonly environment: Environment;
  readonly foundation: Foundation;
  /** One for each host. */
  integrationsOf(kind: Kind): readonly Integration[];
  /** Starts as many runs, each of a new person. @returns their ids */
  start(count: number, kinds?: readonly Kind[]): Promise<readonly string[]>;
  /** Presses Retry now on every run that waits for its retry. */
  retryAll(): Promise<void>;
  unfinished(): Promise<number>;
  figures(): Promise<Figures>;
  close(): Promise<void>;
}

export interface Figures {
  /** How many runs ended how; with the error's code where there is one. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly unfinished: number;
  /** Requests of a step that came after the step was recorded as done, within the same attempt. */
  readonly resentAfterDone: number;
  /** Writes that were sent more than once, and those of them where no attempt had ended as unknown before. */
  readonly sentTwice: number;
  readonly sentTwiceUnrecorded: number;
  /** Steps recorded as done of which the third party knows nothing. */
  readonly neverArrived: number;
}

/** `message`: like `writes`, and then a message to the person. */
export type Kind = 'writes' | 'poll' | 'store' | 'file' | 'message';

const MANIFESTS: Readonly<Record<Kind, object>> = {
  writes: { execute: [write('writes', 0), write('writes', 1)] },
  poll: {
    execute: [
      write('poll', 0),
      {
        url: 'http://{{HOST}}/poll/1?who={{email}}',
        method: 'GET',
        continue_if: { response_notation: 'ready', value: true },
        polling: { interval: 1, amount: 5 },
      },
    ],
  },
  store: {
    execute: [
      { ...write('store', 0), store_data: { LAB_ID: 'id' } },
      { ...write('store', 1), data: { id: '{{LAB_ID}}' } },
    ],
  },
  file: {
    execute: [
      {
        url: 'http://{{HOST}}/file/0?who={{email}}',
        method: 'GET',
        save_as_file: 'badge.png',
      },
      { ...write('file', 1), files: { photo: 'badge.png' } },
    ],
  },
  message: {
    execute: [write('message', 0), write('message', 1)],
    post_execute_notification: [
      { type: 'email', to: '{{email}}', subject: 'Welcome', message: 'Welcome {{email}}.' },
    ],
  },
};

function write(kind: Kind, step: number) {
  return {
    url: `http://{{HOST}}/${kind}/${step}?who={{email}}`,
    data: { user: '{{email}}' },
  };
}

const actor: Actor = { kind: 'operator', user: 'lab' };
const ALL: readonly Kind[] = ['writes', 'poll', 'store', 'file'];

/** @param hosts under how many addresses the third party is asked: to one, a process sends 8 requests at a time */
export async function openRunLab(
  databaseUrl: string,
  party: CountingParty,
  hosts = 1,
): Promise<RunLab> {
  const environment: Environment = {
    DATABASE_URL: databaseUrl,
    LATCHKEY_KEYS: randomBytes(32).toString('base64url'),
    ALLOW_PRIVATE_HOSTS: '127.0.0.0/8',
    LOG_LEVEL: 'fatal', // A worker that is killed leaves errors behind, which are the point.
  };
  const read = readConfig(environment);
  if (!read.ok) throw new Error(read.problems.map(({ message }) => message).join('\n'));
  const foundation = await openFoundation(read.config);
  const { db, stores, transact, now } = foundation;
  await migrate(db);
  const integrations: { readonly kind: Kind; readonly integration: Integration }[] = [];
  const ofKind = (wanted: Kind): readonly Integration[] =>
    integrations.filter(({ kind }) => kind === wanted).map(({ integration }) => integration);
  const initial = { initial_data_form: [{ id: 'HOST', name: 'Host', secret: false }] };
  for (const kind of Object.keys(MANIFESTS) as Kind[]) {
    // The record has all kinds and no others.
    const text = JSON.stringify({ ...MANIFESTS[kind], ...initial });
    for (let host = 1; host <= hosts; host += 1) {
      const manifest = text.replaceAll('LAB_ID', `LAB_ID_${host}`); // A stored name has one owner.
      const name = hosts === 1 ? kind : `${kind} ${host}`;
      const secrets = { HOST: `127.0.0.${host}:${new URL(party.url).port}` };
      const wish = { name, manifest, secrets };
      const added = await addedIntegration(transact, wish);
      integrations.push({ kind, integration: added });
    }
  }
  let people = 0;

  return {
    environment,
    foundation,
    integrationsOf: ofKind,
    start: (count, kinds = ALL) =>
      transact(async (tx) => {
        const ids: string[] = [];
        for (let n = 0; n < count; n += 1) {
          people += 1;
          const email = `p${people}@lab.example`;
          const hired = await addPerson(tx, { email }, { actor });
          const kind = kinds[people % kinds.length] ?? 'writes';
          const integration = ofKind(kind)[people % hosts];
          if (!hired.ok || !integration) throw new Error(`${email} can't be hired`);
          const wish = { actor, person: hired.person, integration, form: {} };
          const started = await startGrant(tx, wish);
          if (started.kind === 'refused') throw new Error(started.why);
          ids.push(started.run.id);
        }
        return ids;
      }),
    async retryAll() {
      const ids: readonly string[] = await db('runs')
        .where({ state: 'retrying' })
        .where('due_at', '>', now().getTime())
        .pluck('id');
      for (const id of ids) {
        const pressed = transact(async (tx) => {
          const run = await tx.runs.find(id);
          if (run) await retryNow(tx, run, actor);
        });
        await pressed.catch((error: unknown) => {
          if (!(error instanceof StaleWrite)) throw error; // A worker was faster.
        });
      }
    },
    async unfinished() {
      const row = await db('runs').whereNull('finished_at').count({ total: '*' }).first();
      return Number(row?.['total'] ?? 0);
    },
    figures: () => figuresOf(foundation, party, integrations),
    async close() {
      await stores.workers.lastBeat(); // What was begun before this is done.
      await foundation.close();
    },
  };
}

interface RunLine {
  readonly id: string;
  readonly state: string;
  readonly error: string | null;
  readonly attempt: number;
  readonly person_id: string;
  readonly integration_id: string;
}

async function figuresOf(
  { db, stores }: Foundation,
  party: CountingParty,
  integrations: readonly { readonly kind: Kind; readonly integration: Integration }[],
): Promise<Figures> {
  const kinds = new Map(integrations.map(({ kind, integration }) => [integration.id, kind]));
  const outcomes: Record<string, number> = {};
  const counted = { unfinished: 0, resentAfterDone: 0, sentTwice: 0 };
  let sentTwiceUnrecorded = 0;
  let neverArrived = 0;
  for (const run of await db<RunLine>('runs').select()) {
    const outcome = run.error ? `${run.state} (${await whyOf(run, stores)})` : run.state;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (!['succeeded', 'failed', 'blocked', 'cancelled'].includes(run.state))
      counted.unfinished += 1;
    const person = await stores.people.find(run.person_id);
    const kind = kinds.get(run.integration_id);
    const attempts = [];
    for (let attempt = 1; attempt <= run.attempt; attempt += 1)
      attempts.push(await stores.runs.steps(run.id, attempt));
    for (const index of [0, 1]) {
      const hits = party.hits.get(`/${kind}/${index} ${person?.email}`) ?? [];
      const rows = attempts.map((steps) => steps.find((step) => step.index === index));
      for (const [n, row] of rows.entries()) {
        if (row?.state !== 'done') continue;
        const from = row.finishedAt?.getTime() ?? 0;
        const until = rows[n + 1]?.startedAt.getTime() ?? Infinity;
        counted.resentAfterDone += hits.filter(({ at }) => at > from && at < until).length;
        if (hits.every(({ at }) => at > from)) neverArrived += 1;
      }
      const isWrite = rows.some((row) => row && row.method !== 'GET');
      if (!isWrite || hits.length < 2) continue;
      counted.sentTwice += 1;
      // A run is repeated whole, so the write that is unknown may be another one of the same attempt.
      const unknown = attempts.filter((steps) => steps.some(({ state }) => state === 'unknown'));
      if (hits.length > unknown.length + 1) sentTwiceUnrecorded += 1;
    }
  }
  return { outcomes, ...counted, sentTwiceUnrecorded, neverArrived };
}

/** The error's code. For an internal error its sentence, too, because several causes have that code. */
async function whyOf({ id, error }: RunLine, { runs }: Foundation['stores']): Promise<string> {
  const { code } = JSON.parse(error ?? '') as { readonly code: string }; // The store wrote it.
  if (code !== 'internal') return code;
  const run = await runs.find(id);
  return run && 'error' in run ? `internal: ${run.error.message}` : code;
}
