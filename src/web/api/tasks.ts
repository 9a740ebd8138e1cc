/** `/tasks`: what people do by hand, and saying that it is done. */
import { z } from 'zod';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { managerToSeePlans } from '../../engine/overview/seen.ts';
import { noteRefusal } from '../../engine/people/note-refusal.ts';
import type { Stores, Transaction } from '../../engine/ports/unit-of-work.ts';
import {
  closesItself,
  finishTask,
  mayDo,
  thatCloseThemselves,
  tickTask,
} from '../../engine/tasks/manual.ts';
import { maySeeTask } from '../../engine/tasks/see-task.ts';
import { longestOf, type Task, type TaskState, taskMoves } from '../../engine/tasks/task.ts';
import { answerOf } from './answer-of.ts';
import { cut, type Endpoint, listing, named, reading, type Turn } from './endpoint.ts';
import { conflict, notAllowed, notFound } from './problems.ts';
import { day, id, idFilter, MAX_ID, time } from './values.ts';
import { type Done, writing } from './writing.ts';

const kinds = ['grant', 'revoke', 'other'] as const;
const states = Object.keys(taskMoves) as TaskState[];

const common = {
  id,
  kind: z
    .enum(kinds)
    .describe(
      '`grant`: when it is done, they have access. `revoke`: when it is done, it is removed',
    ),
  state: z.enum(states),
  personId: id.describe('Whom it is about; for accounts of nobody, who answers for the app'),
  integrationId: id.optional(),
  assigneeId: id.optional().describe('Left out: any admin may do it'),
  requestId: id.optional().describe('The request that it fulfils'),
  hours: z
    .number()
    .int()
    .optional()
    .describe('Of a grant: for how long, from the moment it is done. Left out: no end date'),
  dueDate: day.optional(),
  isUnread: z
    .literal(true)
    .optional()
    .describe('What was written in it, and for how long it grants, can no longer be read'),
  createdAt: time,
  endedAt: time.optional(),
  endedById: id.optional(),
};

/** Without texts, since answers of writes are stored. */
const task = named('Task', z.object(common));
const titled = named('TitledTask', z.object({ ...common, title: z.string() }));
const details = named(
  'TaskDetails',
  z.object({
    ...common,
    title: z.string(),
    note: z.string().optional(),
    isYours: z.boolean().describe('Whether the owner of the token may finish it now'),
    checklist: z
      .array(z.object({ text: z.string(), doneById: id.optional() }))
      .describe('All of it is ticked before the task is done'),
    comments: z.array(z.object({ personId: id, at: time, text: z.string() })),
  }),
);

const MAX_TICKS = 100;
const done = named(
  'TaskDone',
  z.strictObject({
    ticked: z
      .array(z.number().int().min(0))
      .max(MAX_TICKS)
      .default([])
      .describe('Positions in the checklist that are done, from 0. Ticks of others stay'),
  }),
);

const shown = (of: Task): z.input<typeof task> =>
  answerOf(task, { ...of, hours: of.kind === 'grant' ? longestOf(of) : undefined });

/** Those of them that they may see, in their order. */
async function seenOf(
  all: readonly Task[],
  { stores, reader }: Pick<Turn, 'reader'> & { readonly stores: Reading },
): Promise<readonly Task[]> {
  const [people, ofApps] = await Promise.all([
    stores.people.findMany([...new Set(all.map(({ personId }) => personId))]),
    thatCloseThemselves(stores, all),
  ]);
  return all.filter((of) => {
    const person = people.find(({ id: personId }) => personId === of.personId);
    return person && maySeeTask(reader, of, { person, isAboutApp: ofApps.has(of.id) });
  });
}

type Reading = Pick<Stores, 'people' | 'integrations'>;

export const tasks: readonly Endpoint[] = [
  listing({
    path: '/tasks',
    tag: 'Tasks',
    scope: 'read',
    summary: 'Tasks, the newest first',
    description:
      'Everyone sees those assigned to them, managers those about their reports, admins and auditors all.',
    name: 'TaskPage',
    item: titled,
    filters: {
      state: z.enum(states).optional(),
      kind: z.enum(kinds).optional(),
      assignee: idFilter('Assigned to this person'),
      person: idFilter('About this person'),
      integration: idFilter('At this integration'),
    },
    place: z.string().max(MAX_ID),
    async read({ query, after, limit }, { stores, reader }) {
      const found = await stores.tasks.before(after, limit + 1, {
        state: query.state,
        kind: query.kind,
        assigneeId: query.assignee,
        personId: query.person,
        integrationId: query.integration,
        seenById: managerToSeePlans(reader),
      });
      const { rows, next } = cut(found, limit, (each) => each.id);
      const seen = await seenOf(rows, { stores, reader });
      return { items: seen.map((each) => ({ ...shown(each), title: each.title })), next };
    },
  }),
  reading({
    path: '/tasks/{id}',
    tag: 'Tasks',
    scope: 'read',
    summary: 'One task, with its checklist and comments',
    answer: details,
    async read(taskId, { stores, reader }) {
      const found = await stores.tasks.find(taskId);
      const [seen] = found ? await seenOf([found], { stores, reader }) : [];
      return (
        seen &&
        answerOf(details, {
          ...seen,
          ...shown(seen),
          isYours:
            seen.state === 'open' && mayDo(reader, seen) && !(await closesItself(stores, seen)),
          checklist: seen.checklist ?? [],
        })
      );
    },
  }),
  writing({
    path: '/tasks/{id}/done',
    tag: 'Tasks',
    scope: 'access',
    summary: 'Says that a task is done: its assignee, or an admin',
    body: done,
    answer: task,
    status: 200,
    async prepare({ id: taskId, body }, turn) {
      return (tx) => finish(tx, { taskId, ...body }, turn);
    },
  }),
];

async function finish(
  tx: Transaction,
  { taskId, ticked }: z.output<typeof done> & { readonly taskId: string },
  { reader, actor }: Turn,
): Promise<Done<z.input<typeof task>>> {
  const [before, person] = await Promise.all([tx.tasks.find(taskId), tx.people.find(reader.id)]);
  if (!before || !person) return { problem: notFound };
  const lacks = before.checklist?.some(
    ({ doneById }, position) => doneById === undefined && !ticked.includes(position),
  );
  if (lacks && before.state === 'open' && mayDo(person, before)) return notTicked;
  // Nothing counts as shown, so no tick is taken back.
  if (ticked.length > 0) await tickTask(tx, before, { shown: [], ticked, by: person });
  const now = (await tx.tasks.find(taskId)) ?? before;
  const finished = await finishTask(tx, now, { person, actor });
  switch (finished.kind) {
    case 'ended':
      return { done: shown(finished.task) };
    case 'over':
      return conflict(`It has ended: ${finished.task.state}.`);
    case 'not-yours':
      await noteRefusal(
        tx,
        { actor, wanted: () => t`finish this task` },
        { personId: now.personId, integrationId: now.integrationId },
      );
      return (await seenOf([now], { stores: tx, reader: person })).length > 0
        ? notAllowed('Only its assignee and admins finish it.')
        : { problem: notFound };
    case 'not-ticked':
      return notTicked;
    case 'closes-itself':
      return conflict('It ends when no account is left to decide.');
    case 'unreadable':
      return conflict('For how long it grants access is lost. Revoke it, and grant it again.');
    default:
      return unreachable(finished);
  }
}

/** Nothing of it is stored. */
const notTicked = conflict('Its checklist has something that is not ticked.');
