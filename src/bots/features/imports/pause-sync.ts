/** Pauses and resumes an import schedule. */
import { t } from '../../../core/translate.ts';
import { pauseSchedule, resumeSchedule } from '../../../engine/imports/sync-schedules.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { change, unlessFailed } from '../change.ts';
import { targetOf, targetPayload } from '../integrations/integration-target.ts';

const changing = (id: string, to: typeof pauseSchedule) =>
  buttonAction({
    id,
    payload: targetPayload,
    admit: targetOf(() => t`change schedules`),

    async handle(_target, { integration, ...turn }): Promise<Reply> {
      const changed = await change(turn, (tx, by) => to(tx, integration, by));
      // The integration's card shows it.
      return unlessFailed(changed, t`Nothing changed`);
    },
  });

export const pauseSync = changing('sync.pause', pauseSchedule);
export const resumeSync = changing('sync.resume', resumeSchedule);
