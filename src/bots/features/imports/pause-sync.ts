/** Pauses and resumes an import schedule. */
import { t } from '../../../core/translate.ts';
import { pauseSchedule, resumeSchedule } from '../../../engine/imports/sync-schedules.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { refuse } from '../admins.ts';
import { changingBy, unlessFailed } from '../change.ts';
import { type Target, targetOf, targetPayload } from '../integrations/integration-target.ts';

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
  const { integration, refused } = await targetOf(target, () => t`change schedules`, turn);
  if (refused) return refuse(refused);
  const changed = await turn.transact((tx) => to(tx, integration, changingBy(turn)));
  // The integration's card shows it.
  return unlessFailed(changed, t`Nothing changed`);
}
