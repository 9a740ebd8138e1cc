/** What a press would do for each item of a bundle, as a form says before, and what the form asks. */
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { factsAsked, isBegun } from '../../../engine/bundles/begin-items.ts';
import type { BundleItem } from '../../../engine/bundles/bundle.ts';
import {
  type ItemPlan,
  type PlannedItem,
  type Planning,
  planAll,
} from '../../../engine/bundles/plan-item.ts';
import { fullName, isManual, labelOf } from '../../../engine/people/directory.ts';
import { hoursGiven } from '../../../engine/requests/access-request.ts';
import { policyOf } from '../../../engine/settings/settings.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { type Card, note, strong, type Text } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { factFields, knownOf } from '../access/grant-form.ts';
import { someNames } from '../some-names.ts';
import { answersWords, lengthWords } from './bundle-words.ts';

export interface PlannedForm {
  /** A paragraph for each item: its app, its answers, for how long, and what happens. */
  readonly lines: readonly Text[];
  /** What the apps ask about the person and nobody has answered, each once. */
  readonly facts: Fields;
  /** Whether any item would be requested, and so needs a reason. */
  readonly asksApprovers: boolean;
  /** Whether a grant would end a removal that is stuck or by hand, and so needs a reason. */
  readonly stopsRemovals: boolean;
  /** Whether the press would do anything. */
  readonly isUseful: boolean;
}

type Whom = Pick<Planning, 'person' | 'by' | 'as'>;

/** Before anyone has typed a reason. */
export const planItems = (
  whom: Whom,
  items: readonly BundleItem[],
  turn: Turn,
): Promise<readonly PlannedItem[]> => {
  const at = { now: turn.now(), timeZone: turn.installation.timeZone };
  return planAll(turn.stores, { ...whom, actor: actorOf(turn), reason: undefined, at }, items);
};

export const planForm = async (
  whom: Whom,
  items: readonly BundleItem[],
  turn: Turn,
): Promise<PlannedForm> => formOf(await planItems(whom, items, turn), whom, turn);

export async function formOf(
  planned: readonly PlannedItem[],
  whom: Whom,
  { stores }: Turn,
): Promise<PlannedForm> {
  const begun = planned.filter(isBegun);
  return {
    lines: linesOf(planned, whom),
    facts: factFields(await factsAsked(stores, planned), await knownOf(whom.person, stores)),
    asksApprovers: begun.some(({ plan }) => plan.kind === 'request'),
    stopsRemovals: begun.some(({ plan }) => plan.kind === 'grant' && plan.needsReason),
    isUseful: begun.length > 0,
  };
}

export const linesOf = (planned: readonly PlannedItem[], whom: Whom): readonly Text[] =>
  planned.map((each) => line(each, whom));

function line({ item, plan }: PlannedItem, whom: Whom): Text {
  const { integration } = plan;
  const name = integration ? labelOf(integration) : t`A deleted app`;
  const hours = integration && lengthWords(hoursGiven(item, policyOf(integration)));
  const said = compact([...answersWords(item.answers), hours]);
  return [strong(name), `: ${[...said, outcome(plan, whom)].join(' · ')}`];
}

function outcome(plan: ItemPlan, { person, by }: Whom): string {
  switch (plan.kind) {
    case 'has':
      return person.id === by.id ? t`you have it already` : t`they have it already`;
    case 'left-out':
      return t`left out. ${plan.why}`;
    case 'grant':
      return grantWords(plan);
    case 'request':
      return approvalWords(plan.approval);
    default:
      return unreachable(plan);
  }
}

function grantWords({ integration, needsReason }: Extract<ItemPlan, { readonly kind: 'grant' }>) {
  if (isManual(integration))
    return needsReason
      ? t`someone grants it by hand, which stops its removal`
      : t`someone grants it by hand`;
  return needsReason ? t`granted at once, which stops its removal` : t`granted at once`;
}

function approvalWords(approval: Extract<ItemPlan, { readonly kind: 'request' }>['approval']) {
  switch (approval.kind) {
    case 'automatic':
      return t`no approval needed`;
    case 'checking':
      return t`Latchkey checks who has to approve it`;
    case 'approvers': {
      const names = approval.approvers.seats.map(({ approver }) => fullName(approver));
      return t`goes to ${someNames(names, NAMED)}`;
    }
    default:
      return unreachable(approval);
  }
}

/** How many approvers are named. */
const NAMED = 3;

/** There is nothing to press for: each app with the reason. */
export const nothingToDo = (title: string, { lines }: Pick<PlannedForm, 'lines'>): Card =>
  note(title, ...lines);

export const isOutdated = (title: string): Card =>
  note(title, t`The bundle has changed since you opened it. Open it again to see what it has now.`);
