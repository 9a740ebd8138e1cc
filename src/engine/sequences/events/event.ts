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
  | { readonly kind: 'run-failed'; readonly integrationId: string };

export type EventCause = Occasion | { readonly kind: 'hook'; readonly hookId: string };

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
  occasion.kind === 'person-created' ? '' : occasion.integrationId;
