/**
 * A real OAuth2 provider (`oidc-provider`) on 127.0.0.1, which lets everybody in without asking, with an API behind it
 * that takes its tokens only. Every request is counted.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { type KoaContextWithOIDC, Provider } from 'oidc-provider';

export const CLIENT_ID = 'latchkey';
export const CLIENT_SECRET = 'client-secret-of-latchkey-at-the-provider';
/** Seconds that an access token is good for. */
export const TOKEN_SECONDS = 3600;
const DAY_SECONDS = 86_400;

export interface OAuthProvider {
  /** `http://127.0.0.1:41234`, without a slash at its end; the API is at `/api/…`. */
  readonly url: string;
  /** Grant types of the token requests that came, in order. */
  readonly tokenRequests: string[];
  /** The `code_verifier` of those token requests that had one. */
  readonly verifiers: string[];
  /** `GET /api/users` and so on, each with the status that it was answered with. */
  readonly apiRequests: string[];
  /** Allows the client to send its users back there, and starts to answer. `pkce`: to nobody without it. */
  open(redirectUri: string, wants?: { readonly pkce: boolean }): Promise<void>;
  /** What a browser does at `authenticate_url` until it is sent back. @returns the address that it is sent back to */
  visit(authenticateUrl: string): Promise<URL>;
  /** Takes an access token back, so that the API answers 401 to it. */
  revokeAccessToken(token: string): Promise<void>;
  /** Takes everything back that a refresh token stands for. */
  revokeRefreshToken(token: string): Promise<void>;
  close(): Promise<void>;
}

/** One for all providers of this process: making it takes as long as all that one of them does in a test. */
let signing: ReturnType<typeof generateKeyPair> | undefined;

export async function startOAuthProvider(): Promise<OAuthProvider> {
  const tokenRequests: string[] = [];
  const apiRequests: string[] = [];
  const verifiers: string[] = [];
  let provider: Provider | undefined;
  let answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;

  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path.startsWith('/api/')) void api(path, request, response);
    else if (path.startsWith('/interaction/')) void letIn(request, response);
    else answer?.(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const opened = (): Provider => {
    if (!provider) throw new Error('The provider was not opened');
    return provider;
  };

  async function api(path: string, request: IncomingMessage, response: ServerResponse) {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const known = token === undefined ? undefined : await opened().AccessToken.find(token);
    apiRequests.push(`${request.method} ${path} ${known ? 200 : 401}`);
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' });
    const users = { users: [{ id: 'u1', name: 'ann@example.com' }] };
    response.end(JSON.stringify(known ? users : { error: 'not this token', token }));
  }

  /** The login and the consent that a person would click through. */
  async function letIn(request: IncomingMessage, response: ServerResponse) {
    const { prompt, session } = await opened().interactionDetails(request, response);
    const finish = (result: Parameters<Provider['interactionFinished']>[2]) =>
      opened().interactionFinished(request, response, result, { mergeWithLastSubmission: true });
    if (prompt.name === 'login') return finish({ login: { accountId: 'ada' } });
    const grant = new (opened().Grant)({
      accountId: session?.accountId ?? 'ada',
      clientId: CLIENT_ID,
    });
    grant.addOIDCScope('openid offline_access');
    return finish({ consent: { grantId: await grant.save() } });
  }

  return {
    url,
    tokenRequests,
    apiRequests,
    verifiers,

    async open(redirectUri, wants = { pkce: false }) {
      signing ??= generateKeyPair('RS256', { extractable: true });
      const { privateKey } = await signing;
      provider = new Provider(url, {
        clients: [
          {
            client_id: CLIENT_ID,
            client_secret: CLIENT_SECRET,
            grant_types: ['authorization_code', 'refresh_token'],
            redirect_uris: [redirectUri],
            token_endpoint_auth_method: 'client_secret_post',
          },
        ],
        cookies: { keys: ['of no importance'] },
        features: { devInteractions: { enabled: false } },
        interactions: { url: (_, { uid }) => `/interaction/${uid}` },
        issueRefreshToken: async () => true,
        pkce: { required: () => wants.pkce },
        rotateRefreshToken: true,
        scopes: ['openid', 'offline_access'],
        // What isn't looked at is named too: a default is announced on the console.
        jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'test' }] },
        ttl: {
          AccessToken: TOKEN_SECONDS,
          Grant: DAY_SECONDS,
          IdToken: DAY_SECONDS,
          Interaction: DAY_SECONDS,
          RefreshToken: DAY_SECONDS,
          Session: DAY_SECONDS,
        },
        findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
      });
      provider.use(async (ctx: KoaContextWithOIDC, next) => {
        await next();
        if (ctx.path !== '/token') return;
        tokenRequests.push(`${String(ctx.oidc.params?.['grant_type'])} ${ctx.status}`);
        const verifier = ctx.oidc.params?.['code_verifier'];
        if (typeof verifier === 'string') verifiers.push(verifier);
      });
      const callback = provider.callback();
      answer = (request, response) => void callback(request, response);
    },

    async visit(authenticateUrl) {
      const cookies = new Map<string, string>();
      let next = new URL(authenticateUrl);
      while (next.origin === url) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const response = await fetch(next, { redirect: 'manual', headers: { cookie } });
        for (const set of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
          cookies.set(name, value);
        }
        const location = response.headers.get('location');
        if (!location) throw new Error(`Sent nowhere: ${response.status} ${await response.text()}`);
        next = new URL(location, next);
      }
      return next;
    },

    async revokeAccessToken(token) {
      await (await opened().AccessToken.find(token))?.destroy();
    },
    async revokeRefreshToken(token) {
      await (await opened().RefreshToken.find(token))?.destroy();
    },

    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
