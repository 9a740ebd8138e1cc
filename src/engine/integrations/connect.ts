/**
 * Connecting an integration by OAuth2. An admin's browser is sent to the app with a *state* and comes back with it. A link from
 * chat has opened the browser session. The state is signed over that session, its browser, the integration and the client that is
 * connected (`calls/oauth-app.ts`), and ends with the session. So does the *verifier* of PKCE (RFC 7636): the app gets its hash first, and gives the token for the verifier itself.
 */
import { MINUTE_MS } from '../../core/hours.ts';
import { sha256 } from '../../core/sha256.ts';
import { t } from '../../core/translate.ts';
import { gatherIntegration, isConnected } from '../calls/context.ts';
import { oauthAppOf } from '../calls/oauth-app.ts';
import { whyNotThere } from '../calls/request-origin.ts';
import { same } from '../links/links.ts';
import { type FoundSession, findSession, type SessionBrowser } from '../links/web-sessions.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { Integration } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import type { WebSession } from '../ports/web-stores.ts';
import { renderText, scopeOf } from '../templates/render.ts';
import { renderUrl } from '../templates/render-url.ts';
import type { Scope } from '../templates/template.ts';
import { buildVariables } from '../templates/variables.ts';
import { manifestOf } from './manifest-of.ts';

/** One-way, under the installation's key. */
type KeyedHash = (text: string) => string;

interface SignedFor {
  readonly integrationId: string;
  /** A hash of the client, as the state has it. */
  readonly app: string;
}

const stateFor = (
  { sessionId, hash }: SessionBrowser,
  { integrationId, app }: SignedFor,
  keyedHash: KeyedHash,
): string =>
  `${sessionId}.${app}.${keyedHash(JSON.stringify(['oauth-state', sessionId, hash, integrationId, app]))}`;

const appIn = (state: string): string => state.split('.')[1] ?? '';

const hashOfApp = (app: string | undefined, keyedHash: KeyedHash): string =>
  keyedHash(JSON.stringify(['oauth-app', app]));

/** 43 characters, as RFC 7636 demands. It is computed with the installation's key, so it is stored nowhere. */
const verifierFor = (
  { sessionId, hash }: SessionBrowser,
  integrationId: string,
  keyedHash: KeyedHash,
): string => keyedHash(JSON.stringify(['oauth-pkce', sessionId, hash, integrationId]));

export interface Departure {
  readonly redirectUrlOf: (integrationId: string) => string;
  /** Whether a browser may be sent there without encryption: only to hosts that the configuration names. */
  readonly mayUseHttp: (url: URL) => boolean;
  readonly keyedHash: KeyedHash;
}

export type Departing =
  | { readonly ok: true; readonly url: string }
  /** Sentences for people: the problem and the cure. */
  | { readonly ok: false; readonly why: string };

/** The address where the browser of this session allows the connection. */
export async function departureOf(
  stores: Stores,
  { integration, session }: { readonly integration: Integration; readonly session: WebSession },
  { redirectUrlOf, mayUseHttp, keyedHash }: Departure,
): Promise<Departing> {
  const { id, name } = integration;
  const setUp = await gatherIntegration(stores, integration);
  if (!setUp.ok) return { ok: false, why: setUp.why };
  const { oauth } = setUp.manifest;
  if (!oauth)
    return { ok: false, why: t`${name} needs no connection, because its manifest has no "oauth".` };
  const redirectUrl = redirectUrlOf(id);
  const variables = buildVariables({ secrets: setUp.secrets, redirectUrl });
  const rendered = renderUrl(oauth.authenticateUrl, scopeOf(variables), 'GET');
  const problem = rendered.ok
    ? whyNotThere(
        { template: oauth.authenticateUrl, url: rendered.value },
        variables,
        setUp.manifest,
      )
    : rendered.error;
  if (!rendered.ok || problem !== undefined)
    return {
      ok: false,
      why: t`The authenticate_url of ${name} can't be used. ${problem ?? ''} Fix the values or the manifest with the buttons on its card in chat.`,
    };
  const url = new URL(rendered.value);
  const isOurs = url.origin === new URL(redirectUrl).origin;
  if (url.protocol !== 'https:' && !isOurs && !mayUseHttp(url))
    return {
      ok: false,
      why: t`The authenticate_url of ${name} isn't encrypted: anyone on the way to ${url.host} could take over the connection. Use https:// in the manifest. The operator can list a host of your own network in ALLOW_PRIVATE_HOSTS.`,
    };
  const browser = { sessionId: session.id, hash: session.browser };
  return {
    ok: true,
    url: withParameters(rendered.value, {
      state: stateFor(
        browser,
        { integrationId: id, app: hashOfApp(oauthAppOf(setUp), keyedHash) },
        keyedHash,
      ),
      ...(oauth.pkce && {
        code_challenge: sha256(verifierFor(browser, id, keyedHash)),
        code_challenge_method: 'S256',
      }),
    }),
  };
}

/** Sets these parameters, and leaves the rest of the address as it is, character by character. */
function withParameters(url: string, parameters: Readonly<Record<string, string>>): string {
  const [address = '', ...fragment] = url.split('#');
  const [path = '', ...queries] = address.split('?');
  const others = queries
    .join('?')
    .split('&')
    .filter((pair) => pair !== '' && !Object.hasOwn(parameters, nameIn(pair) ?? ''));
  const ours = Object.entries(parameters).map(
    ([name, value]) => `${name}=${encodeURIComponent(value)}`,
  );
  return [`${path}?${[...others, ...ours].join('&')}`, ...fragment].join('#');
}

const nameIn = (pair: string): string | undefined => [...new URLSearchParams(pair).keys()][0];

/** What the app has sent back. */
export interface Returned {
  readonly integrationId: string;
  readonly state: string | undefined;
  readonly code: string | undefined;
  readonly error: string | undefined;
  /** The issuer that the app names (RFC 9207); many apps name none. */
  readonly issuer: string | undefined;
}

export type Arrival =
  /** The state is used up now; the code has yet to be exchanged. */
  | {
      readonly kind: 'good';
      readonly integration: Integration;
      readonly personId: string;
      /** The session, which is over. */
      readonly sessionId: string;
      readonly code: string | undefined;
      /** Of PKCE. */
      readonly verifier: string;
      /** The client that the code is for: `calls/oauth-app.ts`. */
      readonly app: string;
    }
  /** The answer is not from the app that the browser was sent to. `why` is a sentence for people. */
  | { readonly kind: 'wrong-issuer'; readonly integration: Integration; readonly why: string }
  /** It was sent to another client than the manifest and its values name now, so the code isn't for this one. */
  | { readonly kind: 'changed'; readonly integration: Integration }
  /** The app, or the person there, refused. */
  | { readonly kind: 'refused'; readonly integration: Integration }
  | { readonly kind: 'no-code'; readonly integration: Integration }
  /** Its state is ours and was already used: the page was reloaded. */
  | { readonly kind: 'again'; readonly integration: Integration; readonly isConnected: boolean }
  /** Not begun in this browser, or its state was changed. */
  | { readonly kind: 'not-ours' }
  | Extract<FoundSession, { readonly kind: 'expired' | 'not-admin' | 'gone' }>;

/** Whether cookie and state are signed by us. It is checked first, so that a stranger causes no reads. */
export const mayBeOurs = (
  browser: SessionBrowser | undefined,
  { integrationId, state }: Pick<Returned, 'integrationId' | 'state'>,
  keyedHash: KeyedHash,
): browser is SessionBrowser =>
  browser !== undefined &&
  (state === undefined ||
    same(state, stateFor(browser, { integrationId, app: appIn(state) }, keyedHash)));

/**
 * Checks that a browser that comes back is the one that was sent, with its person and integration as they are now. The state is
 * used up in any case.
 * @param browser the value of its cookie; undefined if it has none of ours
 */
export async function arrive(
  tx: Transaction,
  { integrationId, state, code, error, issuer }: Returned,
  {
    browser,
    now,
    keyedHash,
    redirectUrlOf,
  }: Pick<Departure, 'keyedHash' | 'redirectUrlOf'> & {
    now: Date;
    readonly browser: SessionBrowser | undefined;
  },
): Promise<Arrival> {
  if (!mayBeOurs(browser, { integrationId, state }, keyedHash)) return notOurs;
  const found = await findSession(tx, browser, { purpose: 'connect', now });
  if (found.kind === 'over') return state === undefined ? notOurs : again(tx, integrationId);
  if (found.kind !== 'good') return found;
  const { session, integration } = found;
  if (!integration || session.subject !== integrationId) return notOurs;
  const manifest = await manifestOf(tx, integration);
  const oauth = manifest?.oauth;
  const withoutCode = oauth?.withoutCode === true;
  // Some apps that send no code send no state either: then only the cookie identifies the browser.
  if (state === undefined && !withoutCode) return notOurs;

  if (!(await tx.webSessions.delete(session.id))) return again(tx, integrationId);
  const secrets = await tx.secrets.all(integration.id);
  const app = manifest && oauthAppOf({ manifest, secrets });
  const isOther = state !== undefined && appIn(state) !== hashOfApp(app, keyedHash);
  if (app === undefined || isOther) return { kind: 'changed', integration };
  const scope = scopeOf(buildVariables({ secrets, redirectUrl: redirectUrlOf(integration.id) }));
  const why = oauth && whyNotFrom(issuer, oauth, scope);
  if (why !== undefined) return { kind: 'wrong-issuer', integration, why };
  if (error !== undefined) return { kind: 'refused', integration };
  if (code === undefined && !withoutCode) return { kind: 'no-code', integration };
  const verifier = verifierFor(browser, integrationId, keyedHash);
  const { id: sessionId, personId } = session;
  return { kind: 'good', integration, personId, sessionId, code, verifier, app };
}

type OAuth = NonNullable<Manifest['oauth']>;

/**
 * If the manifest names an issuer, the answer has to name the same. If it names none, an issuer in the answer has to be the host
 * that the browser was sent to.
 * @returns a sentence for people; undefined if the answer is accepted
 */
function whyNotFrom(
  issuer: string | undefined,
  { issuer: template, authenticateUrl }: OAuth,
  scope: Scope,
): string | undefined {
  if (template !== undefined) {
    const named = renderText(template, scope);
    return named.ok && named.value === issuer
      ? undefined
      : t`Its answer doesn't come from the "issuer" named in the manifest.`;
  }
  if (issuer === undefined) return undefined;
  const sentTo = renderUrl(authenticateUrl, scope, 'GET');
  return sentTo.ok && hostOf(issuer) === hostOf(sentTo.value)
    ? undefined
    : t`Its answer comes from a different host than the one you were sent to. If that's right, add its address as "issuer" to "oauth" in the manifest.`;
}

/** Undefined if it is no address. */
const hostOf = (address: string): string | undefined =>
  URL.canParse(address) ? new URL(address).host : undefined;

/** How long the browser that connected an integration may see the result. */
const SHOWN_MS = 10 * MINUTE_MS;

/** The cookie of a browser that connected this integration for that person; valid for `SHOWN_MS`. */
export function connectedCookie(
  integrationId: string,
  personId: string,
  { now, keyedHash }: { readonly now: Date; readonly keyedHash: KeyedHash },
): string {
  const said = `${personId}.${now.getTime() + SHOWN_MS}`;
  return `${said}.${keyedHash(JSON.stringify(['oauth-connected', integrationId, said]))}`;
}

/** @returns whose browser it is; undefined if it did not connect this integration, or its time is over */
export function connectedBy(
  cookie: string,
  integrationId: string,
  { now, keyedHash }: { readonly now: Date; readonly keyedHash: KeyedHash },
): string | undefined {
  const [personId = '', until = '', signature = ''] = cookie.split('.');
  const said = `${personId}.${until}`;
  const signed = keyedHash(JSON.stringify(['oauth-connected', integrationId, said]));
  return same(signature, signed) && now.getTime() < Number(until) ? personId : undefined;
}

const notOurs: Arrival = { kind: 'not-ours' };

async function again(tx: Transaction, integrationId: string): Promise<Arrival> {
  const integration = await tx.integrations.find(integrationId);
  if (!integration || integration.deletedAt) return { kind: 'gone' };
  return { kind: 'again', integration, isConnected: await isConnected(tx, integration) };
}
