/**
 * Connecting an integration by OAuth2. An admin's browser is sent to the third party with a *state* and comes back with it.
 * The state stands for the browser session that a link from chat has opened: it is signed over that session, its browser
 * and the integration, and is over with the session. So is the *verifier* of PKCE (RFC 7636): the third party sees its
 * hash first, and gives the token to whoever brings the verifier itself.
 */
import { createHash } from 'node:crypto';
import { t } from '../../core/translate.ts';
import { gatherIntegration } from '../calls/context.ts';
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

const stateFor = (
  { sessionId, hash }: SessionBrowser,
  integrationId: string,
  keyedHash: KeyedHash,
): string =>
  `${sessionId}.${keyedHash(JSON.stringify(['oauth-state', sessionId, hash, integrationId]))}`;

/** 43 characters, as RFC 7636 has it. Nobody without the installation's key can make it, so it is kept nowhere. */
const verifierFor = (
  { sessionId, hash }: SessionBrowser,
  integrationId: string,
  keyedHash: KeyedHash,
): string => keyedHash(JSON.stringify(['oauth-pkce', sessionId, hash, integrationId]));

const challengeOf = (verifier: string): string =>
  createHash('sha256').update(verifier).digest('base64url');

export interface Departure {
  readonly redirectUrlOf: (integrationId: string) => string;
  /** Whether a browser may be sent there without encryption: a host that the configuration names. */
  readonly mayUseHttp: (url: URL) => boolean;
  readonly keyedHash: KeyedHash;
}

export type Departing =
  | { readonly ok: true; readonly url: string }
  /** Sentences for people: what is in the way, and the cure. */
  | { readonly ok: false; readonly why: string };

/** Where the browser of this session goes to allow the connection. */
export async function departureOf(
  stores: Stores,
  integration: Integration,
  session: WebSession,
  { redirectUrlOf, mayUseHttp, keyedHash }: Departure,
): Promise<Departing> {
  const { id, name } = integration;
  const setUp = await gatherIntegration(stores, integration);
  if (!setUp.ok) return { ok: false, why: setUp.why };
  const { oauth } = setUp.manifest;
  if (!oauth)
    return { ok: false, why: t`${name} needs no connection: its manifest has no "oauth".` };
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
      why: t`The authenticate_url of ${name} can't be used. ${problem ?? ''} Correct the values, or the manifest, with the buttons of its card in chat.`,
    };
  const url = new URL(rendered.value);
  const isOurs = url.origin === new URL(redirectUrl).origin;
  if (url.protocol !== 'https:' && !isOurs && !mayUseHttp(url))
    return {
      ok: false,
      why: t`The authenticate_url of ${name} is not encrypted: everybody on the way to ${url.host} could take the connection over. Write it with https:// in the manifest; for a host of your own network, the operator can list it in ALLOW_PRIVATE_HOSTS.`,
    };
  const browser = { sessionId: session.id, hash: session.browser };
  return {
    ok: true,
    url: withParameters(rendered.value, {
      state: stateFor(browser, id, keyedHash),
      ...(oauth.pkce && {
        code_challenge: challengeOf(verifierFor(browser, id, keyedHash)),
        code_challenge_method: 'S256',
      }),
    }),
  };
}

/** Puts them in, in place of those that stand there; the rest stays as it is, character by character. */
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

/** What the third party has sent along. */
export interface Returned {
  readonly integrationId: string;
  readonly state: string | undefined;
  readonly code: string | undefined;
  readonly error: string | undefined;
  /** Who the third party says that it is (RFC 9207); many say nothing. */
  readonly issuer: string | undefined;
}

export type Arrival =
  /** The state is used up now; the code is still to be exchanged. */
  | {
      readonly kind: 'good';
      readonly integration: Integration;
      readonly personId: string;
      readonly code: string | undefined;
      /** Of PKCE. */
      readonly verifier: string;
    }
  /** The answer is not from the third party that the browser was sent to. `why` is a sentence for people. */
  | { readonly kind: 'wrong-issuer'; readonly integration: Integration; readonly why: string }
  /** The third party, or whoever was asked there, said no. */
  | { readonly kind: 'refused'; readonly integration: Integration }
  | { readonly kind: 'no-code'; readonly integration: Integration }
  /** Its state is ours and was used: the page was loaded again. */
  | { readonly kind: 'again'; readonly integration: Integration; readonly isConnected: boolean }
  /** Not begun in this browser, or its state was changed. */
  | { readonly kind: 'not-ours' }
  | Extract<FoundSession, { readonly kind: 'expired' | 'not-admin' | 'gone' }>;

/**
 * Whether a browser that comes back is one that was sent, as far as its cookie and the state say so: both are signed, so nothing
 * is read for a stranger.
 */
export const mayBeOurs = (
  browser: SessionBrowser | undefined,
  { integrationId, state }: Pick<Returned, 'integrationId' | 'state'>,
  keyedHash: KeyedHash,
): browser is SessionBrowser =>
  browser !== undefined &&
  (state === undefined || same(state, stateFor(browser, integrationId, keyedHash)));

/**
 * A browser has come back: whether it is the one that was sent, with its person and integration as they are now. Uses
 * the state up, whatever comes of it.
 * @param browser what its cookie says; undefined where it has none of ours
 */
export async function arrive(
  tx: Transaction,
  browser: SessionBrowser | undefined,
  { integrationId, state, code, error, issuer }: Returned,
  { now, keyedHash, redirectUrlOf }: Pick<Departure, 'keyedHash' | 'redirectUrlOf'> & { now: Date },
): Promise<Arrival> {
  if (!mayBeOurs(browser, { integrationId, state }, keyedHash)) return notOurs;
  const found = await findSession(tx, browser, 'connect', now);
  if (found.kind === 'over') return state === undefined ? notOurs : again(tx, integrationId);
  if (found.kind !== 'good') return found;
  const { session, integration } = found;
  if (!integration || session.subject !== integrationId) return notOurs;
  const oauth = (await manifestOf(tx, integration))?.oauth;
  const withoutCode = oauth?.withoutCode === true;
  // Some services that send no code send no state either: then the cookie alone has to say who it is.
  if (state === undefined && !withoutCode) return notOurs;

  if (!(await tx.webSessions.delete(session.id))) return again(tx, integrationId);
  const scope = scopeOf(
    buildVariables({
      secrets: await tx.secrets.all(integration.id),
      redirectUrl: redirectUrlOf(integration.id),
    }),
  );
  const why = oauth && whyNotFrom(issuer, oauth, scope);
  if (why !== undefined) return { kind: 'wrong-issuer', integration, why };
  if (error !== undefined) return { kind: 'refused', integration };
  if (code === undefined && !withoutCode) return { kind: 'no-code', integration };
  const verifier = verifierFor(browser, integrationId, keyedHash);
  return { kind: 'good', integration, personId: session.personId, code, verifier };
}

type OAuth = NonNullable<Manifest['oauth']>;

/**
 * Where the manifest names the issuer, the answer has to name the same. Where it doesn't, an answer that names one has to
 * name the host that the browser was sent to.
 * @returns a sentence for people; undefined where the answer may be taken
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
      : t`Its answer does not come from the "issuer" that its manifest names.`;
  }
  if (issuer === undefined) return undefined;
  const sentTo = renderUrl(authenticateUrl, scope, 'GET');
  return sentTo.ok && hostOf(issuer) === hostOf(sentTo.value)
    ? undefined
    : t`Its answer comes from another host than the one that you were sent to. If that is right, write its address as "issuer" into the "oauth" of the manifest.`;
}

/** Undefined for what is no address. */
const hostOf = (address: string): string | undefined =>
  URL.canParse(address) ? new URL(address).host : undefined;

/** How long the browser that has connected an integration may look at what came of it. */
const SHOWN_MS = 10 * 60_000;

/** What a browser is known by that has connected this integration for that person, as long as it may look. */
export function connectedCookie(
  integrationId: string,
  personId: string,
  { now, keyedHash }: { readonly now: Date; readonly keyedHash: KeyedHash },
): string {
  const said = `${personId}.${now.getTime() + SHOWN_MS}`;
  return `${said}.${keyedHash(JSON.stringify(['oauth-connected', integrationId, said]))}`;
}

/** @returns whose browser it is; undefined for one that has not connected this integration, or may not look any more */
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
  const token = await tx.oauth.find(integrationId);
  return { kind: 'again', integration, isConnected: token?.state === 'connected' };
}
