/** Unlink chat…: ends a link between a person and a chat user that isn't theirs. */
import { t } from '../../../core/translate.ts';
import { unlinkChatUser } from '../../../engine/people/chat-links.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { ChatIdentity } from '../../../engine/ports/people-stores.ts';
import { platformNames } from '../../live/platform-names.ts';
import { formAction } from '../../view/action.ts';
import { note, rich, strong } from '../../view/card.ts';
import { showDate } from '../../view/dates.ts';
import { refuse } from '../admins.ts';
import { change } from '../change.ts';
import { personForAdmin } from './person-asked.ts';
import { personPayload, showPerson } from './person-ref.ts';

const wanted = () => t`unlink chat users`;

export const unlinkChat = formAction({
  id: 'person.unlink',
  payload: personPayload,
  admit: personForAdmin(wanted),
  title: () => t`Unlink a chat user`,
  submitLabel: () => t`Unlink`,
  tone: 'danger',

  async fields({ personId }, { person, ...turn }) {
    const links = await turn.stores.identities.ofPerson(personId);
    const [only, ...others] = links;
    if (!only)
      return {
        refused: note(t`There is nothing to unlink`, t`${fullName(person)} isn't linked.`),
      };
    return {
      intro: [
        rich`To Latchkey, that chat user is no longer ${strong(fullName(person))}. When they next write, the address in their profile shows who they are.`,
      ],
      fields: {
        link: {
          kind: 'choice',
          label: t`Chat user`,
          options: links.map((link) => ({
            value: keyOf(link),
            label: t`${platformNames[link.platform]}, since ${showDate(link.linkedAt, turn)}`,
          })),
          initial: others.length === 0 ? keyOf(only) : undefined,
        },
      },
    };
  },

  async submit({ link }, { personId }, turn) {
    const unlinked = await change(turn, async (tx, by) => {
      const chosen = (await tx.identities.ofPerson(personId)).find((each) => keyOf(each) === link);
      return chosen ? unlinkChatUser(tx, chosen, by) : false;
    });
    return unlinked
      ? showPerson(personId)
      : refuse(note(t`It was already unlinked`, t`Nothing changed.`));
  },
});

const keyOf = ({ platform, tenant, userId }: ChatIdentity): string =>
  JSON.stringify([platform, tenant, userId]);
