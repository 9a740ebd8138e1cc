/**
 * Pigeon Post, a sample mail service: an API key in a header of its own, slow, too busy for every fourth write,
 * and a mailbox that is ready only some time after it was asked for.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import express, { type Express, type RequestHandler, type Response } from 'express';
import {
  type Credentials,
  noCredentials,
  startApp,
  type ThirdParty,
  watchCredentials,
} from './start-app.ts';

export interface Mailbox {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly size: string;
  /** How often someone may still look before it is ready. */
  looksLeft: number;
}

export interface SlowMailState {
  /** By id. */
  readonly mailboxes: Map<string, Mailbox>;
  /** Writes that arrived, the refused ones included. */
  writes: number;
  readonly credentials: Credentials;
}

export interface SlowMailOptions {
  readonly port?: number;
  readonly key?: string;
  readonly credentials?: Credentials;
  /** Waits before an answer; by default 0.5 to 2.5 seconds, the same ones at every start. */
  readonly delay?: () => Promise<unknown>;
  /** Whether the nth write (1, 2, …) is answered 503; by default every fourth is. */
  readonly failsWrite?: (n: number) => boolean;
  /** How often a new mailbox answers "creating" before it answers "ready". */
  readonly looksUntilReady?: number;
}

export const PIGEON_POST_KEY = 'pigeon-demo-C6tu1Hb5Jf';

const SHORTEST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 2500;
const SEED = 20_261_124;

/** Starts Pigeon Post without mailboxes. */
export function startSlowMail({
  port = 0,
  key = PIGEON_POST_KEY,
  credentials = noCredentials(),
  delay = sleeping(seededWaits(SEED)),
  failsWrite = (n) => n % 4 === 0,
  looksUntilReady = 2,
}: SlowMailOptions = {}): Promise<ThirdParty<SlowMailState>> {
  const state: SlowMailState = { mailboxes: new Map(), writes: 0, credentials };
  const app = express().disable('x-powered-by');
  app.use(
    watchCredentials('X-Pigeon-Key', credentials),
    requireKey(key),
    beSlow(delay),
    beBusy(state, failsWrite),
    express.json(),
  );
  keepMailboxes(app, state, looksUntilReady);
  app.use((_, response) => refuse(response, 404, 'There is nothing here.'));
  return startApp(app, state, port);
}

function requireKey(key: string): RequestHandler {
  return (request, response, next) => {
    if (request.headers['x-pigeon-key'] === key) next();
    else refuse(response, 403, 'X-Pigeon-Key is missing or wrong.');
  };
}

function beSlow(delay: () => Promise<unknown>): RequestHandler {
  return async (_request, _response, next) => {
    await delay();
    next();
  };
}

function beBusy(state: SlowMailState, failsWrite: (n: number) => boolean): RequestHandler {
  return (request, response, next) => {
    if (request.method === 'GET') return next();
    state.writes += 1;
    if (!failsWrite(state.writes)) return next();
    refuse(response.set('Retry-After', '1'), 503, 'All pigeons are out. Ask again.');
  };
}

function keepMailboxes(app: Express, { mailboxes }: SlowMailState, looksUntilReady: number): void {
  let nextId = 1;

  app.post('/mailboxes', (request, response) => {
    const { email, name, size } = readWish(request.body);
    if (!email) return refuse(response, 400, 'email is missing.');
    const known = findByEmail(mailboxes, email);
    const mailbox: Mailbox = known ?? {
      id: `mbx-${nextId++}`,
      email,
      name,
      size,
      looksLeft: looksUntilReady,
    };
    mailboxes.set(mailbox.id, mailbox);
    response.status(202).json({ id: mailbox.id, status: statusOf(mailbox) });
  });

  app.get('/mailboxes', (request, response) => {
    const found = findByEmail(mailboxes, textOf(request.query['email']));
    response.json({ mailboxes: found ? [show(found)] : [] });
  });

  app.get('/mailboxes/:id', (request, response) => {
    const mailbox = mailboxes.get(request.params.id);
    if (!mailbox) return refuse(response, 404, 'There is no such mailbox.');
    response.json(show(mailbox));
    mailbox.looksLeft = Math.max(0, mailbox.looksLeft - 1);
  });

  app.delete('/mailboxes/:id', (request, response) => {
    if (mailboxes.delete(request.params.id)) response.status(204).end();
    else refuse(response, 404, 'There is no such mailbox.');
  });
}

function findByEmail(mailboxes: SlowMailState['mailboxes'], email: string): Mailbox | undefined {
  const wanted = email.toLowerCase();
  return [...mailboxes.values()].find((mailbox) => mailbox.email.toLowerCase() === wanted);
}

const statusOf = ({ looksLeft }: Mailbox): string => (looksLeft > 0 ? 'creating' : 'ready');

const show = (mailbox: Mailbox) => ({
  id: mailbox.id,
  email: mailbox.email,
  name: mailbox.name,
  size: mailbox.size,
  status: statusOf(mailbox),
});

function readWish(body: unknown): Pick<Mailbox, 'email' | 'name' | 'size'> {
  const fields = (body ?? {}) as Readonly<Record<string, unknown>>;
  return {
    email: textOf(fields['email']),
    name: textOf(fields['name']),
    size: textOf(fields['size']),
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function refuse(response: Response, status: number, error: string): void {
  response.status(status).json({ error });
}

/** Milliseconds to wait, the same ones after every start, so that a demo can be repeated (a linear congruential generator). */
export function seededWaits(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return SHORTEST_DELAY_MS + (state / 2 ** 32) * (LONGEST_DELAY_MS - SHORTEST_DELAY_MS);
  };
}

function sleeping(waits: () => number): () => Promise<unknown> {
  // A wait alone doesn't keep a process from ending.
  return () => sleep(waits(), undefined, { ref: false });
}
