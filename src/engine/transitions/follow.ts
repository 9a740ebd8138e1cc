/**
 * Compares an open transition with what is known of the person's access: what they gain, lose and keep by it, and whether all of
 * that is settled. It only reads access and changes none, so it may run at any time and twice.
 */
import { HOUR_MS } from '../../core/hours.ts';
import { together } from '../../core/together.ts';
import { type Hold, isOfRule } from '../access/hold.ts';
import type { OpenRemoval } from '../access/removals/removal.ts';
import { type Access, type Person, SYSTEM } from '../people/directory.ts';
import type { AuditNote, Transaction } from '../ports/unit-of-work.ts';
import { invalidate, personTopic } from '../work/topics.ts';
import type { ItemPart, Transition, TransitionItem } from './transition.ts';

/** What no event tells of, such as a check, is seen within this time (`due-transitions.ts`). */
export const FOLLOWED_EVERY_MS = HOUR_MS;
/** One person has only a few open tasks, requests and sequences. */
const MANY = { offset: 0, limit: 100 };

/** Something of this person's access changed: their open transition is followed by a job of its own. */
export async function queueFollowing(tx: Transaction, personId: string): Promise<void> {
  if ((await tx.transitions.currentOf([personId])).length === 0) return;
  await tx.queue.push(
    'transition.follow',
    { personId },
    { lane: 'background', key: `transition:${personId}` },
  );
}

/** The job. What is only noted waits for the evaluation. */
export async function followPerson(tx: Transaction, personId: string): Promise<void> {
  await tx.people.hold(personId);
  const [current] = await tx.transitions.currentOf([personId]);
  if (current?.state === 'open') await follow(tx, current);
}

/** @param transition as it was read in this transaction, after the person was locked */
export async function follow(tx: Transaction, transition: Transition): Promise<void> {
  const person = await tx.people.find(transition.personId);
  if (!person) return;
  if (!person.active) return replaceTransition(tx, transition);
  const facts = await read(tx, person);
  const known = await tx.transitions.items(transition.id);
  const items = await withRemovals(tx, partsNow(transition, known, facts), {
    ...facts,
    beganAt: transition.beganAt,
  });
  const isAwaited = await awaitsMore(tx, transition, person);
  if (transition.state === 'noted' && items.length === 0 && !isAwaited)
    return tx.transitions.delete(transition.id);
  for (const item of items) if (isNew(item, known)) await tx.transitions.putItem(item);
  const opened = transition.state === 'noted' ? await open(tx, transition) : transition;
  const notified = await notifyReaders(tx, opened, person);
  if (!isAwaited && (await areSettled(tx, items, facts)))
    return finish(tx, notified, { ...facts, items });
  if (notified.followedAt.getTime() + FOLLOWED_EVERY_MS <= tx.now.getTime())
    await tx.transitions.save({ ...notified, followedAt: tx.now });
  await invalidate(tx, personTopic(person.id));
}

/** What decides how far each item is. */
interface Facts {
  readonly person: Person;
  readonly holds: readonly Hold[];
  readonly access: readonly Access[];
  readonly removals: readonly OpenRemoval[];
  /** Integrations where a run or a task is under way, and where a rule couldn't give what it gives. */
  readonly underWay: ReadonlySet<string>;
  readonly failing: ReadonlySet<string>;
}

async function read(tx: Transaction, person: Person): Promise<Facts> {
  const { id } = person;
  const [holds, access, removals, runs, { tasks }, troubles] = await together([
    tx.holds.openOf(id),
    tx.access.forPerson(id),
    tx.removals.openOf(id),
    tx.runs.unfinishedOf(id),
    tx.tasks.list({ state: 'open', personId: id }, MANY),
    tx.ruleTroubles.of(id),
  ]);
  return {
    person,
    holds,
    access,
    removals,
    underWay: new Set([
      ...runs.map(({ integrationId }) => integrationId),
      ...tasks.flatMap(({ integrationId, kind }) =>
        kind === 'other' ? [] : (integrationId ?? []),
      ),
    ]),
    // One that was granted again after the app had lost it, and is there, is only remembered.
    failing: new Set(
      troubles.flatMap(({ integrationId, failures, notifiedAt }) =>
        failures > 0 || notifiedAt ? integrationId : [],
      ),
    ),
  };
}

/** The items as they are now: those that are known, and those that have come. */
function partsNow(
  transition: Transition,
  known: readonly TransitionItem[],
  facts: Facts,
): readonly TransitionItem[] {
  // It no longer gave it when they moved: another change ends that.
  const wasEnding = ({ endsAt, startedAt }: Hold): boolean =>
    endsAt !== undefined && startedAt < transition.beganAt;
  const ids = new Set([
    ...transition.heldBefore,
    ...facts.holds
      .filter((hold) => transition.kind === 'joiner' || (isOfRule(hold) && !wasEnding(hold)))
      .map(({ integrationId }) => integrationId),
    ...known.map(({ integrationId }) => integrationId),
  ]);
  return [...ids].flatMap((integrationId) => {
    const before = known.find((item) => item.integrationId === integrationId);
    const part = partOf(integrationId, transition, facts);
    if (!before && part === 'keeps') return [];
    return { ...(before ?? { transitionId: transition.id, integrationId }), part };
  });
}

function partOf(
  integrationId: string,
  { kind, heldBefore, beganAt }: Transition,
  { holds, failing }: Facts,
): ItemPart {
  const here = holds.filter((hold) => hold.integrationId === integrationId);
  const byOthers = here.filter((hold) => !isOfRule(hold));
  const isGiven = failing.has(integrationId) || here.some((hold) => isOfRule(hold) && !hold.endsAt);
  if (kind === 'joiner')
    return isGiven || byOthers.some(({ source }) => source !== 'kept') ? 'gains' : 'loses';
  const hadIt =
    heldBefore.includes(integrationId) || byOthers.some((hold) => hold.startedAt < beganAt);
  if (isGiven) return hadIt ? 'keeps' : 'gains';
  return byOthers.some(({ endsAt }) => endsAt === undefined) ? 'keeps' : 'loses';
}

/** What is lost names the removal that ends it, so that the proof stays known. */
async function withRemovals(
  tx: Transaction,
  items: readonly TransitionItem[],
  { person, holds, beganAt }: Pick<Facts, 'person' | 'holds'> & Pick<Transition, 'beganAt'>,
): Promise<readonly TransitionItem[]> {
  const named: TransitionItem[] = [];
  for (const item of items) {
    const { integrationId, part } = item;
    const isOver = part === 'loses' && !holds.some((hold) => hold.integrationId === integrationId);
    const last = isOver ? await tx.removals.latest(person.id, integrationId) : undefined;
    named.push(last && last.beganAt >= beganAt ? { ...item, removalId: last.id } : item);
  }
  return named;
}

/** Nothing more will come of it: it is there, it is proven gone, or it stays. */
function isSettled({ integrationId, part }: TransitionItem, facts: Facts): boolean {
  const isHere = (each: { readonly integrationId: string }) => each.integrationId === integrationId;
  if (part === 'keeps') return true;
  if (facts.removals.some(isHere)) return false;
  const state = facts.access.find(isHere)?.state;
  return part === 'gains'
    ? state === 'has' && !facts.underWay.has(integrationId) && !facts.failing.has(integrationId)
    : !facts.holds.some(isHere) && (state === undefined || state === 'none');
}

/** An app that was deleted is waited for no longer. */
async function areSettled(
  tx: Transaction,
  items: readonly TransitionItem[],
  facts: Facts,
): Promise<boolean> {
  const unsettled = items.filter((item) => !isSettled(item, facts));
  if (unsettled.length === 0) return true;
  const apps = await tx.integrations.findMany(unsettled.map(({ integrationId }) => integrationId));
  return apps.every(({ deletedAt }) => deletedAt !== undefined);
}

/** A joiner's card also follows what they requested, and the sequences of their first day. */
async function awaitsMore(tx: Transaction, { kind }: Transition, { id }: Person): Promise<boolean> {
  if (kind !== 'joiner') return false;
  const { total } = await tx.requests.list(
    { state: 'open', personIds: [id] },
    { ...MANY, limit: 1 },
  );
  if (total > 0) return true;
  const { assignments } = await tx.assignments.ofPerson(id, MANY);
  for (const { sequenceId, endedAt } of assignments)
    if (!endedAt && (await tx.sequences.find(sequenceId))?.anchor === 'start-date') return true;
  return false;
}

const isNew = (item: TransitionItem, known: readonly TransitionItem[]): boolean =>
  !known.some(
    (each) =>
      each.integrationId === item.integrationId &&
      each.part === item.part &&
      each.removalId === item.removalId,
  );

async function open(tx: Transaction, noted: Transition): Promise<Transition> {
  const opened = await tx.transitions.save({ ...noted, state: 'open', followedAt: tx.now });
  const fields = opened.fields.map(({ field }) => field).join(', ');
  await tx.audit('transition.opened', about(opened, fields === '' ? {} : { fields }));
  return opened;
}

/** Admins, their manager and the managers from before, each once. Never the person themselves. */
export async function notifyReaders(
  tx: Transaction,
  transition: Transition,
  person: Person,
): Promise<Transition> {
  const admins = (await tx.people.admins()).map(({ id }) => id);
  const managers = person.managerId === undefined ? [] : [person.managerId];
  const all = new Set([...managers, ...transition.formerManagerIds, ...admins]);
  const readerIds = [...all].filter(
    (id) => id !== person.id && !transition.notifiedIds.includes(id),
  );
  if (readerIds.length === 0) return transition;
  const notifiedIds = [...transition.notifiedIds, ...readerIds];
  const notified = await tx.transitions.save({ ...transition, notifiedIds });
  await tx.emit({ kind: 'transition-opened', transition: notified, readerIds });
  return notified;
}

/** Everything is settled. What they keep is listed from now on as it is, since the card changes no more. */
async function finish(
  tx: Transaction,
  transition: Transition,
  { items, holds, access }: Facts & { readonly items: readonly TransitionItem[] },
): Promise<void> {
  const { id: transitionId } = transition;
  const listed = new Set(items.map(({ integrationId }) => integrationId));
  const kept = new Set(
    holds.map(({ integrationId }) => integrationId).filter((id) => !listed.has(id)),
  );
  for (const item of items) await tx.transitions.putItem({ ...item, settledAt: tx.now });
  for (const integrationId of kept)
    if (access.some((each) => each.integrationId === integrationId && each.state !== 'none'))
      await tx.transitions.putItem({
        transitionId,
        integrationId,
        part: 'keeps',
        settledAt: tx.now,
      });
  await end(tx, transition, 'done');
}

/** They have left: the offboarding goes on with it. What nobody has a card of needs no end. */
export async function replaceTransition(tx: Transaction, transition: Transition): Promise<void> {
  if (transition.state === 'noted') return tx.transitions.delete(transition.id);
  await end(tx, transition, 'replaced');
}

async function end(
  tx: Transaction,
  transition: Transition,
  state: 'done' | 'replaced',
): Promise<void> {
  const ended = await tx.transitions.save({
    ...transition,
    state,
    followedAt: tx.now,
    endedAt: tx.now,
  });
  await tx.audit(`transition.${state}`, about(ended));
  await invalidate(tx, personTopic(ended.personId));
}

const about = (
  { id: transitionId, personId, kind }: Transition,
  detail: Readonly<Record<string, string>> = {},
): Omit<AuditNote, 'what'> => ({
  actor: SYSTEM,
  personId,
  detail: { transitionId, kind, ...detail },
});
