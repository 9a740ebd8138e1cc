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
import type { Fields, OrErrors } from '../../view/form.ts';
import { asOfNow, leftAlone } from '../../view/left-alone.ts';
import { adminsTo, refuse } from '../admins.ts';
import { type PersonAnswers, personAnswered, personFields } from '../people/person-fields.ts';

const wanted = () => t`reassign tasks`;

export const reassignTask = formAction({
  id: 'task.reassign',
  payload: z.object({ taskId: z.string() }),
  admit: adminsTo(wanted),
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

  async submit({ picked, assignee: typed, due }, { taskId }, { shown, ...turn }) {
    const alone = leftAlone({ picked, assignee: typed }, shown);
    const isKept = alone.has('picked') && alone.has('assignee');
    // Before the transaction, since chat is asked who was picked.
    const found = isKept ? KEPT : await assigneeIn({ picked, email: typed, shown }, turn);
    if (!found.ok) return { kind: 'invalid', errors: found.errors };
    return turn.transact(async (tx): Promise<SubmitReply> => {
      const task = await tx.tasks.find(taskId);
      if (task?.state !== 'open') return refuse(over());
      const assignee = isKept ? await assigneeOf(task, tx) : found.person;
      // Nobody grants or removes their own access.
      if (task.kind !== 'other' && assignee?.id === task.personId)
        return {
          kind: 'invalid',
          errors: {
            [typed && !alone.has('assignee') ? 'assignee' : 'picked']:
              t`It is about their own access. Choose someone else.`,
          },
        };
      const { due: dueDate } = asOfNow({ due }, shown, { due: dueField(task, turn) });
      const shownTo = turn.actor.id;
      await reassign(tx, task, { actor: actorOf(turn), assignee, dueDate, shownTo });
      return { kind: 'nothing' }; // Its cards follow it, and a new assignee gets one.
    });
  },
});

async function fieldsOf(task: Task, turn: Turn) {
  const { picked, email } = await personFields(
    {
      label: t`Assigned to`,
      emailLabel: t`Assigned to (email)`,
      hint: t`With no one chosen, any Latchkey admin can do it.`,
    },
    await assigneeOf(task, turn.stores),
    turn,
  );
  return { picked, assignee: email, due: dueField(task, turn) } as const satisfies Fields;
}

const dueField = (task: Task, turn: Turn) =>
  ({ kind: 'date', label: t`Due date`, initial: dueOf(task, turn) }) as const;

const assigneeOf = async ({ assigneeId }: Task, { people }: Stores): Promise<Person | undefined> =>
  assigneeId === undefined ? undefined : people.find(assigneeId);

const dueOf = ({ dueDate }: Task, { now, timeZone }: Turn): string =>
  dueDate ?? addDays(dayIn(timeZone, now()), 1);

type Found = OrErrors<{ readonly person: Person | undefined }>;
const KEPT: Found = { ok: true, person: undefined };

/** No person: any admin. */
const assigneeIn = async (answers: PersonAnswers, turn: Turn): Promise<Found> =>
  answers.picked === undefined && !answers.email?.trim()
    ? { ok: true, person: undefined }
    : personAnswered({ ...answers, names: { picked: 'picked', email: 'assignee' } }, turn);

const over = () =>
  note(t`This task is closed`, t`It was already done or cancelled. Nothing changed.`);
