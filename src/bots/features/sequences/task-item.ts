/** An item of a sequence that gives someone a task. */
import { t } from '../../../core/translate.ts';
import type { SequenceTask, TaskAssignee } from '../../../engine/sequences/sequence.ts';
import type { Turn } from '../../live/context.ts';
import { formAction } from '../../view/action.ts';
import { errorsOf, type Fields, hasErrors, type Option, type OrErrors } from '../../view/form.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { personFields } from '../people/person-fields.ts';
import { type AssigneeAnswers, type AssigneeErrors, readAssignee } from '../tasks/assignee-form.ts';
import { MAX_REASON, MAX_TITLE, wholeNumber, wholeNumberError } from '../typed-text.ts';
import { type ItemFacts, itemFor, itemTarget, saveItem } from './sequence-item-ref.ts';
import { problemIn } from './template-problem.ts';
import { readTiming, timingFields } from './timing-fields.ts';

const assignees = (): readonly Option<TaskAssignee['kind']>[] => [
  { value: 'manager', label: t`Their manager` },
  { value: 'buddy', label: t`Their buddy` },
  { value: 'new-hire', label: t`The person themselves` },
  { value: 'admins', label: t`Any admin` },
  { value: 'person', label: t`Someone else (see below)` },
];
const USUAL_DAYS = 3;
const MAX_DAYS = 366;
/** A task with more entries is better several tasks. */
const MAX_TICKS = 15;

export const taskItem = formAction({
  id: 'sequence.task',
  payload: itemTarget,
  admit: itemFor,
  title: () => t`Task`,
  submitLabel: () => t`Save`,

  fields: async (_target, turn) => ({
    title: taskOf(turn) ? t`Edit the task` : t`Add a task`,
    fields: await fieldsOf(turn, turn),
  }),

  async submit(sent, _target, { sequence, item, tasks, shown, ...turn }) {
    const now = await fieldsOf({ sequence, item, tasks }, turn);
    const values = asOfNow(sent, shown, now);
    const { title, note = '', dueInDays } = values;
    const assignee = await assigneeIn(values, turn, now);
    const checklist = linesOf(values.checklist);
    const days = wholeNumber(dueInDays, { most: MAX_DAYS });
    const timing = readTiming(values);
    const errors = {
      ...errorsOf(timing),
      ...errorsOf(assignee),
      dueInDays: wholeNumberError(days, MAX_DAYS),
      checklist:
        checklist.length > MAX_TICKS
          ? t`At most ${MAX_TICKS} lines; there are ${checklist.length}.`
          : longLineIn(checklist),
      title: problemIn(title),
      note: problemIn(note),
    };
    if (!timing.ok || !assignee.ok || days === undefined || hasErrors(errors))
      return { kind: 'invalid', errors };
    const does: SequenceTask = {
      kind: 'task',
      title: title.trim(),
      note: note.trim(),
      assignee: assignee.assignee,
      dueInDays: days,
      checklist,
    };
    return saveItem({ sequence, item }, { does, ...timing }, turn);
  },
});

const taskOf = ({ item }: Pick<ItemFacts, 'item'>): SequenceTask | undefined =>
  item?.does.kind === 'task' ? item.does : undefined;

async function fieldsOf({ sequence, item, tasks }: ItemFacts, turn: Turn) {
  const task = taskOf({ item });
  const named =
    task?.assignee.kind === 'person'
      ? await turn.stores.people.find(task.assignee.personId)
      : undefined;
  const { picked, email } = await personFields(
    { label: t`Someone else`, emailLabel: t`Someone else's email` },
    named,
    turn,
  );
  return {
    title: {
      kind: 'text',
      label: t`What to do`,
      hint: t`You can name the person: Order a laptop for {{first_name}}.`,
      maxLength: MAX_TITLE,
      initial: task?.title,
    },
    note: {
      kind: 'text',
      label: t`More information`,
      multiline: true,
      maxLength: MAX_REASON,
      optional: true,
      initial: task?.note || undefined,
    },
    checklist: {
      kind: 'text',
      label: t`Checklist`,
      hint: t`One item per line, at most ${MAX_TICKS}. The task can be completed when all are ticked.`,
      multiline: true,
      optional: true,
      initial: task && task.checklist.length > 0 ? task.checklist.join('\n') : undefined,
    },
    assignee: {
      kind: 'choice',
      label: t`Assigned to`,
      hint: t`If there is no such person, the task goes to all admins.`,
      options: assignees(),
      initial: task?.assignee.kind ?? 'manager',
    },
    assigneePicked: picked,
    assigneeEmail: email,
    dueInDays: {
      kind: 'text',
      label: t`Due in (days)`,
      hint: t`Counted from the day the task is assigned; 0 is that day.`,
      initial: String(task?.dueInDays ?? USUAL_DAYS),
    },
    ...timingFields(sequence.anchor, tasks, item),
  } as const satisfies Fields;
}

const linesOf = (text = ''): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

/** The error for the field; undefined where every line is short enough. */
function longLineIn(lines: readonly string[]): string | undefined {
  const index = lines.findIndex((line) => line.length > MAX_TITLE);
  return index === -1
    ? undefined
    : t`Line ${index + 1} has ${lines[index]?.length ?? 0} characters; the limit is ${MAX_TITLE}. Please shorten it.`;
}

async function assigneeIn(
  {
    assignee: kind,
    ...chosen
  }: Omit<AssigneeAnswers, 'assignee'> & {
    readonly assignee: TaskAssignee['kind'];
  },
  turn: Turn,
  now: Fields,
): Promise<OrErrors<{ readonly assignee: TaskAssignee }, AssigneeErrors>> {
  return kind === 'person'
    ? readAssignee({ assignee: kind, ...chosen }, turn, now)
    : { ok: true, assignee: { kind } };
}
