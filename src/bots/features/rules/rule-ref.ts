/** The reference to a rule's card, and the rule that an admin wants to change. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import type { Rule } from '../../../engine/rules/rule.ts';
import { ruleTopic } from '../../../engine/work/topics.ts';
import type { Turn } from '../../live/context.ts';
import { type OrRefused, type Reply, showCard } from '../../view/action.ts';
import { type Card, note, withButtons } from '../../view/card.ts';
import { cardRefs } from '../../view/live-card.ts';
import { foundForAdmins, foundForReaders } from '../admins.ts';
import { wordButton } from '../word-button.ts';

export const ruleTarget = z.object({ ruleId: z.string() });

export const ruleRefs = cardRefs({
  id: 'rule',
  payload: ruleTarget,
  topic: ({ ruleId }) => ruleTopic(ruleId),
});

export const showRule = (ruleId: string): Reply => showCard(ruleRefs.with({ ruleId }));

type Targeted = OrRefused<{ readonly rule: Rule }>;

export const toChangeRules = (): string => t`change rules`;

/** The rule in its current state, for an admin. */
export const ruleFor = foundForAdmins(toChangeRules, ruleNow);

/** The same, for who reads it. @param what completes the sentence "You can't …" */
export const ruleToRead = (what: () => string) => foundForReaders(what, ruleNow);

async function ruleNow({ ruleId }: { readonly ruleId: string }, turn: Turn): Promise<Targeted> {
  const rule = await turn.stores.rules.find(ruleId);
  return rule && !rule.deletedAt ? { rule } : { refused: deletedRule(rule) };
}

export const deletedRule = (rule: Rule | undefined): Card =>
  withButtons(
    note(t`${rule?.name ?? t`This rule`} has been deleted`, t`Nothing changed.`),
    wordButton(t`Rules`, 'rules'),
  );
