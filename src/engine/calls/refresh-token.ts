/** Refreshes a token with one request, under a lease on its row, and stores what came of it. Words: `oauth.ts`. */
import { sentences, t } from '../../core/translate.ts';
import type { ManifestRequest } from '../manifest/request-schema.ts';
import { type Integration, SYSTEM } from '../people/directory.ts';
import type { HttpAnswer, HttpRequest } from '../ports/http.ts';
import type { OAuthToken } from '../ports/integration-stores.ts';
import { StaleWrite } from '../ports/store.ts';
import type { Database, Transaction } from '../ports/unit-of-work.ts';
import { redactor } from '../templates/redact.ts';
import { tokenSecrets } from '../templates/token-secrets.ts';
import { invalidateIntegration } from '../work/topics.ts';
import type { Context, SetUp } from './context.ts';
import { readTokenAnswer, refreshedToken, type TokenAnswer } from './token-answer.ts';
import { describeTokenRequest, sendTokenRequest, type TokenSender } from './token-request.ts';

/** Longer than a token request may take with its repeats: until then its answer has come. */
const LEASE_MS = 90_000;
/** How long a new token is tried to be stored while the database is away. */
const STORE_MS = 60_000;
const STORE_AGAIN_MS = 1000;

/** A process that holds a lease longer is dead. */
export const HELD_MS = LEASE_MS + STORE_MS;
/**
 * Until when others leave a lease alone: what came under it may still be stored. The row has no such time, since a process of 0.2.0
 * takes a lease of more than 105 seconds for one of a clock that was ahead, and so for none.
 */
export const heldUntil = (leasedUntil: Date): Date => new Date(leasedUntil.getTime() + STORE_MS);

export type TokenUser = Pick<Context, 'integration' | 'manifest' | 'oauthApp' | 'redact'>;

export interface TokenDeps extends Database, TokenSender {
  /** The address to which the app sends an admin back, for an integration's id. */
  readonly redirectUrlOf: (integrationId: string) => string;
  /** How long a call waits while another one refreshes its token; then it is queued. Left out: until that has ended. */
  readonly maxWaitMs?: number;
}

/** @returns undefined where another process was faster, or an admin has changed something */
export async function takeLease(
  token: OAuthToken,
  { stores, now }: Pick<TokenDeps, 'stores' | 'now'>,
): Promise<OAuthToken | undefined> {
  const { failure: _, ...rest } = token;
  const leasedUntil = new Date(now().getTime() + LEASE_MS);
  try {
    return await stores.oauth.save({ ...rest, leasedUntil });
  } catch (error) {
    if (error instanceof StaleWrite) return undefined;
    throw error;
  }
}

interface Refreshing extends TokenUser, Pick<SetUp, 'secrets'> {
  readonly spec: ManifestRequest;
  /** Why the last refresh failed. */
  readonly before?: string;
}

/** @returns the token after the refresh, or the old one with the failure, or without one where that no longer counts */
export async function refreshWith(
  leased: OAuthToken,
  { integration, manifest, oauthApp, redact, spec, secrets, before }: Refreshing,
  deps: TokenDeps,
): Promise<OAuthToken> {
  const described = describeTokenRequest(spec, manifest, {
    secrets,
    oauth: leased.answer,
    redirectUrl: deps.redirectUrlOf(integration.id),
  });
  const hide = hideToken(leased, redact);
  const sent = described.ok ? await sendAgainIfLost(leased, described.request, deps) : undefined;
  const answer: TokenAnswer = sent
    ? readTokenAnswer(sent.answer, hide, integration.name)
    : { ok: false, why: described.ok ? '' : described.error, invalidGrant: false };
  const at = deps.now();

  return keep({ leased, patienceMs: answer.ok ? STORE_MS : 0 }, deps, async (tx, current) => {
    if (answer.ok) return { ...refreshedToken(current, answer.answer, at), app: oauthApp };
    const { leasedUntil: _, ...rest } = current;
    // The secrets or the manifest have changed since it was sent: `forgetFailure`. So it says nothing of what is there now.
    if (current.version !== (sent?.leased ?? leased).version) return rest;
    const why = hide(answer.detail ?? answer.why);
    if (!answer.invalidGrant) return { ...rest, failure: { at, why } };
    await noteBroken(tx, integration);
    const earlier = sent?.lost === undefined ? before : hide(sent.lost);
    return { ...rest, state: 'reconnect', failure: { at, why: afterFailure(why, earlier) } };
  });
}

interface Sent {
  /** With the lease that it was sent under. */
  readonly leased: OAuthToken;
  readonly answer: HttpAnswer;
  /** Why the answer before it did not come. Not redacted: it names the host. */
  readonly lost?: string;
}

/**
 * Sends it, and once more where the answer was lost on its way: the app may have put a new refresh token into it. For just that
 * many apps take the old one for some seconds more, and those that don't have ended the connection already.
 */
async function sendAgainIfLost(
  leased: OAuthToken,
  request: HttpRequest,
  deps: TokenDeps,
): Promise<Sent> {
  const answer = await sendTokenRequest(request, deps);
  if (answer.kind !== 'failed' || answer.code !== 'connection-lost') return { leased, answer };
  const again = await takeLease(leased, deps);
  if (!again) return { leased, answer };
  return { leased: again, answer: await sendTokenRequest(request, deps), lost: answer.message };
}

/** An app that rejects the refresh token may have replaced it in an answer that never came. */
const afterFailure = (why: string, before: string | undefined): string =>
  sentences(why, before !== undefined && t`The renewal before that failed: ${before}`);

async function noteBroken(tx: Transaction, integration: Integration): Promise<void> {
  await tx.audit('oauth.reconnect', { actor: SYSTEM, integrationId: integration.id });
  await invalidateIntegration(tx, integration.id);
  // A deleted integration needs no notification.
  const current = await tx.integrations.find(integration.id);
  if (current && !current.deletedAt)
    await tx.emit({ kind: 'connection-broken', integrationId: current.id });
}

/** Redacts this token too, because the caller's `redact` may know only an older one. */
function hideToken({ answer }: OAuthToken, redact: TokenUser['redact']): TokenUser['redact'] {
  const hide = redactor(tokenSecrets(answer), { manifestText: '' });
  return (text) => redact(hide(text));
}

interface Keeping {
  readonly leased: OAuthToken;
  /** For how long it is tried again when the database fails. */
  readonly patienceMs: number;
}

/** Saves the result of a refresh, unless someone has reconnected the integration since. Then their token stays. */
async function keep(
  { leased, patienceMs }: Keeping,
  deps: TokenDeps,
  change: (tx: Transaction, current: OAuthToken) => Promise<OAuthToken>,
): Promise<OAuthToken> {
  const until = deps.now().getTime() + patienceMs;
  for (;;) {
    try {
      return await deps.transact(async (tx) => {
        const current = await tx.oauth.find(leased.integrationId);
        // The time too: after a manifest without `oauth`, generations begin again.
        const isSame =
          current?.generation === leased.generation &&
          current.refreshedAt.getTime() === leased.refreshedAt.getTime();
        if (!current || !isSame) return current ?? leased;
        return tx.oauth.save(await change(tx, current));
      });
    } catch (error) {
      // An app that issues a new refresh token no longer accepts the old one, so the new one must not get lost.
      if (error instanceof StaleWrite) continue;
      if (deps.now().getTime() >= until) throw error;
      await deps.pause(STORE_AGAIN_MS);
    }
  }
}
