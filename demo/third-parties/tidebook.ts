/**
 * Tidebook, a sample calendar that takes OAuth2 only: a real provider (`oidc-provider`) with pages to log in on, a page
 * on which an admin registers an app, and an API that takes its tokens.
 */
import express, { type Express, type RequestHandler, type Response } from 'express';
import { exportJWK, generateKeyPair } from 'jose';
import type { Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { startApp, type ThirdParty } from './start-app.ts';
import { appPage, consentPage, loginPage } from './tidebook-pages.ts';

export interface TidebookState {
  /** By address in lower case: the calendar that someone is in. */
  readonly members: Map<string, string>;
  /** Grant types and statuses of the token requests that came, in order. */
  readonly tokenRequests: string[];
  /** Where the app's users may be sent back to. */
  readonly callbacks: Set<string>;
}

export const TIDEBOOK_CLIENT_ID = 'latchkey-at-harbour';
export const TIDEBOOK_CLIENT_SECRET = 'tide-demo-client-9fXq3Lr7Zk2wPd5v';

const CALENDARS = [
  { id: 'cal-1', name: 'Product' },
  { id: 'cal-2', name: 'Finance' },
  { id: 'cal-3', name: 'Holidays' },
];

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;

/** Starts Tidebook with nobody in it and no address to send anybody back to. */
export async function startTidebook({ port = 0 } = {}): Promise<ThirdParty<TidebookState>> {
  const state: TidebookState = { members: new Map(), tokenRequests: [], callbacks: new Set() };
  const app = express().disable('x-powered-by');
  const later: { provider?: Provider } = {}; // It wants to know its address.
  const opened = (): Provider => {
    if (!later.provider) throw new Error('Tidebook is not open yet');
    return later.provider;
  };
  app.use('/api', requireToken(opened), express.json());
  manageMembers(app, state);
  registerApps(app, state);
  letIn(app, opened);
  app.use((request, response) => void opened().callback()(request, response));
  const party = await startApp(app, state, port);
  later.provider = await providerAt(party.url, state);
  return party;
}

async function providerAt(url: string, { callbacks, tokenRequests }: TidebookState) {
  const signing = await generateKeyPair('RS256', { extractable: true });
  const provider = await quietProvider(url, {
    clients: [
      {
        client_id: TIDEBOOK_CLIENT_ID,
        client_secret: TIDEBOOK_CLIENT_SECRET,
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [`${url}/nowhere`],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    cookies: { keys: ['of no importance'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/login/${uid}` },
    issueRefreshToken: async () => true,
    pkce: { required: () => false },
    rotateRefreshToken: true,
    scopes: ['openid', 'offline_access'],
    // What isn't looked at is named too: a default is announced on the console.
    jwks: { keys: [{ ...(await exportJWK(signing.privateKey)), kid: 'demo' }] },
    ttl: {
      AccessToken: HOUR_SECONDS,
      Grant: DAY_SECONDS,
      IdToken: HOUR_SECONDS,
      Interaction: HOUR_SECONDS,
      RefreshToken: DAY_SECONDS,
      Session: DAY_SECONDS,
    },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
  // Registered while it runs, which its clients' own list is not made for.
  provider.Client.prototype.redirectUriAllowed = (address: string) => callbacks.has(address);
  provider.use(async (ctx: KoaContextWithOIDC, next) => {
    await next();
    if (ctx.path === '/token')
      tokenRequests.push(`${String(ctx.oidc.params?.['grant_type'])} ${ctx.status}`);
  });
  return provider;
}

/** Without its warnings on the console, which are for those who run a provider for real: about memory, and Node's version. */
async function quietProvider(url: string, configuration: Configuration): Promise<Provider> {
  const { warn } = console;
  Object.assign(console, { warn: () => undefined });
  try {
    const module = await import('oidc-provider');
    return new module.Provider(url, configuration);
  } finally {
    Object.assign(console, { warn });
  }
}

/** The page of an admin's app: its client id and secret, and where it may send people back to. */
function registerApps(app: Express, { callbacks }: TidebookState): void {
  const show = (response: Response, problem?: string) =>
    response.type('html').send(
      appPage({
        clientId: TIDEBOOK_CLIENT_ID,
        clientSecret: TIDEBOOK_CLIENT_SECRET,
        callbacks: [...callbacks],
        problem,
      }),
    );
  app.get('/', (_, response) => void show(response));
  app.post('/', express.urlencoded({ extended: false }), (request, response) => {
    const { callback } = request.body as { callback?: unknown };
    const typed = typeof callback === 'string' ? callback.trim() : '';
    if (!URL.canParse(typed)) {
      show(response, "That isn't an address.");
      return;
    }
    callbacks.add(typed);
    response.redirect(303, '/');
  });
}

/** Logging in and allowing, as a person does it. Any password will do. */
function letIn(app: Express, opened: () => Provider): void {
  const form = express.urlencoded({ extended: false });

  app.get('/login/:uid', async (request, response) => {
    const { prompt } = await opened().interactionDetails(request, response);
    const action = `/login/${request.params.uid}`;
    response.type('html').send(prompt.name === 'login' ? loginPage(action) : consentPage(action));
  });

  app.post('/login/:uid', form, async (request, response) => {
    const provider = opened();
    const { prompt, session } = await provider.interactionDetails(request, response);
    const finish = (result: Parameters<Provider['interactionFinished']>[2]) =>
      provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
    const { do: pressed, email } = request.body as { do?: unknown; email?: unknown };
    if (pressed === 'deny')
      return finish({ error: 'access_denied', error_description: 'Ada said no' });
    if (prompt.name === 'login') return finish({ login: { accountId: String(email) } });
    const grant = new provider.Grant({
      accountId: session?.accountId ?? '',
      clientId: TIDEBOOK_CLIENT_ID,
    });
    grant.addOIDCScope('openid offline_access');
    return finish({ consent: { grantId: await grant.save() } });
  });
}

const requireToken =
  (opened: () => Provider): RequestHandler =>
  async (request, response, next) => {
    const token = /^Bearer (.+)$/.exec(request.get('authorization') ?? '')?.[1];
    const known = token === undefined ? undefined : await opened().AccessToken.find(token);
    if (known) next();
    else response.status(401).json({ error: 'The token is missing, wrong or too old.' });
  };

function manageMembers(app: Express, { members }: TidebookState): void {
  app.get('/api/calendars', (_, response) => void response.json({ calendars: CALENDARS }));

  app.get('/api/members', (_, response) => {
    response.json({ members: Array.from(members, ([email, calendar]) => ({ email, calendar })) });
  });

  app.put('/api/members/:email', (request, response) => {
    const { calendar } = request.body as { calendar?: unknown };
    const known = CALENDARS.find(({ id }) => id === calendar);
    if (!known) {
      response.status(400).json({ error: 'There is no such calendar.' });
      return;
    }
    members.set(request.params.email.toLowerCase(), known.name);
    response.json({ email: request.params.email, calendar: known });
  });

  app.delete('/api/members/:email', (request, response) => {
    members.delete(request.params.email.toLowerCase());
    response.status(204).end();
  });
}
