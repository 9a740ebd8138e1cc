/** What a press would do for each item of a bundle, as a form says before, and what the form asks. */
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { factsAsked, type PlannedItem, planAll } from '../../../engine/bundles/begin-items.ts';
import type { BundleItem } from '../../../engine/bundles/bundle.ts';
import type { Planning } from '../../../engine/bundles/plan-item.ts';
import { fullName, isManual, labelOf } from '../../../engine/people/directory.ts';
import { hoursGiven } from '../../../engine/requests/access-request.ts';
import { approversNow } from '../../../engine/requests/approvers.ts';
import { chosenForApprovalAt, countedStages } from '../../../engine/requests/needs-approval.ts';
import { policyOf, routeOf } from '../../../engine/settings/settings.ts';
import type { Turn } from '../../live/context.ts';
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
  /** Whether the press would do anything. */
  readonly isUseful: boolean;
}

export async function planForm(
  planning: Planning,
  items: readonly BundleItem[],
  turn: Turn,
): Promise<PlannedForm> {
  const planned = await planAll(turn.stores, planning, items);
  const begun = planned.flatMap(({ plan }) =>
    plan.kind === 'request' || plan.kind === 'grant' ? [plan] : [],
  );
  return {
    lines: await Promise.all(planned.map((each) => line(each, planning, turn))),
    facts: factFields(
      await factsAsked(turn.stores, planned),
      await knownOf(planning.person, turn.stores),
    ),
    asksApprovers: begun.some(({ kind }) => kind === 'request'),
    isUseful: begun.length > 0,
  };
}

async function line({ item, plan }: PlannedItem, planning: Planning, turn: Turn): Promise<Text> {
  const { integration } = plan;
  const name = integration ? labelOf(integration) : t`A deleted app`;
  const hours = integration && lengthWords(hoursGiven(item, policyOf(integration)));
  const said = compact([...answersWords(item.answers), hours]);
  return [
    strong(name),
    `: ${[...said, await outcome({ item, plan }, planning, turn)].join(' · ')}`,
  ];
}

async function outcome(
  { item, plan }: PlannedItem,
  { person, by }: Planning,
  { stores, now, installation }: Turn,
): Promise<string> {
  switch (plan.kind) {
    case 'has':
      return person.id === by.id ? t`you have it already` : t`they have it already`;
    case 'left-out':
      return t`left out: ${plan.why}`;
    case 'grant':
      return isManual(plan.integration) ? t`someone grants it by hand` : t`granted at once`;
    case 'request': {
      const route = routeOf(policyOf(plan.integration));
      const isMarked = (await chosenForApprovalAt(stores, plan.integration, item.form)).length > 0;
      if (route.stages.length === 0 && route.cases.length === 0 && !isMarked)
        return t`no approval needed`;
      const { seats } = await approversNow(
        {
          request: { personId: person.id, requestedById: by.id },
          integration: plan.integration,
          counted: await countedStages(route.stages, async () => isMarked),
        },
        stores,
        { now: now(), timeZone: installation.timeZone },
      );
      const names = someNames(
        seats.map(({ approver }) => fullName(approver)),
        NAMED,
      );
      return names === '' ? t`no one can approve it now` : t`goes to ${names}`;
    }
    default:
      return unreachable(plan);
  }
}

/** How many approvers are named. */
const NAMED = 3;

/** There is nothing to press for: each app with the reason. */
export const nothingToDo = (title: string, { lines }: Pick<PlannedForm, 'lines'>): Card =>
  note(title, ...lines);

export const isOutdated = (title: string): Card =>
  note(title, t`The bundle has changed since you opened it. Open it again to see what it has now.`);
