/**
 * Sequences. Words: a *sequence* holds items that happen by the calendar; its *anchor* is the day that they count from; an
 * *item* grants, revokes, sends a message or opens a task, at its *timing*. A sequence is *assigned* to a person
 * (`assignment.ts`), and each of its items is *planned* for them (`planned-item.ts`).
 */
import type { Actor } from '../people/directory.ts';
import type { RunInputs } from '../runs/run.ts';
import type { Timing } from './timing.ts';

/** `end-date`: an offboarding sequence. `assignment`: whatever has happened on the day that it was assigned. */
export type Anchor = 'start-date' | 'end-date' | 'assignment';

export interface Sequence {
  readonly id: string;
  readonly version: number;
  /** Unique among those that are not deleted, in any case. */
  readonly name: string;
  readonly anchor: Anchor;
  /** False: it is assigned to nobody any more; what it has planned goes on. */
  readonly isOn: boolean;
  /** Whether everybody who is hired has it by itself. */
  readonly isForEveryHire: boolean;
  readonly createdAt: Date;
  /** It stays as the name of what it has done. */
  readonly deletedAt?: Date;
}

export interface SequenceItem {
  readonly id: string;
  readonly version: number;
  readonly sequenceId: string;
  /** What is due at the same minute happens in this order. */
  readonly position: number;
  readonly timing: Timing;
  readonly does: ItemEffect;
  /** A task of the same sequence that has to be done before, whatever the time. */
  readonly waitsForItemId?: string;
  readonly removedAt?: Date;
}

/** What an item does. */
export type ItemEffect =
  | {
      readonly kind: 'grant';
      readonly integrationId: string;
      readonly form: RunInputs['form'];
      /** The same as people read it. */
      readonly answers: readonly { readonly label: string; readonly value: string }[];
    }
  | { readonly kind: 'revoke'; readonly integrationId: string }
  | SequenceMessage
  | SequenceTask;

/** Its texts are templates: every variable of a person, and what is stored with them. */
export interface SequenceMessage {
  readonly kind: 'message';
  /** `text`: to a phone. `direct`: in chat, to one person. `channel`: in chat, where everybody reads it. */
  readonly channel: 'email' | 'text' | 'direct' | 'channel';
  /** An address, a phone number, a channel's name; most often `{{email}}` or `{{manager_email}}`. */
  readonly to: string;
  /** Empty for none; an email has one. */
  readonly subject: string;
  readonly text: string;
}

export interface SequenceTask {
  readonly kind: 'task';
  readonly title: string;
  readonly note: string;
  readonly assignee: TaskAssignee;
  /** Days from when it is opened. */
  readonly dueInDays: number;
  /** What has to be ticked before it is done; most tasks have none. */
  readonly checklist: readonly string[];
}

export type TaskAssignee =
  /** `admins`: any of them. */
  | { readonly kind: 'manager' | 'buddy' | 'new-hire' | 'admins' }
  | { readonly kind: 'person'; readonly personId: string };

/** A sequence that one person has. */
export interface SequenceAssignment {
  readonly id: string;
  readonly version: number;
  readonly sequenceId: string;
  readonly personId: string;
  readonly assignedBy: Actor;
  readonly assignedAt: Date;
  /** Everything has happened, or happens no more. Until then the person can't have the same sequence once more. */
  readonly endedAt?: Date;
}

/** Whether an item is a task that names this person as the one who does it. */
export const isTaskOf = ({ does }: Pick<SequenceItem, 'does'>, personId: string): boolean =>
  does.kind === 'task' && does.assignee.kind === 'person' && does.assignee.personId === personId;

/** Which integration an item is about; undefined for messages and tasks. */
export const integrationOf = ({ does }: Pick<SequenceItem, 'does'>): string | undefined =>
  does.kind === 'grant' || does.kind === 'revoke' ? does.integrationId : undefined;
