/** One account of a removal is revoked, by a run or by hand. */
import { plural, t } from '../../../core/translate.ts';
import { type Integration, SYSTEM } from '../../people/directory.ts';
import { missingFacts } from '../../people/needed-facts.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import type { Account } from '../account.ts';
import { doubtedAddresses, namingVariables, sayDoubt, takenBy } from '../accounts.ts';
import { startRevoke } from '../grant.ts';
import type { Shared } from './accounts-to-remove.ts';
import { byHand } from './by-hand.ts';
import { check } from './check-account.ts';
import { noRevoke } from './failed-revoke.ts';
import { FRESH_MS, LOOK_AGAIN_MS, type Next } from './next-state.ts';

/** A check comes first where the account may be gone by now. */
export async function revokeAccount(
  tx: Transaction,
  about: Shared,
  account: Account,
): Promise<Next> {
  const { removal, person, integration, manifest, now } = about;
  const later = new Date(now.getTime() + LOOK_AGAIN_MS);
  const canAsk = manifest.exists !== undefined;
  if (manifest.revoke.length === 0) {
    const isAsked = account.answer !== undefined && account.answer.checkedAt >= removal.beganAt;
    if (canAsk && !isAsked && removal.state === 'waiting') {
      await check(tx, removal);
      return { kind: 'open', state: 'checking', dueAt: later };
    }
    return byHand(tx, about, { why: noRevoke(integration) });
  }
  if (about.shared.has(account.id))
    return byHand(tx, about, { why: sayShared(integration), whom: 'admin' });
  const { missing, other } = namingOf(about, account);
  if (missing.length > 0)
    return byHand(tx, about, {
      why: other ? sayDoubt(other, account) : isntKnown(missing.map(({ label }) => label)),
      whom: 'admin',
    });
  if (removal.retryAt && removal.retryAt > now)
    return {
      kind: 'open',
      state: 'stuck',
      dueAt: removal.retryAt,
      retryAt: removal.retryAt,
      why: removal.why,
    };
  // Someone may have removed it in the app since.
  const answeredAt = account.answer?.checkedAt.getTime() ?? 0;
  if (canAsk && removal.tries > 0 && now.getTime() - answeredAt > FRESH_MS) {
    await check(tx, removal);
    return { kind: 'open', state: 'stuck', dueAt: later, why: removal.why };
  }
  const actor = removal.causes.at(-1)?.by ?? SYSTEM;
  const started = await startRevoke(tx, {
    actor,
    person,
    integration,
    form: account.form,
    accountId: account.id,
  });
  if (started.kind === 'refused') return byHand(tx, about, { why: started.why, whom: 'admin' });
  return {
    kind: 'open',
    state: 'revoking',
    dueAt: later,
    runId: started.run.id,
    why: removal.tries > 0 ? removal.why : undefined,
  };
}

/** Whether all facts are known that the revoke needs to name the account. */
export const isNameable = (account: Account, about: Shared): boolean =>
  !about.shared.has(account.id) && namingOf(about, account).missing.length === 0;

/** The facts that the revoke needs and that aren't known, and who else may have the account under the address that names it. */
function namingOf(about: Shared, account: Account) {
  const doubted = doubtedAddresses(about.person, account, about);
  const variables = namingVariables(about.person, account, doubted);
  const missing = missingFacts(about.manifest, 'revoke', variables);
  return { missing, other: takenBy(account, doubted) };
}

const sayShared = ({ name }: Integration): string =>
  t`In ${name} someone else has the same account, so Latchkey removes nothing there. Check whose it is.`;

const isntKnown = (labels: readonly string[]): string =>
  plural(labels.length, {
    one: t`${labels.join(', ')} isn't known, so Latchkey can't tell which account is theirs.`,
    other: t`${labels.join(', ')} aren't known, so Latchkey can't tell which account is theirs.`,
  });
