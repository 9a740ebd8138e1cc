/** A decision about a sensitive integration asks its person for a code. Each code works once, and five wrong ones lock them. */
import { t } from '../../core/translate.ts';
import { type Actor, type Integration, SYSTEM } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { settingsOf } from '../settings/settings.ts';
import { type Authenticator, isPending, MAX_WRONG } from './authenticator.ts';
import { saveAuthenticator } from './note-authenticator.ts';
import { recoveryHash, stepOf } from './totp.ts';

/** Longer than a recovery code with spaces; anything longer isn't looked at. */
const MAX_CODE = 40;

/** Why a code doesn't count. */
export type CodeProblem =
  /** They have no authenticator. */
  | 'none'
  /** Another admin has to confirm it first. */
  | 'waiting'
  | 'locked'
  /** Theirs can't be read any more. */
  | 'unread'
  /** Nothing was typed: the button is of a card from before codes were asked for. */
  | 'missing'
  | 'wrong'
  /** It was used before. */
  | 'used';

/** Whether who decides about it has to type a code. */
export const asksForCodes = (integration: Pick<Integration, 'settings'>): boolean =>
  settingsOf(integration).asksForCodes === true;

/** The one whose codes count, or would if it weren't locked. */
export const currentOf = (all: readonly Authenticator[]): Authenticator | undefined =>
  all.find((each) => !isPending(each));

/**
 * Takes a code that was typed. What is wrong is counted, so the transaction has to commit whatever comes back.
 * @returns undefined where it counts
 */
export async function useCode(
  tx: Transaction,
  actor: Extract<Actor, { readonly kind: 'person' }>,
  typed: string | undefined,
): Promise<CodeProblem | undefined> {
  const all = await tx.authenticators.of(actor.personId);
  const current = currentOf(all);
  if (!current) return all.some(({ state }) => state === 'proven') ? 'waiting' : 'none';
  if (current.state === 'locked') return 'locked';
  const { secrets } = current;
  if (secrets === 'unread') return 'unread';
  const code = typed?.trim() ?? '';
  if (code === '') return 'missing';
  if (code.length > MAX_CODE) return 'wrong';

  const step = stepOf(secrets.key, code, tx.now);
  if (step !== undefined) {
    if (current.usedStep !== undefined && step <= current.usedStep) return 'used';
    await saveAuthenticator(tx, { ...current, usedStep: step, wrong: 0 });
    return undefined;
  }
  const hash = recoveryHash(code);
  if (secrets.recovery.includes(hash)) {
    const recovery = secrets.recovery.filter((each) => each !== hash);
    await tx.audit('authenticator.recovery-used', { actor, personId: current.personId });
    await saveAuthenticator(tx, {
      ...current,
      secrets: { ...secrets, recovery },
      wrong: 0,
    });
    return undefined;
  }
  return countWrong(tx, current);
}

async function countWrong(tx: Transaction, current: Authenticator): Promise<CodeProblem> {
  const wrong = current.wrong + 1;
  if (wrong < MAX_WRONG) {
    await saveAuthenticator(tx, { ...current, wrong });
    return 'wrong';
  }
  const locked = await saveAuthenticator(tx, { ...current, wrong, state: 'locked' });
  await tx.audit('authenticator.locked', { actor: SYSTEM, personId: locked.personId });
  await tx.emit({ kind: 'authenticator-waiting', authenticator: locked });
  return 'locked';
}

/** For the person who typed it, or didn't. */
export function codeProblemWords(
  problem: CodeProblem,
  { name }: Pick<Integration, 'name'>,
): string {
  return {
    none: () =>
      t`${name} asks for a code from an authenticator app, and you haven't set one up yet.`,
    waiting: () =>
      t`Another admin has to confirm your authenticator first. If there is none, the operator does.`,
    locked: () =>
      t`Five codes in a row were wrong, so your authenticator is locked. Ask another admin to unlock it.`,
    unread: () => t`Your authenticator can't be read any more. Set up another one.`,
    missing: () => t`${name} asks for a code from your authenticator app.`,
    wrong: () => t`This code is wrong. Your authenticator app shows a new one every 30 seconds.`,
    used: () => t`This code was already used. Wait for the next one.`,
  }[problem]();
}
