/** Preview…: shows a message of a sequence as one person would get it now, without sending it. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import { previewMessage } from '../../../engine/sequences/send-message.ts';
import type { SequenceMessage } from '../../../engine/sequences/sequence.ts';
import type { Turn } from '../../live/context.ts';
import { formAction, sayToPerson } from '../../view/action.ts';
import { type Block, type Card, factList, muted, note, paragraph } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { refuse } from '../admins.ts';
import { itemFor } from './sequence-item-ref.ts';
import { recipientWords } from './sequence-words.ts';

/** The form offers at most this many people; in a larger company an admin types the address. */
const OFFERED = { offset: 0, limit: 500 };

export const previewOfMessage = formAction({
  id: 'sequence.preview',
  payload: z.object({ sequenceId: z.string(), itemId: z.string() }),
  admit: itemFor,
  title: () => t`Preview a message`,
  submitLabel: () => t`Show`,

  async fields(_payload, turn) {
    const { people, total } = await turn.stores.people.search('', OFFERED);
    return {
      intro: [t`See the message as it would go out for this person now. Nothing is sent.`],
      fields: {
        ...(total > people.length && {
          address: {
            kind: 'text',
            label: t`For whom`,
            hint: t`Their email address.`,
            initial: turn.actor.email,
          },
        }),
        ...(total <= people.length && {
          person: {
            kind: 'choice',
            label: t`For whom`,
            options: people.map((person) => ({
              value: person.id,
              label: `${fullName(person)} (${person.email})`,
            })),
            initial: turn.actor.id,
          },
        }),
      } satisfies Fields,
    };
  },

  async submit({ person: personId = '', address }, _payload, { item, ...turn }) {
    const { people } = turn.stores;
    const person = await (address === undefined
      ? people.find(personId)
      : people.findByEmail(address.trim()));
    if (!person && address !== undefined)
      return {
        kind: 'invalid',
        errors: { address: t`No one here has this address. Check its spelling in "people".` },
      };
    if (!person || item?.does.kind !== 'message')
      return refuse(
        note(t`There is nothing to show`, t`The person or the message no longer exists.`),
      );
    return sayToPerson(await previewCard(item.does, person, turn));
  },
});

async function previewCard(
  message: SequenceMessage,
  person: Person,
  { stores }: Turn,
): Promise<Card> {
  const preview = await previewMessage(stores, message, person);
  const title = t`As it would be sent for ${fullName(person)}`;
  if (!preview.ok) return note(title, t`It can't be sent. ${preview.why}`);
  const { to, subject, text, warnings } = preview;
  return {
    title,
    blocks: [
      factList(compact([[t`To`, recipientWords(to)], subject && [t`Subject`, subject]])),
      { kind: 'divider' },
      paragraph(text),
      ...warnings.map((warning): Block => muted(`⚠ ${warning}`)),
    ],
  };
}
