/**
 * Many people at once, on both platforms: slash commands and Teams messages at a steady rate against three Latchkeys on
 * PostgreSQL, with runs, their messages and imports behind them, while one process after the other is killed. Afterwards what
 * people were answered, and what third parties got, is held against what was asked for.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSync } from '../src/engine/imports/start-sync.ts';
import { addIntegration } from '../src/engine/integrations/integrations.ts';
import type { Delivery } from '../src/engine/messages/delivery.ts';
import type { Actor } from '../src/engine/people/directory.ts';
import { addPerson } from '../src/engine/people/people.ts';
import { startCountingParty } from '../test/support/counting-party.ts';
import { LOCAL_TEAMS } from '../test/support/local-teams.ts';
import { openRunLab, type RunLab } from '../test/support/run-lab.ts';
import { type Figure, inWords } from './support/figure.ts';
import type { Platform, Sent, ToGenerator, Writing } from './support/load-generator.ts';
import { type MainFleet, startMainFleet } from './support/main-fleet.ts';

const SECONDS = 300;
const PER_SECOND = 200;
const PROCESSES = 3;
const KILL_EVERY_MS = 30_000;
/** People who write; each is in the directory. */
const PEOPLE = 500;
const RUNS_PER_SECOND = 2;
const IMPORT_EVERY_MS = 30_000;
const PEOPLE_PER_IMPORT = 1000;
const PAGE = 250;
const THIRD_PARTY_MS = 50;
/** At first everybody writes once on each platform, slowly: that links them, and a new process has compiled what it needs. */
const MEETING_PER_SECOND = 50;
/** People press the button while a retry waits; a run is repeated at most once. */
const PRESS_EVERY_MS = 1000;
/** Nothing was answered for so long: nothing more will be. Another process takes over from a dead one after 10 to 14 seconds. */
const QUIET_MS = 20_000;
const SIGNING_SECRET = 'bench-signing-secret';
const actor: Actor = { kind: 'operator', user: 'bench' };

/** `npm run bench -- load [SECONDS] [PER_SECOND] [no-kills]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const [seconds = SECONDS, perSecond = PER_SECOND] = args.map(Number).filter((each) => each > 0);
  const kills = !args.includes('no-kills');
  const { startPostgres } = await import('../test/support/peers/embedded-postgres.ts');
  const server = await startPostgres(true);
  const party = await startCountingParty(() => Math.random() * THIRD_PARTY_MS, true);
  const apis = fork(new URL('support/chat-apis.js', import.meta.url));
  const hr = fork(new URL('support/hr-api.js', import.meta.url));
  const generator = fork(new URL('support/load-generator.js', import.meta.url));
  try {
    const [chatUrl, hrUrl] = await Promise.all([addressOf(apis), addressOf(hr)]);
    const lab = await openRunLab(await server.createDatabase('load'), party, 8);
    const fleet = await startMainFleet(PROCESSES, {
      ...lab.environment,
      SLACK_BOT_TOKEN: 'xoxb-bench',
      SLACK_SIGNING_SECRET: SIGNING_SECRET,
      SLACK_API_URL: `${chatUrl}/api/`,
      ...LOCAL_TEAMS,
    });
    try {
      await hire(lab);
      const wanted = { seconds, perSecond, kills, chatUrl, hrUrl };
      const write = writeWith(generator, fleet, wanted);
      await write({ count: 2 * PEOPLE, perSecond: MEETING_PER_SECOND, platforms: 'both' });
      return figuresOf(wanted, await storm(lab, { fleet, write }, wanted));
    } finally {
      await fleet.stop();
      await lab.close();
    }
  } finally {
    apis.disconnect();
    hr.disconnect();
    generator.disconnect();
    await party.close();
    await server.stop();
  }
}

async function addressOf(child: ReturnType<typeof fork>): Promise<string> {
  const [{ url }] = (await once(child, 'message')) as [{ readonly url: string }]; // Its first word.
  return url;
}

async function hire({ foundation }: RunLab): Promise<void> {
  const { transact } = foundation;
  await transact(async (tx) => {
    for (let n = 0; n < PEOPLE; n += 1)
      await addPerson(tx, { email: `c${n}@lab.example` }, { actor });
  });
}

interface Wanted {
  readonly seconds: number;
  readonly perSecond: number;
  readonly kills: boolean;
  readonly chatUrl: string;
  readonly hrUrl: string;
}

interface Outcome {
  readonly sent: readonly Sent[];
  readonly killed: number;
  /** Undefined where processes were killed, and their count with them. */
  readonly processor: ProcessorTimes | undefined;
  /** When interactions got their first word in chat, by their ids: epoch milliseconds. */
  readonly answered: Readonly<Record<string, number>>;
  readonly runs: number;
  readonly figures: Awaited<ReturnType<RunLab['figures']>>;
  readonly messages: {
    readonly wanted: number;
    readonly never: readonly string[];
    readonly twice: number;
  };
  readonly imports: { readonly begun: number; readonly done: number; readonly people: number };
}

async function storm(
  lab: RunLab,
  { fleet, write }: { readonly fleet: MainFleet; readonly write: Write },
  wanted: Wanted,
): Promise<Outcome> {
  const atStart = await fleet.processorSeconds();
  const until = Date.now() + wanted.seconds * 1000;
  const work = await Promise.allSettled([
    write({
      count: wanted.seconds * wanted.perSecond,
      perSecond: wanted.perSecond,
      platforms: 'mixed',
    }),
    wanted.kills ? killOneAfterAnother(fleet, until) : Promise.resolve(0),
    startRuns(lab, until),
    startImports(lab, wanted, until),
  ] as const);
  const [sent, killed, runs, imports] = allOf(work);
  await untilAllEnded(lab);
  const seen = await seenAtLast(wanted);
  const succeeded = await emailsOfSucceeded(lab);
  const times = succeeded.map((email) => seen.welcomed[email] ?? 0);
  const never = succeeded.filter((email) => seen.welcomed[email] === undefined);
  return {
    sent,
    killed,
    processor: wanted.kills ? undefined : since(atStart, await fleet.processorSeconds()),
    answered: seen.answered,
    runs,
    figures: await lab.figures(),
    messages: {
      wanted: succeeded.length,
      never: await whatBecameOf(lab, never),
      twice: times.filter((count) => count > 1).length,
    },
    imports: { begun: imports, ...(await importsOf(lab)) },
  };
}

type ProcessorTimes = Awaited<ReturnType<MainFleet['processorSeconds']>>;

const since = (before: ProcessorTimes, after: ProcessorTimes): ProcessorTimes => ({
  main: after.main - before.main,
  worker: after.worker - before.worker,
});

/** Each has ended: one that failed leaves none behind that works on a database which is gone. */
function allOf<T extends readonly unknown[]>(
  settled: {
    readonly [K in keyof T]: PromiseSettledResult<T[K]>;
  },
): T {
  return settled.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  }) as unknown as T; // One by one, in their order.
}

interface Seen {
  readonly answered: Readonly<Record<string, number>>;
  readonly welcomed: Readonly<Record<string, number>>;
}

/** Processes that fell behind go on answering: looked at until nothing more comes. */
async function seenAtLast({ chatUrl }: Wanted): Promise<Seen> {
  const count = (seen: Seen) => Object.keys(seen.answered).length;
  const look = async () => (await (await fetch(`${chatUrl}/seen`)).json()) as Seen; // As `chat-apis.ts` has it.
  for (let before = await look(); ; ) {
    await sleep(QUIET_MS);
    const after = await look();
    if (count(after) === count(before)) return after;
    before = after;
  }
}

type Write = (
  writing: Pick<Writing, 'count' | 'perSecond' | 'platforms'>,
) => Promise<readonly Sent[]>;

/** @returns writes through the generator, one after another */
function writeWith(generator: ChildProcess, fleet: MainFleet, { chatUrl }: Wanted): Write {
  const tell = (message: ToGenerator) => generator.connected && generator.send(message);
  fleet.watch((urls) => tell({ kind: 'ready', urls }));
  return async (writing) => {
    const sent = once(generator, 'message') as Promise<[readonly Sent[]]>; // All that it ever says.
    tell({ kind: 'write', ...writing, people: PEOPLE, chatUrl, signingSecret: SIGNING_SECRET });
    return (await sent)[0];
  };
}

async function killOneAfterAnother(fleet: MainFleet, until: number): Promise<number> {
  let killed = 0;
  for (; Date.now() + KILL_EVERY_MS <= until; killed += 1) {
    await sleep(KILL_EVERY_MS);
    void fleet.kill(killed % PROCESSES);
  }
  return killed;
}

async function startRuns(lab: RunLab, until: number): Promise<number> {
  let runs = 0;
  while (Date.now() < until) {
    runs += (await lab.start(RUNS_PER_SECOND, ['message'])).length;
    await sleep(1000);
  }
  return runs;
}

/** Each of people whom nobody has imported before. @returns their number */
async function startImports(
  { foundation }: RunLab,
  { hrUrl }: Wanted,
  until: number,
): Promise<number> {
  const { transact, now, newId } = foundation;
  const deciding = { now, newId, actor };
  let begun = 0;
  for (; Date.now() < until; begun += 1) {
    const from = begun * PEOPLE_PER_IMPORT;
    const address = `${hrUrl}/people?people=${from + PEOPLE_PER_IMPORT}&size=${PAGE}&from=${from}`;
    const manifest = JSON.stringify({
      execute: [{ url: address, method: 'GET' }],
      action: 'create',
      data_from: 'employees',
      data_structure: { email: 'workEmail', first_name: 'firstName', last_name: 'lastName' },
      next_page_from: 'next',
      amount_pages_to_fetch: 100,
    });
    const wish = { name: `HR ${begun}`, manifest, secrets: {} };
    await transact(async (tx) => {
      const added = await addIntegration(tx, wish, deciding);
      if (!added.ok) throw new Error(added.errors.map(({ message }) => message).join());
      await startSync(tx, added.integration, { mode: 'import', ...deciding });
    });
    await sleep(Math.min(IMPORT_EVERY_MS, Math.max(0, until - Date.now())));
  }
  return begun;
}

/** Runs, what they send, and imports. */
async function untilAllEnded(lab: RunLab): Promise<void> {
  const { db } = lab.foundation;
  const open = async (table: string) =>
    Number((await db(table).whereNull('finished_at').count({ total: '*' }).first())?.['total']);
  const left = async () =>
    (await lab.unfinished()) + (await open('deliveries')) + (await open('sync_runs'));
  while ((await left()) > 0) {
    await lab.retryAll();
    await sleep(PRESS_EVERY_MS);
  }
}

async function emailsOfSucceeded({ foundation: { db } }: RunLab): Promise<readonly string[]> {
  return db('runs')
    .join('people', 'people.id', 'runs.person_id')
    .where('runs.state', 'succeeded')
    .pluck('people.email');
}

/** @returns how the message to each of these people ended, by what is stored */
async function whatBecameOf(
  { foundation: { db, stores } }: RunLab,
  emails: readonly string[],
): Promise<readonly string[]> {
  const runs: readonly string[] = await db('runs')
    .join('people', 'people.id', 'runs.person_id')
    .where('runs.state', 'succeeded')
    .whereIn('people.email', [...emails])
    .pluck('runs.id');
  const ends = await Promise.all(runs.map(async (id) => stores.deliveries.forRun(id)));
  return ends.map((each) => each.map(toSentence).join(' and ') || 'not stored');
}

const toSentence = (end: Delivery): string =>
  'why' in end && end.why !== undefined ? `${end.state}: ${end.why}` : end.state;

async function importsOf({
  foundation: { db },
}: RunLab): Promise<{ readonly done: number; readonly people: number }> {
  const done = await db('sync_runs').where({ state: 'done' }).count({ total: '*' }).first();
  const people = await db('people')
    .where('email', 'like', 'person.%')
    .count({ total: '*' })
    .first();
  return { done: Number(done?.['total']), people: Number(people?.['total']) };
}

function figuresOf(
  { seconds, perSecond }: Wanted,
  { sent, killed, processor, answered, runs, figures, messages, imports }: Outcome,
): readonly Figure[] {
  const times = (platform: Platform) =>
    sent.flatMap((each) => (each.platform === platform && each.ms !== undefined ? [each.ms] : []));
  const lost = sent.filter(({ ms }) => ms === undefined);
  const taken = sent.filter(({ ms }) => ms !== undefined);
  const silent = taken.filter(({ id }) => answered[id] === undefined);
  const waits = taken.flatMap(({ id, at }) => (answered[id] ? [answered[id] - at] : []));
  const elsewhere = sent.filter(({ refusals }) => refusals > 0);
  const reasons = new Map<string, number>();
  for (const { failed = '' } of lost) reasons.set(failed, (reasons.get(failed) ?? 0) + 1);
  const why = [...reasons].map(([reason, count]) => `${count} ${reason}`).join(', ');
  const outcomes = Object.entries(figures.outcomes)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ');
  const people = imports.begun * PEOPLE_PER_IMPORT;
  return [
    {
      what: `load: ${sent.length} interactions, ${perSecond} a second for ${seconds} s, ${PROCESSES} processes, ${killed} killed; acknowledged, Slack`,
      value: inWords(times('slack')),
      aim: 'p99 100 ms',
    },
    { what: 'load: acknowledged, Teams', value: inWords(times('teams')), aim: 'p99 100 ms' },
    ...(processor
      ? [
          {
            what: 'load: processor time per interaction, everything behind it included',
            value: `main ${((processor.main * 1000) / sent.length).toFixed(1)} ms, worker ${((processor.worker * 1000) / sent.length).toFixed(1)} ms`,
          },
        ]
      : []),
    {
      what: 'load: not acknowledged (within 10 s, or the process that had them was killed, or none was ready)',
      value: `${lost.length}${why && ` (${why})`}; ${elsewhere.length} more met a process that was down and went to the next`,
    },
    { what: 'load: sent later than planned', value: inWords(sent.map(({ lateMs }) => lateMs)) },
    { what: 'load: from writing to the first word in chat', value: inWords(waits) },
    {
      what: 'load: acknowledged and never answered',
      value: String(silent.length),
      aim: '0',
    },
    {
      what: `load: ${runs} runs of two writes behind it`,
      value: `${outcomes}; lost ${figures.unfinished}, recorded and never arrived ${figures.neverArrived}, sent twice without a word ${figures.sentTwiceUnrecorded}`,
      aim: '0 each',
    },
    {
      what: `load: ${messages.wanted} messages of runs that succeeded`,
      value: `${messages.never.length} never came${messages.never.map((end) => ` (${end})`).join('')}, ${messages.twice} came twice (at least once is promised)`,
      aim: '0 never came',
    },
    {
      what: `load: ${imports.begun} imports of ${PEOPLE_PER_IMPORT} people`,
      value: `${imports.done} done, ${imports.people} of ${people} people in the directory`,
      aim: 'all',
    },
  ];
}
