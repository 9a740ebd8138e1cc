/** From the page with a key to an authenticator whose codes count, and what another admin does about one. */
import type { Actor, Person } from '../people/directory.ts';
import { isAdmin } from '../people/permission.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { type Authenticator, isPending, MAX_WRONG } from './authenticator.ts';
import { deleteAuthenticator, noteAuthenticator, saveAuthenticator } from './note-authenticator.ts';
import { newKey, newRecoveryCodes, recoveryHash, stepOf } from './totp.ts';
import { currentOf } from './use-code.ts';

const pendingOf = (all: readonly Authenticator[]): Authenticator | undefined => all.find(isPending);

/**
 * The key that a page shows. A page that is opened again shows the same one; a later page replaces what is not confirmed yet.
 * @param since when the page was opened first
 */
export async function beginEnrolment(
  tx: Transaction,
  { personId, since }: { readonly personId: string; readonly since: Date },
): Promise<Authenticator> {
  const pending = pendingOf(await tx.authenticators.of(personId));
  if (pending && pending.createdAt >= since) return pending;
  if (pending) await deleteAuthenticator(tx, pending);
  const authenticator: Authenticator = {
    id: tx.newId(),
    version: 1,
    personId,
    state: 'new',
    key: newKey(tx.randomBytes),
    recovery: [],
    wrong: 0,
    createdAt: tx.now,
  };
  await tx.authenticators.insert(authenticator);
  return authenticator;
}

export type Proven =
  /** The recovery codes, which nobody sees again. */
  | { readonly kind: 'proven'; readonly recovery: readonly string[] }
  | { readonly kind: 'wrong' }
  /** It was proven already, replaced by a later page, or given up after five wrong codes. */
  | { readonly kind: 'over' };

/** A code that the page's person typed says that their app has the key. Another admin then confirms that it is theirs. */
export async function proveAuthenticator(
  tx: Transaction,
  {
    id,
    personId,
    typed,
  }: { readonly id: string; readonly personId: string; readonly typed: string },
): Promise<Proven> {
  const found = await tx.authenticators.find(id);
  if (found?.personId !== personId || found.state !== 'new') return { kind: 'over' };
  const step = stepOf(found.key, typed, tx.now);
  if (step === undefined) {
    const wrong = found.wrong + 1;
    if (wrong >= MAX_WRONG) {
      await deleteAuthenticator(tx, found);
      return { kind: 'over' };
    }
    await saveAuthenticator(tx, { ...found, wrong });
    return { kind: 'wrong' };
  }
  const recovery = newRecoveryCodes(tx.randomBytes);
  const proven = await saveAuthenticator(tx, {
    ...found,
    state: 'proven',
    usedStep: step,
    wrong: 0,
    recovery: recovery.map(recoveryHash),
  });
  const actor = { kind: 'person', personId, via: 'web' } as const;
  await noteAuthenticator(tx, 'authenticator.proven', proven, actor);
  await tx.emit({ kind: 'authenticator-waiting', authenticator: proven });
  return { kind: 'proven', recovery };
}

/** Who answers for it: another admin, or the operator on the command line. */
export type Witness =
  | { readonly kind: 'admin'; readonly admin: Person; readonly actor: Actor }
  | { readonly kind: 'operator'; readonly actor: Actor };

export type Witnessed =
  | { readonly kind: 'done'; readonly authenticator: Authenticator }
  /** Somebody else answered first, or it was replaced. */
  | { readonly kind: 'over' }
  /** Only another admin may. */
  | { readonly kind: 'not-yours' };

/** Its codes count from now on, and those of the one before don't any more. */
export const confirmAuthenticator = (
  tx: Transaction,
  id: string,
  witness: Witness,
): Promise<Witnessed> =>
  answered(tx, { id, witness, states: ['proven'] }, async (found) => {
    const before = currentOf(await tx.authenticators.of(found.personId));
    if (before) await deleteAuthenticator(tx, before);
    const active = await saveAuthenticator(tx, { ...found, state: 'active' });
    await noteAuthenticator(tx, 'authenticator.confirmed', active, witness.actor);
    await tx.emit({ kind: 'authenticator-answered', authenticator: active, by: witness.actor });
    return active;
  });

export const declineAuthenticator = (
  tx: Transaction,
  id: string,
  witness: Witness,
): Promise<Witnessed> =>
  answered(tx, { id, witness, states: ['proven'] }, async (found) => {
    await deleteAuthenticator(tx, found);
    await noteAuthenticator(tx, 'authenticator.declined', found, witness.actor);
    await tx.emit({ kind: 'authenticator-answered', authenticator: found, by: witness.actor });
    return found;
  });

/** After five wrong codes in a row. */
export const unlockAuthenticator = (
  tx: Transaction,
  id: string,
  witness: Witness,
): Promise<Witnessed> =>
  answered(tx, { id, witness, states: ['locked'] }, async (found) => {
    const active = await saveAuthenticator(tx, { ...found, state: 'active', wrong: 0 });
    await noteAuthenticator(tx, 'authenticator.unlocked', active, witness.actor);
    await tx.emit({ kind: 'authenticator-answered', authenticator: active, by: witness.actor });
    return active;
  });

/** For a phone that is lost or stolen. */
export const removeAuthenticator = (
  tx: Transaction,
  id: string,
  witness: Witness,
): Promise<Witnessed> =>
  answered(tx, { id, witness, states: ['active', 'locked'] }, async (found) => {
    await deleteAuthenticator(tx, found);
    await noteAuthenticator(tx, 'authenticator.removed', found, witness.actor);
    return found;
  });

async function answered(
  tx: Transaction,
  wanted: {
    readonly id: string;
    readonly witness: Witness;
    readonly states: readonly Authenticator['state'][];
  },
  work: (found: Authenticator) => Promise<Authenticator>,
): Promise<Witnessed> {
  const { id, witness, states } = wanted;
  const found = await tx.authenticators.find(id);
  if (witness.kind === 'admin') {
    const admin = await tx.people.find(witness.admin.id);
    if (!admin || !isAdmin(admin) || admin.id === found?.personId) return { kind: 'not-yours' };
  }
  if (!found || !states.includes(found.state)) return { kind: 'over' };
  return { kind: 'done', authenticator: await work(found) };
}
