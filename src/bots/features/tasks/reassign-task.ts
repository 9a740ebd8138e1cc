/** Reassign… on a task: sets another assignee, or more time. */
import { z } from 'zod';
import { addDays, dayIn } from '../../../core/days.ts';
import { t } from '../../../core/translate.ts';
import type { Person } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { reassignTask as reassign } from '../../../engine/tasks/change-task.ts';
import type { Task } from '../../../engine/tasks/task.ts';
import { titlesOf } from '../../../engine/tasks/task-title.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { formAction, type SubmitReply } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { asAdmin, refuse } from '../admins.ts';

const wanted = () => t`reassign tasks`;

export const reassignTask = formAction({
  id: 'task.reassign',
  payload: z.object({ taskId: z.string() }),
  admit: (_payload, turn: Turn) => asAdmin(wanted, turn),
  title: () => t`Reassign the task`,
  submitLabel: () => t`Save`,

  async fields({ taskId }, turn) {
    const task = await turn.stores.tasks.find(taskId);
    if (task?.state !== 'open') return { refused: over() };
    return {
      intro: [(await titlesOf([task], turn.stores))(task)],
      fields: await fieldsOf(task, turn),
    };
  },

  async submit(sent, { taskId }, { shown, ...turn }) {
    return turn.transact(async (tx): Promise<SubmitReply> => {
      const task = await tx.tasks.find(taskId);
      if (task?.state !== 'open') return refuse(over());
      const now = await fieldsOf(task, { ...turn, stores: tx });
      const { assignee: typed = '', due } = asOfNow(sent, shown, now);
      const assignee = await personWith(typed, tx);
      if (assignee === 'nobody')
        return {
          kind: 'invalid',
          errors: {
            assignee: t`No one here has ${typed.trim()}. Check the spelling in "people".`,
          },
        };
      // Nobody grants or removes their own access.
      if (task.kind !== 'other' && assignee?.id === task.personId)
        return {
          kind: 'invalid',
          errors: { assignee: t`It is about their own access. Choose someone else.` },
        };
      await reassign(tx, task, { actor: actorOf(turn), assignee, dueDate: due });
      return { kind: 'nothing' }; // Its cards follow it, and a new assignee gets one.
    });
  },
});

async function fieldsOf(task: Task, turn: Turn) {
  const assignee = task.assigneeId && (await turn.stores.people.find(task.assigneeId));
  return {
    assignee: {
      kind: 'text',
      label: t`Assigned to`,
      hint: t`Their email address. Leave blank for any Latchkey admin.`,
      optional: true,
      initial: assignee ? assignee.email : undefined,
    },
    due: { kind: 'date', label: t`Due date`, initial: dueOf(task, turn) },
  } as const satisfies Fields;
}

const dueOf = ({ dueDate }: Task, { now, timeZone }: Turn): string =>
  dueDate ?? addDays(dayIn(timeZone, now()), 1);

async function personWith(
  typed: string,
  { people }: Stores,
): Promise<Person | undefined | 'nobody'> {
  const email = typed.trim();
  if (email === '') return undefined;
  const person = await people.findByEmail(email);
  return person?.active ? person : 'nobody';
}

const over = () =>
  note(t`This task is closed`, t`It was already done or cancelled. Nothing changed.`);
