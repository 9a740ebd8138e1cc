/** The secret of a webhook: shown once, replaced, and the previous one ended. */
import { t } from '../../../core/translate.ts';
import { endOverlap, rotateSecret } from '../../../engine/sequences/hooks/change-hook.ts';
import type { Turn } from '../../live/context.ts';
import { sendLink } from '../../live/send-link.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { note, rich, strong } from '../../view/card.ts';
import { refuse } from '../admins.ts';
import { changeHook, hookFor, hookPayload } from './hook-ref.ts';

/** The link works for the person who pressed. The secret is shown only once in all. */
export const showSecret = buttonAction({
  id: 'hook.secret',
  payload: hookPayload,

  async handle({ hookId }, turn: Turn): Promise<Reply> {
    const { hook, refused } = await hookFor(hookId, turn);
    if (refused) return refuse(refused);
    if (hook.isRevealed)
      return refuse(
        note(t`This secret was shown already`, t`It is shown once. Replace it, if it got lost.`),
      );
    return sendLink(
      { purpose: 'hook', subject: hookId },
      t`The secret of ${hook.name}`,
      [t`It is shown once. Have a place ready for it where the caller finds it.`],
      turn,
    );
  },
});

export const replaceSecret = formAction({
  id: 'hook.rotate',
  payload: hookPayload,
  title: () => t`Replace the secret`,
  submitLabel: () => t`Replace`,

  async fields({ hookId }, turn: Turn) {
    const { hook, refused } = await hookFor(hookId, turn);
    if (refused) return { refused };
    return {
      intro: [
        rich`${strong(hook.name)} gets a new secret, which is shown once. Calls that are signed with the one of now are taken for 24 hours more, so that nothing gets lost while the caller changes over. One that was replaced before ends now.`,
      ],
      fields: {},
    };
  },

  submit: (_values, { hookId }, turn) =>
    changeHook(hookId, turn, (tx, hook, by) => rotateSecret(tx, hook, by)),
});

export const endOldSecret = buttonAction({
  id: 'hook.end-overlap',
  payload: hookPayload,
  handle: ({ hookId }, turn: Turn) =>
    changeHook(hookId, turn, (tx, hook, by) => endOverlap(tx, hook, by)),
});
