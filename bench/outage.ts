/**
 * The database is away for half a minute, with runs in flight and people who write: cut off, silent (both PostgreSQL), or
 * locked by another process (SQLite). Then it is back. What ran is held against what the third party counted, and what
 * people were told is counted.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../demo/free-port.ts';
import { startApp } from '../src/app/app.ts';
import type { Actor } from '../src/engine/people/directory.ts';
import { addPerson } from '../src/engine/people/people.ts';
import { openDatabase } from '../src/store/database.ts';
import { type CountingParty, startCountingParty } from '../test/support/counting-party.ts';
import { type Cable, startCable } from '../test/support/peers/cable.ts';
import { type Figures, openRunLab, type RunLab } from '../test/support/run-lab.ts';
import { readable } from '../test/support/slack-double/readable.ts';
import { SlackDouble } from '../test/support/slack-double/slack-double.ts';
import type { SlackUser } from '../test/support/slack-double/slack-user.ts';
import { type Figure, inWords } from './support/figure.ts';

const SECONDS = 30;
/** So many that they are at work before, during and after it. */
const RUNS = 200;
const ANSWER_MS = 1000;
/** A process sends eight requests at a time to one. */
const HOSTS = 2;
const LOOK_MS = 10;
/** People press the button while a retry waits; a run is repeated at most once. */
const PRESS_EVERY_MS = 500;
/** Who has no answer by then gets none. */
const TIMEOUT_MS = 90_000;
const actor: Actor = { kind: 'operator', user: 'bench' };

/** How the database goes away, and how it comes back. */
interface Outage {
  readonly name: string;
  /** How soon runs are to go on when it is back. */
  readonly aim: string;
  /** The database without anything in between. */
  readonly direct: string;
  /** As Latchkey reaches it. */
  readonly through: string;
  begin(): Promise<void>;
  end(): Promise<void>;
  close(): Promise<void>;
}

/** `npm run bench -- outage [SECONDS] [RUNS]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const [seconds, runs] = [Number(args[0] ?? SECONDS), Number(args[1] ?? RUNS)];
  const figures: Figure[] = [];
  for (const open of [cutOff, silent, locked]) {
    const outage = await open();
    try {
      figures.push(...(await suffer(outage, seconds, runs)));
    } finally {
      await outage.close();
    }
  }
  return figures;
}

const cutOff = (): Promise<Outage> =>
  postgres('PostgreSQL is cut off', 'under 10 s', (cable) => cable.cut());
/** Who has asked just before it is back hears for 30 seconds that nothing comes, and gives its connection up then. */
const silent = (): Promise<Outage> =>
  postgres('PostgreSQL says nothing', 'under 40 s', (cable) => cable.swallow());

async function postgres(name: string, aim: string, begin: (cable: Cable) => void): Promise<Outage> {
  const { startPostgres } = await import('../test/support/peers/embedded-postgres.ts');
  const server = await startPostgres(true);
  const direct = await server.createDatabase('outage');
  const address = new URL(direct);
  const cable = await startCable(Number(address.port));
  address.port = String(cable.port);
  return {
    name,
    aim,
    direct,
    through: address.href,
    begin: async () => begin(cable),
    end: async () => cable.mend(),
    async close() {
      await cable.close();
      await server.stop();
    },
  };
}

async function locked(): Promise<Outage> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-outage-'));
  const url = `sqlite:${join(folder, 'latchkey.sqlite')}`;
  const other = openDatabase(url);
  return {
    name: 'SQLite is locked',
    aim: 'under 10 s',
    direct: url,
    through: url,
    begin: async () => void (await other.raw('BEGIN EXCLUSIVE')),
    end: async () => void (await other.raw('ROLLBACK')),
    async close() {
      await other.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function suffer(outage: Outage, seconds: number, runs: number): Promise<readonly Figure[]> {
  const slack = await SlackDouble.start();
  const party = await startCountingParty(() => Math.random() * ANSWER_MS, true);
  const lab = await openRunLab(outage.direct, party, HOSTS);
  const people = await hire(seconds, lab, slack);
  const app = await startApp({
    ...lab.environment,
    DATABASE_URL: outage.through,
    PORT: String(await freePort(0)),
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
  });
  slack.eventsUrl = `${app.url}/slack/events`;
  try {
    const pid = await app.workerReady();
    await lab.start(runs);
    while (requestsOf(party) < runs / 2) await sleep(LOOK_MS);

    await outage.begin();
    const told = await writeOneByOne(people, slack);
    await outage.end();

    const back = performance.now();
    const before = requestsOf(party);
    while (requestsOf(party) === before) await sleep(LOOK_MS);
    const goesOnAfterMs = performance.now() - back;
    while ((await lab.unfinished()) > 0) {
      await lab.retryAll();
      await sleep(PRESS_EVERY_MS);
    }
    const isSameWorker = (await app.workerReady()) === pid;
    const outcome = { goesOnAfterMs, isSameWorker, runs: await lab.figures() };
    const what = `${outage.name} for ${seconds} s`;
    return figuresOf(what, outage.aim, outcome, await Promise.all(told));
  } finally {
    await app.stop();
    await lab.close();
    await party.close();
    await slack.stop();
  }
}

const requestsOf = ({ hits }: CountingParty): number =>
  [...hits.values()].reduce((sum, { length }) => sum + length, 0);

/** Each writes once, so that what they are told is told to them alone. */
async function hire(
  count: number,
  { foundation: { transact } }: RunLab,
  slack: SlackDouble,
): Promise<readonly SlackUser[]> {
  const names = Array.from({ length: count }, (_, n) => `ada${n}`);
  await transact(async (tx) => {
    for (const name of names) await addPerson(tx, { email: `${name}@lab.example` }, { actor });
  });
  return names.map((name) => slack.addUser(name, { email: `${name}@lab.example` }));
}

const WAYS = ['answered', 'told to try again', 'never answered'] as const;

/** What became of what one person wrote. */
interface Told {
  readonly acknowledgedMs: number;
  readonly firstWordMs: number;
  readonly lastWordMs: number;
  readonly how: (typeof WAYS)[number];
}

/** One a second. @returns as soon as the last one has written */
async function writeOneByOne(
  people: readonly SlackUser[],
  slack: SlackDouble,
): Promise<readonly Promise<Told>[]> {
  const told: Promise<Told>[] = [];
  for (const person of people) {
    told.push(write(person, slack));
    await sleep(1000);
  }
  return told;
}

async function write(person: SlackUser, slack: SlackDouble): Promise<Told> {
  const started = performance.now();
  await person.command('help'); // Throws where Slack would give up.
  const acknowledgedMs = performance.now() - started;
  const said = (isIt: (text: string) => boolean) =>
    slack.workspace.messages.find(
      ({ ephemeralFor, blocks }) => ephemeralFor === person.id && isIt(readable(blocks)),
    );
  const heard = async (isIt: (text: string) => boolean) => {
    while (!said(isIt) && performance.now() - started < TIMEOUT_MS) await sleep(LOOK_MS);
    return performance.now() - started;
  };
  const firstWordMs = await heard(() => true);
  const lastWordMs = await heard(isLastWord);
  if (!said(isLastWord)) return { acknowledgedMs, firstWordMs, lastWordMs, how: 'never answered' };
  const how = said((text) => text.includes('Something went wrong on our side'))
    ? 'told to try again'
    : 'answered';
  return { acknowledgedMs, firstWordMs, lastWordMs, how };
}

const isLastWord = (text: string): boolean => !text.includes('This is taking longer than usual');

interface Outcome {
  /** From the database's return to the next request of a run. */
  readonly goesOnAfterMs: number;
  readonly isSameWorker: boolean;
  readonly runs: Figures;
}

function figuresOf(
  what: string,
  aim: string,
  { goesOnAfterMs, isSameWorker, runs }: Outcome,
  told: readonly Told[],
): readonly Figure[] {
  const outcomes = Object.entries(runs.outcomes)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ');
  const ways = WAYS.map((how) => `${told.filter((each) => each.how === how).length} ${how}`).join(
    ', ',
  );
  return [
    {
      what: `outage, ${what}: runs`,
      value: `${outcomes}; lost ${runs.unfinished}, sent again after they were done ${runs.resentAfterDone}, sent twice without a word ${runs.sentTwiceUnrecorded}, recorded and never arrived ${runs.neverArrived}`,
      aim: '0 each',
    },
    {
      what: `outage, ${what}: runs go on by themselves after`,
      value: `${(goesOnAfterMs / 1000).toFixed(1)} s, ${isSameWorker ? 'in the same worker process' : 'in a new worker process'}`,
      aim,
    },
    {
      what: `outage, ${what}: ${told.length} commands meanwhile; acknowledged`,
      value: inWords(told.map(({ acknowledgedMs }) => acknowledgedMs)),
      aim: 'under 3000 ms',
    },
    {
      what: `outage, ${what}: what those who wrote them were told`,
      value: `${ways}; first word ${inWords(told.map(({ firstWordMs }) => firstWordMs))}; last word ${inWords(told.map(({ lastWordMs }) => lastWordMs))}`,
      aim: '0 never answered',
    },
  ];
}
