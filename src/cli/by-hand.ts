/** `grant` and `revoke` at a manual integration: a task for whoever does it, as from chat. */
import { taskNews } from '../bots/features/request-news.ts';
import { unreachable } from '../core/unreachable.ts';
import { grantByHand, revokeByHand } from '../engine/by-hand.ts';
import { fullName } from '../engine/directory.ts';
import type { ManualWish, TaskParts } from '../engine/manual.ts';
import type { Task } from '../engine/task.ts';
import { CommandError } from './command-error.ts';
import type { Session } from './session.ts';

type Wish = Omit<ManualWish, 'actor'>;
type Asking = Pick<
  Session,
  'stores' | 'transact' | 'now' | 'newId' | 'randomBytes' | 'actor' | 'output'
> & { readonly config: Pick<Session['config'], 'timeZone'> };

export async function grantTask(wish: Wish, session: Asking): Promise<void> {
  const { transact, actor } = session;
  const asked = await transact((tx) => grantByHand(tx, { ...wish, actor }, partsOf(session)));
  if (asked.kind === 'refused') throw new CommandError(asked.why);
  await sayTask(asked.task, wish, session);
}

export async function revokeTask(wish: Wish, session: Asking): Promise<void> {
  const { transact, actor, output } = session;
  const asked = await transact((tx) => revokeByHand(tx, { ...wish, actor }, partsOf(session)));
  switch (asked.kind) {
    case 'refused':
      throw new CommandError(asked.why);
    case 'cancelled':
      output.line(
        `${wish.integration.name} had yet to be given by hand; the task for it was cancelled.`,
      );
      return;
    case 'opened':
      return sayTask(asked.task, wish, session);
    default:
      return unreachable(asked);
  }
}

/** Its card is sent by the worker, as soon as Latchkey is up. */
const partsOf = ({ now, newId, randomBytes, config }: Asking): TaskParts => ({
  now,
  newId,
  randomBytes,
  timeZone: config.timeZone,
  taskNews,
});

async function sayTask(
  { title, assigneeId, dueDate }: Task,
  { integration }: Wish,
  { stores, output }: Asking,
): Promise<void> {
  const assignee = assigneeId === undefined ? undefined : await stores.people.find(assigneeId);
  const who = assignee ? `${fullName(assignee)} <${assignee.email}>` : 'any Latchkey admin';
  const due = dueDate === undefined ? '' : `, due on ${dueDate}`;
  output.line(`${integration.name} is done by hand. A task is open for ${who}: ${title}${due}.`);
}
