/** What a removal waits for next, and how long. */
import { DAY_MS, MINUTE_MS } from '../../../core/hours.ts';
import { t } from '../../../core/translate.ts';
import type { OpenRemoval, OpenRemovalState, Proof } from './removal.ts';

/** A run or a check wakes the removal when it ends; this is for a wake-up that was lost. */
export const LOOK_AGAIN_MS = 2 * MINUTE_MS;
/** While a task is open; its end wakes the removal, too. */
export const TASK_MS = DAY_MS;
/** The backoff between tries; the last value repeats. */
const PAUSES_MS = [15, 60, 4 * 60, 24 * 60].map((minutes) => minutes * MINUTE_MS);
/** An older answer is checked again before another revoke: the access may be gone by now. */
export const FRESH_MS = 10 * MINUTE_MS;

export type Next =
  | { readonly kind: 'gone'; readonly proof: Proof; readonly canAsk: boolean }
  | {
      readonly kind: 'open';
      readonly state: OpenRemovalState;
      readonly dueAt: Date;
      readonly why?: string;
      readonly tries?: number;
      readonly retryAt?: Date;
      readonly runId?: string;
      readonly taskId?: string;
    };
export type Open = Extract<Next, { kind: 'open' }>;

export const mayArrive = (): string =>
  t`Latchkey sent a grant and doesn't know yet whether it arrived. It checks again when the grant can no longer arrive.`;

/** A request without an answer counts as a grant in flight. */
export const awaiting = ({ state }: OpenRemoval): OpenRemovalState =>
  state === 'stuck' ? 'stuck' : 'waiting';

/** A stuck removal stays stuck until an answer comes: it must not look as if it went well. */
export const stay = ({ state }: OpenRemoval): OpenRemovalState =>
  state === 'stuck' ? 'stuck' : 'checking';

export const pauseAfter = (tries: number): number =>
  PAUSES_MS[Math.min(tries, PAUSES_MS.length) - 1] ?? PAUSES_MS[0] ?? DAY_MS;
