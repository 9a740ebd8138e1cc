/** What only the driver without the SDK does: its tokens and credentials, and what it makes of answers. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BotToken, requestToken } from '../../../../src/bots/teams/connector/bot-token.ts';
import type { Connector } from '../../../../src/bots/teams/connector/connector.ts';
import type {
  ConnectorAnswer,
  ConnectorRequest,
} from '../../../../src/bots/teams/connector/connector-http.ts';
import type { Credential } from '../../../../src/bots/teams/connector/credential.ts';
import { directConnector } from '../../../../src/bots/teams/connector/direct.ts';
import { ofKind } from '../../../support/given/outcomes.ts';
import { localHttp } from '../../../support/given/worker.ts';
import { CERTIFICATE, KEY } from '../../../support/peers/certificate.ts';
import { ANN, TENANT } from '../activities.ts';
import { BOT_CERTIFICATE, BOT_KEY, OTHER_CERTIFICATE, OTHER_KEY } from './certificates.ts';
import { type Connector as Double, startConnector } from './connector-double.ts';
import { type Entra, SECRET, startEntra } from './entra-double.ts';

const MINUTE = 60_000;
const shortKey = (): string =>
  generateKeyPairSync('rsa', { modulusLength: 1024 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
let entra: Entra;
let double: Double;
let now: number;
let connector: Connector;

beforeEach(async () => {
  now = Date.now();
  entra = await startEntra();
  double = await startConnector((token) => entra.isGood(token));
  double.members.push({ ...ANN, tenantId: TENANT });
  connector = opened({ kind: 'secret', secret: SECRET });
});
afterEach(async () => {
  await double.stop();
  await entra.stop();
});

const appWith = (credential: Credential) => ({
  appId: entra.appId,
  tenantId: TENANT,
  credential,
});
const deps = () => ({ http: localHttp(), now: () => now, entra: entra.url });
const opened = (credential: Credential): Connector =>
  directConnector({ http: deps().http, token: new BotToken(appWith(credential), deps()) });
const ask = () => connector.member({ serviceUrl: double.url, conversation: 'a:1' }, ANN.id);

test('a new message may take longer than what can be repeated, since giving up would send it twice', async () => {
  const waits = new Map<string, number>();
  const patient = directConnector({
    http: {
      async send({ method }, { timeoutMs }) {
        waits.set(method, timeoutMs);
        return { kind: 'answer', status: 200, headers: {}, text: '{"id":"1"}' };
      },
    },
    token: undefined,
  });
  const place = { serviceUrl: double.url, conversation: 'a:1' };
  const activity = {
    ...place,
    type: 'message',
    channelId: 'msteams',
    from: { id: '28:bot', name: 'Latchkey' },
    conversation: { id: 'a:1', tenantId: TENANT, isGroup: false },
    attachments: [],
    summary: 'Hello',
  } as const;
  await patient.send(place, activity);
  await patient.update({ ...place, message: '1' }, activity);
  expect(waits).toEqual(
    new Map([
      ['POST', MINUTE],
      ['PUT', MINUTE / 4],
    ]),
  );
});

describe('the bot’s token', () => {
  test('is kept until five minutes before its end', async () => {
    await ask();
    now += 54 * MINUTE;
    await ask();
    expect(entra.requests).toHaveLength(1);
    now += MINUTE;
    await ask();
    expect(entra.requests).toHaveLength(2);
  });

  test('is requested once by many at once', async () => {
    await Promise.all([ask(), ask(), ask()]);
    expect(entra.requests).toHaveLength(1);
  });

  test('that lives for a moment only is used for half of it', async () => {
    entra.seconds = 60;
    await ask();
    now += 29_000;
    await ask();
    expect(entra.requests).toHaveLength(1);
    now += 1000;
    await ask();
    expect(entra.requests).toHaveLength(2);
  });

  test('that was withdrawn is replaced, and the call sent again', async () => {
    await ask();
    entra.withdraw();
    now += MINUTE;
    expect(await ask()).toMatchObject({ name: 'Ann Lee' });
    expect(entra.requests).toHaveLength(2);
    expect(double.requests).toHaveLength(3);
  });

  test('that was withdrawn fails none of the calls in flight', async () => {
    const { http } = deps();
    let refused = 0;
    let areAllRefused = (): void => undefined;
    const allRefused = new Promise<void>((resolve) => {
      areAllRefused = resolve;
    });
    const counting: typeof http = {
      async send(...call) {
        const answer = await http.send(...call);
        if (answer.kind === 'answer' && answer.status === 401) refused += 1;
        if (refused === 8) areAllRefused();
        return answer;
      },
    };
    const waiting: typeof http = {
      async send(...call) {
        if (entra.requests.length > 0) await allRefused;
        return http.send(...call);
      },
    };
    const token = new BotToken(appWith({ kind: 'secret', secret: SECRET }), {
      ...deps(),
      http: waiting,
    });
    connector = directConnector({ http: counting, token });
    await ask();
    entra.withdraw();
    now += MINUTE;
    const members = await Promise.all(Array.from({ length: 8 }, ask));
    expect(members).toHaveLength(8);
    expect(entra.requests).toHaveLength(2);
  });

  test('that was withdrawn is not final where Entra gives no other one', async () => {
    const token = new BotToken(appWith({ kind: 'secret', secret: SECRET }), deps());
    const first = await token.get();
    now += MINUTE;
    expect(token.forget(first)).toBe(true);
    entra.failures.push({ status: 503, body: '' });
    await expect(token.get()).rejects.toMatchObject({ code: 'unreachable' });
    expect(token.forget(first)).toBe(true);
  });

  test('is used to its end while Entra gives no other one, and Entra is asked each five seconds', async () => {
    await ask();
    now += 56 * MINUTE;
    entra.failures.push({ status: 503, body: '' }, { status: 503, body: '' });
    for (let n = 0; n < 3; n += 1) expect(await ask()).toMatchObject({ name: 'Ann Lee' });
    expect(entra.requests).toHaveLength(2);
    now += 4 * MINUTE;
    await expect(ask()).rejects.toMatchObject({ code: 'unreachable' });
    expect(entra.requests).toHaveLength(3);
  });

  test('that can’t be requested at all makes Latchkey wait too', async () => {
    let asked = 0;
    const http = {
      send: async () => {
        asked += 1;
        throw new RangeError('the secret');
      },
    };
    const app = appWith({ kind: 'secret', secret: SECRET });
    const token = new BotToken(app, { ...deps(), http });
    const error = { code: 'unreachable', message: 'Entra could not be reached (RangeError)' };
    for (let n = 0; n < 2; n += 1) await expect(token.get()).rejects.toMatchObject(error);
    expect(asked).toBe(1);
  });

  test('that is refused though it is new is not requested again and again', async () => {
    entra.audience = 'https://graph.microsoft.com';
    for (let n = 0; n < 3; n += 1) await expect(ask()).rejects.toMatchObject({ code: 'refused' });
    expect(entra.requests).toHaveLength(1);
  });

  test('that Entra doesn’t give is requested again after five seconds', async () => {
    connector = opened({ kind: 'secret', secret: 'wrong' });
    const error = { code: 'unreachable', message: 'Entra gave the bot no token (AADSTS7000215)' };
    for (let n = 0; n < 3; n += 1) await expect(ask()).rejects.toMatchObject(error);
    expect(entra.requests).toHaveLength(1);
    now += 5000;
    await expect(ask()).rejects.toMatchObject(error);
    expect(entra.requests).toHaveLength(2);
  });

  test.each([
    [200, '{"access_token":"line\\nbreak","expires_in":3599}', 'unreachable', 'HTTP 200'],
    [200, '{"access_token":"token","expires_in":-1}', 'unreachable', 'HTTP 200'],
    [200, 'not JSON', 'unreachable', 'HTTP 200'],
    [503, '<html>', 'unreachable', 'HTTP 503'],
    [200, `{"access_token":"${'x'.repeat(200_000)}"}`, 'unreachable', 'too-large'],
    [400, '{"error":"a b <script>"}', 'refused', 'HTTP 400'],
  ])('that comes as %i %s is none', async (status, body, kind, why) => {
    entra.failures.push({ status, body });
    const answer = await requestToken(appWith({ kind: 'secret', secret: SECRET }), deps());
    expect(answer.kind).toBe(kind);
    expect(Object.values(answer)).toContain(why);
  });
});

describe('a credential', () => {
  let folder: string;
  const path = (name: string) => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-credential-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function writeParts(name: string, ...parts: string[]): Promise<string> {
    await writeFile(path(name), parts.join('\n'));
    return path(name);
  }

  test.each([
    ['the key first', [BOT_KEY, BOT_CERTIFICATE]],
    ['the certificate first', [BOT_CERTIFICATE, BOT_KEY]],
    ['the certificates of its authority behind it', [BOT_CERTIFICATE, CERTIFICATE, BOT_KEY]],
  ])('is a certificate, in a file with %s', async (_what, parts) => {
    entra.certificate = BOT_CERTIFICATE;
    const file = await writeParts('bot.pem', ...parts);
    connector = opened({ kind: 'certificate', file });
    expect(await ask()).toMatchObject({ name: 'Ann Lee' });
    expect(entra.requests[0]?.has('client_secret')).toBe(false);
  });

  test('that was renewed counts for the next token', async () => {
    entra.certificate = BOT_CERTIFICATE;
    const file = await writeParts('bot.pem', OTHER_CERTIFICATE, OTHER_KEY);
    connector = opened({ kind: 'certificate', file });
    await expect(ask()).rejects.toThrow('Entra gave the bot no token (AADSTS700027)');
    await writeParts('bot.pem', BOT_CERTIFICATE, BOT_KEY);
    now += 5000;
    expect(await ask()).toMatchObject({ name: 'Ann Lee' });
  });

  test.each([
    ['the file holds no certificate in PEM', BOT_KEY],
    ['the file holds no private key in PEM, or one with a password', BOT_CERTIFICATE],
    ['its key is not RSA, which Entra asks for', `${CERTIFICATE}\n${KEY}`],
    ['its RSA key has fewer than 2048 bits', BOT_CERTIFICATE + shortKey()],
    ['its private key belongs to another certificate', BOT_CERTIFICATE + OTHER_KEY],
    ['is too large', 'x'.repeat(200_000)],
    ["can't be read (ENOENT)", undefined],
  ])('of a certificate is refused before anything is sent: %s', async (why, text) => {
    const name = text === undefined ? 'missing.pem' : 'wrong.pem';
    if (text !== undefined) await writeParts(name, text);
    const app = appWith({ kind: 'certificate', file: path(name) });
    const answer = ofKind('unusable', await requestToken(app, deps()));
    expect(answer.why).toContain(why);
    expect(answer.why).toMatch(/^TEAMS_CERTIFICATE_FILE: /);
    expect(entra.requests).toEqual([]);
  });

  test('is a token of another issuer, which is read again for each token', async () => {
    const file = path('federated');
    for (const token of ['aa.bb.cc', 'dd.ee.ff']) {
      entra.federated = token;
      await writeFile(file, `${token}\n`);
      const answer = await requestToken(appWith({ kind: 'federated', file }), deps());
      expect(answer.kind).toBe('token');
    }
    await writeFile(file, 'no token');
    expect(await requestToken(appWith({ kind: 'federated', file }), deps())).toEqual({
      kind: 'unusable',
      why: 'TEAMS_FEDERATED_TOKEN_FILE: the file holds no token (JWT)',
    });
  });
});

describe('an answer', () => {
  const answering = (answer: ConnectorAnswer, asked: ConnectorRequest[] = []) =>
    directConnector({
      http: { send: async (request) => (asked.push(request), answer) },
      token: undefined,
    });
  const at = { serviceUrl: 'http://127.0.0.1/', conversation: 'a:1' };
  const said = (status: number, text: string) =>
    ({ kind: 'answer', status, headers: {}, text }) as const;

  test.each([
    ['no id', '{}'],
    ['an id without end', `{"id":"${'x'.repeat(10_000)}"}`],
    ['nothing', ''],
    ['another text', '<html>'],
  ])('with %s is refused', async (_what, text) => {
    const opening = answering(said(201, text)).open(at.serviceUrl, {
      isGroup: false,
      bot: { id: '28:bot' },
      members: [{ id: ANN.id }],
      tenantId: TENANT,
      channelData: { tenant: { id: TENANT } },
    });
    await expect(opening).rejects.toMatchObject({ code: 'refused' });
  });

  test('with an error says its code where that is a word, and nothing else of it', async () => {
    const error = (code: string) => said(400, JSON.stringify({ error: { code, message: 'Ann' } }));
    await expect(answering(error('BadSyntax')).member(at, 'x')).rejects.toThrow(
      /^The Bot Connector answered 400 \(BadSyntax\)$/,
    );
    await expect(answering(error('a card of Ann')).member(at, 'x')).rejects.toThrow(
      /^The Bot Connector answered 400$/,
    );
  });

  test('that redirects a call is refused', async () => {
    const redirected = { ...said(200, '{"id":"1"}'), redirectedBy: 302 };
    await expect(answering(redirected).member(at, 'x')).rejects.toThrow('answered 302');
  });

  test.each(['', '.', '..'])('is not asked for with the id "%s"', async (id) => {
    const asked: ConnectorRequest[] = [];
    await expect(answering(said(200, '{}'), asked).member(at, id)).rejects.toMatchObject({
      code: 'refused',
    });
    expect(asked).toEqual([]);
  });

  test('is requested with each id as one part of the address', async () => {
    const asked: ConnectorRequest[] = [];
    await answering(said(200, '{}'), asked).member(
      { ...at, conversation: '19:x@thread.tacv2;messageid=1' },
      '../../v3?x#y',
    );
    expect(asked.map(({ url }) => url)).toEqual([
      'http://127.0.0.1/v3/conversations/19%3Ax%40thread.tacv2%3Bmessageid%3D1/members/..%2F..%2Fv3%3Fx%23y',
    ]);
  });
});
