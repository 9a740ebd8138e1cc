/**
 * Something that a person does by hand: granting or revoking a manual integration, taking away what Latchkey could not.
 * Words: the *assignee* does it (nobody: any admin), and it is *about* a person.
 */
export const taskMoves = { open: ['done', 'cancelled'], done: [], cancelled: [] } as const;
export type TaskState = keyof typeof taskMoves;

export interface TaskFacts {
  readonly id: string;
  readonly version: number;
  /** What is known of the access when it is done: `grant` makes it `has`, `revoke` makes it `none`, `other` nothing. */
  readonly kind: 'grant' | 'revoke' | 'other';
  /** Encrypted at rest, as the comments are. */
  readonly title: string;
  readonly note?: string;
  /** Whom it is about. */
  readonly personId: string;
  readonly integrationId?: string;
  /** Undefined: any admin. */
  readonly assigneeId?: string;
  /** The request that it fulfils. */
  readonly requestId?: string;
  /** Of a grant: for how many days from when it is done; undefined for as long as they work here. */
  readonly days?: number;
  /** ISO date, `2026-11-24`. */
  readonly dueDate?: string;
  readonly createdAt: Date;
  readonly remindedAt?: Date;
  readonly comments: readonly TaskComment[];
  /** What has to be ticked before it is done. */
  readonly checklist?: readonly ChecklistEntry[];
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
