/** `overview`: a link to the pages that show admins and auditors who has what, and why. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import type { Turn } from '../../live/context.ts';
import { sendLink } from '../../live/send-link.ts';
import { buttonAction, type PressReply, type Reply } from '../../view/action.ts';
import { readersTo } from '../admins.ts';

export const openOverview = buttonAction({
  id: 'overview.page-link',
  payload: z.object({}),
  admit: readersTo(() => t`see the overview`),

  handle: async (_payload, turn): Promise<Reply> =>
    sendLink(
      { purpose: 'overview', subject: 'overview' },
      {
        title: t`Overview in the browser`,
        paragraphs: [
          t`Who has what, and why: people, apps, removals, reviews, findings, health and evidence, with filters and as files. You can only read there.`,
        ],
      },
      turn,
    ),
});

export const overviewFrom = (turn: Turn): Promise<PressReply> =>
  openOverview.press(openOverview.with({}).payload, turn);
