/** Who approves requests for an integration: a row for each stage and each case, and buttons to change, try and apply them. */
import { capitalised } from '../../../core/capitalised.ts';
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { editedRoute } from '../../../engine/integrations/change-route.ts';
import { fullName, type Integration } from '../../../engine/people/directory.ts';
import { mayAt } from '../../../engine/people/permission.ts';
import { namesIn } from '../../../engine/requests/policy-words.ts';
import {
  conditionOfCase,
  type NameOf,
  stageWords,
  whenWords,
} from '../../../engine/requests/route-words.ts';
import { conditionWords } from '../../../engine/rules/condition-words.ts';
import type { Route, Stage } from '../../../engine/settings/route.ts';
import { settingsOf } from '../../../engine/settings/settings.ts';
import type { Reader } from '../../live/context.ts';
import type { ActionCall } from '../../view/action-call.ts';
import {
  type Block,
  buttonRow,
  type Card,
  factList,
  muted,
  note,
  paragraph,
  rich,
  strong,
} from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { offered } from '../../view/offered.ts';
import { managedByFiles } from '../managed-by-files.ts';
import { someNames } from '../some-names.ts';
import { appNotSeen } from '../whom-to-ask.ts';
import { applyPolicy, discardPolicy, setOwners } from './apply-policy.ts';
import { editCase, moveCaseUp, removeCase } from './edit-case.ts';
import { editGroupCondition, removePolicyCondition } from './edit-condition.ts';
import { editStage, groupIn, moveStageUp, removeStage } from './edit-stage.ts';
import { policyRefs } from './policy-ref.ts';
import { tryPolicy } from './try-policy.ts';

/** How many owners are named. */
const NAMED = 5;

export const policyCard = liveCard({
  ...policyRefs,

  async render({ integrationId }, { stores, reader }: Reader): Promise<Card> {
    const integration = await stores.integrations.find(integrationId);
    if (!mayAt(reader, 'see app', integration ?? {}))
      return appNotSeen(t`You can't see this any more`, { stores, reader }, integration);
    if (!integration || integration.deletedAt)
      return note(
        t`This integration was deleted`,
        t`What it granted is still in the activity list.`,
      );
    const route = editedRoute(integration);
    const nameOf = await namesIn(route, stores);
    const { ownerIds = [], routeDraft } = settingsOf(integration);
    const owners = await stores.people.findMany(ownerIds);
    const names = someNames(owners.map(fullName), NAMED);
    const hasDraft = routeDraft !== undefined;
    const card: Card = {
      title: t`Who approves ${integration.name}`,
      blocks: compact([
        factList([[t`Owners`, names || t`no one yet`]]),
        ...(await managedByFiles(stores, 'integration', integrationId)),
        hasDraft && draftNote(),
        { kind: 'divider' },
        ...casesBlocks(route, { integration, nameOf }),
        muted(stagesHeading(route)),
        ...stageRows(route.stages, { integration, nameOf }),
        { kind: 'divider' },
        ...buttonsOf(integration, hasDraft),
      ]),
    };
    return mayAt(reader, 'change approvers', integration) ? card : offered(card, () => false);
  },
});

interface PolicyContext {
  readonly integration: Integration;
  readonly nameOf: NameOf;
}

const draftNote = (): Block =>
  paragraph(
    rich`${strong(t`Your changes aren't applied yet.`)} This card includes them. Try them with a person, then press "Apply changes…".`,
  );

function stagesHeading({ cases, stages }: Route): string {
  if (cases.length > 0)
    return stages.length === 0
      ? t`All other requests are approved automatically.`
      : t`For all other requests:`;
  return stages.length === 0 ? t`Requests are approved automatically.` : t`For each request:`;
}

function casesBlocks({ cases }: Route, shown: PolicyContext): readonly Block[] {
  return cases.flatMap((each, index): Block[] => {
    const when = t`If ${whenWords(each, shown.nameOf)}`;
    const { id: integrationId, version } = shown.integration;
    const target = { integrationId, version, index };
    return [
      {
        kind: 'row',
        text: [strong(when)],
        detail: [each.stages.length === 0 ? t`approved automatically` : t`goes to:`],
        buttons: [
          {
            label: t`Add a stage…`,
            about: t`Add a stage: ${when}`,
            does: editStage.with({ integrationId, version, inCase: index }),
          },
        ],
        more: compact([
          each.when.length === 1 && {
            label: t`Edit the condition…`,
            about: t`Edit the condition: ${when}`,
            does: editCase.with({ ...target, at: 0 }),
          },
          {
            label: t`Add a condition…`,
            about: t`Add a condition: ${when}`,
            does: editCase.with(target),
          },
          index > 0 && {
            label: t`Move up`,
            about: t`Move up: ${when}`,
            does: moveCaseUp.with(target),
          },
          { label: t`Remove`, about: t`Remove: ${when}`, does: removeCase.with(target) },
        ]),
      },
      ...conditionRows(
        each.when.map((one, at) => ({
          words: conditionOfCase(one, shown.nameOf),
          edit: editCase.with({ ...target, at }),
          remove: removePolicyCondition.with({ integrationId, version, inCase: index, at }),
        })),
      ),
      ...stageRows(each.stages, shown, index),
    ];
  });
}

interface ConditionRow {
  readonly words: string;
  readonly edit: ActionCall;
  readonly remove: ActionCall;
}

/** One condition stands in the sentence of its case or stage, and is edited there. */
const conditionRows = (rows: readonly ConditionRow[]): readonly Block[] =>
  rows.length < 2
    ? []
    : rows.map(({ words, edit, remove }) => ({
        kind: 'row',
        text: [t`Condition: ${words}`],
        buttons: [{ label: t`Edit…`, about: t`Edit: ${words}`, does: edit }],
        more: [{ label: t`Remove`, about: t`Remove: ${words}`, does: remove }],
      }));

const stageRows = (
  stages: readonly Stage[],
  { integration: { id: integrationId, version }, nameOf }: PolicyContext,
  inCase?: number,
): readonly Block[] =>
  stages.flatMap((stage, index): readonly Block[] => {
    const words = stageWords(stage, index, { nameOf });
    const target = { integrationId, version, inCase, index };
    const group = groupIn(stage);
    return [
      {
        kind: 'row',
        text: [`${index + 1}. ${capitalised(words)}`],
        buttons: [{ label: t`Edit…`, about: t`Edit: ${words}`, does: editStage.with(target) }],
        more: compact([
          group && {
            label: t`Add a condition…`,
            about: t`Add a condition: ${words}`,
            does: editGroupCondition.with(target),
          },
          index > 0 && {
            label: t`Move up`,
            about: t`Move up: ${words}`,
            does: moveStageUp.with(target),
          },
          { label: t`Remove`, about: t`Remove: ${words}`, does: removeStage.with(target) },
        ]),
      },
      ...conditionRows(
        (group?.conditions ?? []).map((one, at) => ({
          words: conditionWords(one),
          edit: editGroupCondition.with({ ...target, at }),
          remove: removePolicyCondition.with({ ...target, at }),
        })),
      ),
    ];
  });

function buttonsOf({ id: integrationId, version }: Integration, hasDraft: boolean): Block[] {
  const target = { integrationId, version };
  return buttonRow(
    [
      hasDraft && { label: t`Apply changes…`, tone: 'primary', does: applyPolicy.with(target) },
      { label: t`Try with a person…`, does: tryPolicy.with({ integrationId }) },
      { label: t`Add a stage…`, does: editStage.with(target) },
      { label: t`Add a case…`, does: editCase.with(target) },
    ],
    compact([
      { label: t`Owners…`, does: setOwners.with({ integrationId }) },
      hasDraft && { label: t`Discard changes`, does: discardPolicy.with({ integrationId }) },
    ]),
  );
}
