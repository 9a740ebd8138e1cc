/**
 * Sequences: things that happen for a person by the calendar.
 *
 * Words. A *sequence* holds items. An *item* grants, revokes, sends a message or opens a task. Its *timing* says when,
 * counted from the *anchor*: the person's first day, their last day, or the day of the assignment. A sequence is *assigned*
 * to a person; that plans each of its items for them: a *planned item* (`planned-item.ts` has its states). An *occasion*
 * starts sequences (`events/event.ts`), and so does a *hook*, which another system calls (`hooks/hook.ts`). A *batch* assigns
 * one sequence to many people.
 *
 * | state                    | what it means                              | what ends it                        |
 * |--------------------------|--------------------------------------------|-------------------------------------|
 * | sequence, `isOn`         | it can be assigned                         | an admin turns it off or deletes it |
 * | sequence, not `isOn`     | no new assignments; planned items go on    | an admin turns it on                |
 * | sequence, `deletedAt`    | its open items are being cancelled         | nothing                             |
 * | assignment, no `endedAt` | some item has yet to happen                | its last open item ends             |
 * | assignment, `endedAt`    | over; it can be assigned once more         | nothing                             |
 * | batch: `asked`           | an admin has yet to confirm it             | `running` or `dropped`              |
 * | batch: `running`         | a worker assigns it, some people at a time | `done`                              |
 *
 * Events: `sequence-item-stuck`; `task-opened`, for an item that is a task.
 *
 * Begin with `assign.ts`, then `plan.ts` (when), `fire.ts` (what happens then), `cancel-planned.ts` (what no longer happens).
 */
import { z } from 'zod';
import type { DeepReadonly } from '../../core/frozen.ts';
import type { Actor } from '../people/directory.ts';
import { formValues, shownAnswers } from '../runs/run.ts';
import type { Timing } from './timing.ts';

/** `end-date`: an offboarding sequence. `assignment`: the day of the assignment. */
export const anchors = { 'start-date': true, 'end-date': true, assignment: true } as const;
export type Anchor = keyof typeof anchors;

export interface Sequence {
  readonly id: string;
  readonly version: number;
  /** Unique, ignoring case, among those that are not deleted. */
  readonly name: string;
  readonly anchor: Anchor;
  /** False: it can't be assigned. What it has planned still happens. */
  readonly isOn: boolean;
  /** Whether every new hire gets it. */
  readonly isForEveryHire: boolean;
  readonly createdAt: Date;
  /** Deleted. The row stays so that what it has done keeps a name. */
  readonly deletedAt?: Date;
}

export interface SequenceItem {
  readonly id: string;
  readonly version: number;
  readonly sequenceId: string;
  /** Items that are due in the same minute happen in this order. */
  readonly position: number;
  readonly timing: Timing;
  readonly does: ItemEffect;
  /** A task of the same sequence that has to be done first, even if this item is due. */
  readonly waitsForItemId?: string;
  readonly removedAt?: Date;
}

/** Its texts are templates. They may use every variable of a person, and what is stored with the person. */
const message = z.object({
  kind: z.literal('message'),
  /** `text`: to a phone. `direct`: a chat message to one person. `channel`: a message in a chat channel. */
  channel: z.enum(['email', 'text', 'direct', 'channel']),
  /** An address, a phone number, a channel's name; most often `{{email}}` or `{{manager_email}}`. */
  to: z.string(),
  /** Empty for none. An email always has one. */
  subject: z.string(),
  text: z.string(),
});

const task = z.object({
  kind: z.literal('task'),
  title: z.string(),
  note: z.string(),
  assignee: z.union([
    /** `admins`: any of them. */
    z.object({ kind: z.enum(['manager', 'buddy', 'new-hire', 'admins']) }),
    z.object({ kind: z.literal('person'), personId: z.string() }),
  ]),
  /** Days from when it is opened. */
  dueInDays: z.number(),
  /** What has to be ticked before the task can be done. Often empty. */
  checklist: z.array(z.string()),
});

/** What an item does. */
export const itemEffect = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('grant'),
    integrationId: z.string(),
    form: formValues,
    /** `form` as people read it. */
    answers: shownAnswers,
  }),
  z.object({ kind: z.literal('revoke'), integrationId: z.string() }),
  message,
  task,
]);
export type ItemEffect = DeepReadonly<z.output<typeof itemEffect>>;
export type SequenceMessage = DeepReadonly<z.output<typeof message>>;
export type SequenceTask = DeepReadonly<z.output<typeof task>>;
export type TaskAssignee = SequenceTask['assignee'];

/** A sequence that is assigned to one person. */
export interface SequenceAssignment {
  readonly id: string;
  readonly version: number;
  readonly sequenceId: string;
  readonly personId: string;
  readonly assignedBy: Actor;
  readonly assignedAt: Date;
  /** When its last item ended. Until then the same sequence can't be assigned to the person again. */
  readonly endedAt?: Date;
}

/** Whether the item is a task whose assignee is this person, by name. */
export const isTaskOf = ({ does }: Pick<SequenceItem, 'does'>, personId: string): boolean =>
  does.kind === 'task' && does.assignee.kind === 'person' && does.assignee.personId === personId;

/** Undefined for messages and tasks. */
export const integrationOf = ({ does }: Pick<SequenceItem, 'does'>): string | undefined =>
  does.kind === 'grant' || does.kind === 'revoke' ? does.integrationId : undefined;
