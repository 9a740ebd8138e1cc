/**
 * What starts sequences by itself. Words: an *occasion* is a kind of thing that may happen, and that admins choose for a
 * sequence; an *event* is one time that it has happened to somebody, for one of the sequences that start then.
 */
export type Occasion =
  /** Somebody was added to the directory in whatever way, or came back. */
  | { readonly kind: 'person-created' }
  /** By a run that succeeded, or by hand. */
  | { readonly kind: 'access-granted'; readonly integrationId: string }
  /** Granting or revoking, with its retry. */
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
    /** `why` is a sentence for people: they have it already, say. */
    | { readonly state: 'refused'; readonly endedAt: Date; readonly why: string }
  );

/** The integration of an occasion, as a text; empty where it is about none. */
export const aboutOf = (occasion: Occasion): string =>
  occasion.kind === 'person-created' ? '' : occasion.integrationId;
