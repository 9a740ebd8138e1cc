/**
 * OAuth2 tokens of integrations: got with a code, refreshed before they expire and after a 401, by one process at a
 * time. Words: a *token answer* is the JSON that a token endpoint gave; its *generation* counts the answers; a *lease*
 * is the right to refresh, kept on the token's row.
 */

import { isJsonObject } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import { settingsChanged } from '../access/removals/expedite.ts';
import type { Manifest, ManifestRequest } from '../manifest/schema.ts';
import type { Actor, Integration } from '../people/directory.ts';
import type { Http, HttpAnswer, HttpFailure, HttpRequest } from '../ports/http.ts';
import type { OAuthToken } from '../ports/integration-stores.ts';
import { StaleWrite } from '../ports/store.ts';
import type { Clock } from '../ports/time-and-chance.ts';
import type { Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { repeatAfter } from '../runs/step-outcome.ts';
import { redactor, tokenSecrets } from '../templates/redact.ts';
import { buildVariables } from '../templates/variables.ts';
import { invalidateIntegration } from '../work/topics.ts';
import { type Context, gatherIntegration, gone, type SetUp } from './context.ts';
import { BUSY_PAUSE_MS } from './limits.ts';
import { describeRequest } from './request.ts';
import { firstToken, readTokenAnswer, refreshedToken, type TokenAnswer } from './token-answer.ts';

/** Before it expires by this much a token is refreshed, so that it doesn't expire on its way. */
const REFRESH_BEFORE_MS = 5 * 60 * 1000;
/** A service that has just refused, or doesn't answer, is left alone for so long. */
const FAILURE_PAUSE_MS = 30_000;
const TOKEN_LIMITS = { timeoutMs: 30_000, maxBytes: 1024 * 1024 };
/** Longer than a token request may take; whoever holds a lease for longer is dead. */
const LEASE_MS = 45_000;
/** A token request is sent for the last time so long after the first: its answer still comes within the lease. */
const SEND_WINDOW_MS = 10_000;
/** How often those who wait for another's refresh look whether it is there. */
const LOOK_AGAIN_MS = 100;

export type Fresh =
  | { readonly ok: true; readonly context: Context }
  /** A sentence for people: why there is no token, and the cure. */
  | { readonly ok: false; readonly why: string };

export type Exchanged =
  | { readonly ok: true; readonly token: OAuthToken }
  | { readonly ok: false; readonly why: string };

type TokenUser = Pick<Context, 'integration' | 'manifest' | 'redact'>;

export interface Tokens {
  /** The context with a token that is good for five minutes more; as it is where the manifest has no `oauth`. */
  fresh(context: Context): Promise<Fresh>;
  /** After a 401: the context with a newer token than its own, or undefined where none can be had. */
  renewed(context: Context): Promise<Context | undefined>;
  /**
   * Connects an integration, or connects it again: until the new token is there the old one stays.
   */
  exchangeCode(integrationId: string, brought: Brought, by: Actor): Promise<Exchanged>;
}

/** What a browser that was sent to a third party came back with. */
export interface Brought {
  /** None where the manifest says `without_code`. */
  readonly code?: string | undefined;
  /** Of PKCE: what proves that the code was asked for by us. */
  readonly verifier?: string | undefined;
}

export interface TokenDeps {
  readonly now: Clock;
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly http: Http;
  /** Resolves after that many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** Where a third party sends an admin back to, for an integration's id. */
  readonly redirectUrlOf: (integrationId: string) => string;
}

/** `<public URL>/oauth/<integration>/callback` */
export const redirectUrls =
  (publicUrl: string): TokenDeps['redirectUrlOf'] =>
  (integrationId) =>
    `${publicUrl.replace(/\/+$/, '')}/oauth/${encodeURIComponent(integrationId)}/callback`;

export function createTokens(deps: TokenDeps): Tokens {
  return {
    async fresh(context) {
      if (!context.manifest.oauth) return { ok: true, context };
      const had = await currentToken(context, undefined, deps);
      return had.ok
        ? { ok: true, context: withToken(context, had.token, deps) }
        : { ok: false, why: had.why };
    },

    async renewed(context) {
      const refused = context.token?.generation;
      if (!context.manifest.oauth?.refresh || refused === undefined) return undefined;
      const had = await currentToken(context, refused, deps);
      return had.ok && had.token.generation !== refused
        ? withToken(context, had.token, deps)
        : undefined;
    },

    exchangeCode: (integrationId, brought, by) => exchange(integrationId, brought, by, deps),
  };
}

const withToken = (context: Context, token: OAuthToken, deps: TokenDeps): Context =>
  context.withToken(token, deps.redirectUrlOf(context.integration.id));

// ---------------------------------------------------------------- refreshing

type Had = Exchanged;

/** How far the clocks of two processes may be apart: a lease that another has just taken is then further ahead than any is put. */
const CLOCKS_APART_MS = 60_000;

/** Whether that time is yet to come. One that is much further ahead than any is put was made by a clock that went back since. */
function isAhead(time: Date, now: Date, longestMs: number): boolean {
  const ms = time.getTime() - now.getTime();
  return ms > 0 && ms <= longestMs + CLOCKS_APART_MS;
}

/**
 * The token as it is to be used now, refreshed where that is needed.
 * @param refused the generation that the service has answered 401 to
 */
async function currentToken(
  user: TokenUser,
  refused: number | undefined,
  deps: TokenDeps,
): Promise<Had> {
  const { id, name } = user.integration;
  const { refresh } = user.manifest.oauth ?? {};
  let seen: number | undefined;
  for (;;) {
    const token = await deps.stores.oauth.find(id);
    if (!token) return no(t`${name} is not connected yet. An admin has to connect it.`);
    const now = deps.now();
    // Whoever waited for a refresh takes its result, however soon that expires again.
    const isNew = seen !== undefined && token.generation !== seen;
    if (!refresh || isNew || !needsRefresh(token, refused, now)) return { ok: true, token };
    if (token.state === 'reconnect') return orElse(token, refused, now, reconnect(name));
    const { failure } = token;
    if (
      failure &&
      isAhead(new Date(failure.at.getTime() + FAILURE_PAUSE_MS), now, FAILURE_PAUSE_MS)
    )
      return orElse(token, refused, now, failure.why);

    seen = token.generation;
    if (token.leasedUntil && isAhead(token.leasedUntil, now, LEASE_MS)) {
      await deps.pause(LOOK_AGAIN_MS);
      continue;
    }
    const leased = await takeLease(token, now, deps);
    if (!leased) continue;
    const after = await refreshWith(refresh, leased, user, deps);
    if (after.generation === leased.generation)
      return orElse(after, refused, deps.now(), after.failure?.why ?? reconnect(name));
    return { ok: true, token: after };
  }
}

function needsRefresh(token: OAuthToken, refused: number | undefined, now: Date): boolean {
  if (token.generation === refused) return true;
  return (
    token.expiresAt !== undefined && token.expiresAt.getTime() - now.getTime() <= REFRESH_BEFORE_MS
  );
}

/** A token that could not be refreshed is used as long as it is good. */
function orElse(token: OAuthToken, refused: number | undefined, now: Date, why: string): Had {
  const isGood =
    token.generation !== refused && (token.expiresAt === undefined || token.expiresAt > now);
  return isGood ? { ok: true, token } : no(why);
}

const no = (why: string): Had => ({ ok: false, why });

const reconnect = (name: string): string =>
  t`${name} no longer takes the token that Latchkey has. An admin has to connect it again.`;

async function takeLease(
  token: OAuthToken,
  now: Date,
  { stores }: TokenDeps,
): Promise<OAuthToken | undefined> {
  const { failure: _, ...rest } = token;
  const leasedUntil = new Date(now.getTime() + LEASE_MS);
  try {
    return await stores.oauth.save({ ...rest, leasedUntil });
  } catch (error) {
    if (error instanceof StaleWrite) return undefined; // Another was faster.
    throw error;
  }
}

/** @returns the token after the refresh, with its failure where it failed. */
async function refreshWith(
  spec: ManifestRequest,
  leased: OAuthToken,
  { integration, manifest, redact }: TokenUser,
  deps: TokenDeps,
): Promise<OAuthToken> {
  const secrets = await deps.stores.secrets.all(integration.id);
  const described = describeTokenRequest(spec, manifest, {
    secrets,
    oauth: leased.answer,
    redirectUrl: deps.redirectUrlOf(integration.id),
  });
  const hide = hideToken(leased, redact);
  const answer: TokenAnswer = described.ok
    ? readTokenAnswer(await send(described.request, deps), hide)
    : { ok: false, why: described.error, invalidGrant: false };
  const at = deps.now();

  return keep(leased, deps, async (tx, current) => {
    if (answer.ok) return refreshedToken(current, answer.answer, at);
    if (answer.invalidGrant) await noteBroken(tx, integration);
    const { leasedUntil: _, ...rest } = current;
    const why = answer.invalidGrant
      ? reconnect(integration.name)
      : hide(
          t`${integration.name} gave no new token. ${answer.why} Try again in a minute; if it stays so, an admin has to connect it again.`,
        );
    return {
      ...rest,
      state: answer.invalidGrant ? 'reconnect' : current.state,
      failure: { at, why },
    };
  });
}

async function noteBroken(tx: Transaction, integration: Integration): Promise<void> {
  await tx.audit('oauth.reconnect', { actor: { kind: 'system' }, integrationId: integration.id });
  await invalidateIntegration(tx, integration.id);
  // One that was deleted meanwhile is nobody's to connect.
  const current = await tx.integrations.find(integration.id);
  if (current && !current.deletedAt)
    await tx.emit({ kind: 'connection-broken', integrationId: current.id });
}

/** The user may know an older token only. */
function hideToken({ answer }: OAuthToken, redact: TokenUser['redact']): TokenUser['redact'] {
  const hide = redactor(tokenSecrets(answer), { manifestText: '' });
  return (text) => redact(hide(text));
}

/** Saves what a refresh brought, unless somebody has connected the integration meanwhile: then theirs stays. */
async function keep(
  leased: OAuthToken,
  deps: TokenDeps,
  change: (tx: Transaction, current: OAuthToken) => Promise<OAuthToken>,
): Promise<OAuthToken> {
  for (;;) {
    try {
      return await deps.transact(async (tx) => {
        const current = await tx.oauth.find(leased.integrationId);
        if (!current || current.generation !== leased.generation) return current ?? leased;
        return tx.oauth.save(await change(tx, current));
      });
    } catch (error) {
      // A service that gives a new refresh token takes the old one no longer, so this must not get lost.
      if (!(error instanceof StaleWrite)) throw error;
    }
  }
}

// ---------------------------------------------------------------- connecting

async function exchange(
  integrationId: string,
  brought: Brought,
  by: Actor,
  deps: TokenDeps,
): Promise<Exchanged> {
  const { code } = brought;
  const integration = await deps.stores.integrations.find(integrationId);
  if (!integration || integration.deletedAt) return no(gone());
  const setUp = await gatherIntegration(deps.stores, integration);
  if (!setUp.ok) return no(setUp.why);
  const { oauth } = setUp.manifest;
  if (!oauth) return no(t`${integration.name} needs no connection: its manifest has no "oauth".`);
  if (code === undefined && !oauth.withoutCode)
    return no(
      t`${integration.name} sent no code, so it is not connected. Start again with Connect.`,
    );

  const before = await deps.stores.oauth.find(integrationId);
  const verifier = oauth.pkce ? brought.verifier : undefined;
  const proof = verifier === undefined ? {} : { code_verifier: verifier };
  const { data } = oauth.accessToken;
  const inData = isJsonObject(data);
  const spec = inData ? { ...oauth.accessToken, data: { ...data, ...proof } } : oauth.accessToken;
  const described = describeTokenRequest(spec, setUp.manifest, {
    secrets: setUp.secrets,
    oauth: before?.answer,
    redirectUrl: deps.redirectUrlOf(integrationId),
    code,
  });
  const redact = redactExchange(setUp, before, brought);
  if (!described.ok) return no(redact(described.error));
  const ownsCode = code === undefined || oauth.withoutCode || usesCode(oauth.accessToken);
  const request = inAddress(described.request, {
    ...(!ownsCode && { code }),
    // A request without data has everything else in its address, too.
    ...(!inData && proof),
  });
  const answer = readTokenAnswer(await send(request, deps), redact);
  if (!answer.ok)
    return no(
      redact(t`${integration.name} gave no token. ${answer.why} Start again with Connect.`),
    );
  return connect(firstToken(integrationId, answer.answer, deps.now()), by, deps);
}

async function connect(token: OAuthToken, by: Actor, deps: TokenDeps): Promise<Exchanged> {
  return deps.transact(async (tx) => {
    const integration = await tx.integrations.hold(token.integrationId, 'shared');
    if (!integration || integration.deletedAt) return no(gone());
    const before = await tx.oauth.find(token.integrationId);
    const next = { ...token, generation: (before?.generation ?? 0) + 1 };
    await tx.oauth.put(next);
    await settingsChanged(tx, token.integrationId);
    await tx.audit('oauth.connected', { actor: by, integrationId: token.integrationId });
    await invalidateIntegration(tx, token.integrationId);
    return { ok: true, token: (await tx.oauth.find(token.integrationId)) ?? next };
  });
}

const redactExchange = (
  { hidden, manifestText }: SetUp,
  before: OAuthToken | undefined,
  { code, verifier }: Brought,
): ((text: string) => string) =>
  redactor(
    {
      ...tokenSecrets(before?.answer ?? {}),
      ...hidden,
      ...(code !== undefined && { code }),
      ...(verifier !== undefined && { code_verifier: verifier }),
    },
    { manifestText },
  );

/** Whether the manifest puts the code somewhere itself. */
const usesCode = ({ url, headers, data }: ManifestRequest): boolean =>
  /\{\{\{?\s*[#^&]?\s*code\s*\}?\}\}/.test(JSON.stringify([url, headers, data], bigAsText));

const bigAsText = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;

function inAddress(
  request: HttpRequest,
  parameters: Readonly<Record<string, string>>,
): HttpRequest {
  const pairs = Object.entries(parameters).map(
    ([name, value]) => `${name}=${encodeURIComponent(value)}`,
  );
  if (pairs.length === 0) return request;
  const [address = '', ...fragment] = request.url.split('#');
  const joint = address.includes('?') ? (/[?&]$/.test(address) ? '' : '&') : '?';
  return { ...request, url: [`${address}${joint}${pairs.join('&')}`, ...fragment].join('#') };
}

/** Token requests send their own headers only, and their data as a form. */
const describeTokenRequest = (
  spec: ManifestRequest,
  manifest: Manifest,
  sources: Pick<Parameters<typeof buildVariables>[0], 'secrets' | 'oauth' | 'redirectUrl' | 'code'>,
) =>
  describeRequest(spec, manifest, buildVariables(sources), {
    dataAs: 'form',
    ownHeadersOnly: true,
  });

/** Sends a token request: again where that is safe, as every request is, and after a wait while the host is busy. */
async function send(request: HttpRequest, { http, now, pause }: TokenDeps): Promise<HttpAnswer> {
  const startedAt = now();
  let tries = 0;
  for (;;) {
    const answer = await http.send(request, TOKEN_LIMITS);
    const isBusy = answer.kind === 'failed' && answer.code === 'host-busy';
    if (!isBusy) tries += 1; // While a host is busy nothing was sent.
    const wait = isBusy
      ? busyPause(answer, startedAt, now())
      : repeatAfter({
          answer,
          method: request.method,
          step: { tries, startedAt },
          now: now(),
          windowMs: SEND_WINDOW_MS,
        });
    if (wait === undefined) return answer;
    await pause(wait);
  }
}

function busyPause(
  { retryAfterMs = BUSY_PAUSE_MS }: HttpFailure,
  startedAt: Date,
  now: Date,
): number | undefined {
  return now.getTime() - startedAt.getTime() + retryAfterMs <= SEND_WINDOW_MS
    ? retryAfterMs
    : undefined;
}
