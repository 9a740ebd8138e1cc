/** Erasing a person. First they leave and their access is removed. When all of that has ended, their data is deleted. */
import { MINUTE_MS } from '../../core/hours.ts';
import { newId } from '../../core/ids.ts';
import { t } from '../../core/translate.ts';
import type { PersonalData } from '../ports/people-stores.ts';
import { StaleWrite, unlessUnreadable } from '../ports/store.ts';
import type { Database, Stores, Transaction } from '../ports/unit-of-work.ts';
import {
  bundleRequestTopic,
  invalidate,
  personTopic,
  requestTopic,
  runTopic,
  taskTopic,
} from '../work/topics.ts';
import { deactivate } from './change-person.ts';
import { type Actor, fullName, type Person, SYSTEM } from './directory.ts';

/** Between two tries, while something has yet to end. */
const AGAIN_MS = MINUTE_MS;
/** At most so many runs, requests and tasks have their cards refreshed. */
const ROWS = 250;

export type Begun =
  | { readonly kind: 'begun' }
  /** A sentence for people. */
  | { readonly kind: 'refused'; readonly why: string };

export interface BeginningErasure {
  readonly actor: Actor;
  /** In lower case. */
  readonly adminEmails: readonly string[];
}

/** They leave now. They are erased when their runs and removals have ended. @param person as read in this transaction */
export async function beginErasure(
  tx: Transaction,
  person: Person,
  deps: BeginningErasure,
): Promise<Begun> {
  const why = await whyNotErasedYet(tx, person, deps);
  if (why !== undefined) return { kind: 'refused', why };
  const left = await deactivate(tx, person, deps);
  if (!left.ok) return { kind: 'refused', why: left.why };
  await tx.audit('person.erasing', { actor: deps.actor, personId: person.id });
  await queueErasure(tx, person.id, tx.now);
  return { kind: 'begun' };
}

/** What has to happen before, as a sentence for people; undefined where nothing has to. */
export async function whyNotErasedYet(
  { offboardings }: Pick<Stores, 'offboardings'>,
  person: Person,
  { adminEmails }: Pick<BeginningErasure, 'adminEmails'>,
): Promise<string | undefined> {
  if (adminEmails.includes(person.email))
    return t`ADMIN_EMAILS names ${person.email}, who would come back at the next start. Remove the address there and restart Latchkey; then erase them.`;
  const offboarding = await offboardings.current(person.id);
  return offboarding?.state === 'running'
    ? t`${fullName(person)} is being offboarded. Erase them when that's done; until then, Latchkey needs to know who they are.`
    : undefined;
}

const queueErasure = (tx: Transaction, personId: string, dueAt: Date): Promise<void> =>
  tx.queue.push(
    'person.erase',
    { personId },
    { lane: 'background', key: `erase:${personId}`, dueAt },
  );

export interface FinishingErasure extends Database {
  readonly personalData: PersonalData;
}

export type Erased =
  | { readonly kind: 'erased' }
  /** They are active again, or already erased. */
  | { readonly kind: 'nothing' }
  /** These runs and removals have to end first; a later job tries again. */
  | { readonly kind: 'waits'; readonly runs: number; readonly removals: number };

export async function finishErasure(personId: string, deps: FinishingErasure): Promise<Erased> {
  const { stores, transact, personalData, now } = deps;
  const at = now();
  const person = await stores.people.find(personId);
  if (!person) await lookAgain(personId, deps); // A process may have died before it did.
  if (!person || person.active) return { kind: 'nothing' };
  const unfinished = await stores.runs.unfinishedOf(personId);
  // Removals need their facts.
  const removals = await stores.removals.count({ personId, state: 'open' });
  if (unfinished.length + removals > 0) {
    await transact((tx) => queueErasure(tx, personId, later(tx.now)));
    return { kind: 'waits', runs: unfinished.length, removals };
  }
  const subjects = await subjectsOf(personId, stores);
  let isDone: boolean;
  try {
    isDone = await personalData.erase(person, {
      id: newId(),
      at,
      actor: SYSTEM,
      what: 'person.erased',
      personId,
    });
  } catch (error) {
    if (!(error instanceof StaleWrite)) throw error;
    return finishErasure(personId, deps); // They are back, or a removal has begun.
  }
  await transact(async (tx) => {
    await invalidate(tx, ...subjects); // Cards in chat no longer show them.
    if (!isDone) await queueErasure(tx, personId, later(tx.now));
  });
  return { kind: 'erased' };
}

/** While workers hold rows that they had read before, a later job tries again. */
async function lookAgain(
  personId: string,
  { personalData, transact, now }: FinishingErasure,
): Promise<void> {
  if (await personalData.lookAgain(personId, now())) return;
  await transact((tx) => queueErasure(tx, personId, later(tx.now)));
}

const later = (now: Date): Date => new Date(now.getTime() + AGAIN_MS);

async function subjectsOf(personId: string, stores: Stores): Promise<readonly string[]> {
  const page = { offset: 0, limit: ROWS };
  const { runs } = await unlessUnreadable(
    stores.runs.list({ concerning: { about: [personId] } }, page),
    { runs: [] },
  );
  const { requests } = await stores.requests.list({ personIds: [personId] }, page);
  const { tasks } = await unlessUnreadable(stores.tasks.list({ personId }, page), { tasks: [] });
  const bundleRequests = await stores.bundleRequests.of(personId, page);
  return [
    personTopic(personId),
    ...runs.map(({ id }) => runTopic(id)),
    ...requests.map(({ id }) => requestTopic(id)),
    ...bundleRequests.map(({ id }) => bundleRequestTopic(id)),
    ...tasks.map(({ id }) => taskTopic(id)),
  ];
}
