/** What an end date does to somebody's access: every grant is stopped, and everything that may be there is taken away. */
import { unreachable } from '../core/unreachable.ts';
import type { Actor, Integration, Person } from './directory.ts';
import { type Started, type Starting, startRevoke } from './grant.ts';
import { parseManifest } from './manifest/parse.ts';
import type { Transaction } from './ports.ts';
import type { Run } from './run.ts';
import { type Stopped, type Stopping, stopGrants } from './stop-grants.ts';

/** What happens to the access at one integration. */
export type EndedAccess = { readonly integration: Integration } & (
  | { readonly kind: 'revoking'; readonly run: Run }
  /** A grant is in flight; the revoke starts as soon as that has ended. */
  | { readonly kind: 'follows'; readonly run: Run }
  /** Latchkey can't take it away: somebody has to, and `why` says why. */
  | { readonly kind: 'by-hand'; readonly why: string }
);

/**
 * Stops every grant of a person and starts a revoke at every integration, turned off or not, where access isn't known to
 * be gone. Whoever calls it makes the person inactive in the same transaction, so that nothing is granted afterwards.
 * @returns the integrations where there was something to do, by name
 */
export async function endAccess(
  tx: Transaction,
  person: Person,
  actor: Actor,
  starting: Stopping,
): Promise<readonly EndedAccess[]> {
  await tx.people.hold(person.id);
  const stopped = await stopGrants(tx, { personId: person.id }, actor, starting);
  const ended: EndedAccess[] = [];
  for (const integration of await tx.integrations.list()) {
    const end = await endAt(tx, { actor, person, integration }, stopped, starting);
    if (end) ended.push({ integration, ...end });
  }
  return ended;
}

type End =
  | { readonly kind: 'revoking' | 'follows'; readonly run: Run }
  | { readonly kind: 'by-hand'; readonly why: string };

async function endAt(
  tx: Transaction,
  wish: { readonly actor: Actor; readonly person: Person; readonly integration: Integration },
  stopped: Stopped,
  starting: Starting,
): Promise<End | undefined> {
  const { person, integration } = wish;
  const here = ({ integrationId }: Run): boolean => integrationId === integration.id;
  const follows = stopped.followed.find(here);
  if (follows) return { kind: 'follows', run: follows };

  const access = await tx.access.find(person.id, integration.id);
  const version = await tx.integrations.findVersion(integration.manifestVersionId);
  const parsed = version && parseManifest(version.manifest);
  const manifest = parsed?.ok ? parsed.manifest : undefined;
  if (manifest?.kind === 'sync') return undefined;
  // Where nobody has ever asked, access may be there all the same; what can be revoked is, to be sure.
  const neverAsked =
    !access && integration.enabled && manifest?.exists !== undefined && manifest.revoke.length > 0;
  const begun = stopped.revokes.some(here) || stopped.left.some(({ run }) => here(run));
  if (!begun && !neverAsked && (!access || access.state === 'none')) return undefined;
  return outcomeOf(await startRevoke(tx, wish, starting));
}

function outcomeOf(started: Started): End {
  switch (started.kind) {
    case 'started':
    case 'joined':
      return { kind: 'revoking', run: started.run };
    case 'follows':
      return { kind: 'follows', run: started.run };
    case 'refused':
      return { kind: 'by-hand', why: started.why };
    default:
      return unreachable(started);
  }
}
