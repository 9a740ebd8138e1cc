/**
 * Opens tasks that grant or revoke by hand, ticks their checklists and finishes them. The integration's settings say who the
 * assignee is: the manager, the buddy or a named person. Without such a person it is any admin.
 */
import { compact } from '../../core/compact.ts';
import { addDays, dayIn } from '../../core/days.ts';
import { together } from '../../core/together.ts';
import { t } from '../../core/translate.ts';
import type { HoldSource } from '../access/hold.ts';
import { openHold } from '../access/holds.ts';
import { wakeRemovalOf } from '../access/removals/wake-removal.ts';
import type { AccessIds, Actor, Integration, Person, PersonAtApp } from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import { isAdmin } from '../people/permission.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { settingsOf } from '../settings/settings.ts';
import { invalidate, personTopic, taskTopic } from '../work/topics.ts';
import { BY_ADMINS, type Doer, doerOf, notThemselves } from './doer.ts';
import { cancelGrantTasks, endTask } from './end-task.ts';
import { insertTask } from './new-task.ts';
import { isAboutAccounts, type Task, type TaskIn, type TaskWish, wishesOf } from './task.ts';
import { accessTaskTitle } from './task-title.ts';

/** Days until a task is due where no date was chosen: people wait for it, and a forgotten task is reminded of. */
const DUE_IN_DAYS = 3;

export interface ManualWish extends PersonAtApp {
  readonly actor: Actor;
  readonly requestId?: string;
  /** Left out: someone grants it by hand. */
  readonly source?: HoldSource;
  /** Of a grant: hours from the moment it is done; undefined: no end date. */
  readonly hours?: number;
  /** ISO date. */
  readonly dueDate?: string;
  readonly note?: string;
  /** Who has the task's card already, a person's id. */
  readonly shownTo?: string;
}

export async function openGrantTask(tx: Transaction, wish: ManualWish): Promise<TaskIn<'open'>> {
  const doer = await accessDoer(tx, wish.person, wish.integration);
  return openTask(tx, { kind: 'grant', ...doer }, wish);
}

/**
 * Someone has to remove it by hand. Open tasks to grant it are cancelled. Only a removal opens such a task.
 * @param whom `as-set`: the assignee of the settings; `admin`: any admin. Never the person whose access it is
 */
export async function openRevokeTask(
  tx: Transaction,
  wish: ManualWish,
  whom: 'as-set' | 'admin' = 'as-set',
): Promise<TaskIn<'open'>> {
  const { person, integration, actor } = wish;
  await tx.people.hold(person.id);
  await cancelGrantTasks(tx, { personId: person.id, integrationId: integration.id }, { actor });
  const doer = whom === 'admin' ? BY_ADMINS : await accessDoer(tx, person, integration);
  return openTask(tx, { kind: 'revoke', ...doer }, wish);
}

/** Opens a task, or joins the open one of that kind, person and integration. */
async function openTask(
  tx: Transaction,
  wanted: Doer & { readonly kind: 'grant' | 'revoke' },
  wish: ManualWish,
): Promise<TaskIn<'open'>> {
  const { actor, person, integration, requestId, hours, note } = wish;
  const { kind, assignee, insteadOf } = wanted;
  await tx.people.hold(person.id); // Of two clicks at once, the second one then finds the first one's task.
  const there = await tx.tasks.list(
    { state: 'open', personId: person.id, integrationId: integration.id },
    { offset: 0, limit: 100 },
  );
  const same = there.tasks.find((each) => each.kind === kind);
  // How long it grants can't be read: this wish takes its place.
  if (same?.state === 'open' && kind === 'grant' && same.isUnread)
    await endTask(tx, same, { state: 'cancelled', actor });
  else if (same?.state === 'open') return adopt(tx, same, wish);
  const dayZone = (assignee ?? person).timeZone ?? tx.timeZone;
  const about = { personId: person.id, integrationId: integration.id };
  await invalidate(tx, personTopic(person.id));
  return insertTask(
    tx,
    {
      ...about,
      kind,
      title: await inWorkspaceLocale(tx, async () =>
        accessTaskTitle(kind, { person, integration }),
      ),
      note,
      assigneeId: assignee?.id,
      insteadOf,
      requestId,
      hours,
      ...(kind === 'grant' && { isAsked: wish.source !== 'rule' }),
      dueDate: wish.dueDate ?? addDays(dayIn(dayZone, tx.now), DUE_IN_DAYS),
    },
    { ...about, actor, shownTo: wish.shownTo },
  );
}

/**
 * A second wish for the same reason takes the place of the first. Another reason is one more: each request has its own hold, and
 * a grant by hand has one. Rules change nothing: their own holds wait for the task.
 */
async function adopt(
  tx: Transaction,
  task: TaskIn<'open'>,
  { requestId, hours, source }: ManualWish,
): Promise<TaskIn<'open'>> {
  if (task.kind !== 'grant' || source === 'rule') return task;
  const isAsked = await isAskedFor(tx, task);
  const [before, ...others] = isAsked ? wishesOf(task) : [];
  const same = (wish: TaskWish | undefined): boolean => wish?.requestId === requestId;
  if (before && same(before) && before.hours === hours) return task;
  const kept = compact([before && !same(before) && before, ...others.filter((w) => !same(w))]);
  const { requestId: _, hours: __, others: ___, ...rest } = task;
  const next: TaskIn<'open'> = {
    ...rest,
    ...(requestId !== undefined && { requestId }),
    ...(hours !== undefined && { hours }),
    ...(kept.length > 0 && { others: kept }),
    isAsked: true,
  };
  const saved = await tx.tasks.save(next);
  await invalidate(tx, taskTopic(task.id));
  return { ...next, version: saved.version };
}

/** Whether someone wants it, and not rules alone. */
async function isAskedFor(
  tx: Pick<Transaction, 'holds'>,
  { id, isAsked, requestId, hours, personId, integrationId = '' }: Task,
): Promise<boolean> {
  if (isAsked !== undefined) return isAsked;
  if (requestId !== undefined || hours !== undefined) return true;
  const open = await tx.holds.openAt(personId, integrationId);
  return !open.some(({ taskId }) => taskId === id); // A rule's hold waits for it.
}

/** Whether someone waits for a task to grant it: that is one more reason for the access, although its hold opens at Done. */
export async function isAwaitedByHand(
  tx: Pick<Transaction, 'holds' | 'tasks'>,
  { personId, integrationId }: AccessIds,
): Promise<boolean> {
  const theirs = { state: 'open', kind: 'grant', personId, integrationId } as const;
  const { tasks } = await tx.tasks.list(theirs, { offset: 0, limit: 100 });
  for (const task of tasks) if (await isAskedFor(tx, task)) return true;
  return false;
}

/** By the settings. */
export async function accessDoer(
  stores: Pick<Stores, 'people'>,
  person: Person,
  integration: Integration,
): Promise<Doer> {
  const wanted = settingsOf(integration).assignee ?? { kind: 'manager' };
  return notThemselves(await doerOf(stores, wanted, person), person);
}

export type Finished =
  | { readonly kind: 'ended'; readonly task: Task }
  /** It had ended before. */
  | { readonly kind: 'over'; readonly task: Task }
  /** Its checklist has an entry that isn't ticked. */
  | { readonly kind: 'not-ticked' }
  /** It closes by itself (`account-task.ts`). */
  | { readonly kind: 'closes-itself' }
  /** For how long it grants can't be read. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'not-yours' };

/**
 * The assignee and admins may finish it and comment on it. Nobody confirms that their own access is gone, and only admins grant to
 * themselves.
 */
export function mayDo(person: Person, { assigneeId, kind, personId }: Task): boolean {
  const isOwn = person.id === personId;
  if (isAdmin(person)) return !(kind === 'revoke' && isOwn);
  return person.active && person.id === assigneeId && !(kind !== 'other' && isOwn);
}

/**
 * Whether it is about accounts of nobody, and closes with the last of them. At a deleted app no list is read any more: tasks of
 * 0.2.0 that name the app there say whose access remains.
 */
export const closesItself = async (
  stores: Pick<Stores, 'integrations'>,
  task: Task,
): Promise<boolean> => (await thatCloseThemselves(stores, [task])).has(task.id);

/** The ids of those of them that do. */
export async function thatCloseThemselves(
  { integrations }: Pick<Stores, 'integrations'>,
  tasks: readonly Task[],
): Promise<ReadonlySet<string>> {
  const about = tasks.filter(isAboutAccounts);
  const apps = new Set(about.flatMap(({ integrationId }) => integrationId ?? []));
  const found = apps.size === 0 ? [] : await integrations.findMany([...apps]);
  const there = new Set(found.flatMap(({ id, deletedAt }) => (deletedAt ? [] : [id])));
  return new Set(
    about.filter(({ integrationId = '' }) => there.has(integrationId)).map(({ id }) => id),
  );
}

/**
 * Done, by the assignee or an admin. A grant makes the access `has` and opens its hold now. An open removal of the access goes
 * on.
 */
export async function finishTask(
  tx: Transaction,
  task: Task,
  by: { readonly person: Person; readonly actor: Actor },
): Promise<Finished> {
  if (!mayDo(by.person, task)) return { kind: 'not-yours' };
  if (task.state !== 'open') return { kind: 'over', task };
  if (await closesItself(tx, task)) return { kind: 'closes-itself' };
  if (task.isUnread && task.kind === 'grant') return { kind: 'unreadable' };
  if (task.checklist?.some(({ doneById }) => doneById === undefined)) return { kind: 'not-ticked' };
  // Locks the person: a sequence item that is due now sees the task done, or is released by it.
  await tx.people.hold(task.personId);
  const done = await endTask(tx, task, { state: 'done', actor: by.actor });
  if (done.kind === 'grant') await keepAccess(tx, done, by.actor);
  const { personId, integrationId } = done;
  if (integrationId !== undefined) await wakeRemovalOf(tx, { personId, integrationId });
  return { kind: 'ended', task: done };
}

/**
 * Ticks entries of the checklist, and removes ticks. The last tick doesn't finish the task: Done does. Nothing else changes
 * than what the person changed on their card, so an older card takes back no tick that it doesn't show.
 * @param change positions that were ticked on the card, and those that the person left ticked. `offered`: where the person's
 * own ticks count as shown, since the card is sent at each click and may be older than their last one.
 * @throws {StaleWrite} where another entry is ticked at the same moment
 */
export async function tickTask(
  tx: Transaction,
  task: Task,
  change: {
    readonly shown: readonly number[];
    readonly ticked: readonly number[];
    readonly offered?: readonly number[] | undefined;
    readonly by: Person;
  },
): Promise<'ticked' | 'over' | 'not-yours'> {
  const { shown, ticked, offered = [], by } = change;
  if (!mayDo(by, task)) return 'not-yours';
  if (task.state !== 'open' || !task.checklist) return 'over';
  const checklist = task.checklist.map((entry, position) => {
    const isOwn = offered.includes(position) && entry.doneById === by.id;
    const wasTicked = isOwn || shown.includes(position);
    if (wasTicked === ticked.includes(position)) return entry;
    if (!ticked.includes(position)) return { text: entry.text };
    return entry.doneById === undefined ? { text: entry.text, doneById: by.id } : entry;
  });
  if (checklist.every((entry, position) => entry === task.checklist?.[position])) return 'ticked';
  await tx.tasks.save({ ...task, checklist });
  await invalidate(tx, taskTopic(task.id));
  return 'ticked';
}

/** For a deleted integration nothing is stored. */
async function keepAccess(tx: Transaction, task: Task, actor: Actor): Promise<void> {
  const { personId, integrationId } = task;
  if (integrationId === undefined) return;
  const person = await tx.people.find(personId);
  const integration = await tx.integrations.hold(integrationId, 'shared');
  if (!person || !integration || integration.deletedAt) return;
  const before = await tx.access.find(personId, integrationId);
  const reason = await inWorkspaceLocale(tx, async () => t`Granted by hand.`);
  await tx.access.put({
    personId,
    integrationId,
    state: 'has',
    reason,
    since: before?.state === 'has' ? before.since : tx.now,
    checkedAt: tx.now,
  });
  if (!(await isAskedFor(tx, task))) return;
  const begun = await tx.bundleRequests.begunBy({ taskId: task.id });
  const wishes = wishesOf(task);
  const requests = await together(wishes.map(({ requestId = '' }) => tx.requests.find(requestId)));
  const ofRequests = new Set(requests.map((request) => request?.bundleRequestId));
  for (const [index, { requestId, hours }] of wishes.entries()) {
    const request = requests[index];
    const source = requestId === undefined ? 'by-hand' : 'request';
    const holding = { person, integration, source, actor, hours, requestId } as const;
    const own = begun.filter(({ id }) =>
      request ? id === request.bundleRequestId : !ofRequests.has(id),
    );
    // One task may be for several bundles, and each of them holds what it grants.
    const bundleIds = new Set(own.flatMap(({ of }) => (of.kind === 'bundle' ? [of.bundleId] : [])));
    for (const bundleId of bundleIds.size > 0 ? bundleIds : [undefined])
      await openHold(tx, { ...holding, bundleId }, { taskId: task.id });
  }
}

/** Any admin may do the open tasks of this person from now on. */
export async function leaveTasks(tx: Transaction, personId: string): Promise<void> {
  const AT_ONCE = 100;
  for (;;) {
    const theirs = { state: 'open', assigneeId: personId } as const;
    const { tasks } = await tx.tasks.list(theirs, { offset: 0, limit: AT_ONCE });
    for (const task of tasks) await giveToAdmins(tx, task);
    if (tasks.length < AT_ONCE) return;
  }
}

export async function giveToAdmins(tx: Transaction, task: Task): Promise<void> {
  const { assigneeId, ...anybodys } = task;
  const insteadOf = assigneeId === undefined ? undefined : { personId: assigneeId };
  const saved = await tx.tasks.save({ ...anybodys, insteadOf });
  await invalidate(tx, taskTopic(task.id), personTopic(task.personId));
  await tx.emit({ kind: 'task-opened', task: saved });
}
