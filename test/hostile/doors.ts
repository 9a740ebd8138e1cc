/**
 * What someone without any account sends to every public route, again and again, each time from another address: forged
 * signatures and tokens, guessed links, and what is no request of that kind at all.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { freePort } from '../../demo/free-port.ts';
import { type Foundation, openFoundation } from '../../src/app/foundation.ts';
import { readConfig } from '../../src/config/config.ts';
import { newId } from '../../src/core/ids.ts';
import { addHook } from '../../src/engine/sequences/hooks/change-hook.ts';
import { SIGNATURE_HEADER } from '../../src/engine/sequences/hooks/signature.ts';
import type { Sequence } from '../../src/engine/sequences/sequence.ts';
import { createToken } from '../../src/engine/tokens/create-token.ts';
import { SCOPES } from '../../src/engine/tokens/token.ts';
import { newTokenText } from '../../src/engine/tokens/token-text.ts';
import type { Endpoint } from '../../src/web/api/endpoint.ts';
import { endpoints } from '../../src/web/api/endpoints.ts';
import { putMigrated } from '../support/company/migrated-file.ts';
import { signatureHeader } from '../support/peers/signature-header.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import { until } from '../support/until.ts';

interface Knock {
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Door {
  readonly name: string;
  /** What it may answer: anything else was let in, or broke. */
  readonly answers: readonly number[];
  readonly knock: (n: number) => Knock;
}

const APP = 'c9e8c047-2a74-40a2-b28a-b162d5f5327c';
const TENANT = '72f988bf-86f1-41af-91ab-2d7cd011db47';
const ADMIN = 'ada@example.com';
const REFUSED = [400, 401, 403, 404, 410, 413, 415, 429];

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
const junk = (size: number): string => randomBytes(size).toString('base64url');
const oneOf = <T>(all: readonly [T, ...T[]], n: number): T => all[n % all.length] ?? all[0];

const SERVICE = 'https://smba.example/';
const ISSUER = 'https://api.botframework.com';
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = { aud: APP, iss: ISSUER, serviceurl: SERVICE, exp: 4_000_000_000 };
const unsigned = (header: object, payload: object): string =>
  `${part({ alg: 'RS256', ...header })}.${part({ ...claims, ...payload })}.${junk(256)}`;

/** Tokens that nobody has signed. The first one names a tenant of its own, which the SDK kept for good. */
const tokens: readonly [(n: number) => string, ...((n: number) => string)[]] = [
  () => unsigned({ kid: 'k' }, { iss: 'x', tid: junk(7000) }),
  (n) => unsigned({ kid: `k${n}` }, {}),
  (n) => unsigned({ kid: 'k' }, { iss: `https://sts.windows.net/t${n}/`, tid: `t${n}` }),
  () => `${part({ alg: 'none' })}.${part(claims)}.`,
  () => unsigned({ alg: 'HS256', kid: 'k' }, {}),
  () => junk(4000),
  () => 'x.y.z',
];

/** What Microsoft publishes here, and what it signs for others; only it has these keys. */
class BotFramework {
  readonly #teams = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #skype = generateKeyPairSync('rsa', { modulusLength: 2048 });

  get keys(): readonly object[] {
    return [
      {
        ...this.#teams.publicKey.export({ format: 'jwk' }),
        kid: 'teams',
        endorsements: ['msteams'],
      },
      {
        ...this.#skype.publicKey.export({ format: 'jwk' }),
        kid: 'skype',
        endorsements: ['skype'],
      },
    ];
  }

  /** With a good signature, or one under a key that is known; none of them is for this bot and what it is sent. */
  tokens(): readonly [string, ...string[]] {
    const teams = this.#teams.privateKey;
    const another = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    return [
      signedBy(another, 'teams', {}),
      signedBy(teams, 'teams', { aud: TENANT }),
      signedBy(teams, 'teams', { exp: 1_500_000_000 }),
      signedBy(teams, 'teams', { nbf: 3_900_000_000 }),
      signedBy(teams, 'teams', { iss: `https://sts.windows.net/${APP}/` }),
      signedBy(teams, 'teams', { serviceurl: undefined }),
      signedBy(teams, 'teams', { serviceurl: 'https://elsewhere.example/' }),
      signedBy(this.#skype.privateKey, 'skype', {}),
      signedBy(this.#skype.privateKey, 'teams', {}),
    ];
  }

  /** Another company's people, who write to their own bot of the same name: all is right but for the tenant. */
  get ofAnotherTenant(): string {
    return signedBy(this.#teams.privateKey, 'teams', {});
  }
}

function signedBy(key: KeyObject, kid: string, payload: object): string {
  const text = `${part({ alg: 'RS256', kid })}.${part({ ...claims, ...payload })}`;
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`;
}

const activity = (n: number, tenantId = TENANT): string =>
  JSON.stringify({
    type: 'message',
    id: String(n),
    channelId: 'msteams',
    serviceUrl: SERVICE,
    from: { id: '29:ada', name: 'Ada', aadObjectId: TENANT },
    recipient: { id: `28:${APP}`, name: 'Latchkey' },
    conversation: { id: 'a:1', conversationType: 'personal', tenantId },
    channelData: { tenant: { id: tenantId } },
    text: 'people',
  });

function slackHeaders(n: number, body: string): Readonly<Record<string, string>> {
  const seconds = String(Math.floor(Date.now() / 1000) - oneOf([0, 3600], n));
  const forged = createHmac('sha256', 'not the secret').update(`v0:${seconds}:${body}`);
  return oneOf<Readonly<Record<string, string>>>(
    [
      {},
      { 'x-slack-request-timestamp': seconds },
      { 'x-slack-request-timestamp': 'now', 'x-slack-signature': `v0=${junk(32)}` },
      {
        'x-slack-request-timestamp': seconds,
        'x-slack-signature': `v0=${forged.digest('hex')}`,
      },
    ],
    n,
  );
}

const slackBodies = [
  'command=%2Flatchkey&text=people&team_id=T0&user_id=U0&trigger_id=1.1',
  `payload=${encodeURIComponent('{"type":"block_actions","user":{"id":"U0"}}')}`,
  '{"type":"url_verification","challenge":"x"}',
  '{',
  'x'.repeat(2000),
] as const;

/** A token that was guessed, or none at all. */
const guess = (n: number): string => oneOf([junk(32), 'x', '%00', '..%2f..', junk(300)], n);
const get = (path: string): Knock => ({ path });
const post = (path: string, body: string, type = FORM_TYPE): Knock => ({
  path,
  method: 'POST',
  headers: type,
  body,
});

const doors: readonly Door[] = [
  {
    name: '/slack/events',
    answers: REFUSED,
    knock: (n) => {
      const body = oneOf(slackBodies, n >> 2);
      const type = body.startsWith('{') ? JSON_TYPE : FORM_TYPE;
      return { ...post('/slack/events', body), headers: { ...type, ...slackHeaders(n, body) } };
    },
  },
  {
    name: '/api/messages',
    answers: REFUSED,
    knock: (n) => {
      const authorization: Readonly<Record<string, string>> =
        n % 9 === 8 ? {} : { authorization: `Bearer ${oneOf(tokens, n % 2 ? 0 : n >> 1)(n)}` };
      const body = n % 5 === 4 ? '{' : activity(n);
      return { ...post('/api/messages', body), headers: { ...JSON_TYPE, ...authorization } };
    },
  },
  {
    name: '/oauth',
    answers: REFUSED,
    knock: (n) => {
      const back = `callback?state=${junk(24)}&code=${junk(24)}`;
      return get(`/oauth/${guess(n)}/${oneOf(['connect', 'connected', back], n)}`);
    },
  },
  {
    name: '/links',
    answers: REFUSED,
    knock: (n) => {
      const path = `/links/${n % 4 < 2 ? '' : 'emailed.'}${guess(n)}`;
      return n % 2 ? get(path) : post(path, 'answer=12');
    },
  },
  {
    name: '/hooks',
    answers: REFUSED,
    knock: (n) => ({
      ...post(`/hooks/${guess(n)}`, n % 3 ? '{"email":"eve@example.com"}' : '{', JSON_TYPE),
      headers: { ...JSON_TYPE, 'webhook-signature': `v1,${junk(32)}`, 'webhook-id': junk(12) },
    }),
  },
  { name: '/healthz', answers: [200], knock: (n) => get(`/healthz?n=${n}`) },
  {
    name: '/readyz',
    answers: [...REFUSED, 200, 503],
    knock: (n) => get(oneOf(['/readyz', '/readyz?parts=database', '/readyz?parts=%00'], n)),
  },
  {
    name: '/metrics',
    answers: REFUSED,
    knock: (n) => ({
      path: '/metrics',
      headers: n % 2 ? { authorization: `Bearer ${junk(24)}` } : undefined,
    }),
  },
  {
    name: '/editor',
    answers: REFUSED,
    knock: (n) => {
      const page = `/editor/${guess(n)}`;
      return oneOf(
        [
          get(page),
          post(page, 'manifest=%7B'),
          post(`${page}/check`, '{', JSON_TYPE),
          get(`${page}/try`),
        ],
        n,
      );
    },
  },
  {
    name: '/secrets',
    answers: REFUSED,
    knock: (n) =>
      n % 2 ? get(`/secrets/${guess(n)}`) : post(`/secrets/${guess(n)}`, `TOKEN=${junk(100)}`),
  },
  {
    name: '/api/v1, what it says of itself',
    answers: [200],
    knock: (n) => get(`/api/v1/${n % 2 ? 'docs' : 'openapi.json'}`),
  },
  ...(['bundles', 'overview', 'authenticator'] as const).map(
    (page): Door => ({
      name: `/${page}`,
      answers: REFUSED,
      knock: (n) => {
        const at = `/${page}/${guess(n)}${oneOf(['', '/people.csv', '/x/item?app=x'], n >> 1)}`;
        return n % 2 ? get(at) : post(at, `do=save&csrf=${junk(24)}`);
      },
    }),
  ),
  {
    name: '/exports',
    answers: REFUSED,
    knock: (n) => get(`/exports/${guess(n)}${n % 2 ? '/file' : ''}`),
  },
  { name: 'nothing', answers: REFUSED, knock: (n) => get(`/${guess(n)}`) },
];

function doorsWithKeys(microsoft: BotFramework): Door {
  const known = microsoft.tokens();
  const foreign = microsoft.ofAnotherTenant;
  return {
    name: '/api/messages, with tokens that the Bot Framework has signed for others',
    answers: REFUSED,
    knock: (n) => {
      const isForeign = n % 4 === 3;
      const authorization = `Bearer ${isForeign ? foreign : oneOf(known, n)}`;
      const body = activity(n, isForeign ? APP : TENANT);
      return { ...post('/api/messages', body), headers: { ...JSON_TYPE, authorization } };
    },
  };
}

/** Of a hook that is there: calls without a signature, with one of another secret, and with one of another body. */
const hookDoor = (hookId: string): Door => ({
  name: '/hooks, of one that is there',
  answers: REFUSED,
  knock: (n) => {
    const body = oneOf(['{"email":"ada@example.com"}', '{', junk(2000)], n);
    const at = new Date(Date.now() - oneOf([0, 3_600_000], n));
    const forged = signatureHeader(`lkhook_${junk(32)}`, Buffer.from(body), at);
    const signature = oneOf(
      [undefined, forged, `t=${at.getTime()},v1=${junk(32)}`, 'v1,x'],
      n >> 1,
    );
    return {
      ...post(`/hooks/${hookId}`, body),
      headers: {
        ...JSON_TYPE,
        ...(signature !== undefined && { [SIGNATURE_HEADER]: signature }),
      },
    };
  },
});

/** Every address of the API, also with a token that has the id of one that works, and a right checksum. */
const apiDoor = (tokenId: string): Door => ({
  name: '/api/v1',
  answers: [...REFUSED, 405],
  knock: (n) => {
    const { method, path } = oneOf(endpoints as [Endpoint, ...Endpoint[]], n);
    return {
      path: `/api/v1${path.replace('{id}', guess(n))}`,
      method: n % 7 === 6 ? 'POST' : method,
      headers: {
        ...JSON_TYPE,
        'idempotency-key': junk(12),
        authorization: forgedToken(tokenId, n >> 2),
      },
      body: method === 'GET' ? undefined : oneOf(['{}', '{', junk(2000)], n),
    };
  },
});

/** What programs call that speak MCP, with the same tokens. */
const mcpDoor = (tokenId: string): Door => ({
  name: '/mcp',
  answers: [...REFUSED, 405],
  knock: (n) => {
    const call = { jsonrpc: '2.0', id: n, method: 'tools/call', params: { name: 'list_people' } };
    return {
      path: '/mcp',
      method: n % 7 === 6 ? 'GET' : 'POST',
      headers: { ...JSON_TYPE, authorization: forgedToken(tokenId, n >> 2) },
      body: n % 7 === 6 ? undefined : oneOf([JSON.stringify(call), '{', junk(2000)], n),
    };
  },
});

const forgedToken = (tokenId: string, n: number): string => {
  const forged = [newId(), tokenId].map((id) => newTokenText(id, randomBytes));
  return `Bearer ${oneOf(['', junk(5000), ...forged], n)}`;
};

export interface House {
  readonly doors: readonly Door[];
  /** Megabytes that its main process holds after garbage collection. */
  held(): Promise<number>;
  /** Sends so many, and gives each answer that it should not have given. */
  knockAt(door: Door, times: number): Promise<readonly string[]>;
  /** Everything in the database, by table; what moves with time alone is left out. */
  rows(): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

/** Latchkey with Slack over HTTP and Teams with tokens, neither of which lets anybody in here. Needs the build. */
export async function openHouse(): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-doors-'));
  const slack = await SlackDouble.start();
  const port = await freePort(0);
  const file = join(folder, 'latchkey.sqlite');
  putMigrated(file);
  const environment = {
    HOST: '127.0.0.1',
    PORT: String(port),
    DATABASE_URL: `sqlite:${file}`,
    ADMIN_EMAILS: ADMIN,
    LOG_LEVEL: 'silent',
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    TEAMS_APP_ID: APP,
    TEAMS_APP_PASSWORD: 'not-a-password',
    TEAMS_TENANT_ID: TENANT,
    // Each request comes from an address of its own, so no limit of one client hides what a route does.
    TRUST_PROXY: '127.0.0.1',
    // Nobody listens there: nothing is asked for outside.
    HTTPS_PROXY: 'http://127.0.0.1:9',
  };
  const microsoft = new BotFramework();
  const preload = pathToFileURL(resolve('dist/bench/support/doors-preload.js')).href;
  const child = fork(resolve('dist/src/main.js'), {
    cwd: folder, // No `.env` of someone's.
    env: {
      PATH: process.env['PATH'],
      MICROSOFT_KEYS: JSON.stringify(microsoft.keys),
      ...environment,
    },
    execArgv: ['--expose-gc', '--import', preload],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await until(async () => {
    if (child.exitCode !== null) throw new Error('Latchkey ended');
    return fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  const config = readConfig(environment);
  if (!config.ok) throw new TypeError('Latchkey took a configuration that is wrong');
  const foundation = await openFoundation(config.config);
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const hookId = await hookIn(foundation);
  const tokenId = await tokenIn(foundation);
  await firstWorkDone(foundation);
  return {
    doors: [
      ...doors,
      doorsWithKeys(microsoft),
      hookDoor(hookId),
      apiDoor(tokenId),
      mcpDoor(tokenId),
    ],
    async held() {
      child.send('measure');
      return (await heard<{ readonly megabytes: number }>(child)).megabytes;
    },
    async knockAt({ knock, answers, name }, times) {
      const wrong: string[] = [];
      const numbers = Array.from({ length: times }, (_, n) => n).values();
      const one = async () => {
        for (const n of numbers) {
          const status = await send({ ...knock(n), port, agent, n });
          if (!answers.includes(status)) wrong.push(`${name} ${n}: ${status}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, one));
      return wrong;
    },
    rows: () => rowsOf(foundation, hookId),
    async close() {
      agent.destroy();
      await foundation.close();
      const ended = once(child, 'exit');
      child.kill();
      await ended;
      await slack.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What each start does by itself, and the seal of what was noted until now: afterwards only a request writes. */
const firstWorkDone = ({ db, stores }: Foundation): Promise<void> =>
  until(async () => {
    const purges = await db('occurrences').where({ subject: 'purge:all' });
    if (purges.length === 0 || (await stores.auditChain.hasUnsealed())) return false;
    return (await db('jobs')).length === 0;
  });

/** @returns the id of a hook that starts a sequence */
async function hookIn({ transact, now, ...foundation }: Foundation): Promise<string> {
  const actor = { kind: 'system' } as const;
  const sequence: Sequence = {
    id: newId(),
    version: 1,
    name: 'First week',
    anchor: 'start-date',
    isOn: true,
    isForEveryHire: false,
    createdAt: now(),
  };
  return transact(async (tx) => {
    await tx.sequences.insert(sequence);
    const wanted = { sequenceId: sequence.id, name: 'HR', emailPath: 'email' };
    const deps = { now, newId, randomBytes: foundation.randomBytes, actor };
    return (await addHook(tx, wanted, deps)).id;
  });
}

/** @returns the id of a token that works */
async function tokenIn({ transact }: Foundation): Promise<string> {
  return transact(async (tx) => {
    const owner = await tx.people.findByEmail(ADMIN);
    if (!owner) throw new TypeError('Latchkey made no admin');
    const wish = {
      name: 'Sync',
      kind: 'service',
      ownerId: owner.id,
      scopes: SCOPES,
      days: 90,
    } as const;
    const created = await createToken(tx, wish, { actor: { kind: 'system' } });
    if (!created.ok) throw new TypeError(created.why);
    return created.token.id;
  });
}

const AT_ONCE = 32;

/** The next that the process says. @throws where it ends before */
async function heard<T>(child: ChildProcess): Promise<T> {
  const over = new AbortController();
  const { signal } = over;
  try {
    const ended = once(child, 'exit', { signal }).then(() => undefined);
    const message = await Promise.race([once(child, 'message', { signal }), ended]);
    ended.catch(() => undefined); // Nobody waits for it any more.
    if (message === undefined) throw new Error('Latchkey ended');
    return message[0] as T;
  } finally {
    over.abort();
  }
}

interface Sending extends Knock {
  readonly port: number;
  readonly agent: Agent;
  readonly n: number;
}

/** @returns the status; 0 where the connection was closed without one */
function send({ port, agent, n, path, method = 'GET', ...sent }: Sending): Promise<number> {
  const { headers, body = '' } = sent;
  return new Promise((answered) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port,
        agent,
        path,
        method,
        headers: {
          ...headers,
          'x-forwarded-for': `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
          'content-length': String(Buffer.byteLength(body)),
        },
      },
      (response) => {
        response.resume();
        response.on('close', () => answered(response.statusCode ?? 0));
      },
    );
    asking.on('error', () => answered(0));
    asking.end(body);
  });
}

/** Beats of processes, and what they take in turn. */
const MOVING = ['workers', 'knex_migrations_lock'];

async function rowsOf(
  { db, stores }: Foundation,
  hookId: string,
): Promise<Readonly<Record<string, string>>> {
  const tables: string[] = await db('sqlite_master').where({ type: 'table' }).pluck('name');
  const found: Record<string, string> = {};
  for (const table of tables.toSorted())
    if (!MOVING.includes(table)) found[table] = JSON.stringify(await db(table).select('*'));
  // Its admins see how often strangers called it, and each time that is stored its secret is sealed again.
  const hook = await stores.hooks.find(hookId);
  found['hooks'] = JSON.stringify({ ...hook, version: 0, refusals: 0, lastRefusal: undefined });
  return found;
}
