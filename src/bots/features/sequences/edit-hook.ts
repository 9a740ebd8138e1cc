/** What an admin changes about a webhook: its name and path; turns it on or off, or deletes it. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import {
  deleteHook,
  renameHook,
  turnHook,
  wrongPath,
} from '../../../engine/sequences/hooks/change-hook.ts';
import type { Hook } from '../../../engine/sequences/hooks/hook.ts';
import { buttonAction, formAction, type SubmitReply } from '../../view/action.ts';
import { rich, strong } from '../../view/card.ts';
import { type Fields, hasErrors } from '../../view/form.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { refuse } from '../admins.ts';
import { change } from '../change.ts';
import { changeHook, hookFor, hookGone, hookPayload } from './hook-ref.ts';

const LONGEST_NAME = 60;

export const hookFields = (hook?: Pick<Hook, 'name' | 'emailPath'>) =>
  ({
    name: {
      kind: 'text',
      label: t`Calling system`,
      hint: t`For example "HR portal".`,
      initial: hook?.name,
    },
    emailPath: {
      kind: 'text',
      label: t`Email address path`,
      hint: t`Where the person's address is in the call's JSON: field names joined with dots, such as email or data.user.email.`,
      initial: hook?.emailPath ?? 'email',
    },
  }) as const satisfies Fields;

/** Both trimmed, or their errors. */
export function readHookFields(values: { readonly name: string; readonly emailPath: string }) {
  const [name, emailPath] = [values.name.trim(), values.emailPath.trim()];
  const errors = {
    name: name.length > LONGEST_NAME ? t`Too long: at most ${LONGEST_NAME} characters.` : undefined,
    emailPath: wrongPath(emailPath),
  };
  return hasErrors(errors) ? { errors } : { name, emailPath };
}

export const editHook = formAction({
  id: 'hook.edit',
  payload: hookPayload,
  admit: hookFor,
  title: () => t`Edit a webhook`,
  submitLabel: () => t`Save`,

  fields: async (_payload, { hook }) => ({ fields: hookFields(hook) }),

  async submit(sent, { hookId }, { shown, ...turn }) {
    return change(turn, async (tx, by): Promise<SubmitReply> => {
      const now = await tx.hooks.find(hookId);
      if (!now || now.deletedAt) return refuse(hookGone());
      const read = readHookFields(asOfNow(sent, shown, hookFields(now)));
      if (read.errors) return { kind: 'invalid', errors: read.errors };
      await renameHook(tx, now, { ...by, to: read });
      return { kind: 'nothing' }; // Its card shows the result.
    });
  },
});

export const turnHookTo = buttonAction({
  id: 'hook.turn',
  payload: hookPayload.extend({ on: z.boolean() }),
  admit: hookFor,
  handle: ({ on }, turn) =>
    changeHook(turn, (tx, hook, by) => turnHook(tx, hook, { ...by, isOn: on })),
});

export const deleteThisHook = formAction({
  id: 'hook.delete',
  payload: hookPayload,
  admit: hookFor,
  title: () => t`Delete a webhook`,
  submitLabel: () => t`Delete`,
  tone: 'danger',

  fields: async (_payload, { hook }) => ({
    intro: [
      rich`This permanently deletes ${strong(hook.name)}, with its address and secret; later calls get an error. Anything it has started continues.`,
    ],
  }),

  submit: (_values, _payload, turn) => changeHook(turn, deleteHook),
});
