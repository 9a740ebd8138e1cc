/** A task: what to do by hand, for whom, until when; Done for its assignee. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { dayIn } from '../../../core/days.ts';
import { lengthWords } from '../../../core/hours.ts';
import { sayOwnParagraphs } from '../../../core/stored-sentence.ts';
import { sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { isOpenRemoval, isPaused } from '../../../engine/access/removals/removal.ts';
import {
  fullName,
  type Integration,
  labelOf,
  type Person,
} from '../../../engine/people/directory.ts';
import { sayAddress } from '../../../engine/people/no-address.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import { closesItself, finishTask, mayDo, tickTask } from '../../../engine/tasks/manual.ts';
import { maySeeTask } from '../../../engine/tasks/see-task.ts';
import { isAboutAccounts, longestOf, type Task } from '../../../engine/tasks/task.ts';
import { accountTaskNote, titlesOf } from '../../../engine/tasks/task-title.ts';
import { invalidate, taskTopic } from '../../../engine/work/topics.ts';
import { actorOf, type Reader, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, sayHere } from '../../view/action.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Fact,
  factList,
  note,
  paragraph,
  rich,
  strong,
} from '../../view/card.ts';
import { type Ticks, ticksSchema } from '../../view/checklist.ts';
import { showDay, showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { removalLine } from '../access/removal-words.ts';
import { auditRefusal } from '../admins.ts';
import { viewFindings } from '../findings/findings-card.ts';
import { MAX_COMMENT } from '../typed-text.ts';
import { reassignTask } from './reassign-task.ts';

/** Comments on the card; longer discussions happen elsewhere. */
const MAX_COMMENTS = 20;

const target = z.object({ taskId: z.string() });

export const taskCard = liveCard({
  id: 'task',
  payload: target,
  topic: ({ taskId }) => taskTopic(taskId),

  async render({ taskId }, context: Reader) {
    const { stores, reader } = context;
    const task = await stores.tasks.find(taskId);
    const person = task && (await stores.people.find(task.personId));
    if (!task || !person) return note(t`This task no longer exists`, t`The person was deleted.`);
    const app =
      task.integrationId !== undefined && (await closesItself(stores, task))
        ? await stores.integrations.find(task.integrationId)
        : undefined;
    if (!maySeeTask(reader, task, { person, isAboutApp: app !== undefined }))
      return note(t`You can't see this task any more`, t`It's now assigned to someone else.`);
    const names = new Map(
      (
        await stores.people.findMany(
          compact([
            ...task.comments.map(({ personId }) => personId),
            ...(task.checklist ?? []).flatMap(({ doneById }) => doneById ?? []),
            'endedById' in task && task.endedById,
            task.assigneeId,
            task.insteadOf && 'personId' in task.insteadOf && task.insteadOf.personId,
          ]),
        )
      ).map((each) => [each.id, fullName(each)]),
    );
    const known = (id: string | undefined) => (id === undefined ? undefined : names.get(id));
    const nameOf = (id: string | undefined): string => known(id) || t`a deleted person`;
    return {
      title: (await titlesOf([task], stores))(task),
      blocks: compact([
        paragraph(standing(task, person, { known, nameOf, context })),
        ...(await whyCancelled(task, context)),
        task.note && !isCancelledRemoval(task) && paragraph(noteOf(task, task.note)),
        factList(factsOf(task, app ? labelOf(app) : nameAndAddress(person))),
        ...task.comments.map(
          (each): Block =>
            paragraph(
              rich`${strong(nameOf(each.personId))} on ${showTime(each.at, context)}: ${each.text}`,
            ),
        ),
        ...ticksOf(task, reader, nameOf),
        ...(task.state === 'open' && mayDo(reader, task) ? buttonsOf(task, reader, app) : []),
      ]),
    };
  },
});

/** In the reader's language, but for what an admin wrote. */
function noteOf(task: Task, written: string): string {
  if (isAboutAccounts(task)) return accountTaskNote();
  return task.kind === 'revoke' ? sayOwnParagraphs(written) : written;
}

function standing(
  task: Task,
  person: Person,
  {
    known,
    nameOf,
    context,
  }: {
    readonly known: (id: string) => string | undefined;
    readonly nameOf: (id: string | undefined) => string;
    readonly context: Reader;
  },
): string {
  if (task.state === 'open')
    return sentences(
      isOverdue(task, context) && t`⚠ Overdue.`,
      task.assigneeId === undefined
        ? sentences(
            whyAnyAdmin(task, person, known),
            t`Not assigned: any Latchkey admin can do it.`,
          )
        : task.assigneeId === context.reader.id
          ? t`Assigned to you.`
          : t`Assigned to ${nameOf(task.assigneeId)}.`,
    );
  const when = showTime(task.endedAt, context);
  return task.state === 'done'
    ? t`✓ Done by ${nameOf(task.endedById)} on ${when}.`
    : t`It was cancelled on ${when}.`;
}

/** Then no one is to remove it by hand now. */
const isCancelledRemoval = ({ kind, state }: Task): boolean =>
  kind === 'revoke' && state === 'cancelled';

/** In the past: they may be back since, or have a buddy now. */
function whyAnyAdmin(
  { insteadOf, kind }: Task,
  person: Person,
  known: (id: string) => string | undefined,
): string | undefined {
  if (!insteadOf) return undefined;
  if ('helper' in insteadOf)
    return insteadOf.helper === 'manager'
      ? t`It was for the manager, and ${fullName(person)} had none.`
      : t`It was for the buddy, and ${fullName(person)} had none.`;
  if (insteadOf.personId === person.id && kind !== 'other')
    return t`${fullName(person)} can't do it: it is about their own access.`;
  const name = known(insteadOf.personId);
  return name ? t`It was for ${name}, who had left.` : t`It was for someone who has left.`;
}

/** For a removal task: what became of the removal, or that it waits since the person is back. */
async function whyCancelled(task: Task, context: Reader): Promise<Block[]> {
  const { personId, integrationId } = task;
  if (!isCancelledRemoval(task) || integrationId === undefined) return [];
  const removal = await context.stores.removals.latest(personId, integrationId);
  if (!removal) return [];
  const isWaiting = isOpenRemoval(removal) && isPaused(removal, context.now());
  if (!isWaiting && (removal.taskId !== task.id || isOpenRemoval(removal))) return [];
  return [paragraph(await removalLine(removal, context))];
}

const nameAndAddress = (person: Person): string => `${fullName(person)} · ${sayAddress(person)}`;

function factsOf(task: Task, about: string): Fact[] {
  const hours = task.kind === 'grant' ? longestOf(task) : undefined;
  return compact([
    [t`About`, about],
    task.dueDate && [t`Due`, showDay(task.dueDate)],
    hours !== undefined && [t`How long`, t`${lengthWords(hours)}, starting when it's done`],
  ]);
}

const isOverdue = ({ dueDate }: Task, { timeZone, now }: Reader): boolean =>
  dueDate !== undefined && dueDate < dayIn(timeZone, now());

/** The card's own; a click sends what was ticked in their place. */
const NO_TICKS: Ticks = { shown: [], ticked: [] };

/** Its checklist, which its assignee ticks. */
function ticksOf(
  task: Task,
  reader: Person,
  nameOf: (id: string | undefined) => string,
): readonly Block[] {
  const { id: taskId, checklist = [] } = task;
  if (checklist.length === 0) return [];
  const mayTick = task.state === 'open' && mayDo(reader, task);
  return [
    {
      kind: 'checklist',
      label: t`Checklist`,
      entries: checklist.map(({ text, doneById }) => ({
        text,
        isDone: doneById !== undefined,
        note: doneById !== undefined ? nameOf(doneById) : undefined,
      })),
      does: mayTick ? taskTick.with({ taskId, ticks: NO_TICKS }) : undefined,
    },
  ];
}

const buttonsOf = (task: Task, reader: Person, app: Integration | undefined): Block[] =>
  buttonRow([
    endingButton(task, app),
    { label: t`Comment…`, does: commentTask.with({ taskId: task.id }) },
    isAdmin(reader) && { label: t`Reassign…`, does: reassignTask.with({ taskId: task.id }) },
  ]);

/** @param app whose accounts it is about, and which closes it */
const endingButton = (task: Task, app: Integration | undefined): Button =>
  app
    ? {
        label: t`View accounts`,
        tone: 'primary',
        does: viewFindings.with({
          page: 0,
          standing: 'open',
          kind: 'orphan',
          integrationId: app.id,
        }),
      }
    : {
        label: t`Done`,
        tone: 'primary',
        does: taskDone.with({ taskId: task.id }),
        sendsTicks: true,
      };

export const taskDone = buttonAction({
  id: 'task.done',
  payload: target.extend({ ticks: ticksSchema.optional() }),

  async handle({ taskId, ticks }, turn: Turn): Promise<Reply> {
    const finished = await turn.transact(async (tx) => {
      const person = await tx.people.find(turn.actor.id);
      const before = await tx.tasks.find(taskId);
      if (ticks && before && person) await tickTask(tx, before, { ...ticks, by: person });
      const task = await tx.tasks.find(taskId);
      return task && person ? finishTask(tx, task, { person, actor: actorOf(turn) }) : undefined;
    });
    switch (finished?.kind) {
      case 'ended':
        return { kind: 'nothing' }; // Its cards follow it.
      case 'not-yours':
        await auditRefusal(() => t`finish this task`, turn, {});
        return sayNote(
          t`This task isn't assigned to you`,
          t`Only its assignee and Latchkey admins can finish it.`,
        );
      case 'not-ticked':
        return sayNote(
          t`Not everything is ticked`,
          t`Tick the remaining items on the card, then press Done.`,
        );
      case 'closes-itself':
        return sayNote(
          t`Latchkey ends this task`,
          t`It ends when no account is left to decide. Press View accounts.`,
        );
      case 'unreadable':
        return sayNote(
          unread(),
          t`For how long it grants access is lost. Revoke it, and grant it again.`,
        );
      case 'over':
      case undefined:
        if (await isDoneBy(turn.actor, taskId, turn)) return { kind: 'nothing' };
        return sayNote(
          t`This task is closed`,
          t`It was already done or cancelled. Nothing changed.`,
        );
      default:
        return unreachable(finished);
    }
  },
});

/** By a first click of theirs. */
async function isDoneBy({ id }: Person, taskId: string, { stores }: Turn): Promise<boolean> {
  const task = await stores.tasks.find(taskId);
  return task?.state === 'done' && task.endedById === id;
}

export const taskTick = buttonAction({
  id: 'task.tick',
  payload: target.extend({ ticks: ticksSchema }),

  async handle({ taskId, ticks }, turn: Turn): Promise<Reply> {
    const ticked = await turn.transact(async (tx) => {
      const task = await tx.tasks.find(taskId);
      const person = await tx.people.find(turn.actor.id);
      return task && person ? tickTask(tx, task, { ...ticks, by: person }) : 'over';
    });
    if (ticked === 'ticked') return { kind: 'nothing' }; // Its cards follow it.
    if (ticked === 'over') return sayNote(t`This task is closed`, t`Nothing was ticked.`);
    await auditRefusal(() => t`tick this task`, turn, {});
    return sayNote(t`This isn't yours`, t`Only its assignee and Latchkey admins can tick it.`);
  },
});

export const commentTask = formAction({
  id: 'task.comment',
  payload: target,
  title: () => t`Comment`,
  submitLabel: () => t`Add`,

  async fields({ taskId }, { stores, actor }: Turn) {
    const task = await stores.tasks.find(taskId);
    return {
      intro: task && mayDo(actor, task) ? [(await titlesOf([task], stores))(task)] : [],
      fields: {
        text: {
          kind: 'text',
          label: t`What should others know?`,
          multiline: true,
          maxLength: MAX_COMMENT,
        },
      },
    };
  },

  async submit({ text }, { taskId }, turn: Turn) {
    const added = await turn.transact(async (tx) => {
      const task = await tx.tasks.find(taskId);
      const person = await tx.people.find(turn.actor.id);
      if (!task || !person || task.state !== 'open') return 'over';
      if (!mayDo(person, task)) return 'not-yours';
      if (task.isUnread) return 'unreadable';
      if (task.comments.length >= MAX_COMMENTS) return 'full';
      const comment = { personId: person.id, at: turn.now(), text };
      await tx.tasks.save({ ...task, comments: [...task.comments, comment] });
      await invalidate(tx, taskTopic(task.id));
      return 'added';
    });
    if (added === 'added') return { kind: 'nothing' };
    if (added === 'full')
      return sayNote(
        t`This task can't take more comments`,
        t`A task can have at most ${MAX_COMMENTS} comments.`,
      );
    if (added === 'unreadable') return sayNote(unread(), t`The comment was not added.`);
    if (added === 'over')
      return sayNote(
        t`This task is closed`,
        t`The comment was not added. Send it as a message instead.`,
      );
    await auditRefusal(() => t`comment on this task`, turn, {});
    return sayNote(
      t`This isn't yours`,
      t`Only its assignee and Latchkey admins can comment on it.`,
    );
  },
});

const unread = () => t`What is stored with this task can't be read`;

const sayNote = (title: string, text: string): Reply => sayHere(note(title, text));
