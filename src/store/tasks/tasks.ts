import type { Knex } from 'knex';
import { z } from 'zod';
import { t } from '../../core/translate.ts';
import type { TaskFilter, TaskStore } from '../../engine/ports/access-stores.ts';
import { unlessUnreadable } from '../../engine/ports/store.ts';
import { type Task, type TaskFacts, taskMoves } from '../../engine/tasks/task.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import { cannotBeRead } from '../vault/sentences.ts';
import type { Vault } from '../vault/vault.ts';
import { oneOf, present, type RowOf, stateIs, time, withoutNulls } from '../work/columns.ts';
import { findManyById } from '../work/find-by.ts';
import { readLength, writeLength } from '../work/length.ts';
import { eachReadable } from '../work/readable.ts';
import { date, number, optional, rowMapper, text, word } from '../work/row-mapper.ts';
import { totalOf } from '../work/total.ts';
import { versionedRows } from '../work/versioned-rows.ts';

const content = z.object({
  title: z.string(),
  note: z.string().nullable(),
  days: z.number().nullable().default(null),
  hours: z.number().nullable().default(null),
  others: z
    .array(z.object({ requestId: z.string().nullable(), hours: z.number().nullable() }))
    .nullable()
    .default(null),
  isAsked: z.boolean().nullable().default(null),
  insteadOf: z
    .union([z.object({ personId: z.string() }), z.object({ helper: z.enum(['manager', 'buddy']) })])
    .nullable()
    .default(null),
  comments: z.array(z.object({ personId: z.string(), at: z.number(), text: z.string() })),
  checklist: z
    .array(z.object({ text: z.string(), doneById: z.string().nullable() }))
    .nullable()
    .default(null),
});

const noContent = {
  days: null,
  hours: null,
  others: null,
  isAsked: null,
  insteadOf: null,
  comments: [],
  checklist: null,
} as const;

export const kinds: Record<Task['kind'], true> = { grant: true, revoke: true, other: true };

/** The next check finds the rest. */
const AT_ONCE = 100;

export function createTaskStore(db: Knex, vault: Vault): TaskStore {
  const tasks = () => db<TaskRow>('tasks');
  const contents = sealedTexts(vault, sealedColumns.task);

  async function toRow(task: Task) {
    const said: z.output<typeof content> = {
      title: task.title,
      note: task.note ?? null,
      ...writeLength(task.hours),
      others:
        task.others?.map((wish) => ({
          requestId: wish.requestId ?? null,
          hours: wish.hours ?? null,
        })) ?? null,
      isAsked: task.isAsked ?? null,
      insteadOf: task.insteadOf ?? null,
      comments: task.comments.map((each) => ({ ...each, at: each.at.getTime() })),
      checklist:
        task.checklist?.map((entry) => ({ ...entry, doneById: entry.doneById ?? null })) ?? null,
    };
    return {
      ...toColumns(task),
      state: task.state,
      ended_at: 'endedAt' in task ? task.endedAt.getTime() : null,
      ended_by_id: ('endedById' in task && task.endedById) || null,
      // What can't be read stays as it is.
      ...(!task.isUnread && { content: await contents.sealJson(task, said) }),
    };
  }
  type TaskRow = RowOf<typeof toRow>;

  /** One that is damaged, or whose key is lost, stops no list and no offboarding. */
  async function toTask(row: TaskRow): Promise<Task> {
    const read = await unlessUnreadable(contents.openJson(content, row), undefined);
    const said = read ?? {
      ...noContent,
      title: t`A task that can't be read`,
      note: cannotBeRead(),
    };
    const { title, note, others, isAsked, insteadOf, comments, checklist } = said;
    const facts: TaskFacts = withoutNulls({
      ...fromColumns(row),
      title,
      note,
      hours: readLength(said),
      others: others && others.map((wish) => withoutNulls(wish)),
      isAsked,
      insteadOf,
      comments: comments.map((each) => ({ ...each, at: time(each.at) })),
      checklist: checklist && checklist.map((entry) => withoutNulls(entry)),
      isUnread: read ? null : (true as const),
    });
    const state = oneOf(taskMoves, row.state, 'tasks.state');
    return state === 'open'
      ? { ...facts, state }
      : {
          ...facts,
          state,
          endedAt: time(present(row.ended_at, 'tasks.ended_at')),
          ...withoutNulls({ endedById: row.ended_by_id }),
        };
  }

  const reportsOf = (managerId: string) =>
    db('people').where({ manager_id: managerId, active: true }).select('id');

  function matching({
    state,
    assigneeId,
    unassigned,
    notAssigneeId,
    personId,
    managerId,
    integrationId,
    kind,
    dueBefore,
    seenById,
  }: TaskFilter) {
    const query = tasks();
    if (state !== undefined) query.where({ state });
    if (assigneeId !== undefined || unassigned)
      query.where((either) => {
        if (assigneeId !== undefined) either.where({ assignee_id: assigneeId });
        if (unassigned) either.orWhereNull('assignee_id');
      });
    if (notAssigneeId !== undefined)
      query.where((others) =>
        others.whereNot({ assignee_id: notAssigneeId }).orWhereNull('assignee_id'),
      );
    if (personId !== undefined) query.where({ person_id: personId });
    if (managerId !== undefined) query.whereIn('person_id', reportsOf(managerId));
    if (seenById !== undefined)
      query.where((either) =>
        either.where({ assignee_id: seenById }).orWhereIn('person_id', reportsOf(seenById)),
      );
    if (integrationId !== undefined) query.where({ integration_id: integrationId });
    if (kind !== undefined) query.where({ kind });
    if (dueBefore !== undefined) query.where('due_date', '<', dueBefore);
    return query;
  }

  return {
    findMany: findManyById(tasks, toTask),

    async list(filter, { offset, limit }) {
      const rows = await matching(filter)
        .orderByRaw("case when state = 'open' then 0 else 1 end")
        .orderBy(['created_at', 'id'])
        .offset(offset)
        .limit(limit);
      const total = await totalOf({ offset, limit }, rows.length, () => matching(filter));
      return {
        tasks: await Promise.all(rows.map(toTask)),
        total,
      };
    },

    peopleWithOpen: (personIds) =>
      tasks()
        .whereIn('person_id', [...personIds])
        .whereRaw(stateIs('open'))
        .distinct()
        .pluck('person_id'),

    async before(taskId, limit, filter) {
      const rows = matching(filter).orderBy('id', 'desc').limit(limit);
      if (taskId !== undefined) rows.where('id', '<', taskId);
      return Promise.all((await rows).map(toTask));
    },

    async dueBy(day, remindedBefore, offset = 0) {
      const rows = await tasks()
        .where({ state: 'open' })
        .where('due_date', '<=', day)
        .where((either) =>
          either.whereNull('reminded_at').orWhere('reminded_at', '<', remindedBefore.getTime()),
        )
        .orderBy(['due_date', 'id'])
        .offset(offset)
        .limit(AT_ONCE);
      return eachReadable(rows, toTask);
    },

    ...versionedRows(tasks, 'task', { toRow, fromRow: toTask }),
  };
}

const { toRow: toColumns, fromRow: fromColumns } = rowMapper('tasks', {
  id: text,
  version: number,
  kind: word(kinds),
  personId: text,
  integrationId: optional(text),
  assigneeId: optional(text),
  requestId: optional(text),
  dueDate: optional(text),
  createdAt: date,
  remindedAt: optional(date),
});
