/** More runs have failed, of those that one person started or, for an admin, of all: one message says so, instead of one for each. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { type Card, note, withButtons } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { turnHistoryPage } from './run-history.ts';

export const failedRuns = liveCard({
  id: 'failed-runs',
  payload: z.object({ personId: z.string(), ofAll: z.literal(true).optional() }),
  topic: ({ personId }) => `failed-runs:${personId}`, // Nothing changes this message later.

  render: async ({ ofAll }): Promise<Card> =>
    withButtons(
      note(
        ofAll ? t`✗ More runs failed` : t`✗ More runs that you started failed`,
        t`Each one shows why it failed, and what you can do.`,
      ),
      {
        label: t`View runs`,
        tone: 'primary',
        does: turnHistoryPage.with(
          ofAll ? { scope: 'all', outcome: 'failed', page: 0 } : { scope: 'mine', page: 0 },
        ),
      },
    ),
});
