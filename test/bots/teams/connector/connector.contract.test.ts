/** What either driver of the Bot Connector does, at doubles of it and of Entra. */
import https from 'node:https';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BotToken } from '../../../../src/bots/teams/connector/bot-token.ts';
import { botbuilderConnector } from '../../../../src/bots/teams/connector/botbuilder-driver.ts';
import type {
  Connector,
  OutgoingActivity,
} from '../../../../src/bots/teams/connector/connector.ts';
import { directConnector } from '../../../../src/bots/teams/connector/direct.ts';
import { openConnector } from '../../../../src/bots/teams/connector/open-connector.ts';
import { PlatformError } from '../../../../src/bots/view/platform.ts';
import { localHttp } from '../../../support/given/worker.ts';
import { ANN, BOB, inChannel, message, personal, TEAM, TENANT } from '../activities.ts';
import { runText } from '../official-parser.ts';
import { startSmallBot } from '../small-bot.ts';
import { type Connector as Double, MESSAGE_BYTES, startConnector } from './connector-double.ts';
import { type Entra, SECRET, startEntra } from './entra-double.ts';
import { DRIVERS } from './opened.ts';

const { globalAgent } = https;

describe.each(DRIVERS)('the driver %s', (driver) => {
  let entra: Entra;
  let double: Double;
  let connector: Connector;

  beforeEach(async () => {
    entra = await startEntra();
    double = await startConnector((token) => entra.isGood(token));
    https.globalAgent = entra.agent;
    connector = opened(SECRET);
  });
  afterEach(async () => {
    https.globalAgent = globalAgent;
    await double.stop();
    await entra.stop();
  });

  const app = (secret: string) => ({
    appId: entra.appId,
    tenantId: TENANT,
    credential: { kind: 'secret', secret } as const,
  });
  function opened(secret: string): Connector {
    if (driver === 'botbuilder') return botbuilderConnector({ ...app(secret), secret });
    const deps = { http: localHttp(), now: () => Date.now(), entra: entra.url };
    return directConnector({ http: deps.http, token: new BotToken(app(secret), deps) });
  }

  const to = (conversation = 'a:1') => ({ serviceUrl: double.url, conversation });
  const saying = (text: string): OutgoingActivity => ({
    type: 'message',
    serviceUrl: double.url,
    channelId: 'msteams',
    from: { id: '28:bot', name: 'Latchkey' },
    conversation: { id: 'a:1', tenantId: TENANT, isGroup: false },
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: { type: 'AdaptiveCard', version: '1.5', body: [{ type: 'TextBlock', text }] },
      },
    ],
    summary: text.slice(0, 100),
  });
  const start = (member: string) =>
    ({
      isGroup: false,
      bot: { id: '28:bot' },
      members: [{ id: member }],
      tenantId: TENANT,
      channelData: { tenant: { id: TENANT } },
    }) as const;
  const failureOf = async (work: Promise<unknown>): Promise<PlatformError> => {
    const error: unknown = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(PlatformError);
    return error as PlatformError;
  };

  test('sends a message with the bot’s token, and replaces it', async () => {
    const id = await connector.send(to(), saying('Hello'));
    await connector.update({ ...to(), message: id }, saying('Bye'));
    expect(double.messages).toMatchObject([{ conversation: 'a:1', id, edits: 1 }]);
    expect(JSON.stringify(double.messages[0]?.card)).toContain('Bye');
    expect(double.requests).toEqual([
      'POST /v3/conversations/a:1/activities',
      `PUT /v3/conversations/a:1/activities/${id}`,
    ]);
  });

  test('shows that it types, which is no message', async () => {
    const { attachments: _, summary: __, ...rest } = saying('');
    expect(await connector.send(to(), { ...rest, type: 'typing' })).toBe('');
    expect(double.messages).toEqual([]);
  });

  test('writes an id of a thread so that nothing of it is lost', async () => {
    const { conversation } = inChannel(double.url);
    await connector.send(to(conversation.id), saying('Hello'));
    expect(double.messages).toMatchObject([{ conversation: conversation.id }]);
  });

  test('opens a direct conversation', async () => {
    const id = await connector.open(double.url, start(ANN.id));
    expect(double.opened.get(ANN.id)).toBe(id);
  });

  test('can’t open one with somebody who hasn’t the bot', async () => {
    double.refuseOpening = true;
    expect(await failureOf(connector.open(double.url, start(ANN.id)))).toMatchObject({
      code: 'refused',
    });
  });

  test('reads a member of a team, with all that Teams says of them', async () => {
    const ann = { ...ANN, email: 'ann@x.example', userPrincipalName: 'ann@x.example' };
    double.members.push({ ...ann, tenantId: TENANT, userRole: 'user' });
    expect(await connector.member(to(TEAM), ANN.aadObjectId)).toMatchObject({
      name: 'Ann Lee',
      aadObjectId: ANN.aadObjectId,
      userPrincipalName: 'ann@x.example',
      tenantId: TENANT,
      userRole: 'user',
    });
    const stranger = connector.member(to(TEAM), BOB.aadObjectId);
    expect(await failureOf(stranger)).toMatchObject({ code: 'gone' });
  });

  test('asks Entra once for several messages', async () => {
    for (const text of ['1', '2', '3']) await connector.send(to(), saying(text));
    expect(entra.requests).toHaveLength(1);
    const [asked] = entra.requests;
    expect(asked?.get('client_id')).toBe(entra.appId);
  });

  test.each([
    [404, {}, 'gone', undefined],
    [429, { 'retry-after': '7' }, 'rate-limited', 7000],
    [429, { 'retry-after': '99999999' }, 'rate-limited', 3_600_000],
    [429, { 'retry-after': 'later' }, 'rate-limited', undefined],
    [412, {}, 'rate-limited', undefined],
    [502, {}, 'rate-limited', undefined],
    [503, { 'retry-after': '1' }, 'rate-limited', 1000],
    [504, {}, 'rate-limited', undefined],
    [403, {}, 'refused', undefined],
    [500, {}, 'unreachable', undefined],
    [400, {}, 'refused', undefined],
    [413, {}, 'refused', undefined],
  ])(
    'fails as it is where it is answered %i %j, and sends nothing again',
    async (status, headers, code, retryAfterMs) => {
      double.failures.push({ status, headers });
      const error = await failureOf(connector.send(to(), saying('Hello')));
      expect(error).toMatchObject({ code, retryAfterMs });
      expect(error.message).toBe(`The Bot Connector answered ${status} (Scripted)`);
      expect(double.requests).toHaveLength(1);
    },
  );

  test.each([
    [403, 'unreachable'],
    [502, 'rate-limited'],
  ])('fails as it is where a proxy answers %i with a page', async (status, code) => {
    double.failures.push({ status, code: null });
    expect(await failureOf(connector.send(to(), saying('Hello')))).toMatchObject({ code });
  });

  test.each([
    ['BotNotInConversationRoster', 'gone'],
    ['ConversationBlockedByUser', 'refused'],
    ['BotDisabledByAdmin', 'refused'],
  ])('says at once that a conversation is closed: %s', async (why, code) => {
    double.closed.set('a:2', why);
    const error = await failureOf(connector.send(to('a:2'), saying('Hello')));
    expect(error).toMatchObject({ name: 'ConversationClosed', code });
    expect(error.message).toContain(why);
  });

  test('says that a conversation without the bot is gone, and so is a deleted message', async () => {
    double.gone.add('a:2');
    const unknown = await failureOf(connector.send(to('a:2'), saying('Hello')));
    expect(unknown).toMatchObject({ code: 'gone' });
    expect(unknown.message).toContain('ConversationNotFound');
    const deleted = connector.update({ ...to(), message: '404' }, saying('Hello'));
    expect(await failureOf(deleted)).toMatchObject({ code: 'gone' });
  });

  test('is refused what is larger than Teams takes', async () => {
    const error = await failureOf(connector.send(to(), saying('x'.repeat(MESSAGE_BYTES))));
    expect(error).toMatchObject({ code: 'refused' });
    expect(double.messages).toEqual([]);
  });

  test('is refused with a token for another service, and the error holds neither token nor card', async () => {
    entra.audience = 'https://graph.microsoft.com';
    const error = await failureOf(connector.send(to(), saying('a secret of Ann')));
    expect(error).toMatchObject({ code: 'refused', cause: undefined });
    expect(`${error.stack}${JSON.stringify(error)}`).not.toMatch(/token-\d|secret/);
    expect(double.messages).toEqual([]);
  });

  test('sends nothing where Entra gives no token, and the error holds no secret', async () => {
    const error = await failureOf(opened('wrong-secret').send(to(), saying('Hello')));
    expect(error).toMatchObject({ code: 'unreachable', cause: undefined });
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('wrong-secret');
    expect(double.requests).toEqual([]);
  });

  test('is unreachable where nobody answers, and the error holds no request', async () => {
    const nowhere = { serviceUrl: 'http://127.0.0.1:1/', conversation: 'a:1' };
    const error = await failureOf(connector.send(nowhere, saying('Hello')));
    expect(error).toMatchObject({ code: 'unreachable', cause: undefined });
  });

  test.each([
    'https://smba.example/amer/',
    'https://evil.trafficmanager.net/amer/',
    'https://smba.trafficmanager.net.evil.example/',
    'https://smba.trafficmanager.net:8443/amer/',
    'https://smba.trafficmanager.net@evil.example/',
    'http://smba.trafficmanager.net/amer/',
    'http://127.0.0.1/amer/',
    'nonsense',
  ])('gets no token and sends nothing for the address %s', async (serviceUrl) => {
    const guarded = await openConnector(
      { app: app(SECRET), driver },
      { http: { send: () => expect.unreachable() }, now: () => Date.now() },
    );
    expect(guarded.driver).toBe(driver);
    const at = { serviceUrl, conversation: 'a:1' };
    for (const work of [
      guarded.send(at, saying('Hello')),
      guarded.update({ ...at, message: '1' }, saying('Hello')),
      guarded.open(serviceUrl, start(ANN.id)),
      guarded.member(at, ANN.id),
    ])
      expect(await failureOf(work)).toMatchObject({ code: 'refused' });
    expect(entra.requests).toEqual([]);
  });

  test('is not even asked for what comes with forged tokens', async () => {
    const bot = await startSmallBot({ appId: entra.appId, tenantId: TENANT }, { connector });
    const forged = (issuer: string) =>
      ['{"alg":"RS256","kid":"k"}', JSON.stringify({ iss: issuer, aud: entra.appId }), 'signature']
        .map((part) => Buffer.from(part).toString('base64url'))
        .join('.');
    for (let n = 0; n < 50; n += 1)
      await fetch(bot.endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${forged(`https://sts.windows.net/${n}/`)}`,
        },
        body: JSON.stringify(message(personal(double.url), 'access')),
      });
    await bot.stop();
    expect(double.requests).toEqual([]);
    expect(entra.requests).toEqual([]);
    expect(bot.met.size).toBe(0);
  });

  test('carries a conversation with the bot', async () => {
    const bot = await startSmallBot({ local: true }, { connector });
    await fetch(bot.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message(personal(double.url), 'access Ann')),
    });
    await bot.stop();
    expect(bot.errors).toEqual([]);
    expect(runText(double.messages[0]?.card)).toContain('Access of Ann Lee');
  });
});
