import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ConfigurationBotFrameworkAuthentication,
  ConfigurationServiceClientCredentialFactory,
} from 'botbuilder';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TeamsAdapter } from '../../../src/bots/teams/platform.ts';
import { personal } from './activities.ts';
import { type SmallBot, startSmallBot } from './small-bot.ts';

const APP = 'c9e8c047-2a74-40a2-b28a-b162d5f5327c';
const SERVICE = 'https://smba.example/amer/';
const ISSUER = 'https://api.botframework.com';

let server: Server;
let bot: SmallBot;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;

beforeAll(async () => {
  keys = await generateKeyPair('RS256');
  const jwk = {
    ...(await exportJWK(keys.publicKey)),
    kid: 'k1',
    use: 'sig',
    endorsements: ['msteams'],
  };
  server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    const body =
      request.url === '/keys' ? { keys: [jwk] } : { jwks_uri: `http://127.0.0.1:${port}/keys` };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const metadata = `http://127.0.0.1:${(server.address() as AddressInfo).port}/openid`;
  const config = { appId: APP, password: 'secret', tenantId: 'tenant' };
  const adapter = new TeamsAdapter(
    new ConfigurationBotFrameworkAuthentication(
      {
        ToChannelFromBotLoginUrl: 'https://login.microsoftonline.com/botframework.com',
        ToChannelFromBotOAuthScope: ISSUER,
        ToBotFromChannelTokenIssuer: ISSUER,
        OAuthUrl: ISSUER,
        ToBotFromChannelOpenIdMetadataUrl: metadata,
        ToBotFromEmulatorOpenIdMetadataUrl: metadata,
      },
      new ConfigurationServiceClientCredentialFactory({
        MicrosoftAppId: APP,
        MicrosoftAppPassword: 'secret',
        MicrosoftAppType: 'SingleTenant',
        MicrosoftAppTenantId: 'tenant',
      }),
    ),
  );
  bot = await startSmallBot(config, { adapter });
});
afterAll(async () => {
  await bot.stop();
  server.close();
});

interface Token {
  readonly audience?: string;
  readonly issuer?: string;
  readonly serviceUrl?: string;
  readonly expires?: string;
  readonly key?: typeof keys.privateKey;
}

/** An invoke that nobody answers: 501 says that it was let in. */
async function sent({
  audience = APP,
  issuer = ISSUER,
  serviceUrl = SERVICE,
  expires = '1h',
  key,
}: Token = {}) {
  const token = await new SignJWT({ serviceurl: serviceUrl })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime(expires)
    .sign(key ?? keys.privateKey);
  const response = await fetch(bot.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      ...personal(SERVICE),
      conversation: { conversationType: 'groupChat', id: '19:x' },
      type: 'invoke',
      name: 'unknown',
    }),
  });
  return response.status;
}

test('an activity with the Bot Connector’s token for this bot is let in', async () => {
  expect(await sent()).toBe(501);
});

test.each([
  ['another bot', { audience: 'another' }],
  ['another issuer', { issuer: 'https://evil.example' }],
  ['another service address', { serviceUrl: 'https://evil.example/' }],
  ['an hour that is over', { expires: '-1h' }],
])('a token for %s is refused', async (_what, token) => {
  expect(await sent(token)).toBe(401);
});

test('a token that somebody else signed is refused', async () => {
  const { privateKey } = await generateKeyPair('RS256');
  expect(await sent({ key: privateKey })).toBe(401);
});
