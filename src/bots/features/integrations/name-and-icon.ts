/** Name and emoji…: changes an integration's name and icon. */
import { t } from '../../../core/translate.ts';
import { changeNameAndIcon as change } from '../../../engine/integrations/change-integration.ts';
import { readEmoji } from '../../../engine/integrations/emoji.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { Turn } from '../../live/context.ts';
import { formAction } from '../../view/action.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { refuse } from '../admins.ts';
import { emojiField, nameField } from './add-integration.ts';
import { changing } from './changing.ts';
import { targetOf, targetPayload } from './integration-target.ts';

const wanted = () => t`rename integrations`;

export const changeNameAndIcon = formAction({
  id: 'integration.name-and-icon',
  payload: targetPayload,
  title: () => t`Name and emoji`,
  submitLabel: () => t`Save`,

  async fields(target, turn: Turn) {
    const { integration, refused } = await targetOf(target, wanted, turn);
    if (refused) return { refused };
    return { fields: fieldsOf(integration) };
  },

  async submit(sent, target, { shown, ...turn }) {
    const { integration, refused } = await targetOf(target, wanted, turn);
    if (refused) return refuse(refused);
    const { name, icon: typed } = asOfNow(sent, shown, fieldsOf(integration));
    const icon = typed === undefined ? undefined : readEmoji(typed);
    if (icon && !icon.ok) return { kind: 'invalid', errors: { icon: icon.why } };
    const nameAndIcon = { name, ...(icon && { icon: icon.emoji }) };
    const save = (tx: Transaction) =>
      change(tx, integration, { ...nameAndIcon, ...changing(turn) });
    const [problem] = await turn.transact(save); // Two admins may choose the same name at once.
    if (!problem) return { kind: 'nothing' }; // The integration's card shows it.
    return { kind: 'invalid', errors: { name: t`The name ${problem.message}.` } };
  },
});

const fieldsOf = ({ name, icon }: Integration) => ({
  name: nameField(name),
  icon: emojiField(icon),
});
