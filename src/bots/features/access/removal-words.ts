/** The state of a removal in words, for list rows and its own card. */
import { sayStored } from '../../../core/stored-sentence.ts';
import { sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import {
  type DamagedProof,
  isOfNothing,
  isOpenRemoval,
  isPaused,
  type OpenRemoval,
  type Proof,
  type Removal,
} from '../../../engine/access/removals/removal.ts';
import {
  type Actor,
  fullName,
  nameOrDeleted,
  type Person,
} from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { damagedWords, isDamagedActor } from '../../../engine/work/damaged-actor.ts';
import { type DateStyle, showDate, showTime } from '../../view/dates.ts';

/** What the words depend on besides the removal. */
export interface RemovalContext extends DateStyle {
  readonly stores: Pick<Stores, 'people' | 'tasks'>;
  readonly now: () => Date;
  /** Left out: it is read by several people. */
  readonly reader?: Pick<Person, 'id'>;
}

/** One line, which follows the name of an app or a person. */
export async function removalLine(removal: Removal, context: RemovalContext): Promise<string> {
  if (isOpenRemoval(removal))
    return openRemovalLine(removal, await taskWords(removal, context), context);
  if (removal.state === 'withdrawn')
    return t`Not removed: ${await withdrawnWords(removal, showDate(removal.endedAt, context), context)}`;
  const proof = await proofWords(removal.proof, context);
  if (removal.proof.kind === 'damaged') return t`⚠ Not proven gone: ${proof}`;
  return isOfNothing(removal.proof) ? t`✓ Nothing to remove: ${proof}` : t`✓ Gone: ${proof}`;
}

/** Who withdrew it, and why: `Ada Ace kept it on 27 Nov 2026`. @param when in words */
export async function withdrawnWords(
  { withdrawal, why }: Extract<Removal, { state: 'withdrawn' }>,
  when: string,
  { stores }: Pick<RemovalContext, 'stores'>,
): Promise<string> {
  if (!withdrawal.by) return t`the removal was withdrawn on ${when}`;
  const who = await actorWords(withdrawal.by, stores);
  if (withdrawal.for === 'kept') return t`${who} kept it on ${when}`;
  const said = why === undefined ? '' : `: ${why}`;
  return withdrawal.for === 'granted'
    ? t`${who} granted it on ${when}${said}`
    : t`${who} withdrew the removal on ${when}`;
}

export async function actorWords(by: Actor, { people }: Pick<Stores, 'people'>): Promise<string> {
  if (isDamagedActor(by)) return damagedWords();
  switch (by.kind) {
    case 'person':
      return nameOrDeleted(await people.find(by.personId));
    case 'operator':
      return t`${by.user} (command line)`;
    case 'system':
      return t`Latchkey`;
    default:
      return unreachable(by);
  }
}

/** The same for an open removal. @param task who does its task, see `taskWords` */
export function openRemovalLine(
  removal: OpenRemoval,
  task: string,
  context: Pick<RemovalContext, 'now' | 'timeZone'>,
): string {
  if (isPaused(removal, context.now()) && removal.pausedUntil)
    return t`Removal paused: they're back. It continues on ${showDate(removal.pausedUntil, context)} unless someone keeps the access.`;
  const why = removal.why === undefined ? undefined : sayStored(removal.why);
  const withWhy = (stands: string): string => (why === undefined ? stands : `${stands}. ${why}`);
  switch (removal.state) {
    case 'waiting':
      return t`… Being removed`;
    case 'revoking':
      return withWhy(t`… Being revoked`);
    case 'checking':
      return withWhy(t`… Checking that it's gone`);
    case 'by-hand':
      return sentences(t`⚠ Being removed by hand (${task}).`, why);
    case 'stuck': {
      const again = removal.retryAt && t`Next try: ${showTime(removal.retryAt, context)}.`;
      return sentences(t`⚠ Not removed yet.`, why, again);
    }
    default:
      return unreachable(removal.state);
  }
}

/** Where the proof comes from: `the app says there is no access`. */
export async function proofWords(
  proof: Proof | DamagedProof,
  { stores }: Pick<RemovalContext, 'stores'>,
): Promise<string> {
  if (proof.kind === 'damaged') return t`what is stored as its proof is damaged`;
  const { kind, byId } = proof;
  const by = byId === undefined ? undefined : await stores.people.find(byId);
  switch (kind) {
    case 'asked':
      return t`the app reports no access`;
    case 'revoked':
      return t`revoked; Latchkey can't check this app`;
    case 'look-up':
      return t`the app reports no such account`;
    case 'done':
      return by ? t`done by hand by ${fullName(by)}` : t`done by hand`;
    case 'confirmed':
      return by ? t`${fullName(by)} checked: it's gone` : t`an admin checked: it's gone`;
    case 'nothing':
      return t`nothing was granted there`;
    default:
      return unreachable(kind);
  }
}

/** Who does its task: `assigned to Bo Boss`, `assigned to you`, `any admin can do it`. */
export async function taskWords(
  { taskId }: Pick<Removal, 'taskId'>,
  { stores, reader }: Pick<RemovalContext, 'stores' | 'reader'>,
): Promise<string> {
  const task = taskId === undefined ? undefined : await stores.tasks.find(taskId);
  const doer =
    task?.assigneeId === undefined ? undefined : await stores.people.find(task.assigneeId);
  return taskOf(doer, reader);
}

/** @param doer the assignee; undefined for any admin */
export function taskOf(doer: Person | undefined, reader: Pick<Person, 'id'> | undefined): string {
  if (!doer) return t`any admin can do it`;
  return doer.id === reader?.id ? t`assigned to you` : t`assigned to ${fullName(doer)}`;
}
