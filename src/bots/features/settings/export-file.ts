/** Export (CSV) and Export data: sends the actor a link to a web page that downloads the file. */
import { t } from '../../../core/translate.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { exportSubjectSchema, mayTake } from '../../../engine/work/exports.ts';
import type { Turn } from '../../live/context.ts';
import { sendLink } from '../../live/send-link.ts';
import { buttonAction, type PressReply, type Reply } from '../../view/action.ts';
import { asReader, refuse } from '../admins.ts';

export const exportFile = buttonAction({
  id: 'export',
  payload: exportSubjectSchema,

  async handle(wanted, turn: Turn): Promise<Reply> {
    const isTheirOwn = wanted.of === 'person' && wanted.id === turn.actor.id;
    const subject = JSON.stringify(wanted);
    const actor = await turn.stores.people.find(turn.actor.id);
    const may = actor !== undefined && (await mayTake(turn.stores, subject, actor));
    const { refused } = may ? {} : await asReader(() => t`export data`, turn);
    if (refused) return refuse(refused);
    const whose = wanted.of === 'person' ? await turn.stores.people.find(wanted.id) : undefined;
    return sendLink(
      { purpose: 'export', subject },
      {
        title: whose && !isTheirOwn ? t`The data of ${fullName(whose)}` : t`Your file`,
        paragraphs: [
          isTheirOwn ? aboutYou() : wanted.of === 'person' ? aboutPerson() : aboutMany(),
        ],
      },
      turn,
    );
  },
});

const aboutMany = () =>
  t`It contains names and addresses, so keep it where only the right people can see it.`;
const aboutYou = () =>
  t`It contains everything Latchkey keeps about you, as JSON: your details, access past and present, requests, approvals and answers. It doesn't include integrations' secrets or generated passwords.`;
const aboutPerson = () =>
  t`It contains everything Latchkey keeps about that person, as JSON: details, access past and present, requests, approvals and answers. It doesn't include integrations' secrets or generated passwords.`;

/** `data`: exports what Latchkey stores about the actor. */
export const openOwnData = (turn: Turn): Promise<PressReply> =>
  exportFile.press(exportFile.with({ of: 'person', id: turn.actor.id }).payload, turn);
