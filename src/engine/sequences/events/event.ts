/**
 * What starts sequences automatically. Words: an *occasion* is a kind of thing that may happen; admins choose occasions for a
 * sequence. An *event* is one time that an occasion, or a hook, starts one sequence for one person.
 */
export type Occasion =
  /** Someone was added to the directory, in any way, or came back. */
  | { readonly kind: 'person-created' }
  /** By a run that succeeded, or by hand. */
  | { readonly kind: 'access-granted'; readonly integrationId: string }
  /** Granting or revoking failed, and so did the retry. */
  | { readonly kind: 'run-failed'; readonly integrationId: string }
  | ChangeOccasion;

/** Such a field of a person got another value than the one it had. A field that was empty is only filled, and starts nothing. */
export interface ChangeOccasion {
  readonly kind: 'field-changed';
  readonly field: WatchedField;
  /** Only where this is the new value, in any case; a manager by address. Empty: whatever it is. */
  readonly to: string;
}

export const watchedFields = ['department', 'position', 'manager'] as const;
export type WatchedField = (typeof watchedFields)[number];

export type EventCause =
  | Exclude<Occasion, ChangeOccasion>
  | { readonly kind: 'field-changed'; readonly field: WatchedField }
  | { readonly kind: 'hook'; readonly hookId: string }
  /** It is damaged. The event starts its sequence all the same. */
  | { readonly kind: 'unread' };

interface EventFacts {
  readonly id: string;
  readonly version: number;
  readonly sequenceId: string;
  readonly personId: string;
  readonly cause: EventCause;
  readonly at: Date;
}

export type SequenceEvent = EventFacts &
  (
    | { readonly state: 'waiting' }
    | { readonly state: 'started'; readonly endedAt: Date; readonly assignmentId: string }
    /** `why` is a sentence for people, for example that they already have it. */
    | { readonly state: 'refused'; readonly endedAt: Date; readonly why: string }
  );

/** The integration id of an occasion; empty if it has none. */
export const aboutOf = (occasion: Occasion): string =>
  'integrationId' in occasion ? occasion.integrationId : '';
