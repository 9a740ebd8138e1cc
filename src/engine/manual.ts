/**
 * Manual integrations: granting and revoking them is a task for somebody. Words: the *assignee* is the manager, the buddy or
 * a named person, as the integration's settings say; where there is nobody, any admin.
 */
import type { Access, Actor, Integration, Person } from './directory.ts';
import { fullName } from './directory.ts';
import type { Starting } from './grant.ts';
import type { Transaction } from './ports.ts';
import { personSubject, taskSubject, touch } from './subjects.ts';
import type { Task, TaskIn } from './task.ts';

export interface ManualWish {
  readonly actor: Actor;
  readonly person: Person;
  readonly integration: Integration;
  readonly requestId?: string;
  /** ISO date. */
  readonly dueDate?: string;
  readonly note?: string;
}

/** Who is told of a task, in the transaction of the change itself. */
export interface TaskNews {
  opened(tx: Transaction, task: Task): Promise<void>;
  ended(tx: Transaction, task: Task): Promise<void>;
}

export type TaskParts = Starting & { readonly taskNews: TaskNews };

export const openGrantTask = (
  tx: Transaction,
  wish: ManualWish,
  parts: TaskParts,
): Promise<TaskIn<'open'>> =>
  openTask(tx, 'grant', `Give ${fullName(wish.person)} ${wish.integration.name}`, wish, parts);

export const openRevokeTask = (
  tx: Transaction,
  wish: ManualWish,
  parts: TaskParts,
): Promise<TaskIn<'open'>> =>
  openTask(
    tx,
    'revoke',
    `Take ${wish.integration.name} away from ${fullName(wish.person)}`,
    wish,
    parts,
  );

/** Opens a task, or gives back the open one of the same kind for that person and integration. */
async function openTask(
  tx: Transaction,
  kind: 'grant' | 'revoke',
  title: string,
  { actor, person, integration, requestId, dueDate, note }: ManualWish,
  { now, newId, taskNews }: TaskParts,
): Promise<TaskIn<'open'>> {
  await tx.people.hold(person.id); // So that of two clicks at once the second one finds the first one's.
  const there = await tx.tasks.list(
    { state: 'open', personId: person.id, integrationId: integration.id },
    { offset: 0, limit: 100 },
  );
  const same = there.tasks.find((each) => each.kind === kind);
  if (same?.state === 'open') return same;
  const assigneeId = await assigneeOf(tx, person, integration);
  const task: TaskIn<'open'> = {
    id: newId(),
    version: 1,
    kind,
    title,
    ...(note !== undefined && { note }),
    personId: person.id,
    integrationId: integration.id,
    ...(assigneeId !== undefined && { assigneeId }),
    ...(requestId !== undefined && { requestId }),
    ...(dueDate !== undefined && { dueDate }),
    createdAt: now(),
    comments: [],
    state: 'open',
  };
  await tx.tasks.insert(task);
  await tx.audit.add({
    id: newId(),
    at: now(),
    actor,
    what: 'task.opened',
    personId: person.id,
    integrationId: integration.id,
    detail: { taskId: task.id, kind },
  });
  await touch(tx, personSubject(person.id));
  await taskNews.opened(tx, task);
  return task;
}

async function assigneeOf(
  tx: Transaction,
  person: Person,
  { settings }: Integration,
): Promise<string | undefined> {
  const wanted = settings?.assignee ?? { kind: 'manager' };
  const id =
    wanted.kind === 'person'
      ? wanted.personId
      : wanted.kind === 'manager'
        ? person.managerId
        : person.buddyId;
  const assignee = id === undefined ? undefined : await tx.people.find(id);
  return assignee?.active ? assignee.id : undefined;
}

export type Finished =
  | { readonly kind: 'ended'; readonly task: Task }
  /** It was done or cancelled before. */
  | { readonly kind: 'over'; readonly task: Task }
  | { readonly kind: 'not-yours' };

/** Done, by the assignee or an admin: what is known of the access changes with it. */
export async function finishTask(
  tx: Transaction,
  task: Task,
  by: { readonly person: Person; readonly actor: Actor },
  parts: TaskParts,
): Promise<Finished> {
  if (by.person.role !== 'admin' && by.person.id !== task.assigneeId) return { kind: 'not-yours' };
  if (task.state !== 'open') return { kind: 'over', task };
  const done = await endTask(tx, task, 'done', by.actor, parts);
  const { kind, personId, integrationId } = task;
  if (integrationId !== undefined && kind !== 'other') {
    const before = await tx.access.find(personId, integrationId);
    await tx.access.put(byHand(kind === 'grant' ? 'has' : 'none', before, done, parts.now()));
  }
  return { kind: 'ended', task: done };
}

function byHand(
  state: 'has' | 'none',
  before: Access | undefined,
  { personId, integrationId = '' }: Task,
  now: Date,
): Access {
  return {
    personId,
    integrationId,
    state,
    reason: state === 'has' ? 'Given by hand.' : 'Taken away by hand.',
    since: before?.state === state ? before.since : now,
    checkedAt: now,
  };
}

export async function endTask(
  tx: Transaction,
  task: TaskIn<'open'>,
  state: 'done' | 'cancelled',
  actor: Actor,
  { now, newId, taskNews }: TaskParts,
): Promise<Task> {
  const ended = await tx.tasks.save({
    ...task,
    state,
    endedAt: now(),
    ...(actor.kind === 'person' && { endedById: actor.personId }),
  });
  await tx.audit.add({
    id: newId(),
    at: now(),
    actor,
    what: `task.${state}`,
    personId: task.personId,
    ...(task.integrationId !== undefined && { integrationId: task.integrationId }),
    detail: { taskId: task.id, kind: task.kind },
  });
  await touch(tx, taskSubject(task.id), personSubject(task.personId));
  await taskNews.ended(tx, ended);
  return ended;
}
