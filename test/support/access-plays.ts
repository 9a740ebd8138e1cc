/**
 * Random plays with one person's access to one app, whose truth is read from the scripted app and never from Latchkey. After
 * each move: no account is there without a reason or an open removal, and nothing says "gone" or "no access" while it is there.
 * In the end the person leaves and the app is healthy for eight days: then everything is gone, or by hand for a reason.
 */
import { randomBytes } from 'node:crypto';
import { newId } from '../../src/core/ids.ts';
import { checkQueued } from '../../src/engine/access/check-access.ts';
import { accessSources } from '../../src/engine/access/due-access.ts';
import { cancelRetry, retryNow, startGrant } from '../../src/engine/access/grant.ts';
import { queueCheck } from '../../src/engine/access/queue-check.ts';
import {
  advanceRemoval,
  type RemovalDeps,
} from '../../src/engine/access/removals/advance-removal.ts';
import { beginRemoval } from '../../src/engine/access/removals/begin-removal.ts';
import { keepPaused } from '../../src/engine/access/removals/keep-paused.ts';
import { resumeRemoval } from '../../src/engine/access/removals/pause-removals.ts';
import { isOpenRemoval, isPaused } from '../../src/engine/access/removals/removal.ts';
import { confirmGone } from '../../src/engine/access/removals/removals.ts';
import {
  afterRemoval,
  expedite,
  reconsider,
} from '../../src/engine/access/removals/work-on-removals.ts';
import { startSetUpGrants } from '../../src/engine/access/set-up-first.ts';
import { stopOtherGrants } from '../../src/engine/access/stop-grants.ts';
import { turnOff, turnOn } from '../../src/engine/integrations/change-integration.ts';
import { emptyIntegration } from '../../src/engine/integrations/delete-integration.ts';
import { offboardingSource, planOffboarding } from '../../src/engine/offboarding/offboard.ts';
import { changePerson, deactivate, reactivate } from '../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../src/engine/people/directory.ts';
import { knownFacts } from '../../src/engine/people/stored-values.ts';
import type { Http, HttpAnswer } from '../../src/engine/ports/http.ts';
import type { JobName, Jobs } from '../../src/engine/ports/jobs.ts';
import type { Stores, UnitOfWork } from '../../src/engine/ports/unit-of-work.ts';
import { advanceRun } from '../../src/engine/runs/advance-run.ts';
import { isUnfinished } from '../../src/engine/runs/run.ts';
import { finishTask } from '../../src/engine/tasks/manual.ts';
import { takeOver } from '../../src/jobs/take-over.ts';
import { addedIntegration, addedPerson, inSlack } from './given/added.ts';
import { present } from './given/outcomes.ts';
import { workerOn } from './given/worker.ts';
import { memoryJobs } from './memory-jobs.ts';
import { randomOf } from './seeded.ts';
import { fire } from './tick.ts';

export interface Shape {
  /** `list`: the answer lists names; `status`: 404 says that there is none; `none`: the app can't be asked. */
  readonly exists: 'list' | 'status' | 'none';
  /** Steps of the grant, of which the first makes the account. */
  readonly steps: 1 | 3;
  /** Whether an app names people by a username that someone has to enter. */
  readonly byUsername: boolean;
  /** Whether the manifest has a revoke. */
  readonly revocable: boolean;
}

export const shapes: readonly Shape[] = (['list', 'status', 'none'] as const).flatMap((exists) =>
  ([1, 3] as const).flatMap((steps) => [
    { exists, steps, byUsername: false, revocable: true },
    { exists, steps, byUsername: true, revocable: true },
    { exists, steps, byUsername: false, revocable: false },
  ]),
);

export interface Played {
  /** What was wrong, in words; empty where nothing was. */
  readonly problems: readonly string[];
  /** Every move and every request, for a reader who looks for the reason. */
  readonly log: readonly string[];
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MOVES = 16;
/** More jobs than one person's access has at one instant. */
const ALL = 100;

/** The app: who has an account, and how it misbehaves. */
function scriptedApp(random: () => number, now: () => Date, log: string[]) {
  const accounts = new Set<string>();
  const late: { at: number; does: () => void }[] = [];
  const state = { isReliable: false, hasLostRights: false };
  const pick = <T>(...all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const arrive = (): void => {
    for (const each of late.filter(({ at }) => at <= now().getTime())) {
      each.does();
      late.splice(late.indexOf(each), 1);
    }
  };

  const http: Http = {
    async send({ method, url }) {
      arrive();
      const { pathname } = new URL(url);
      const name = decodeURIComponent(pathname.split('/')[2] ?? '');
      const bad =
        !state.isReliable && random() < 0.35
          ? pick('500', '429', 'lost-before', 'lost-after', 'lost-late')
          : 'ok';
      const does = (): void => {
        if (method === 'POST' && pathname.startsWith('/u/')) accounts.add(name);
        if (method === 'DELETE') accounts.delete(name);
      };
      log.push(`${method} ${pathname} ${bad}`);
      const lost = {
        kind: 'failed',
        code: 'connection-lost',
        message: 'lost',
        maySent: true,
      } as const;
      if (bad === '500') return answer(500, '');
      if (bad === '429') return { ...answer(429, ''), headers: { 'retry-after': '1' } };
      if (bad === 'lost-before') return lost;
      if (bad === 'lost-late') {
        if (method !== 'GET') late.push({ at: now().getTime() + pick(1, 5, 12) * MINUTE, does });
        return lost;
      }
      if (state.hasLostRights) return answer(404, '{"message":"Not Found"}');
      does();
      if (bad === 'lost-after') return lost;
      if (method !== 'GET') return answer(200, '{}');
      if (pathname.startsWith('/list/')) return answer(200, JSON.stringify([...accounts]));
      return accounts.has(name) ? answer(200, '{"ok":true}') : answer(404, '{}');
    },
  };
  return { http, accounts, state, arrive };
}

const answer = (status: number, text: string): Extract<HttpAnswer, { kind: 'answer' }> => ({
  kind: 'answer',
  status,
  headers: {},
  text,
});

/** A migrated database of the play's own: what falls due in it is the play's. */
export interface PlayEnv {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
}

export async function play(stage: PlayEnv, seed: number, shape: Shape): Promise<Played> {
  const random = randomOf(seed);
  const pick = <T>(...all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  let at = new Date('2026-11-24T09:00:00.000Z').getTime();
  const now = (): Date => new Date(at);
  const log: string[] = [];
  const problems: string[] = [];
  const { stores } = stage;
  const { transact, take, nextDueAt } = memoryJobs(stage.transact, { now });
  const app = scriptedApp(random, now, log);
  const starting = { now, newId, randomBytes: (size: number) => randomBytes(size) };
  const deps: RemovalDeps = { transact };
  const worker = workerOn({ stores, transact, now, http: app.http });

  const address = `ada-${seed}-${newId()}@x.io`;
  const admin = await addedPerson(transact, { email: address, role: 'admin' });
  const actor = inSlack(admin);
  const email = `p${seed}-${newId()}@x.io`;
  const { id: personId } = await addedPerson(transact, { email }, actor);
  const integration = await addApp(shape, transact);
  const names = new Set<string>();

  const current = async (): Promise<Person> => present(await stores.people.find(personId));
  const setName = async (name: string | undefined): Promise<void> => {
    await transact(async (tx) => {
      const person = await tx.people.hold(personId);
      if (!person) return;
      if (!shape.byUsername) {
        if (name !== undefined)
          await changePerson(tx, person, { actor, details: { email: `${name}@x.io` } });
        return;
      }
      const { USERNAME: _, ...rest } = knownFacts(person);
      const stored = name === undefined ? rest : { ...rest, USERNAME: name };
      await tx.people.save({ ...person, stored });
    });
  };
  if (shape.byUsername) await setName(`user-${seed}`);
  names.add(shape.byUsername ? `user-${seed}` : email);

  const handlers: { readonly [N in JobName]?: (payload: Jobs[N]) => Promise<unknown> } = {
    'run.advance': ({ runId, about }) => advanceRun(runId, worker, about),
    'access.check': (wanted) => checkQueued(wanted, worker),
    'removal.advance': ({ removalId }) => advanceRemoval(removalId, deps),
    'removal.ended': (ended) => afterRemoval(ended, deps),
    'removal.reconsider': (wanted) => reconsider(wanted, deps),
    'removals.expedite': (wanted) => expedite(wanted, deps),
    'grants.set-up': (wanted) => startSetUpGrants(wanted, deps),
    'integration.empty': (wanted) => emptyIntegration(wanted, deps),
    'integration.stop-grants': (wanted) => stopOtherGrants(wanted, deps),
  };
  const work = async (most: number): Promise<void> => {
    for (let left = most; left > 0; left -= 1) {
      const job = take();
      if (!job) return;
      if (left === 1 && most === ALL) problems.push('so many jobs at one instant are a loop');
      const handler = handlers[job.name] as ((payload: unknown) => Promise<unknown>) | undefined;
      await handler?.(job.payload);
    }
  };
  const sources = [...accessSources, offboardingSource({ timeZone: 'UTC' })];
  const tick = async (ms: number): Promise<void> => {
    at += ms;
    app.arrive();
    await fire({ stores, transact, now }, sources);
  };
  const unfinished = async () => stores.runs.unfinished(personId, integration.id);
  const removal = async () => stores.removals.open(personId, integration.id);
  const grant = async (days?: number, reason?: string): Promise<void> => {
    const person = await current();
    await transact((tx) =>
      startGrant(tx, {
        actor,
        person,
        integration,
        form: {},
        ...(days !== undefined && { hours: days * 24 }),
        ...(reason !== undefined && { reason }),
      }),
    );
  };
  const remove = (kind: 'revoked' | 'review' | 'sequence') => async (): Promise<void> => {
    const person = await current();
    await transact((tx) =>
      beginRemoval(tx, { person, integration, actor, cause: { kind, id: newId() } }),
    );
  };
  const onPerson = (
    does: (tx: Parameters<Parameters<UnitOfWork>[0]>[0], person: Person) => Promise<unknown>,
  ) =>
    transact(async (tx) => {
      const person = await tx.people.hold(personId);
      if (person) await does(tx, person);
    });
  const plan = (endDate: string) =>
    onPerson((tx, person) => planOffboarding(tx, { person, endDate, actor }));
  const day = (ms = 0): string => new Date(at + ms).toISOString().slice(0, 10);
  const appIsGone = (): boolean => [...names].every((name) => !app.accounts.has(name));

  const moves: Readonly<Record<string, () => Promise<unknown>>> = {
    grant: () => grant(),
    'grant for a day': () => grant(1),
    'grant with a reason': () => grant(undefined, 'needed'),
    revoke: remove('revoked'),
    review: remove('review'),
    sequence: remove('sequence'),
    check: () =>
      transact((tx) => queueCheck(tx.queue, { personId, integrationId: integration.id })),
    work: () => work(pick(1, 2, 3, 50)),
    minutes: async () => {
      await tick(pick(1, 2, 6, 16) * MINUTE);
      await work(pick(0, 1, 50));
    },
    hour: async () => {
      await tick(HOUR);
      await work(pick(0, 1, 50));
    },
    day: async () => {
      await tick(25 * HOUR);
      await work(60);
    },
    'kill the worker': async () => {
      worker.underWay.clear();
      await takeOver('worker-1', { stores, transact, now, releaseJobsOf: async () => undefined });
    },
    'cancel the retry': async () => {
      const run = await unfinished();
      if (run) await transact((tx) => cancelRetry(tx, run, actor));
    },
    'retry now': async () => {
      const run = await unfinished();
      if (run) await transact((tx) => retryNow(tx, run, actor));
    },
    'leave yesterday': () => plan(day(-DAY)),
    'leave tomorrow': () => plan(day(DAY)),
    'come back': () => onPerson((tx, person) => reactivate(tx, person, { ...starting, actor })),
    deactivate: () => onPerson((tx, person) => deactivate(tx, person, { ...starting, actor })),
    keep: async () => {
      const open = await removal();
      const person = await current();
      if (!open || !isPaused(open, now()) || !person.active) return;
      await transact((tx) => keepPaused(tx, open.id, { person, integration, actor }));
    },
    'remove what is paused': async () => {
      const open = await removal();
      if (open) await transact((tx) => resumeRemoval(tx, open.id, actor));
    },
    'do the task': async () => {
      const open = await removal();
      const task = open?.taskId === undefined ? undefined : await stores.tasks.find(open.taskId);
      if (task?.state !== 'open') return;
      for (const name of names) app.accounts.delete(name);
      await transact((tx) => finishTask(tx, task, { person: admin, actor }));
    },
    'an admin looks': async () => {
      const open = await removal();
      if (open && appIsGone())
        await transact((tx) => confirmGone(tx, open.id, { person: admin, actor }));
    },
    'turn off': () => transact((tx) => turnOff(tx, integration, { ...starting, actor })),
    'turn on': () => transact((tx) => turnOn(tx, integration, { ...starting, actor })),
    rename: async () => {
      const name = `q${Math.floor(random() * 1e9)}`;
      names.add(shape.byUsername ? name : `${name}@x.io`);
      await setName(name);
    },
    'forget the username': async () => {
      if (shape.byUsername) await setName(undefined);
    },
    'lose rights': async () => {
      if (shape.exists !== 'status') return;
      app.state.hasLostRights = !app.state.hasLostRights;
      // Within a day of a good answer nobody can tell its 404 from one that means it: see `access/health.ts`.
      if (app.state.hasLostRights) await tick(DAY);
    },
  };
  async function judge(after: string): Promise<void> {
    app.arrive();
    const isThere = !appIsGone();
    if (!isThere) return;
    const open = await removal();
    const holds = await stores.holds.openAt(personId, integration.id);
    const run = await unfinished();
    const isUnderWay = run !== undefined && isUnfinished(run);
    if (!open && holds.length === 0 && !isUnderWay)
      problems.push(`after ${after}: the account is there, and nothing says why or removes it`);
    const access = await stores.access.find(personId, integration.id);
    if (access?.state === 'none')
      problems.push(`after ${after}: it says "no access", and the account is there`);
    const last = await stores.removals.latest(personId, integration.id);
    const isGivenSince =
      last?.state === 'gone' && holds.some(({ startedAt }) => startedAt >= last.endedAt);
    if (last?.state === 'gone' && !isGivenSince && !isUnderWay)
      problems.push(`after ${after}: it says "gone", and the account is there`);
  }

  const weights =
    `grant,grant,grant,grant for a day,grant with a reason,revoke,review,sequence,check,work,work,work,minutes,
    minutes,hour,day,kill the worker,cancel the retry,retry now,leave yesterday,leave tomorrow,come back,deactivate,keep,
    remove what is paused,do the task,an admin looks,turn off,turn on,rename,forget the username,lose rights`
      .split(',')
      .map((each) => each.trim());
  for (let move = 0; move < MOVES && problems.length === 0; move += 1) {
    const name = pick(...weights);
    log.push(`— ${name}`);
    await moves[name]?.();
    await judge(name);
  }

  log.push('— the end');
  app.state.hasLostRights = false;
  const person = await current();
  if (person.active) await plan(day(-DAY));
  await tick(MINUTE);
  await work(pick(0, 1, 50));
  for (let quarter = 0; quarter < 8; quarter += 1) {
    await tick(15 * MINUTE);
    await work(ALL);
    await judge('a quarter of an hour');
  }
  app.state.isReliable = true;
  // Nothing happens between one job and the next.
  for (let left = 8 * DAY; left > 0; ) {
    const wait = Math.max((nextDueAt() ?? at + DAY) - at, MINUTE);
    const ms = Math.min(wait, DAY, left);
    await tick(ms);
    await work(ALL);
    left -= ms;
  }
  await judge('eight days');
  const open = await removal();
  const isByHand = open?.state === 'by-hand';
  // Nobody has entered the username, or the manifest has no revoke.
  const isUnnamed = shape.byUsername && knownFacts(await current())['USERNAME'] === undefined;
  if (open && isOpenRemoval(open) && !(isByHand && (isUnnamed || !shape.revocable)))
    problems.push(`after eight healthy days the removal is ${open.state}: ${open.why ?? ''}`);
  if (!appIsGone() && !(isByHand && (isUnnamed || !shape.revocable)))
    problems.push('after eight healthy days the account is there');
  return { problems, log };
}

async function addApp(
  { exists, steps, byUsername, revocable }: Shape,
  transact: UnitOfWork,
): Promise<Integration> {
  const base = 'https://app.example.com';
  const name = byUsername ? '{{USERNAME}}' : '{{email}}';
  const user = `${base}/u/${name}`;
  const manifest = {
    ...(exists === 'list' && {
      exists: { method: 'GET', url: `${base}/list/all`, expected: name },
    }),
    ...(exists === 'status' && {
      exists: { method: 'GET', url: user, fail_when_4xx_response_code: false },
    }),
    execute: [
      { url: user },
      ...Array.from({ length: steps - 1 }, (_, index) => ({ url: `${base}/t${index}/${name}` })),
    ],
    ...(revocable && { revoke: [{ method: 'DELETE', url: user }] }),
    ...(byUsername && {
      extra_user_info: [{ id: 'USERNAME', name: 'Username', description: 'In that app' }],
    }),
  };
  return addedIntegration(transact, { name: `App ${newId()}`, manifest });
}
