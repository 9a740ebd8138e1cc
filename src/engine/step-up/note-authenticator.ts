import type { Actor } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { authenticatorTopic, invalidate, personTopic } from '../work/topics.ts';
import type { Authenticator } from './authenticator.ts';

/** Saves it, and every card about it follows. */
export async function saveAuthenticator(
  tx: Transaction,
  authenticator: Authenticator,
): Promise<Authenticator> {
  const saved = await tx.authenticators.save(authenticator);
  await followAuthenticator(tx, saved);
  return saved;
}

export async function deleteAuthenticator(
  tx: Transaction,
  authenticator: Authenticator,
): Promise<void> {
  await tx.authenticators.delete(authenticator.id);
  await followAuthenticator(tx, authenticator);
}

/** For someone who leaves: their phone stays with them, and their address may be someone else's when it comes back. */
export async function endAuthenticators(
  tx: Transaction,
  personId: string,
  { actor }: { readonly actor: Actor },
): Promise<void> {
  for (const each of await tx.authenticators.of(personId)) {
    await deleteAuthenticator(tx, each);
    await noteAuthenticator(tx, 'authenticator.removed', each, actor);
  }
}

const followAuthenticator = (tx: Transaction, { id, personId }: Authenticator): Promise<void> =>
  invalidate(tx, authenticatorTopic(id), personTopic(personId));

/** Neither its key nor a code is ever in the audit log. */
export const noteAuthenticator = (
  tx: Transaction,
  what: string,
  { personId }: Authenticator,
  actor: Actor,
): Promise<void> => tx.audit(what, { actor, personId });
