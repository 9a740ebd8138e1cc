/**
 * Access that ends by itself. One limit runs per person and integration; at its end the access is revoked, which is
 * tried until it is known to be gone.
 */
export const limitMoves = {
  running: ['ending', 'lifted'],
  /** Its time is over and the access is being taken away; tried again where that fails. */
  ending: ['ended', 'lifted'],
  ended: [],
  /** Somebody took the access away before, or gave it for good. */
  lifted: [],
} as const;
export type LimitState = keyof typeof limitMoves;

export interface TimeLimit {
  readonly id: string;
  readonly version: number;
  readonly personId: string;
  readonly integrationId: string;
  /** The request that set it, where one did. */
  readonly requestId?: string;
  readonly state: LimitState;
  readonly endsAt: Date;
  readonly warnedAt?: Date;
  /** While it is ending: how often revoking was tried, and when it is tried next. */
  readonly tries: number;
  readonly nextTryAt?: Date;
  /** Where Latchkey can't take it away: the task of whoever does. */
  readonly taskId?: string;
}
