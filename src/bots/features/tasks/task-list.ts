/** `tasks`: the actor's own, those about their reports, and for admins all of them. */
import { z } from 'zod';
import { dayIn } from '../../../core/days.ts';
import { byId } from '../../../core/ids.ts';
import { sayNumber, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import { isAdmin, maySeeSetUp } from '../../../engine/people/permission.ts';
import type { TaskFilter } from '../../../engine/ports/access-stores.ts';
import type { Task } from '../../../engine/tasks/task.ts';
import { titlesOf } from '../../../engine/tasks/task-title.ts';
import type { Turn } from '../../live/context.ts';
import type { Reply } from '../../view/action.ts';
import { showDate, showDay } from '../../view/dates.ts';
import { type ListCard, listCard, listRow, openButton } from '../list-card.ts';
import { pageShown } from '../paging.ts';
import { openTask } from './open-task.ts';

const scopes = () => ({ mine: t`Mine`, reports: t`My reports'`, all: t`Everyone's` }) as const;
type Scope = keyof ReturnType<typeof scopes>;

const noneOf = (): Record<Scope, string> => ({
  mine: t`You have no open tasks.`,
  reports: t`There are no tasks about your reports.`,
  all: t`There are no tasks.`,
});

const payload = pageShown.extend({ scope: z.enum(['mine', 'reports', 'all']) });
type TaskListPayload = z.infer<typeof payload>;

const tasks: ListCard<TaskListPayload> = listCard({
  id: 'tasks.show',
  payload,
  narrow: async ({ scope, page }, { actor }) => ({
    scope: scope === 'all' && !maySeeSetUp(actor) ? 'mine' : scope,
    page,
  }),

  async read({ scope }, at, { stores, actor }) {
    const found = await stores.tasks.list(filterOf(scope, actor), at);
    const ids = found.tasks.flatMap(({ assigneeId }) => assigneeId ?? []);
    const people = byId(await stores.people.findMany(ids));
    const titleOf = await titlesOf(found.tasks, stores);
    const items = found.tasks.map((task) => ({
      task,
      title: titleOf(task),
      assignee: people.get(task.assigneeId ?? ''),
    }));
    const offered: Readonly<Record<Scope, boolean>> = {
      mine: true,
      reports: await stores.people.hasReports(actor.id),
      all: maySeeSetUp(actor),
    };
    return { items, total: found.total, offered };
  },

  title: () => t`Tasks`,
  empty: ({ shown }) => noneOf()[shown.scope],
  counted: ({ shown, total }) => `${scopes()[shown.scope]}: ${sayNumber(total)}`,

  row: ({ task, title, assignee }, { shown }, turn) =>
    listRow(
      title,
      stateWords(task, { assignee, shown }, turn),
      openButton(title, openTask.with({ taskId: task.id })),
    ),

  before: ({ shown, offered }) =>
    (Object.keys(scopes()) as Scope[])
      .filter((each) => each !== shown.scope && offered[each])
      .map((scope) => ({ label: scopes()[scope], does: tasks.turnPage.with({ scope, page: 0 }) })),
});
export const showTasks = tasks.turnPage;

export const openTasks = (turn: Turn): Promise<Reply> =>
  tasks.reply({ scope: 'mine', page: 0 }, turn);

/** The actor's own are open ones; for admins, those that any admin may do, too. Other lists include ended tasks. */
function filterOf(scope: Scope, actor: Person): TaskFilter {
  switch (scope) {
    case 'mine':
      return {
        state: 'open',
        assigneeId: actor.id,
        unassigned: isAdmin(actor) ? true : undefined,
      };
    case 'reports':
      return { managerId: actor.id };
    case 'all':
      return {};
    default:
      return unreachable(scope);
  }
}

function stateWords(
  task: Task,
  { assignee, shown }: { readonly assignee: Person | undefined; readonly shown: TaskListPayload },
  turn: Turn,
): string {
  if (task.state !== 'open') {
    const when = showDate(task.endedAt, turn);
    return task.state === 'done' ? t`✓ done on ${when}` : t`cancelled on ${when}`;
  }
  const isOwn = assignee?.id === turn.actor.id;
  const who = isOwn ? t`you` : assignee ? fullName(assignee) : t`any admin`;
  if (task.dueDate === undefined) return who;
  const day = showDay(task.dueDate);
  const due =
    task.dueDate < dayIn(turn.timeZone, turn.now()) ? t`⚠ was due on ${day}` : t`due on ${day}`;
  // In their own list, others are those that any admin may do.
  return isOwn && shown.scope === 'mine' ? due : `${who} · ${due}`;
}
