/** Technical details of an import that failed, for admins: the host, and what it said. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import type { SyncRun } from '../../../engine/imports/sync-run.ts';
import { buttonAction, type Reply, sayToPerson } from '../../view/action.ts';
import { type Button, note } from '../../view/card.ts';
import { readersTo } from '../admins.ts';

export const showSyncDetails = buttonAction({
  id: 'sync.details',
  payload: z.object({ runId: z.string() }),
  admit: readersTo(() => t`see technical details`),

  async handle({ runId }, turn): Promise<Reply> {
    const run = await turn.stores.syncRuns.find(runId);
    const detail = run && detailOf(run);
    return sayToPerson(
      detail === undefined
        ? note(t`This import has no technical details`, t`Open it again to see its state.`)
        : note(t`Technical details of an import`, detail),
    );
  },
});

export const syncDetailsButton = (run: SyncRun): readonly Button[] =>
  detailOf(run) === undefined
    ? []
    : [{ label: t`Technical details`, does: showSyncDetails.with({ runId: run.id }) }];

const detailOf = (run: SyncRun): string | undefined =>
  run.state === 'failed' ? run.error.detail : undefined;
