/** Scheduled imports post a notice in the integration's channel for notices. The notice then follows the import. */
import type { SyncRun } from '../../../engine/imports/sync-run.ts';
import { postNotice } from '../../../engine/messages/notices.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { rehireNotice } from './rehire-notice.ts';
import { syncNotice } from './sync-notice.ts';

export const importEvents = {
  'import-ended': (tx, { run }) => notify(tx, run),
  'import-held': (tx, { run }) => notify(tx, run),
  'rehire-found': (tx, { personId, integrationId }) =>
    postNotice(tx, rehireNotice.with({ personId, integrationId }), {
      integrationId,
      follows: 'followed',
    }),
} satisfies EventHandlers;

const notify = (tx: Transaction, { id: runId, integrationId }: SyncRun): Promise<void> =>
  postNotice(tx, syncNotice.with({ runId }), { integrationId, follows: 'followed' });
