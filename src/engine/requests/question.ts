/**
 * An approver's question to the requester, who answers by a button. Every approver's card shows both. The request stays open
 * meanwhile: its reminders and its expiry go on.
 */

/** Of one request. Each is on every card of it, which stays one message. */
export const MAX_QUESTIONS = 5;

export interface Question {
  readonly id: string;
  readonly requestId: string;
  readonly askedById: string;
  readonly askedAt: Date;
  /** Encrypted at rest. */
  readonly question: string;
  /** Undefined until the requester has answered. */
  readonly answered?: {
    readonly byId: string;
    readonly at: Date;
    /** Encrypted at rest. */
    readonly answer: string;
  };
}
