/** From the page with a key to an authenticator whose codes count, and what another admin does about one. */
import type { Actor, Person } from '../people/directory.ts';
import { isAdmin } from '../people/permission.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import {
  type Authenticator,
  type AuthenticatorSecrets,
  isPending,
  MAX_WRONG,
} from './authenticator.ts';
import {
  adminsHadCodes,
  deleteAuthenticator,
  rememberCodes,
  saveAuthenticator,
} from './note-authenticator.ts';
import { checkOf, isCheckOf, newKey, newRecoveryCodes, recoveryHash, stepOf } from './totp.ts';
import { type CodeProblem, currentOf, useCode } from './use-code.ts';

const pendingOf = (all: readonly Authenticator[]): Authenticator | undefined => all.find(isPending);

/** The page of one link. */
export interface EnrolmentPage {
  /** The authenticator's id, too: no page shows the key of another one. */
  readonly id: string;
  readonly personId: string;
  readonly openedAt: Date;
}

/**
 * The key that a page shows. A page that is opened again shows the same one; a later page replaces what is not confirmed yet.
 * @returns undefined where the key isn't shown any more: a later page replaced it, a code has proven it, or it can't be read
 */
export async function beginEnrolment(
  tx: Transaction,
  { id, personId, openedAt }: EnrolmentPage,
): Promise<BegunEnrolment | undefined> {
  await tx.people.hold(personId); // A page that is loaded twice at once makes one key.
  const pending = pendingOf(await tx.authenticators.of(personId));
  if (pending?.id === id)
    return pending.state === 'new' && pending.secrets !== 'unread'
      ? { id, key: pending.secrets.key }
      : undefined;
  if (pending && pending.createdAt > openedAt) return undefined;
  if (pending) await deleteAuthenticator(tx, pending);
  const key = newKey(tx.randomBytes);
  await tx.authenticators.insert({
    id,
    version: 1,
    personId,
    state: 'new',
    secrets: { key, recovery: [] },
    wrong: 0,
    createdAt: openedAt,
  });
  return { id, key };
}

export type BegunEnrolment = Pick<Authenticator, 'id'> & Pick<AuthenticatorSecrets, 'key'>;

export type Proven =
  /** The recovery codes, which nobody sees again, and what another admin has to hear (`checkOf`). */
  | { readonly kind: 'proven'; readonly recovery: readonly string[]; readonly check: string }
  | { readonly kind: 'wrong' }
  /** It was proven already, replaced by a later page, or given up after five wrong codes; or its key can't be read any more. */
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
  if (found?.personId !== personId || found.state !== 'new' || found.secrets === 'unread')
    return { kind: 'over' };
  const { key } = found.secrets;
  const step = stepOf(key, typed, tx.now);
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
    secrets: { key, recovery: recovery.map(recoveryHash) },
  });
  const actor = { kind: 'person', personId, via: 'web' } as const;
  await tx.audit('authenticator.proven', { actor, personId: proven.personId });
  await tx.emit({ kind: 'authenticator-waiting', authenticator: proven });
  return { kind: 'proven', recovery, check: checkOf(key) };
}

/** Who answers for it: another admin, or the operator on the command line. */
export type Witness =
  | { readonly kind: 'admin'; readonly admin: Person; readonly actor: PersonActor }
  | { readonly kind: 'operator'; readonly actor: Actor };

type PersonActor = Extract<Actor, { readonly kind: 'person' }>;

/** Who confirms one. They have heard from its person what their page showed. */
export type Confirming = Witness & {
  /** What the person read out to them: `checkOf` its key. */
  readonly check: string;
  /** Of an admin's own authenticator. */
  readonly code?: string | undefined;
};

export type Confirmed =
  | Witnessed
  /** The person's page showed something else: it may be someone else's key. */
  | { readonly kind: 'wrong-check' }
  /** Its key can't be read any more, so nobody can say whose it is. */
  | { readonly kind: 'unread' }
  /** `none`: only an admin with an authenticator may, since there is one, or was. */
  | { readonly kind: 'needs-code'; readonly problem: CodeProblem };

export type Witnessed =
  | { readonly kind: 'done'; readonly authenticator: Authenticator }
  /** Someone else answered first, or it was replaced. */
  | { readonly kind: 'over' }
  /** Only another admin may. */
  | { readonly kind: 'not-yours' };

/** Its codes count from now on, and those of the one before don't any more. */
export async function confirmAuthenticator(
  tx: Transaction,
  id: string,
  by: Confirming,
): Promise<Confirmed> {
  const { kind, found } = await answerable(tx, { id, witness: by, states: ['proven'] });
  if (kind !== 'found') return { kind };
  if (found.secrets === 'unread') return { kind: 'unread' };
  if (!isCheckOf(found.secrets.key, by.check)) return { kind: 'wrong-check' };
  const problem = by.kind === 'admin' ? await problemOf(tx, by, found.personId) : undefined;
  if (problem) return { kind: 'needs-code', problem };
  const before = currentOf(await tx.authenticators.of(found.personId));
  if (before) await deleteAuthenticator(tx, before);
  const active = await saveAuthenticator(tx, { ...found, state: 'active' });
  const person = await tx.people.find(found.personId);
  if (person) await rememberCodes(tx, person);
  await tx.audit('authenticator.confirmed', { actor: by.actor, personId: active.personId });
  await tx.emit({ kind: 'authenticator-answered', authenticator: active });
  return { kind: 'done', authenticator: active };
}

/**
 * Else someone who took over one admin's chat account could make an account of their own an admin, and confirm its authenticator.
 * Someone has to be the first: without a code only where no other admin has one, and none ever had. Else removing theirs, or their
 * role, would open it again; then the operator confirms.
 */
async function problemOf(
  tx: Transaction,
  { admin, actor, code }: Extract<Confirming, { readonly kind: 'admin' }>,
  personId: string,
): Promise<CodeProblem | undefined> {
  if (currentOf(await tx.authenticators.of(admin.id))) return useCode(tx, actor, code);
  if (await adminsHadCodes(tx)) return 'none';
  for (const { id } of await tx.people.admins()) {
    if (id === admin.id || id === personId) continue;
    if (currentOf(await tx.authenticators.of(id))?.state === 'active') return 'none';
  }
  return undefined;
}

export const declineAuthenticator = (
  tx: Transaction,
  id: string,
  witness: Witness,
): Promise<Witnessed> =>
  answered(tx, { id, witness, states: ['proven'] }, async (found) => {
    await deleteAuthenticator(tx, found);
    await tx.audit('authenticator.declined', { actor: witness.actor, personId: found.personId });
    await tx.emit({ kind: 'authenticator-answered', authenticator: found });
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
    await tx.audit('authenticator.unlocked', { actor: witness.actor, personId: active.personId });
    await tx.emit({ kind: 'authenticator-answered', authenticator: active });
    return active;
  });

/** For a phone that is lost or stolen. */
export const removeAuthenticator = (
  tx: Transaction,
  id: string,
  witness: Witness,
): Promise<Witnessed> =>
  answered(tx, { id, witness, states: ['active', 'locked'] }, async (found) => {
    const person = await tx.people.find(found.personId);
    if (person) await rememberCodes(tx, person);
    await deleteAuthenticator(tx, found);
    await tx.audit('authenticator.removed', { actor: witness.actor, personId: found.personId });
    return found;
  });

interface AnswerKey {
  readonly id: string;
  readonly witness: Witness;
  readonly states: readonly Authenticator['state'][];
}

type Answerable =
  | { readonly kind: 'found'; readonly found: Authenticator }
  | { readonly kind: 'over' | 'not-yours'; readonly found?: undefined };

async function answerable(
  tx: Transaction,
  { id, witness, states }: AnswerKey,
): Promise<Answerable> {
  const found = await tx.authenticators.find(id);
  if (witness.kind === 'admin') {
    const admin = await tx.people.find(witness.admin.id);
    if (!admin || !isAdmin(admin) || admin.id === found?.personId) return { kind: 'not-yours' };
  }
  return found && states.includes(found.state) ? { kind: 'found', found } : { kind: 'over' };
}

async function answered(
  tx: Transaction,
  wanted: AnswerKey,
  work: (found: Authenticator) => Promise<Authenticator>,
): Promise<Witnessed> {
  const { kind, found } = await answerable(tx, wanted);
  return kind === 'found' ? { kind: 'done', authenticator: await work(found) } : { kind };
}
