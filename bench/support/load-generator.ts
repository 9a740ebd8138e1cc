/**
 * People who write to Latchkeys at a steady rate, in a process of its own that computes as little as it can while it sends: what
 * it measures is to be Latchkey, on the same processors. Started by `fork`; the messages are below.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOCAL_MESSAGES } from '../../test/support/local-teams.ts';

export type Platform = 'slack' | 'teams';

/** What the generator gets. `ready`: the addresses that take requests now. */
export type ToGenerator =
  | { readonly kind: 'ready'; readonly urls: readonly string[] }
  | ({ readonly kind: 'write' } & Writing);

export interface Writing {
  readonly count: number;
  readonly perSecond: number;
  /** So many people write, one after another. */
  readonly people: number;
  /** `both`: each person on Slack, then each on Teams. `mixed`: in turns. */
  readonly platforms: 'both' | 'mixed';
  readonly chatUrl: string;
  readonly signingSecret: string;
}

export interface Sent {
  readonly id: string;
  readonly platform: Platform;
  /** Epoch milliseconds. */
  readonly at: number;
  /** How many milliseconds later than planned it was sent. */
  readonly lateMs: number;
  /** Milliseconds to the acknowledgement; undefined where there was none. */
  readonly ms?: number;
  /** How many processes took no connection before one did. */
  readonly refusals: number;
  /** Why there was no acknowledgement: a status, a code of Node's, or that the time was up. */
  readonly failed?: string;
}

/** As often as people write them: mostly they look. */
const WORDS = [
  'help',
  'runs',
  'requests',
  'help',
  'access',
  'tasks',
  'help',
  'runs',
  'requests',
  'help',
];
/** The platforms give up sooner. */
const TIMEOUT_MS = 10_000;
/** Above Latchkey's processes, so that they don't slow down what measures them. */
const PRIORITY = -10;

/** Platforms and proxies keep their connections, too. */
const agent = new Agent({ keepAlive: true });
/** Those with the fewest requests under way are next, as in compose.yaml. */
const underWay = new Map<string, number>();
let ready: readonly string[] = [];
let turn = 0;

interface ToSend {
  readonly id: string;
  readonly platform: Platform;
  readonly path: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

interface About {
  readonly id: string;
  readonly user: string;
  readonly word: string;
  /** When it is sent, in epoch milliseconds. */
  readonly at: number;
}

/** In a channel, so that its answer, or that it was sent, comes to an address of its own. */
function command({ id, user, word, at }: About, writing: Writing): ToSend {
  const body = new URLSearchParams({
    command: '/latchkey',
    text: word,
    team_id: 'T0',
    channel_id: 'C0',
    channel_name: 'general',
    user_id: `U${user}`,
    trigger_id: id,
    response_url: `${writing.chatUrl}/answers/${id}`,
  }).toString();
  const timestamp = String(Math.floor(at / 1000));
  const signature = createHmac('sha256', writing.signingSecret)
    .update(`v0:${timestamp}:${body}`)
    .digest('hex');
  return {
    id,
    platform: 'slack',
    path: '/slack/events',
    body: Buffer.from(body),
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      'X-Slack-Request-Timestamp': timestamp,
      'X-Slack-Signature': `v0=${signature}`,
    },
  };
}

/** In a group chat of its own, for the same reason. */
function activity({ id, user, word }: About, { chatUrl }: Writing): ToSend {
  const conversation = { id: `group-${id}`, conversationType: 'groupChat', tenantId: 'tenant' };
  const body = JSON.stringify({
    type: 'message',
    id,
    channelId: 'msteams',
    serviceUrl: `${chatUrl}/teams/`,
    from: { id: `T${user}`, name: user, aadObjectId: `T${user}` },
    recipient: { id: '28:bot', name: 'Latchkey' },
    conversation: { ...conversation, isGroup: true },
    channelData: { tenant: { id: 'tenant' } },
    text: word,
  });
  return {
    id,
    platform: 'teams',
    path: LOCAL_MESSAGES,
    body: Buffer.from(body),
    headers: { 'Content-Type': 'application/json' },
  };
}

/** Everything is made and signed before the first is sent. */
async function write(writing: Writing): Promise<readonly Sent[]> {
  const { count, perSecond, people, platforms } = writing;
  const planned = (n: number) => (n * 1000) / perSecond;
  const began = Date.now();
  const all = Array.from({ length: count }, (_, n) => {
    const about = {
      id: randomUUID(),
      user: `c${n % people}`,
      word: WORDS[n % WORDS.length] ?? 'help',
      at: began + planned(n),
    };
    const onSlack = platforms === 'both' ? n < people : n % 2 === 0;
    return onSlack ? command(about, writing) : activity(about, writing);
  });
  const start = performance.now();
  const sent: Promise<Sent>[] = [];
  for (const [n, each] of all.entries()) {
    const wait = start + planned(n) - performance.now();
    if (wait > 1) await sleep(wait);
    sent.push(send(each, performance.now() - start - planned(n)));
  }
  return Promise.all(sent);
}

async function send({ id, platform, ...wanted }: ToSend, lateMs: number): Promise<Sent> {
  const at = Date.now();
  const started = performance.now();
  let refusals = 0;
  for (const url of inTurn()) {
    const outcome = await post(url, wanted);
    if (outcome === 'ok') {
      const ms = performance.now() - started;
      return { id, platform, at, lateMs, ms, refusals };
    }
    // Only what was surely not received goes to the next process, as with every balancer.
    if (outcome !== REFUSED) return { id, platform, at, lateMs, refusals, failed: outcome };
    ready = ready.filter((other) => other !== url);
    refusals += 1;
  }
  return { id, platform, at, lateMs, refusals, failed: 'none was ready' };
}

function inTurn(): readonly string[] {
  turn += 1;
  const from = turn % ready.length || 0;
  return [...ready.slice(from), ...ready.slice(0, from)].toSorted(
    (a, b) => (underWay.get(a) ?? 0) - (underWay.get(b) ?? 0),
  );
}

const REFUSED = 'ECONNREFUSED';

/** @returns `ok`, or why not */
async function post(
  url: string,
  { path, body, headers }: Pick<ToSend, 'path' | 'body' | 'headers'>,
): Promise<string> {
  underWay.set(url, (underWay.get(url) ?? 0) + 1);
  try {
    return await new Promise((resolve) => {
      const sending = request(
        `${url}${path}`,
        { method: 'POST', agent, headers: { ...headers, 'Content-Length': body.length } },
        (response) => {
          const isOk = response.statusCode === 200;
          const failed = isOk ? 'cut short' : `status ${response.statusCode}`;
          response.resume().on('close', () => resolve(isOk && response.complete ? 'ok' : failed));
        },
      );
      sending.setTimeout(TIMEOUT_MS, () => {
        resolve('time was up');
        sending.destroy();
      });
      sending.on('error', (error) => resolve('code' in error ? String(error.code) : error.name));
      sending.end(body);
    });
  } finally {
    underWay.set(url, (underWay.get(url) ?? 0) - 1);
  }
}

try {
  setPriority(PRIORITY);
} catch {
  // Only root may. Without, the figures say how late the generator was.
}
process.on('message', (message) => {
  const told = message as ToGenerator; // Of `load.ts`.
  if (told.kind === 'ready') ready = told.urls;
  else void write(told).then((sent) => process.send?.(sent));
});
process.on('disconnect', () => process.exit(0));
