/** Export (CSV) and Export data: sends the actor a link to a web page that downloads the file. */
import { t } from '../../../core/translate.ts';
import { exportSubjectSchema } from '../../../engine/work/exports.ts';
import type { Turn } from '../../live/context.ts';
import { sendLink } from '../../live/send-link.ts';
import { buttonAction, type PressReply, type Reply } from '../../view/action.ts';
import { asAdmin, refuse } from '../admins.ts';

export const exportFile = buttonAction({
  id: 'export',
  payload: exportSubjectSchema,

  async handle(wanted, turn: Turn): Promise<Reply> {
    const isTheirOwn = wanted.of === 'person' && wanted.id === turn.actor.id;
    const { refused } = isTheirOwn ? {} : await asAdmin(() => t`export`, turn);
    if (refused) return refuse(refused);
    return sendLink(
      { purpose: 'export', subject: JSON.stringify(wanted) },
      {
        title: t`Your file`,
        paragraphs: [
          isTheirOwn ? aboutYou() : wanted.of === 'person' ? aboutPerson() : aboutMany(),
        ],
      },
      turn,
    );
  },
});

const aboutMany = () =>
  t`It holds names and addresses: keep it where only those see it who should.`;
const aboutYou = () =>
  t`It holds everything that Latchkey keeps about you, as JSON: who you are, what you have and had, what was asked, decided and answered. Secrets of integrations and passwords that were made are not in it.`;
const aboutPerson = () =>
  t`It holds everything that Latchkey keeps of that person, as JSON: who they are, what they have and had, what was asked, decided and answered. Secrets of integrations and passwords that were made are not in it.`;

/** `data`: exports what Latchkey stores about the actor. */
export const openOwnData = (turn: Turn): Promise<PressReply> =>
  exportFile.press(exportFile.with({ of: 'person', id: turn.actor.id }).payload, turn);
