/** Adds a webhook that starts a sequence. */
import { t } from '../../../core/translate.ts';
import { addHook } from '../../../engine/sequences/hooks/change-hook.ts';
import { formAction } from '../../view/action.ts';
import { note, rich, strong } from '../../view/card.ts';
import { refuse } from '../admins.ts';
import { change } from '../change.ts';
import { hookFields, readHookFields } from './edit-hook.ts';
import { showHook } from './hook-card.ts';
import { startsFor, startsPayload } from './sequence-starts-ref.ts';

/** A sequence with more webhooks would be hard to understand. */
export const MAX_HOOKS = 10;

export const addHookHere = formAction({
  id: 'hook.add',
  payload: startsPayload,
  admit: startsFor,
  title: () => t`Add a webhook`,
  submitLabel: () => t`Add`,

  fields: async (_payload, { sequence }) => ({
    intro: [
      rich`One of your systems calls the address of this webhook, and the person it names gets ${strong(sequence.name)}. Calls are signed with a secret that you see once, in your browser.`,
    ],
    fields: hookFields(),
  }),

  async submit(values, { sequenceId }, turn) {
    const read = readHookFields(values);
    if (read.errors) return { kind: 'invalid', errors: read.errors };
    const added = await change(turn, async (tx, by) =>
      (await tx.hooks.ofSequence(sequenceId)).length < MAX_HOOKS
        ? addHook(tx, { sequenceId, ...read }, by)
        : undefined,
    );
    return added
      ? showHook(added, turn)
      : refuse(
          note(
            t`This sequence already has ten webhooks`,
            t`Delete one that is no longer used, or let two systems share one.`,
          ),
        );
  },
});
