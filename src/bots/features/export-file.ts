/** Export (CSV): a file is taken out on a web page, by a link for the one who asks. */
import { exportSubjectSchema } from '../../engine/exports.ts';
import { buttonAction, type Reply } from '../view/action.ts';
import { asAdmin, refuse } from './admins.ts';
import type { Turn } from './context.ts';
import { sendLink } from './send-link.ts';

export const exportFile = buttonAction({
  id: 'export',
  payload: exportSubjectSchema,

  async handle(wanted, turn: Turn): Promise<Reply> {
    const { refused } = await asAdmin('export', turn);
    if (refused) return refuse(refused);
    return sendLink(
      { purpose: 'export', subject: JSON.stringify(wanted) },
      'Your file',
      ['It holds names and addresses: keep it where only those see it who should.'],
      turn,
    );
  },
});
