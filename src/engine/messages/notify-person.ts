/** Notifications to one person, queued in the transaction of the change that they are about. */
import { MINUTE_MS } from '../../core/hours.ts';
import type { LiveCardRef } from '../../core/message.ts';
import { together } from '../../core/together.ts';
import type { Person } from '../people/directory.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { WorkspaceSettings } from '../settings/settings.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import { quietUntil } from './quiet-hours.ts';

interface Notice {
  readonly card: LiveCardRef;
  /** Keeps a second message from being queued while the first one waits. */
  readonly key?: string;
  /** Left out: at once. */
  readonly notBefore?: Date;
}

/**
 * Sends the card as a new message, since an edit of an older one notifies nobody. It waits for the end of their quiet hours.
 * People who have left get none.
 */
export async function notifyPerson(
  tx: Transaction,
  personId: string,
  notice: Notice,
): Promise<void> {
  const [person, settings] = await together([tx.people.find(personId), workspaceSettings(tx)]);
  await notify(tx, { person, settings }, notice);
}

/** Sends the card as a new message, whatever the hour. */
export const notifyAtOnce = (
  tx: Transaction,
  personId: string,
  { card, key }: Omit<Notice, 'notBefore'>,
): Promise<void> => queuePost(tx, { personId, card, key });

/** Queues the message. One that has to wait when its turn comes is queued like this again. @param dueAt left out: now */
export const queuePost = (
  tx: Pick<Transaction, 'queue'>,
  message: Jobs['message.post'],
  dueAt?: Date,
): Promise<void> =>
  tx.queue.push('message.post', message, { lane: 'chat', dueAt, key: message.key });

async function notify(
  tx: Transaction,
  { person, settings: { quietHours } }: Pick<Addressee, 'person' | 'settings'>,
  { card, key, notBefore = tx.now }: Notice,
): Promise<void> {
  if (!person?.active) return;
  const quiet = quietHours && quietUntil(quietHours, person.timeZone ?? tx.timeZone, notBefore);
  await queuePost(tx, { personId: person.id, card, key }, quiet ?? notBefore);
}

/** Of several notifications within this time, someone gets the first one at once, and one message for all others. */
export const TOGETHER_MS = 10 * MINUTE_MS;

/** When the ten minutes began that this time is in. */
export const beganTogether = (at: Date): Date =>
  new Date(Math.floor(at.getTime() / TOGETHER_MS) * TOGETHER_MS);

/** Someone who is about to be notified of one of several things. */
export interface Addressee {
  readonly person: Person | undefined;
  readonly settings: WorkspaceSettings;
  /** What these things have in common, such as `run-failed`. */
  readonly what: string;
  readonly since: Date;
  /** Whether an earlier transaction has notified them of one in these ten minutes. */
  readonly isNotified: boolean;
}

/** @param what what the notifications have in common */
export async function addresseeOf(
  tx: Transaction,
  personId: string,
  what: string,
): Promise<Addressee> {
  const since = beganTogether(tx.now);
  const [person, settings, isNotified] = await together([
    tx.people.find(personId),
    workspaceSettings(tx),
    tx.occurrences.isClaimed(subjectOf(what, personId), since),
  ]);
  return { person, settings, what, since, isNotified };
}

/**
 * Sends two messages for many at once, and not one for each.
 * @param others the card for all but the first, given the beginning of their ten minutes
 */
export async function notifyTogether(
  tx: Transaction,
  to: Addressee,
  { first, others }: { readonly first: LiveCardRef; readonly others: (since: Date) => LiveCardRef },
): Promise<void> {
  const { person, what, since, isNotified } = to;
  if (!person) return;
  const subject = subjectOf(what, person.id);
  // Of several in this transaction, all may have been read before the first one is claimed.
  if (!isNotified && !tx.putOff.has(subject)) {
    tx.putOff.add(subject, () => tx.occurrences.insert(subject, since));
    return notify(tx, to, { card: first });
  }
  const card = others(since);
  await notify(tx, to, {
    card,
    // One of the next ten minutes may wait beside it, such as for the end of quiet hours: only the same card takes its place.
    key: `${what}:others:${person.id}:${card.topic}`,
    notBefore: new Date(since.getTime() + TOGETHER_MS),
  });
}

const subjectOf = (what: string, personId: string): string => `${what}:${personId}`;
