/** The accounts that a removal has to end, and for each: what is proven, and what to do next. */
import { MINUTE_MS } from '../../../core/hours.ts';
import type { ProvisionManifest } from '../../manifest/schema.ts';
import type { Person, PersonAtApp } from '../../people/directory.ts';
import { missingFacts } from '../../people/needed-facts.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import type { Account } from '../account.ts';
import { alsoOf, keyed } from '../account-keys.ts';
import {
  directoryFacts,
  isSameAccount,
  namingVariables,
  type TakenAddresses,
} from '../accounts.ts';
import { wasHealthy } from '../health.ts';
import { mayBeThere } from './begin-removal.ts';
import type { OpenRemoval } from './removal.ts';

/** A 404 waits so long for a good answer of the app to confirm the token; then the account is revoked. */
export const UNPROVEN_MS = 15 * MINUTE_MS;

/** A removal, its person and its integration, as they are now. */
export interface RemovalContext extends PersonAtApp {
  readonly removal: OpenRemoval;
  readonly now: Date;
  readonly taken: TakenAddresses;
  /** Who had the person's address until an import exchanged it, lately. */
  readonly exchanged: Person | undefined;
}

export interface ByManifest extends RemovalContext {
  readonly manifest: ProvisionManifest;
}

/** With the accounts that someone else has, too, by their ids. Nothing is revoked of these, and no answer is about one person. */
export interface Shared extends ByManifest {
  readonly shared: ReadonlyMap<string, Person>;
}

export async function withShared(
  tx: Transaction,
  about: ByManifest,
  accounts: readonly Account[],
): Promise<Shared> {
  const shared = new Map<string, Person>();
  for (const account of accounts) {
    const other = await alsoOf(tx, keyed(account, about.manifest));
    if (other) shared.set(account.id, other);
  }
  return { ...about, shared };
}

/** Whether Latchkey can check the account: the manifest has `exists`, and all facts that it needs are known. */
export const isAskable = (
  account: Account,
  about: Pick<Shared, 'manifest' | 'person' | 'taken' | 'shared'>,
): boolean =>
  about.manifest.exists !== undefined &&
  !about.shared.has(account.id) &&
  missingFacts(about.manifest, 'exists', namingVariables(about.person, account, about.taken))
    .length === 0;

/** When the last write of a grant ended, or counts as ended. */
export function lastWriteOf(accounts: readonly Account[]): Date | undefined {
  const times = accounts.flatMap(({ writtenAt }) => (writtenAt ? [writtenAt.getTime()] : []));
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}

/**
 * The accounts to remove: those that aren't proven gone, and the one that the directory's facts name. The latter is added where
 * the app can be checked. Where it can't, it is added only if something may be there and no other account is known.
 */
export async function accountsOf(tx: Transaction, about: ByManifest): Promise<readonly Account[]> {
  const { removal, person, integration, manifest, now } = about;
  await reopenUnproven(tx, about);
  const whose = { personId: person.id, integrationId: integration.id };
  const open = await tx.accounts.openAt(person.id, integration.id);
  const named = await directoryFacts(tx, person, manifest);
  const isNamed = [...open, ...(await goneSince(tx, removal, now))].some((each) =>
    isSameAccount({ ...each, form: {} }, named, manifest),
  );
  const isWanted =
    manifest.exists !== undefined || (open.length === 0 && (await wasHeld(tx, removal)));
  if (isNamed || !isWanted) return open;
  // An account that is only looked for follows the directory: facts may have changed.
  const lookedFor = open.find(({ writtenAt, wasThere }) => !writtenAt && !wasThere);
  if (lookedFor) {
    const { answer: _, ...rest } = lookedFor;
    const followed = await tx.accounts.save(keyed({ ...rest, ...named }, manifest));
    return [...open.filter(({ id }) => id !== lookedFor.id), followed];
  }
  const access = await tx.access.find(person.id, integration.id);
  const wasThere = access?.state === 'has' && { wasThere: true as const };
  const account: Account = { id: tx.newId(), version: 1, ...whose, ...named, ...wasThere };
  await tx.accounts.insert(keyed(account, manifest));
  return [...open, account];
}

/** Accounts that were proven gone in this removal, by a look-up of its revoke or by hand; newest first. */
export const goneSince = async (
  tx: Transaction,
  { personId, integrationId, beganAt }: OpenRemoval,
  now: Date,
): Promise<readonly Account[]> =>
  (await tx.accounts.goneAt(personId, integrationId)).filter(
    ({ goneAt }) => goneAt && goneAt >= beganAt && goneAt <= now,
  );

/**
 * Reopens accounts that an ordinary check found gone, so that they are checked again: they may be back, or that check's clock
 * was ahead. This includes some of an earlier removal; one more check does no harm.
 */
async function reopenUnproven(
  tx: Transaction,
  { removal, manifest, now }: ByManifest,
): Promise<void> {
  const { personId, integrationId, beganAt } = removal;
  if (!manifest.exists) return;
  const open = [...(await tx.accounts.openAt(personId, integrationId))];
  for (const { goneAt, ...account } of await tx.accounts.goneAt(personId, integrationId)) {
    const isByCheck = goneAt?.getTime() === account.answer?.checkedAt.getTime();
    const isOfThis = goneAt && goneAt >= beganAt && goneAt <= now;
    if (!isByCheck || isOfThis || open.some((each) => isSameAccount(each, account, manifest)))
      continue;
    open.push(await tx.accounts.save(account));
  }
}

/** Whether something may be there although Latchkey wrote nothing: a check or a hold says so. */
const wasHeld = async (tx: Transaction, removal: OpenRemoval): Promise<boolean> =>
  (await mayBeThere(tx, removal)) || (await endedHold(tx, removal));

/** Whether this removal ended a hold, so the access had been granted. */
export const endedHold = async (
  tx: Transaction,
  { personId, integrationId, beganAt }: OpenRemoval,
): Promise<boolean> => (await tx.holds.endedSince(personId, integrationId, beganAt)).length > 0;

type Standing =
  /** Gone, by an answer or a revoke after the last write. */
  | 'proven'
  | 'to-ask'
  | 'to-revoke'
  /** The app shows it, gives no usable answer, or says *gone* without proof. */
  | 'there';

/** The app's last answer. An answer from the future came from a clock that was ahead, and doesn't count. */
export const answerBy = ({ answer }: Account, now: Date): Account['answer'] =>
  answer && answer.checkedAt <= now ? answer : undefined;

export function standingOf(
  account: Account,
  {
    removal,
    okAt,
    canAsk,
    now,
  }: Pick<ByManifest, 'removal' | 'now'> & {
    readonly okAt: Date | undefined;
    readonly canAsk: boolean;
  },
): Standing {
  const { writtenAt, revokedAt } = account;
  const answer = answerBy(account, now);
  const { done } = removal;
  const isRevoked = revokedAt !== undefined && revokedAt >= removal.beganAt;
  const from = Math.max(
    removal.beganAt.getTime(),
    writtenAt?.getTime() ?? 0,
    isRevoked ? revokedAt.getTime() : 0,
  );
  const isAnswered = answer !== undefined && answer.checkedAt.getTime() >= from;
  if (isAnswered && answer.state === 'none') {
    // A status 404 or 410 needs a confirmation: a token that works now or worked at the revoke, or a person who did it by hand.
    const isVouchedFor =
      wasHealthy(okAt, isRevoked ? revokedAt : now, now) ||
      (done && answer.checkedAt >= done.at) ||
      // There is no sign that the account ever was there, and it was revoked to be sure.
      (isRevoked && !account.wasThere);
    if (!answer.byStatus || isVouchedFor) return 'proven';
    const isOld = now.getTime() - removal.beganAt.getTime() > UNPROVEN_MS;
    return isOld && !isRevoked ? 'to-revoke' : 'there';
  }
  // A write whose outcome isn't known may still arrive. Latchkey revokes now, and again once it can't arrive any more.
  if (writtenAt && writtenAt > now) return isRevoked ? 'there' : 'to-revoke';
  const isRevokedSince = isRevoked && (writtenAt === undefined || revokedAt >= writtenAt);
  if (!canAsk) return isRevokedSince ? 'proven' : 'to-revoke';
  if (isRevokedSince) return isAnswered ? 'there' : 'to-ask';
  // What Latchkey wrote is revoked at once. Other accounts, and those revoked before, are checked first.
  return isAnswered || (writtenAt !== undefined && !isRevoked) ? 'to-revoke' : 'to-ask';
}
