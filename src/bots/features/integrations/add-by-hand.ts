/** Adds a manual integration: granting and revoking it become tasks for people. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { readEmoji } from '../../../engine/integrations/emoji.ts';
import { addManual } from '../../../engine/integrations/integrations.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { actorOf } from '../../live/context.ts';
import { formAction, showCard } from '../../view/action.ts';
import { errorsOf } from '../../view/form.ts';
import { adminsTo } from '../admins.ts';
import { assigneeFields, readAssignee } from '../tasks/assignee-form.ts';
import { emojiField, nameField, whatIsWanted } from './add-integration.ts';
import { integrationCardRef } from './integration-ref.ts';

export const addByHand = formAction({
  id: 'integration.add-by-hand',
  payload: z.object({}),
  admit: adminsTo(whatIsWanted),
  title: () => t`Add a manual integration`,
  submitLabel: () => t`Add`,

  fields: async (_payload, turn) => ({
    intro: [
      t`People request it like everything else, and granting or removing it creates a task with a Done button.`,
    ],
    fields: {
      name: nameField(),
      icon: emojiField(),
      ...(await assigneeFields(undefined, turn)),
    },
  }),

  async submit({ name, icon: typed, ...answers }, _payload, { shown, ...turn }) {
    const icon = typed === undefined ? undefined : readEmoji(typed);
    const read = await readAssignee(answers, turn, shown);
    if (!read.ok || (icon && !icon.ok))
      return {
        kind: 'invalid',
        errors: {
          icon: icon?.ok === false ? icon.why : undefined,
          ...errorsOf(read),
        },
      };
    const wanted = { name, assignee: read.assignee, icon: icon?.emoji };
    const add = (tx: Transaction) => addManual(tx, wanted, { ...turn, actor: actorOf(turn) });
    const added = await turn.transact(add); // Two admins may choose the same name at once.
    if (added.ok) return showCard(integrationCardRef(added.integration.id));
    const why = added.errors.map(({ message }) => message).join('; ');
    return { kind: 'invalid', errors: { name: t`The name ${why}.` } };
  },
});
