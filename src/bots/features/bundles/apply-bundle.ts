/** The changes of a bundle that rules give: an admin sees what they do for whom, then applies or discards them. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { applyDraft, discardDraft, draftOf } from '../../../engine/bundles/bundle-draft.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { type Card, note } from '../../view/card.ts';
import { change, unlessFailed } from '../change.ts';
import { outcomeWords } from '../rules/outcome-words.ts';
import { overlapOf } from '../rules/rule-impact.ts';
import { bundleForAdmin, bundleTarget, showBundle } from './bundle-ref.ts';

const whatIsWanted = () => t`change bundles`;

/** @param key of the draft and the rules that the card showed */
export const applyBundle = formAction({
  id: 'bundle.apply',
  payload: bundleTarget.extend({ key: z.string() }),
  admit: bundleForAdmin(whatIsWanted),
  title: () => t`What these changes do`,
  submitLabel: () => t`Apply`,

  async fields({ key }, { bundle, ...turn }) {
    const draft = await draftOf(turn.stores, bundle);
    if (draft?.key !== key) return { refused: changed(bundle.name) };
    const impact = await turn.dryRuns.fresh(draft.rules);
    const outcome = { overlapDays: overlapOf(draft.rules), approved: draft.approved };
    return {
      intro: [
        ...(await outcomeWords(impact, outcome, turn.stores)),
        t`Requests and grants made by hand keep the version of ${bundle.name} that they had.`,
      ],
    };
  },

  async submit(_values, { bundleId, key: seen }, turn) {
    const applied = await change(turn, (tx, by) => applyDraft(tx, bundleId, { ...by, seen }));
    return unlessFailed(applied, t`Nothing changed`, showBundle(bundleId));
  },
});

const changed = (name: string): Card =>
  note(t`${name} has just changed`, t`The card shows its current apps. Please try again there.`);

export const discardBundleDraft = buttonAction({
  id: 'bundle.discard',
  payload: bundleTarget,
  admit: bundleForAdmin(whatIsWanted),

  async handle({ bundleId }, turn): Promise<Reply> {
    const discarded = await change(turn, (tx, by) => discardDraft(tx, bundleId, by));
    return unlessFailed(discarded, t`Nothing changed`);
  },
});
