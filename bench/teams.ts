/**
 * Both drivers for Teams side by side, in a whole Latchkey: memory and processor time of the main process after its start, and
 * after messages that it answered through the driver; and without Teams at all. In turns.
 */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectorDriver } from '../src/bots/teams/connector/connector.ts';
import type { Environment } from '../src/config/variables.ts';
import { message, personal, TENANT } from '../test/bots/teams/activities.ts';
import { LOCAL_MESSAGES, LOCAL_TEAMS } from '../test/support/local-teams.ts';
import { type Figure, inWords } from './support/figure.ts';
import { sizeOf } from './support/folder-size.ts';
import { startMainFleet } from './support/main-fleet.ts';

const STARTS = 3;
/** One person's rate limit lets so many through at once. */
const MESSAGES = 100;
/** What a start leaves to do is done by then. */
const IDLE_MS = 5000;
const MB = 1_000_000;

const WAYS = ['botbuilder', 'direct', 'off'] as const satisfies readonly (
  | ConnectorDriver
  | 'off'
)[];
type Way = (typeof WAYS)[number];

const ANN = {
  id: '29:1ann',
  name: 'Ann Lee',
  aadObjectId: '11111111-1111-4111-8111-111111111111',
  email: 'ann.lee@example.com',
};

interface Used {
  readonly bytes: number;
  readonly seconds: number;
}

interface Start {
  readonly idle: Used;
  /** Undefined without Teams. */
  readonly after: Used | undefined;
  /** Milliseconds from a message to its answer. */
  readonly answers: readonly number[];
}

/** `npm run bench -- teams [STARTS]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const starts = Number(args[0] ?? STARTS);
  const found = new Map<Way, Start[]>(WAYS.map((way) => [way, []]));
  for (let n = 0; n < starts; n += 1)
    for (const way of WAYS) found.get(way)?.push(await measure(way));
  return [...WAYS.flatMap((way) => told(way, found.get(way) ?? [])), ...(await sizes())];
}

async function measure(way: Way): Promise<Start> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-teams-'));
  const connector = await startConnector();
  const fleet = await startMainFleet(1, environmentOf(way, folder));
  try {
    const url = await new Promise<string>((resolve) => {
      fleet.watch(([ready]) => ready !== undefined && resolve(ready));
    });
    await sleep(IDLE_MS);
    const idle = await usedBy(url);
    if (way === 'off') return { idle, after: undefined, answers: [] };
    const answers: number[] = [];
    while (answers.length < MESSAGES) {
      const began = performance.now();
      const answered = connector.next();
      await write('help', `${url}${LOCAL_MESSAGES}`, connector.url);
      await answered;
      answers.push(performance.now() - began);
    }
    return { idle, after: await usedBy(url), answers };
  } finally {
    await fleet.stop();
    await connector.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function write(text: string, endpoint: string, serviceUrl: string): Promise<void> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(message(personal(serviceUrl, ANN), text)),
  });
  if (!response.ok) throw new Error(`The bot answered ${response.status}`);
}

interface Connector {
  readonly url: string;
  /** Resolves with the next message. */
  next(): Promise<void>;
  stop(): Promise<void>;
}

/** As much of the Bot Connector as an answer needs. */
async function startConnector(): Promise<Connector> {
  let heard: () => void = () => undefined;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      const isMember = request.url?.includes('/members/');
      const member = { ...ANN, userPrincipalName: ANN.email, tenantId: TENANT, userRole: 'user' };
      response.writeHead(isMember ? 200 : 201, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isMember ? member : { id: 'm1' }));
      if (body.includes('"type":"message"')) heard();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // Only a pipe's address is a string.
  return {
    url: `http://127.0.0.1:${port}/`,
    next: () =>
      new Promise((resolve) => {
        heard = resolve;
      }),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const environmentOf = (way: Way, folder: string): Environment => ({
  DATABASE_URL: `sqlite:${join(folder, 'latchkey.sqlite')}`,
  ADMIN_EMAILS: ANN.email,
  LOG_LEVEL: 'fatal',
  ...(way !== 'off' && { ...LOCAL_TEAMS, TEAMS_CONNECTOR: way }),
});

/** Of the main process, since its start. */
async function usedBy(url: string): Promise<Used> {
  const page = await (await fetch(`${url}/metrics`)).text();
  const figure = (name: string) =>
    Number(new RegExp(`^${name}\\{process="main"\\} (.+)$`, 'm').exec(page)?.[1]);
  return {
    bytes: figure('process_resident_memory_bytes'),
    seconds: figure('process_cpu_seconds_total'),
  };
}

function told(way: Way, starts: readonly Start[]): readonly Figure[] {
  const used = (which: (start: Start) => Used | undefined): string => {
    const all = starts.flatMap((start) => which(start) ?? []);
    const bytes = median(all.map((each) => each.bytes));
    const seconds = median(all.map((each) => each.seconds));
    return `${(bytes / MB).toFixed(0)} MB, ${seconds.toFixed(2)} s of processor time`;
  };
  const name = way === 'off' ? 'Teams off' : `Teams by ${way}`;
  const atRest = {
    what: `${name}: main after its start, median of ${starts.length}`,
    value: used(({ idle }) => idle),
  };
  if (way === 'off') return [atRest];
  return [
    atRest,
    {
      what: `${name}: main after ${MESSAGES} messages and answers`,
      value: used(({ after }) => after),
    },
    {
      what: `${name}: from a message to its answer`,
      value: inWords(starts.flatMap(({ answers }) => answers)),
    },
  ];
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

interface Locked {
  readonly packages: Readonly<
    Record<string, { readonly optional?: boolean; readonly dev?: boolean }>
  >;
}

/** What `npm install --omit=optional` leaves out is the SDK alone, beside what needs no package of its own. */
async function sizes(): Promise<readonly Figure[]> {
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as Locked;
  const found = await Promise.all(
    Object.entries(lock.packages)
      // A package's own packages are in its folder.
      .filter(([at, { optional, dev }]) => optional && !dev && !at.includes('/node_modules/'))
      .map(([folder]) => sizeOf(folder).catch(() => undefined)), // Another system's.
  );
  const installed = found.filter((bytes) => bytes !== undefined);
  const bytes = installed.reduce((sum, each) => sum + each, 0);
  const { outputs } = JSON.parse(await readFile('dist/programs.json', 'utf8')) as {
    readonly outputs: Readonly<Record<string, { readonly inputs: object }>>;
  };
  const chunks = Object.entries(outputs).filter(([, { inputs }]) =>
    Object.keys(inputs).some((file) => file.includes('node_modules/botbuilder/')),
  );
  const inBundle = await Promise.all(chunks.map(async ([file]) => (await stat(file)).size));
  const chunk = inBundle.reduce((sum, each) => sum + each, 0);
  return [
    {
      what: 'Teams by botbuilder: its packages in a clone',
      value: `${(bytes / MB).toFixed(0)} MB, ${installed.length} packages`,
    },
    { what: 'Teams by botbuilder: its part of the bundle', value: `${(chunk / MB).toFixed(1)} MB` },
  ];
}
