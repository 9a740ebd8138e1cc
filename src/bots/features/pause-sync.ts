/** A schedule of imports rests, and goes on. */
import { say } from '../../core/say.ts';
import { retryStale } from '../../engine/retry-stale.ts';
import { pauseSchedule, resumeSchedule } from '../../engine/sync/sync-schedules.ts';
import { buttonAction, type Reply } from '../view/action.ts';
import { refuse } from './admins.ts';
import { changing } from './changing.ts';
import type { Turn } from './context.ts';
import { type Target, targetOf, targetPayload } from './integration-target.ts';

export const pauseSync = buttonAction({
  id: 'sync.pause',
  payload: targetPayload,
  handle: (target, turn: Turn) => change(target, pauseSchedule, turn),
});

export const resumeSync = buttonAction({
  id: 'sync.resume',
  payload: targetPayload,
  handle: (target, turn: Turn) => change(target, resumeSchedule, turn),
});

async function change(target: Target, to: typeof pauseSchedule, turn: Turn): Promise<Reply> {
  const { integration, refused } = await targetOf(target, () => say`change schedules`, turn);
  if (refused) return refuse(refused);
  await retryStale(() => turn.transact((tx) => to(tx, integration, changing(turn))));
  return { kind: 'nothing' }; // Its card says it.
}
