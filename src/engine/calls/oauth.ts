/**
 * OAuth2 tokens of integrations. Latchkey gets a token with a code, and refreshes it before it expires and after a 401. Only one
 * process refreshes a token at a time. Words: a *token answer* is the JSON of a token endpoint. Its *generation* counts the
 * answers. A *lease* on the token's row is the right to refresh it.
 */
import { MINUTE_MS } from '../../core/hours.ts';
import { isJsonObject } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import { settingsChanged } from '../access/removals/expedite.ts';
import type { Actor } from '../people/directory.ts';
import { isAdmin } from '../people/permission.ts';
import type { HttpFailure } from '../ports/http.ts';
import type { OAuthToken } from '../ports/integration-stores.ts';
import { redactor } from '../templates/redact.ts';
import { tokenSecrets } from '../templates/token-secrets.ts';
import { invalidateIntegration } from '../work/topics.ts';
import { type Context, gatherIntegration, gone, type SetUp } from './context.ts';
import { BUSY_PAUSE_MS } from './limits.ts';
import { findToken, oauthAppOf, sayNotConnected, saySignInEnded } from './oauth-app.ts';
import {
  HELD_MS,
  heldUntil,
  refreshWith,
  type TokenDeps,
  type TokenUser,
  takeLease,
} from './refresh-token.ts';
import { firstToken, readTokenAnswer } from './token-answer.ts';
import { describeTokenRequest, inAddress, sendTokenRequest, usesCode } from './token-request.ts';

/** How long before its expiry a token is refreshed, so that it doesn't expire during a request. */
const REFRESH_BEFORE_MS = 5 * MINUTE_MS;
/** The pause after an app refused a refresh or didn't answer. It ends with `OAuthStore.forgetFailure`. */
const FAILURE_PAUSE_MS = 30_000;
/** How often a process checks whether the refresh of another process is done. */
const LOOK_AGAIN_MS = 100;

interface NoToken {
  readonly ok: false;
  /** A sentence for people: why there is no token, and what to do. */
  readonly why: string;
  /** What the app said, redacted, for Technical details. */
  readonly detail?: string;
  /** Another call renews it, and takes long: as of a host that is busy. */
  readonly busy?: HttpFailure;
}

export type Fresh = { readonly ok: true; readonly context: Context } | NoToken;

export type Exchanged = { readonly ok: true; readonly token: OAuthToken } | NoToken;

export interface Tokens {
  /** The context with a token that is valid for five more minutes. Unchanged when the manifest has no `oauth`. */
  fresh(context: Context): Promise<Fresh>;
  /** After a 401: the context with a newer token, or undefined when there is none. */
  renewed(context: Context): Promise<Context | undefined>;
  /** Connects or reconnects an integration. The old token stays until the new one is stored. */
  exchangeCode(integrationId: string, brought: Brought, by: Actor): Promise<Exchanged>;
}

/** What a browser brings back from the app's login page. */
export interface Brought {
  /** Left out when the manifest says `without_code`. */
  readonly code?: string;
  /** PKCE: proves that we requested the code. */
  readonly verifier?: string;
  /** The client that the browser was sent to: `oauth-app.ts`. Left out: none was. */
  readonly app?: string;
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
      return had.ok ? { ok: true, context: withToken(context, had.token, deps) } : had;
    },

    async renewed(context) {
      const refused = context.token?.generation;
      if (!context.manifest.oauth?.refresh || refused === undefined) return undefined;
      const had = await currentToken(context, refused, deps);
      return had.ok && had.token.generation !== refused
        ? withToken(context, had.token, deps)
        : undefined;
    },

    exchangeCode: (integrationId, brought, by) => exchange(integrationId, { ...brought, by }, deps),
  };
}

const withToken = (context: Context, token: OAuthToken, deps: TokenDeps): Context =>
  context.withToken(token, deps.redirectUrlOf(context.integration.id));

// ---------------------------------------------------------------- refreshing

type Had = Exchanged;

/** How far the clocks of two processes may differ. A new lease of another process may seem longer by that much. */
const CLOCKS_APART_MS = MINUTE_MS;

/** Whether that time is still ahead. A time that is much too far ahead was stored before the clock went back, so it doesn't count. */
function isAhead(time: Date, now: Date, longestMs: number): boolean {
  const ms = time.getTime() - now.getTime();
  return ms > 0 && ms <= longestMs + CLOCKS_APART_MS;
}

/**
 * The token to use now, refreshed if needed.
 * @param refused the generation that the app answered with 401
 */
async function currentToken(
  user: TokenUser,
  refused: number | undefined,
  deps: TokenDeps,
): Promise<Had> {
  const { id, name } = user.integration;
  const { refresh } = user.manifest.oauth ?? {};
  const startedAt = deps.now();
  let seen: number | undefined;
  for (;;) {
    const token = await findToken(deps.stores, id, user.oauthApp);
    if (!token) return no(sayNotConnected(name));
    const now = deps.now();
    // A process that waited for a refresh uses its result, even if that token expires soon.
    const isNew = seen !== undefined && token.generation !== seen;
    if (!refresh || isNew || !needsRefresh(token, refused, now)) return { ok: true, token };
    const { failure } = token;
    const isPaused =
      failure && isAhead(new Date(failure.at.getTime() + FAILURE_PAUSE_MS), now, FAILURE_PAUSE_MS);
    if (token.state === 'reconnect' || isPaused) return orElse(token, { refused, now, name });

    seen = token.generation;
    if (token.leasedUntil && isAhead(heldUntil(token.leasedUntil), now, HELD_MS)) {
      const waitedMs = now.getTime() - startedAt.getTime();
      if (refused === undefined && waitedMs >= (deps.maxWaitMs ?? Infinity)) return busy(name);
      await deps.pause(LOOK_AGAIN_MS);
      continue;
    }
    const secrets = await deps.stores.secrets.all(id);
    // They may name another client since the context was read.
    if (oauthAppOf({ manifest: user.manifest, secrets }) !== user.oauthApp)
      return no(sayNotConnected(name));
    const leased = await takeLease(token, deps);
    if (!leased) continue;
    const after = await refreshWith(
      leased,
      { ...user, spec: refresh, secrets, before: failure?.why },
      deps,
    );
    const isOld = after.generation === leased.generation;
    if (isOld && after.failure) return orElse(after, { refused, now: deps.now(), name });
    // Else an admin has entered another secret meanwhile, or connected another app.
    if (!isOld && after.app === user.oauthApp) return { ok: true, token: after };
  }
}

function needsRefresh(token: OAuthToken, refused: number | undefined, now: Date): boolean {
  if (token.generation === refused) return true;
  return (
    token.expiresAt !== undefined && token.expiresAt.getTime() - now.getTime() <= REFRESH_BEFORE_MS
  );
}

/** A token that could not be refreshed is used until it expires. */
function orElse(
  token: OAuthToken,
  { refused, now, name }: { readonly refused?: number; readonly now: Date; readonly name: string },
): Had {
  const isGood =
    token.generation !== refused && (token.expiresAt === undefined || token.expiresAt > now);
  if (isGood) return { ok: true, token };
  return token.state === 'reconnect'
    ? no(saySignInEnded(name))
    : no(notRenewed(name), token.failure?.why);
}

const no = (why: string, detail?: string): NoToken => ({ ok: false, why, detail });

function busy(name: string): NoToken {
  const message = t`Latchkey is renewing the sign-in at ${name}; this one is queued.`;
  const failure = { kind: 'failed', code: 'host-busy', message, maySent: false } as const;
  return { ok: false, why: message, busy: { ...failure, retryAfterMs: BUSY_PAUSE_MS } };
}

const notRenewed = (name: string): string =>
  t`${name} didn't renew the sign-in. If the next try doesn't help, an admin has to connect it again.`;

// ---------------------------------------------------------------- connecting

async function exchange(
  integrationId: string,
  { by, ...brought }: Brought & { readonly by: Actor },
  deps: TokenDeps,
): Promise<Exchanged> {
  const { code } = brought;
  const integration = await deps.stores.integrations.find(integrationId);
  if (!integration || integration.deletedAt) return no(gone());
  const setUp = await gatherIntegration(deps.stores, integration);
  if (!setUp.ok) return no(setUp.why);
  const { oauth } = setUp.manifest;
  if (!oauth)
    return no(t`${integration.name} needs no connection, because its manifest has no "oauth".`);
  if (code === undefined && !oauth.withoutCode)
    return no(t`${integration.name} sent no code, so it isn't connected. Press Connect again.`);

  const app = oauthAppOf(setUp);
  // The code and its proof are for no other client, so they aren't sent to one.
  if (brought.app !== undefined && brought.app !== app) return no(justChanged(integration.name));
  const before = await findToken(deps.stores, integrationId, app);
  const verifier = oauth.pkce ? brought.verifier : undefined;
  const proof: Readonly<Record<string, string>> =
    verifier === undefined ? {} : { code_verifier: verifier };
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
    // A request without data has all its other values in the address, too.
    ...(!inData && proof),
  });
  const { name } = integration;
  const answer = readTokenAnswer(await sendTokenRequest(request, deps), redact, name);
  if (!answer.ok)
    return no(
      redact(t`${name} sent no token. ${answer.why}`),
      answer.detail === undefined ? undefined : redact(answer.detail),
    );
  return connect({ ...firstToken(integrationId, answer.answer, deps.now()), app }, by, deps);
}

async function connect(token: OAuthToken, by: Actor, deps: TokenDeps): Promise<Exchanged> {
  return deps.transact(async (tx) => {
    const integration = await tx.integrations.hold(token.integrationId, 'alone');
    if (!integration || integration.deletedAt) return no(gone());
    // The app may have taken two minutes to answer.
    const person = by.kind === 'person' && (await tx.people.find(by.personId));
    if (by.kind === 'person' && !(person && isAdmin(person))) return no(notAdmin());
    const setUp = await gatherIntegration(tx, integration);
    if (!setUp.ok || oauthAppOf(setUp) !== token.app) return no(justChanged(integration.name));
    const before = await tx.oauth.find(token.integrationId);
    const next = { ...token, generation: (before?.generation ?? 0) + 1 };
    await tx.oauth.put(next);
    await settingsChanged(tx, token.integrationId);
    await tx.audit('oauth.connected', { actor: by, integrationId: token.integrationId });
    await invalidateIntegration(tx, token.integrationId);
    return { ok: true, token: (await tx.oauth.find(token.integrationId)) ?? next };
  });
}

const justChanged = (name: string): string =>
  t`${name} has just changed, so it isn't connected. Press Connect again.`;

const notAdmin = () =>
  t`Only Latchkey admins can, and you are no longer one. Nothing changed; if that's wrong, ask another admin.`;

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
