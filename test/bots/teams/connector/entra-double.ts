/**
 * Plays Microsoft Entra for the bot: gives tokens to those who prove to be it, and refuses with Entra's numbers. Over
 * http, and over https for the SDK, which takes nothing else.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, createServer as createTlsServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { CERTIFICATE, KEY } from '../../../support/peers/certificate.ts';

export const SECRET = 'Q~client-secret-of-the-bot';
const SCOPE = 'https://api.botframework.com/.default';
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export interface Entra {
  /** The id of the app registration. */
  readonly appId: string;
  /** For the driver `direct`. */
  readonly url: string;
  /** Node's agent for `https://`, for the SDK: every host is this double. */
  readonly agent: Agent;
  /** The fields of each token request. */
  readonly requests: URLSearchParams[];
  /** The certificate of the app registration, as PEM. */
  certificate: string | undefined;
  /** The token of another issuer that the app registration trusts. */
  federated: string | undefined;
  /** Seconds that a token is good for. */
  seconds: number;
  /** What the next requests are answered with, in order. */
  readonly failures: { readonly status: number; readonly body: string }[];
  /** The service that tokens are for. */
  audience: string;
  /** Whether the Bot Connector takes this token. */
  isGood(token: string): boolean;
  /** The Bot Connector takes no token from before. */
  withdraw(): void;
  stop(): Promise<void>;
}

let apps = 0;

export async function startEntra(): Promise<Entra> {
  // Another one each time: the SDK keeps the token of an app for the whole process.
  apps += 1;
  const appId = `${String(apps).padStart(8, '0')}-2a74-40a2-b28a-b162d5f5327c`;
  const tokens = new Map<string, string>();
  let given = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const say = (status: number, body: string): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    };
    const path = new URL(request.url ?? '', 'http://entra').pathname;
    const [, tenant, what] = /^\/([^/]+)(\/.*)$/.exec(path) ?? [];
    if (what === '/v2.0/.well-known/openid-configuration')
      return say(200, JSON.stringify(metadata(tenant ?? '')));
    const fields = new URLSearchParams(await read(request));
    entra.requests.push(fields);
    const failure = entra.failures.shift();
    if (failure) return say(failure.status, failure.body);
    const code = await refuses(fields, `${entra.url}${path}`);
    if (code)
      return say(
        401,
        JSON.stringify({
          error: 'invalid_client',
          error_description: `${code}: ${fields.toString()}`,
        }),
      );
    given += 1;
    const token = `token-${given}`;
    tokens.set(token, entra.audience);
    say(
      200,
      JSON.stringify({ token_type: 'Bearer', expires_in: entra.seconds, access_token: token }),
    );
  };

  async function refuses(fields: URLSearchParams, url: string): Promise<string | undefined> {
    if (fields.get('client_id') !== appId) return 'AADSTS700016';
    if (fields.get('grant_type') !== 'client_credentials') return 'AADSTS70003';
    if (!fields.get('scope')?.split(' ').includes(SCOPE)) return 'AADSTS70011';
    if (fields.has('client_secret'))
      return fields.get('client_secret') === SECRET ? undefined : 'AADSTS7000215';
    if (fields.get('client_assertion_type') !== ASSERTION) return 'AADSTS7000216';
    const assertion = fields.get('client_assertion') ?? '';
    if (assertion === entra.federated) return undefined;
    if (entra.certificate === undefined) return 'AADSTS700213';
    return (await isSigned(assertion, url)) ? undefined : 'AADSTS700027';
  }

  /** By "application authentication certificate credentials" of Microsoft's identity platform. */
  async function isSigned(assertion: string, audience: string): Promise<boolean> {
    const { raw, publicKey } = new X509Certificate(entra.certificate ?? '');
    const thumbprint = createHash('sha256').update(raw).digest('base64url');
    if (decodeProtectedHeader(assertion)['x5t#S256'] !== thumbprint) return false;
    return jwtVerify(assertion, publicKey, {
      algorithms: ['PS256'],
      typ: 'JWT',
      audience,
      issuer: appId,
      subject: appId,
      requiredClaims: ['exp', 'nbf', 'jti', 'iat'],
      maxTokenAge: '10 minutes',
      clockTolerance: 300,
    }).then(
      () => true,
      () => false,
    );
  }

  const plain = createServer((...call) => void answer(...call)).listen(0, '127.0.0.1');
  const secure = createTlsServer(
    { key: KEY, cert: CERTIFICATE },
    (...call) => void answer(...call),
  ).listen(0, '127.0.0.1');
  await Promise.all([once(plain, 'listening'), once(secure, 'listening')]);
  const entra: Entra = {
    appId,
    url: `http://127.0.0.1:${(plain.address() as AddressInfo).port}`,
    agent: toDouble(secure),
    requests: [],
    certificate: undefined,
    federated: undefined,
    seconds: 3599,
    failures: [],
    audience: 'https://api.botframework.com',
    isGood: (token) => tokens.get(token) === 'https://api.botframework.com',
    withdraw: () => tokens.clear(),
    async stop() {
      for (const server of [plain, secure]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
  return entra;
}

function toDouble(server: Server): Agent {
  const agent = new Agent({ keepAlive: false });
  const { port } = server.address() as AddressInfo;
  agent.createConnection = () => connectTls({ host: '127.0.0.1', port, ca: CERTIFICATE });
  return agent;
}

const metadata = (tenant: string) => {
  const at = `https://login.microsoftonline.com/${tenant}`;
  return {
    issuer: `${at}/v2.0`,
    authorization_endpoint: `${at}/oauth2/v2.0/authorize`,
    token_endpoint: `${at}/oauth2/v2.0/token`,
    jwks_uri: `${at}/discovery/v2.0/keys`,
  };
};

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
