/**
 * A task is work that a person does by hand: they grant or revoke access that Latchkey can't, or do a step of a sequence.
 *
 * Words: the *assignee* does the task; without one, any admin may. A task is *about* a person. A *manual* integration has no
 * manifest, so people do all of its work. A task's `kind` says what Latchkey knows when it is done (`TaskFacts.kind`).
 *
 * | state     | what it means                                | what ends it                                          |
 * |-----------|----------------------------------------------|-------------------------------------------------------|
 * | open      | the assignee or an admin has to do it        | Done, or the reason for it is over                    |
 * | done      | done by hand; a grant opens a hold           | final                                                 |
 * | cancelled | nobody has to do it any more                 | final                                                 |
 *
 * Events: `task-opened` (a new task, or a new assignee), `task-due` (on the due date, then every three days; a week after it
 * `isOverdue` is set), `task-ended` (done or cancelled).
 *
 * A task about accounts of nobody (`account-task.ts`) closes by itself.
 *
 * Begin reading at `manual.ts` (opening and finishing) and `end-task.ts`, then `change-task.ts` (new assignees, reminders).
 */

export const taskMoves = { open: ['done', 'cancelled'], done: [], cancelled: [] } as const;
export type TaskState = keyof typeof taskMoves;

export interface TaskFacts {
  readonly id: string;
  readonly version: number;
  /** When it is done, `grant` makes the access `has`; `revoke` lets its removal go on; `other` changes no access. */
  readonly kind: 'grant' | 'revoke' | 'other';
  /** Encrypted at rest, as the comments are. */
  readonly title: string;
  readonly note?: string;
  /** The person whom it is about; for accounts of nobody, who answers for the app. */
  readonly personId: string;
  readonly integrationId?: string;
  /** Undefined: any admin. */
  readonly assigneeId?: string;
  /** Without an assignee: why any admin may do it. Undefined: an admin gave it to all, or it was for admins from the beginning. */
  readonly insteadOf?: InsteadOf;
  /** The request that it fulfils. */
  readonly requestId?: string;
  /** Of a grant: hours from the moment it is done; undefined: no end date. */
  readonly hours?: number;
  /** Of a grant: other requests, or a grant by hand, that joined it. Each opens a hold of its own when it is done. */
  readonly others?: readonly TaskWish[];
  /** Of a grant: false while only rules want it, whose holds wait for it. Undefined: older versions didn't store it. */
  readonly isAsked?: boolean;
  /** ISO date, `2026-11-24`. */
  readonly dueDate?: string;
  readonly createdAt: Date;
  readonly remindedAt?: Date;
  readonly comments: readonly TaskComment[];
  /** All entries have to be ticked before Done. */
  readonly checklist?: readonly ChecklistEntry[];
  /** What is encrypted can't be read: the title is a placeholder, the rest is left out, and saving changes none of it. */
  readonly isUnread?: true;
}

/** Someone who has left, or whose own access it is; or the manager or buddy whom the person doesn't have. */
export type InsteadOf = { readonly personId: string } | { readonly helper: 'manager' | 'buddy' };

/** Why someone gets it, and for how long. */
export interface TaskWish {
  /** Undefined: someone grants it by hand. */
  readonly requestId?: string;
  /** From the moment it is done; undefined: no end date. */
  readonly hours?: number;
}

export interface ChecklistEntry {
  readonly text: string;
  /** Who ticked it. */
  readonly doneById?: string;
}

export interface TaskComment {
  readonly personId: string;
  readonly at: Date;
  readonly text: string;
}

export type Task = TaskFacts &
  (
    | { readonly state: 'open' }
    | { readonly state: 'done' | 'cancelled'; readonly endedAt: Date; readonly endedById?: string }
  );
export type TaskIn<S extends TaskState> = Extract<Task, { state: S }>;

/** Everything that someone wants by it; without what rules want. */
export const wishesOf = ({
  requestId,
  hours,
  others = [],
}: Pick<TaskFacts, 'requestId' | 'hours' | 'others'>): readonly TaskWish[] => [
  { requestId, hours },
  ...others,
];

/** Hours from the moment it is done; undefined: no end date. */
export function longestOf(task: Pick<TaskFacts, 'requestId' | 'hours' | 'others'>) {
  const all = wishesOf(task).map(({ hours }) => hours ?? Number.POSITIVE_INFINITY);
  const longest = Math.max(...all);
  return Number.isFinite(longest) ? longest : undefined;
}

/** Whether it is about accounts of nobody at an app. */
export const isAboutAccounts = ({
  kind,
  integrationId,
}: Pick<TaskFacts, 'kind' | 'integrationId'>): boolean =>
  kind === 'other' && integrationId !== undefined;
