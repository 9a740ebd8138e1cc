import type { Actor, Person } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { authenticatorTopic, invalidate, personTopic } from '../work/topics.ts';
import { type Authenticator, isPending } from './authenticator.ts';

/** Of the settings' store. */
const ADMINS_HAD_CODES = 'step-up';

/** Whether an admin's authenticator has ever counted: also when it was removed since, or they are no admin any more. */
export const adminsHadCodes = async ({ settings }: Pick<Stores, 'settings'>): Promise<boolean> =>
  (await settings.find(ADMINS_HAD_CODES)) !== undefined;

/** Remembers it. Call it before someone's authenticator or role ends, and when one begins to count. */
export async function rememberCodes(
  tx: Transaction,
  { id, role }: Pick<Person, 'id' | 'role'>,
): Promise<void> {
  if (role !== 'admin' || (await adminsHadCodes(tx))) return;
  const all = await tx.authenticators.of(id);
  if (all.every(isPending)) return;
  await tx.settings.save(ADMINS_HAD_CODES, 0, JSON.stringify({ since: tx.now.toISOString() }));
}

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
  const person = await tx.people.find(personId);
  if (person) await rememberCodes(tx, person);
  for (const each of await tx.authenticators.of(personId)) {
    await deleteAuthenticator(tx, each);
    await tx.audit('authenticator.removed', { actor, personId: each.personId });
  }
}

const followAuthenticator = (tx: Transaction, { id, personId }: Authenticator): Promise<void> =>
  invalidate(tx, authenticatorTopic(id), personTopic(personId));
