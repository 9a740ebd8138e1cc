/** Checks one person at one integration with `exists`, and stores the answer. The check itself isn't stored. */
import { explained } from '../../core/stored-sentence.ts';
import { t } from '../../core/translate.ts';
import type { Manifest } from '../manifest/schema.ts';
import { reopenFor } from '../offboarding/end-offboarding.ts';
import {
  type Access,
  type AccessIds,
  type Integration,
  type Person,
  SYSTEM,
} from '../people/directory.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Time } from '../ports/time-and-chance.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { notePeople } from '../rules/note-people.ts';
import { invalidateUnknownRuns } from '../runs/unknown-outcome.ts';
import { invalidate, offboardingTopic, personTopic } from '../work/topics.ts';
import { type Account, type AccountAnswer } from './account.ts';
import { keyed } from './account-keys.ts';
import { isSameAccount, isUnasked } from './accounts.ts';
import {
  type Answer,
  type Answered,
  askAll,
  type CheckDeps,
  gatherTarget,
  missingFor,
  type NamedAccount,
  type Postponed,
  RECHECKED_MS,
  whomToAsk,
} from './ask-app.ts';
import { isHealthy } from './health.ts';
import { isOfRule } from './hold.ts';
import { foundBy, justGranted } from './just-granted.ts';
import { queueCheck } from './queue-check.ts';
import { beginRemoval } from './removals/begin-removal.ts';
import { type GoneRemoval } from './removals/removal.ts';
import { wakeRemoval } from './removals/wake-removal.ts';

/** @returns the stored access; undefined where none is stored, it is retried, or there is no `exists`, person or integration. */
export async function checkAccess(
  personId: string,
  integrationId: string,
  deps: CheckDeps,
): Promise<Access | undefined> {
  const checked = await checkOnce(personId, integrationId, deps);
  if (!checked || !('postponeMs' in checked)) return checked;
  const dueAt = new Date(deps.now().getTime() + checked.postponeMs);
  await deps.transact((tx) =>
    queueCheck(tx.queue, { personId, integrationId, dueAt, asked: checked.asked }),
  );
  return undefined;
}

/** @returns the stored access, or when to check instead; undefined where none is stored, or there is no `exists`, person or integration. */
export async function checkOnce(
  personId: string,
  integrationId: string,
  deps: CheckDeps,
): Promise<Access | Postponed | undefined> {
  const askedAt = deps.now();
  const answered = await askAll(personId, integrationId, deps);
  if (!answered || 'postponeMs' in answered) return answered;
  return deps.transact((tx) => keepAnswers(tx, { personId, integrationId, askedAt, answered }));
}

/**
 * Asks whether the person has access there now, and keeps no answer. False also where that isn't known. A yes approves requests, so
 * it has to be about this person: an account that is named by what someone typed isn't asked about. While the host is busy, or another
 * call renews the token, it asks again as long as its time allows.
 */
export async function hasNow(
  personId: string,
  integrationId: string,
  deps: CheckDeps & Time & { readonly timeoutMs: number },
): Promise<boolean> {
  const until = deps.now().getTime() + deps.timeoutMs;
  for (;;) {
    const integration = await deps.stores.integrations.find(integrationId);
    if (!answersNow(integration)) return false;
    const timeoutMs = until - deps.now().getTime();
    const asking = { ...deps, timeoutMs, onlyProven: true } as const;
    const answered = await askAll(personId, integrationId, asking);
    if (answered === undefined) return false;
    if (!('postponeMs' in answered)) return answered.some(({ answer }) => answer.state === 'has');
    if (deps.now().getTime() + answered.postponeMs >= until) return false;
    await deps.pause(answered.postponeMs);
  }
}

/** Whether `hasNow` would ask at all: it knows what names them there, and someone answers for that. */
export async function isAskedNow(
  personId: string,
  integrationId: string,
  deps: Pick<CheckDeps, 'stores' | 'now'>,
): Promise<boolean> {
  if (!answersNow(await deps.stores.integrations.find(integrationId))) return false;
  const whom = await whomToAsk(personId, integrationId, { ...deps, onlyProven: true });
  if (!whom || 'answered' in whom) return false;
  for (const target of whom.targets) {
    const gathered = await gatherTarget(target, whom, deps);
    if (gathered.ok && missingFor(gathered.context).length === 0) return true;
  }
  return false;
}

const answersNow = (integration: Integration | undefined): boolean =>
  integration?.enabled === true && integration.deletingSince === undefined;

interface Answers {
  readonly personId: string;
  readonly integrationId: string;
  readonly askedAt: Date;
  readonly answered: readonly Answered[];
}

async function keepAnswers(
  tx: Transaction,
  { personId, integrationId, askedAt, answered }: Answers,
): Promise<Access | undefined> {
  const person = await tx.people.hold(personId);
  // Deleting the integration deletes its access rows, so the lock puts that before or after this.
  const integration = await tx.integrations.hold(integrationId, 'shared');
  if (!person || !integration || integration.deletedAt) return undefined;
  const before = await tx.access.find(personId, integrationId);
  // The answer to a later check wins over a slow one. An answer from the future came from a clock that was ahead.
  if (before && before.checkedAt > askedAt && before.checkedAt <= tx.now) return before;
  // It was proven gone after the check was sent, and not by a check: what the app said before is out of date.
  if (before && isVouchedFor(before) && before.since > askedAt && before.since <= tx.now)
    return before;
  // Their accounts were proven gone, and what the app says now may be about others: the proof stands.
  if (answered.length === 0) return before;
  const given: Answer[] = [];
  for (const { target, named, answer } of answered) {
    const isKnown = answer.state === 'has' || before?.state === 'has';
    const accountId =
      target === 'directory'
        ? isKnown && named && (await knowAccount(tx, { personId, integrationId }, named))
        : target.id;
    given.push(
      accountId
        ? await keepWithAccount(tx, accountId, {
            manifest: named?.manifest,
            ...answer,
            checkedAt: askedAt,
          })
        : answer,
    );
  }
  const { state, reason } = await orPending(tx, worstOf(given), {
    personId,
    integrationId,
    askedAt,
  });
  // Missing facts, or an app that can't be reached, don't outweigh a revoke or an admin who looked.
  const access: Access =
    before && isVouchedFor(before) && state === 'unknown'
      ? before
      : {
          personId,
          integrationId,
          state,
          reason,
          since: before?.state === state ? before.since : tx.now,
          checkedAt: askedAt,
        };
  if (access !== before) await tx.access.put(access);
  const leaving = await tx.offboardings.current(personId);
  await invalidate(tx, personTopic(personId), ...(leaving ? [offboardingTopic(leaving.id)] : []));
  await invalidateUnknownRuns(tx, access);
  await afterAnswer(tx, { before, access, person, integration });
  return access;
}

/** A revoke, or someone who looked, says that it is gone. */
const isVouchedFor = (access: Access): boolean => access.state === 'none' && isUnasked(access);

/**
 * Stores an account for access that is or was there, by the facts of today. From now on a status 404 alone is no proof for it.
 * @returns its id
 */
async function knowAccount(
  tx: Transaction,
  whose: AccessIds,
  { manifest, ...named }: NamedAccount,
): Promise<string> {
  // A grant may have written it since the check was sent.
  const open = await tx.accounts.openAt(whose.personId, whose.integrationId);
  const same = open.find((each) => isSameAccount({ ...each, form: {} }, named, manifest));
  if (same) return same.id;
  const account: Account = { id: tx.newId(), version: 1, ...whose, ...named, wasThere: true };
  await tx.accounts.insert(keyed(account, manifest));
  return account.id;
}

/** `none` doesn't count where a grant was sent after the check. */
async function orPending(
  tx: Transaction,
  answer: Answer,
  { personId, integrationId, askedAt }: Pick<Answers, 'personId' | 'integrationId' | 'askedAt'>,
): Promise<Answer> {
  if (answer.state !== 'none') return answer;
  const open = await tx.accounts.openAt(personId, integrationId);
  return open.some(({ writtenAt }) => writtenAt && writtenAt > askedAt)
    ? { state: 'unknown', reason: mayArrive() }
    : answer;
}

/** For an account that was there once. */
const notLetIn = (): string =>
  explained(
    t`The app doesn't accept Latchkey's sign-in.`,
    t`Or it answered with a web page. Check the address and the credentials.`,
  );

const mayArrive = (): string => t`Latchkey just sent a grant, which may still arrive.`;

/** One account with access makes it `has`; else one `unknown` makes it `unknown`; only `none` for all makes it `none`. */
function worstOf(answers: readonly Answer[]): Answer {
  const [first] = answers;
  const worst =
    answers.find(({ state }) => state === 'has') ??
    answers.find(({ state }) => state === 'unknown') ??
    first;
  if (!worst) throw new Error('A check that asked nobody has no answer');
  return worst;
}

/** @returns the answer that counts: `none` becomes `unknown` while a grant may still arrive, or where it is no proof. */
async function keepWithAccount(
  tx: Transaction,
  accountId: string,
  {
    manifest,
    isRefusal,
    ...judged
  }: Answer & Pick<AccountAnswer, 'checkedAt'> & { readonly manifest: Manifest | undefined },
): Promise<Answer> {
  const found = await tx.accounts.find(accountId);
  const account = found && manifest ? keyed(found, manifest) : found;
  const answer: AccountAnswer =
    isRefusal && account?.wasThere
      ? { state: 'unknown', reason: notLetIn(), checkedAt: judged.checkedAt }
      : judged;
  const last = account?.answer?.checkedAt;
  if (!account || (last && last > answer.checkedAt && last <= tx.now)) return answer;
  const { goneAt, ...rest } = account;
  const said: Account = { ...rest, answer };
  if (answer.state !== 'none') {
    // It was proven gone and has come back.
    const isBack = answer.state === 'has' || goneAt === undefined;
    const wasThere = answer.state === 'has' && { wasThere: true as const };
    await tx.accounts.save(
      isBack ? { ...said, ...wasThere } : { ...said, ...(goneAt && { goneAt }) },
    );
    return answer;
  }
  if (goneAt) {
    await tx.accounts.save({ ...said, goneAt });
    return answer;
  }
  const { personId, integrationId, writtenAt } = account;
  const isRemoving = (await tx.removals.open(personId, integrationId)) !== undefined;
  if (writtenAt && answer.checkedAt < writtenAt) {
    await tx.accounts.save(said);
    if (!isRemoving && writtenAt > tx.now)
      await queueCheck(tx.queue, { personId, integrationId, dueAt: writtenAt });
    return { state: 'unknown', reason: mayArrive() };
  }
  const foundAt = await foundBy(tx, account);
  if (foundAt && answer.checkedAt < foundAt) {
    const unsure = { state: 'unknown', reason: justGranted() } as const;
    // An open removal reads it: it revokes what was granted, and is not over by such an answer.
    await tx.accounts.save({ ...rest, answer: { ...unsure, checkedAt: answer.checkedAt } });
    if (!isRemoving) await queueCheck(tx.queue, { personId, integrationId, dueAt: foundAt });
    return unsure;
  }
  const isProof = !answer.byStatus || (await isHealthy(tx, integrationId, tx.now));
  // An open removal decides whether the check was late enough to be a proof.
  await tx.accounts.save(isProof && !isRemoving ? { ...said, goneAt: answer.checkedAt } : said);
  return isProof
    ? answer
    : {
        state: 'unknown',
        reason: t`${answer.reason} No other answer has worked for a day, so the token may also have lost its rights.`,
      };
}

/** What follows from the stored answer: an open removal wakes; access that should be gone is removed or reported. */
async function afterAnswer(
  tx: Transaction,
  about: {
    readonly before: Access | undefined;
    readonly access: Access;
    readonly person: Person;
    readonly integration: Integration;
  },
): Promise<void> {
  const { before, access, person, integration } = about;
  const open = await tx.removals.open(person.id, integration.id);
  if (open) return wakeRemoval(tx, open);
  if (access.state !== 'has') return noteRule(tx, access);
  if (before?.state === 'unknown' && (await isTroubled(tx, access))) await noteRule(tx, access);
  if (!person.active) {
    const found = { person, integration, cause: { kind: 'found' }, actor: SYSTEM } as const;
    const begun = await beginRemoval(tx, found);
    if (begun.kind === 'begun') await reopenFor(tx, begun.removal);
    return;
  }
  const last = await tx.removals.latest(person.id, integration.id);
  if (last?.state !== 'gone' || !isRecheck(last, tx.now)) return;
  if ((await tx.holds.openAt(person.id, integration.id)).length > 0) return;
  if (last.notifiedAt && last.notifiedAt > last.endedAt) return; // Admins were notified before.
  await tx.removals.save({ ...last, notifiedAt: tx.now });
  await tx.queue.push(
    'removal.notify',
    { removalId: last.id, what: 'back' },
    { lane: 'background', key: `removal-back:${last.id}` },
  );
}

/** A rule that gives it grants what is lost once more, has what isn't known checked again, and forgets what went wrong before. */
async function noteRule(
  tx: Transaction,
  { personId, integrationId }: Pick<Access, 'personId' | 'integrationId'>,
): Promise<void> {
  if ((await tx.holds.openAt(personId, integrationId)).some(isOfRule))
    await notePeople(tx, [personId]);
}

const isTroubled = async (
  tx: Transaction,
  { personId, integrationId }: Pick<Access, 'personId' | 'integrationId'>,
): Promise<boolean> =>
  (await tx.ruleTroubles.of(personId)).some((each) => each.integrationId === integrationId);

/** Whether it was gone so lately that access which is back is for an admin to look at. */
export const isRecheck = ({ endedAt }: GoneRemoval, now: Date): boolean =>
  now.getTime() - endedAt.getTime() <= RECHECKED_MS;

/** The worker's part: a check that may be repeated goes back into the queue with its due time. */
export const checkQueued = (
  { personId, integrationId, asked }: Jobs['access.check'],
  deps: Omit<CheckDeps, 'before' | 'form'>,
): Promise<Access | undefined> =>
  checkAccess(personId, integrationId, {
    ...deps,
    before: asked ?? { tries: 0, since: deps.now().getTime() },
  });
