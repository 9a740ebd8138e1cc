/** A bundle as a whole: create, edit, delete. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import type { Bundle } from '../../../engine/bundles/bundle.ts';
import {
  type BundleChange,
  changeBundle,
  deleteBundle as deleteIt,
  LONGEST_DESCRIPTION,
  LONGEST_NAME,
  MAX_TAGS,
  makeBundle as makeIt,
  whyNotDeleted,
} from '../../../engine/bundles/change-bundle.ts';
import { formAction, type SubmitReply } from '../../view/action.ts';
import { note, rich, strong } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { adminsTo, refuse } from '../admins.ts';
import { change } from '../change.ts';
import { bundleForAdmin, bundleTarget, showBundle } from './bundle-ref.ts';

const fieldsOf = (bundle?: Bundle) =>
  ({
    name: {
      kind: 'text',
      label: t`Name`,
      hint: t`At most ${LONGEST_NAME} characters.`,
      initial: bundle?.name,
    },
    description: {
      kind: 'text',
      label: t`Description`,
      hint: t`Who it is for. People read it when they request it; at most ${LONGEST_DESCRIPTION} characters.`,
      optional: true,
      multiline: true,
      initial: bundle?.description || undefined,
    },
    tags: {
      kind: 'text',
      label: t`Tags`,
      hint: t`More words to find it by, separated by commas; at most ${MAX_TAGS}.`,
      optional: true,
      initial: bundle && bundle.tags.length > 0 ? bundle.tags.join(', ') : undefined,
    },
  }) as const satisfies Fields;

export const makeBundle = formAction({
  id: 'bundle.make',
  payload: z.object({}),
  admit: adminsTo(() => t`create bundles`),
  title: () => t`New bundle`,
  submitLabel: () => t`Create`,

  fields: async () => ({
    intro: [t`Next, add its apps. People can request it when it has one.`],
    fields: fieldsOf(),
  }),

  async submit({ name, description = '', tags = '' }, _payload, turn) {
    const typed = { name, description, tags };
    return answered(await change(turn, (tx, by) => makeIt(tx, typed, by)));
  },
});

export const editBundle = formAction({
  id: 'bundle.edit',
  payload: bundleTarget,
  admit: bundleForAdmin(() => t`change bundles`),
  title: () => t`Edit the bundle`,
  submitLabel: () => t`Save`,

  fields: async (_payload, { bundle }) => ({ fields: fieldsOf(bundle) }),

  async submit(sent, { bundleId }, { bundle, shown, ...turn }) {
    const saved = await change(turn, async (tx, by) => {
      const now = (await tx.bundles.find(bundleId)) ?? bundle;
      const { name, description = '', tags = '' } = asOfNow(sent, shown, fieldsOf(now));
      return changeBundle(tx, bundleId, { typed: { name, description, tags }, ...by });
    });
    return answered(saved);
  },
});

/** Its card, or what is wrong beside its field. */
function answered(changed: BundleChange): SubmitReply<ReturnType<typeof fieldsOf>> {
  if (changed.ok) return showBundle(changed.bundle.id);
  return changed.field
    ? { kind: 'invalid', errors: { [changed.field]: changed.why } }
    : refuse(note(t`Nothing was saved`, changed.why));
}

export const deleteBundle = formAction({
  id: 'bundle.delete',
  payload: bundleTarget,
  admit: bundleForAdmin(() => t`delete bundles`),
  title: () => t`Delete a bundle`,
  submitLabel: () => t`Delete`,
  tone: 'danger',

  async fields({ bundleId }, { bundle, ...turn }) {
    const rules = await turn.stores.rules.giving(bundleId);
    if (rules.length > 0)
      return { refused: note(t`Nothing was deleted`, whyNotDeleted(bundle, rules)) };
    return {
      intro: [
        rich`No one can request ${strong(bundle.name)} any more. Open requests go on, and what was granted stays.`,
      ],
    };
  },

  async submit(_values, { bundleId }, turn) {
    const deleted = await change(turn, (tx, by) => deleteIt(tx, bundleId, by));
    return refuse(
      deleted.ok
        ? note(
            t`${deleted.bundle.name} is deleted`,
            t`What was requested or granted with it stays.`,
          )
        : note(t`Nothing was deleted`, deleted.why),
    );
  },
});
