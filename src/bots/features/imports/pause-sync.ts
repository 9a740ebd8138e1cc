/** Pauses and resumes an import schedule. */
import { t } from '../../../core/translate.ts';
import { pauseSchedule, resumeSchedule } from '../../../engine/imports/sync-schedules.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { change, unlessFailed } from '../change.ts';
import { targetOf, targetPayload } from '../integrations/integration-target.ts';

const changing = (id: string, to: typeof pauseSchedule) =>
  buttonAction({
    id,
    payload: targetPayload,
    admit: (target, turn: Turn) => targetOf(target, () => t`change schedules`, turn),

    async handle(_target, { integration, ...turn }): Promise<Reply> {
      const changed = await change(turn, (tx, by) => to(tx, integration, by));
      // The integration's card shows it.
      return unlessFailed(changed, t`Nothing changed`);
    },
  });

export const pauseSync = changing('sync.pause', pauseSchedule);
export const resumeSync = changing('sync.resume', resumeSchedule);
