/** `tasks`: what the actor has to do by hand, what waits about their reports, and, for admins, everybody's. */
import { z } from 'zod';
import { dayIn } from '../../../core/days.ts';
import { say, sayNumber } from '../../../core/say.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import type { TaskFilter } from '../../../engine/ports/access-stores.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Task } from '../../../engine/tasks/task.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import type { Block, Button, Card } from '../../view/card.ts';
import { showDate, showDay } from '../../view/dates.ts';
import { pageButtons, pageIn, pageWords } from '../paging.ts';
import { openTask } from './open-task.ts';

/** A row is two blocks, and a Slack message has fifty. */
const PAGE = 8;

const scopes = () =>
  ({ mine: say`Mine`, reports: say`My reports'`, all: say`Everybody's` }) as const;
type Scope = keyof ReturnType<typeof scopes>;

const payload = z.object({
  scope: z.enum(['mine', 'reports', 'all']),
  page: z.number().int().nonnegative(),
});
type Shown = z.infer<typeof payload>;

export const showTasks = buttonAction({
  id: 'tasks.show',
  payload,
  handle: async (shown, turn: Turn) => ({ kind: 'replace', card: await listCard(shown, turn) }),
});

export async function openTasks(turn: Turn): Promise<Reply> {
  return { kind: 'say', to: 'person', card: await listCard({ scope: 'mine', page: 0 }, turn) };
}

/** Mine are open ones, and for admins those of any admin, too; the others show how things ended. */
async function filterOf(
  scope: Scope,
  actor: Person,
  { people }: Pick<Stores, 'people'>,
): Promise<TaskFilter> {
  switch (scope) {
    case 'mine':
      return {
        state: 'open',
        assigneeId: actor.id,
        ...(isAdmin(actor) && { unassigned: true as const }),
      };
    case 'reports':
      return { personIds: (await people.reportsOf(actor.id)).map(({ id }) => id) };
    case 'all':
      return {};
    default:
      return unreachable(scope);
  }
}

async function listCard(wanted: Shown, turn: Turn): Promise<Card> {
  const { stores } = turn;
  const actor = (await stores.people.find(turn.actor.id)) ?? turn.actor;
  // A payload can be forged or older than a change of role: everybody's are for admins alone.
  const scope: Scope = wanted.scope === 'all' && !isAdmin(actor) ? 'mine' : wanted.scope;
  const filter = await filterOf(scope, actor, stores);
  const { total } = await stores.tasks.list(filter, { offset: 0, limit: 0 });
  // Tasks that were done meanwhile may have taken the last page with them.
  const shown = pageIn(total, wanted.page, PAGE);
  const { tasks } = await stores.tasks.list(filter, { offset: shown.page * PAGE, limit: PAGE });
  const people = await stores.people.findMany([
    ...new Set(tasks.flatMap(({ assigneeId }) => assigneeId ?? [])),
  ]);
  const others: Button[] = (Object.keys(scopes()) as Scope[])
    .filter((each) => each !== scope && (each !== 'all' || isAdmin(actor)))
    .map((each) => ({ label: scopes()[each], does: showTasks.with({ scope: each, page: 0 }) }));
  return {
    title: say`Tasks`,
    blocks: [
      {
        kind: 'text',
        muted: true,
        text: [
          `${scopes()[scope]}: ${total === 0 ? say`none` : sayNumber(total)}${pageWords(shown)}`,
        ],
      },
      ...tasks.flatMap((task) =>
        renderRow(
          task,
          people.find(({ id }) => id === task.assigneeId),
          turn,
        ),
      ),
      {
        kind: 'buttons',
        buttons: [...others, ...pageButtons(shown, (to) => showTasks.with({ scope, page: to }))],
      },
    ],
  };
}

function renderRow(task: Task, assignee: Person | undefined, turn: Turn): Block[] {
  const { id: taskId, title } = task;
  return [
    {
      kind: 'text',
      text: [{ kind: 'strong', text: title }, ` · ${stateWords(task, assignee, turn)}`],
    },
    {
      kind: 'buttons',
      buttons: [{ label: say`Open`, about: say`Open: ${title}`, does: openTask.with({ taskId }) }],
    },
  ];
}

function stateWords(task: Task, assignee: Person | undefined, turn: Turn): string {
  if (task.state !== 'open') {
    const when = showDate(task.endedAt, turn);
    return task.state === 'done' ? say`✓ done on ${when}` : say`cancelled on ${when}`;
  }
  const who = assignee ? fullName(assignee) : say`any admin`;
  if (task.dueDate === undefined) return who;
  const day = showDay(task.dueDate);
  return task.dueDate < dayIn(turn.timeZone, turn.now())
    ? say`${who} · ⚠ was due on ${day}`
    : say`${who} · due on ${day}`;
}
