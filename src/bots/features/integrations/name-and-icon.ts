/** Name and emoji…: changes an integration's name and icon. */
import { t } from '../../../core/translate.ts';
import { readEmoji } from '../../../engine/integrations/emoji.ts';
import { changeNameAndIcon as change } from '../../../engine/integrations/name-and-icon.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import { formAction, type SubmitReply } from '../../view/action.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { emojiField, nameField } from './add-integration.ts';
import { changeHeld, targetOf, targetPayload } from './integration-target.ts';

const wanted = () => t`rename integrations`;

export const changeNameAndIcon = formAction({
  id: 'integration.name-and-icon',
  payload: targetPayload,
  admit: targetOf(wanted),
  title: () => t`Name and emoji`,
  submitLabel: () => t`Save`,

  fields: async (_payload, { integration }) => ({ fields: fieldsOf(integration) }),

  async submit(sent, _payload, { integration, shown, ...turn }) {
    return changeHeld<SubmitReply>(integration, turn, async (tx, now, by) => {
      const { name, icon: typed } = asOfNow(sent, shown, fieldsOf(now));
      const icon = typed === undefined ? undefined : readEmoji(typed);
      if (icon && !icon.ok) return { kind: 'invalid', errors: { icon: icon.why } };
      const nameAndIcon = { name, ...(icon && { icon: icon.emoji }) };
      const [problem] = await change(tx, now, { ...nameAndIcon, ...by });
      if (!problem) return { kind: 'nothing' }; // The integration's card shows it.
      return { kind: 'invalid', errors: { name: t`The name ${problem.message}.` } };
    });
  },
});

const fieldsOf = ({ name, icon }: Integration) => ({
  name: nameField(name),
  icon: emojiField(icon),
});
