/** One rule: whom it matches, what it gives, what it would change, and buttons for all of it. */
import { compact } from '../../../core/compact.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { withItems } from '../../../engine/bundles/offered-bundles.ts';
import { answerLine } from '../../../engine/integrations/form.ts';
import {
  notSetUpWords,
  statesOf,
  type WithState,
} from '../../../engine/integrations/integration-state.ts';
import { type Integration, labelOf } from '../../../engine/people/directory.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import { editedOf, unreadDraft } from '../../../engine/rules/change-rule.ts';
import { conditionWords } from '../../../engine/rules/condition-words.ts';
import { missingValues } from '../../../engine/rules/load-rules.ts';
import {
  type ItemRef,
  isReadable,
  type Rule,
  type RuleDefinition,
} from '../../../engine/rules/rule.ts';
import { missingInFull } from '../../../engine/rules/still-rules.ts';
import type { Unread } from '../../../engine/work/unread.ts';
import type { Reader } from '../../live/context.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  type Fact,
  factList,
  muted,
  paragraph,
  rich,
  strong,
} from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { appsWords, countApps } from '../bundles/bundle-words.ts';
import { openBundle } from '../bundles/bundles-list.ts';
import { openIntegration } from '../integrations/integrations-list.ts';
import { openButton } from '../list-card.ts';
import { managedByFiles } from '../managed-by-files.ts';
import { countPeople } from '../people/person-words.ts';
import { onlyReadersCan } from '../whom-to-ask.ts';
import { editCondition, removeCondition } from './edit-condition.ts';
import { deleteRule, discardRuleDraft, editRule, turnRuleOff, turnRuleOn } from './edit-rule.ts';
import { openExceptions } from './rule-exceptions.ts';
import { openImpact } from './rule-impact.ts';
import { editRuleItem, pickForRule, removeRuleBundle, removeRuleItem } from './rule-item.ts';
import { deletedRule, ruleRefs } from './rule-ref.ts';
import { standingWords } from './rule-words.ts';

export const ruleCard = liveCard({
  ...ruleRefs,

  async render({ ruleId }, context: Reader): Promise<Card> {
    const { stores, reader } = context;
    if (!maySeeSetUp(reader)) return onlyReadersCan(t`You can't see rules any more`, context);
    const rule = await stores.rules.find(ruleId);
    if (!rule || rule.deletedAt) return deletedRule(rule);
    const edited = editedOf(rule);
    const single = edited.items.filter(({ bundleId }) => bundleId === undefined);
    const [bundles, apps] = await Promise.all([
      bundleRows(bundleIdsIn(edited), rule, context),
      appsOf(single, stores),
    ]);
    const items = await Promise.all(
      single.map((item) => itemRow(item, rule, { app: apps.get(item.integrationId), stores })),
    );
    return {
      title: rule.name,
      blocks: compact([
        factList(await facts(rule, edited, context)),
        ...(await managedByFiles(stores, 'rule', ruleId)),
        rule.draft && draftNote(rule.draft),
        ...(await standsStill(rule, edited, context)),
        { kind: 'divider' },
        muted(whoMatches(edited)),
        ...edited.conditions.map((_, index) => conditionRow(rule, index)),
        muted(whatTheyGet(edited)),
        ...bundles,
        ...items.flat(),
        { kind: 'divider' },
        ...buttonRow(mainButtons(rule), moreButtons(rule)),
      ]),
    };
  },
});

async function facts(
  rule: Rule,
  { daysBefore, overlapDays }: RuleDefinition,
  { stores, now }: Reader,
): Promise<readonly Fact[]> {
  const [people, { total: exceptions }] = await Promise.all([
    stores.holds.countOfRule(rule.id),
    stores.ruleExceptions.ofRule(rule.id, now(), { offset: 0, limit: 1 }),
  ]);
  return compact([
    [t`Status`, standingWords(rule)],
    [t`Has it now`, people === 0 ? t`no one yet` : countPeople(people)],
    exceptions > 0 && [t`Exceptions`, countPeople(exceptions)],
    [t`Begins`, beginWords(daysBefore)],
    [t`Access stays`, overlapWords(overlapDays)],
  ]);
}

const beginWords = (days: number): string =>
  days === 0
    ? t`on someone's first day`
    : plural(days, {
        one: t`1 day before someone's first day`,
        other: t`${sayNumber(days)} days before someone's first day`,
      });

const overlapWords = (days: number): string =>
  days === 0
    ? t`until someone no longer matches`
    : plural(days, {
        one: t`1 day after someone no longer matches`,
        other: t`${sayNumber(days)} days after someone no longer matches`,
      });

const draftNote = (draft: RuleDefinition | Unread): Block =>
  paragraph(
    draft === 'unread'
      ? unreadDraft()
      : rich`${strong(t`Your changes aren't applied yet.`)} The rule below includes them. Press "Apply changes…" to see what they do, then apply them.`,
  );

/** Why it does nothing, and the way to what is missing. */
async function standsStill(
  rule: Rule,
  edited: RuleDefinition,
  { stores }: Reader,
): Promise<readonly Block[]> {
  if (!isReadable(rule))
    return [
      paragraph(
        rich`${strong(t`This rule stands still.`)} What is stored about it can't be read, so it grants nothing and removes nothing. Add its conditions and apps again, then apply them.`,
      ),
    ];
  const missing = (await missingValues(stores))(edited);
  if (missing.length === 0) return [];
  const why = await Promise.all(missing.map((each) => missingInFull(stores, each)));
  const from = new Map(missing.flatMap((each) => (each.from ? [[each.from.id, each.from]] : [])));
  return [
    paragraph(
      rich`${strong(t`This rule stands still.`)} It grants nothing and removes nothing until an import has brought what it compares. ${why.join(' ')}`,
    ),
    ...buttonRow(
      [...from.values()].map(({ id: integrationId, name }) =>
        openButton(name, openIntegration.with({ integrationId })),
      ),
    ),
  ];
}

function whoMatches({ conditions, matching }: RuleDefinition): string {
  if (conditions.length === 0) return t`No one matches yet. Add a condition.`;
  if (conditions.length === 1) return t`People match when this is true:`;
  return matching === 'all'
    ? t`People match when all of these are true:`
    : t`People match when at least one of these is true:`;
}

const whatTheyGet = ({ items }: RuleDefinition): string =>
  items.length === 0 ? t`They get nothing yet. Add an app or a bundle.` : t`They get:`;

const bundleIdsIn = ({ items }: RuleDefinition): readonly string[] => [
  ...new Set(items.flatMap(({ bundleId }) => bundleId ?? [])),
];

async function bundleRows(
  ids: readonly string[],
  { id: ruleId }: Rule,
  { stores }: Reader,
): Promise<Block[]> {
  const found = ids.length === 0 ? [] : await stores.bundles.findMany(ids);
  const read = new Map((await withItems(found, stores)).map((each) => [each.bundle.id, each]));
  return ids.map((bundleId) => {
    const listed = read.get(bundleId);
    const name = listed?.bundle.name ?? t`a deleted bundle`;
    return {
      kind: 'row',
      text: [strong(name)],
      detail: [t`bundle · ${listed ? appsWords(listed) : countApps(0)}`],
      buttons: [openButton(name, openBundle.with({ bundleId }))],
      more: [
        {
          label: t`Remove`,
          about: t`Remove: ${name}`,
          does: removeRuleBundle.with({ ruleId, bundleId }),
        },
      ],
    };
  });
}

function conditionRow(rule: Rule, index: number): Block {
  const condition = editedOf(rule).conditions[index];
  const target = { ruleId: rule.id, index, version: rule.version };
  const words = condition ? conditionWords(condition) : '';
  return {
    kind: 'row',
    text: [strong(words)],
    buttons: [{ label: t`Edit…`, about: t`Edit: ${words}`, does: editCondition.with(target) }],
    more: [{ label: t`Remove`, about: t`Remove: ${words}`, does: removeCondition.with(target) }],
  };
}

function whyClosed({ enabled, deletedAt, deletingSince }: Integration): string | undefined {
  if (deletedAt) return t`Deleted from Latchkey`;
  if (deletingSince) return t`is being deleted`;
  return enabled ? undefined : t`turned off, so it isn't granted now`;
}

async function appsOf(
  items: readonly ItemRef[],
  stores: Reader['stores'],
): Promise<ReadonlyMap<string, WithState>> {
  const ids = items.map(({ integrationId }) => integrationId);
  const states = await statesOf(stores, await stores.integrations.findMany(ids));
  return new Map(states.map((each) => [each.integration.id, each]));
}

async function itemRow(
  { id: itemId, integrationId }: ItemRef,
  { id: ruleId }: Rule,
  { app, stores }: { readonly app: WithState | undefined; readonly stores: Reader['stores'] },
): Promise<Block[]> {
  const item = await stores.rules.findItem(itemId);
  const integration = app?.integration;
  const name = integration ? labelOf(integration) : t`a deleted integration`;
  const answers = item?.answers.map(answerLine) ?? [];
  const detail = compact([
    ...answers,
    integration && whyClosed(integration),
    app && notSetUpWords(app),
  ]);
  return [
    {
      kind: 'row',
      text: [strong(name)],
      detail: detail.length > 0 ? [detail.join(' · ')] : undefined,
      buttons: [
        {
          label: t`Edit…`,
          about: t`Edit: ${name}`,
          does: editRuleItem.with({ ruleId, integrationId, itemId }),
        },
      ],
      more: [
        {
          label: t`Remove`,
          about: t`Remove: ${name}`,
          does: removeRuleItem.with({ ruleId, itemId }),
        },
      ],
    },
  ];
}

function mainButtons(rule: Rule): Button[] {
  const { id: ruleId, version, isOn, draft } = rule;
  const isReady = editedOf(rule).conditions.length > 0 && editedOf(rule).items.length > 0;
  return compact([
    isReady &&
      (!isOn || draft) && {
        label: isOn ? t`Apply changes…` : t`Turn on…`,
        tone: 'primary',
        does: turnRuleOn.with({ ruleId, version }),
      },
    { label: t`Who gains and loses…`, does: openImpact.with({ of: 'rule', id: ruleId }) },
    { label: t`Add a condition…`, does: editCondition.with({ ruleId, version }) },
    { label: t`Add an app or a bundle…`, does: pickForRule.with({ ruleId, page: 0 }) },
  ]);
}

const moreButtons = ({ id: ruleId, isOn, draft }: Rule): Button[] =>
  compact([
    { label: t`Edit name and days…`, does: editRule.with({ ruleId }) },
    { label: t`Exceptions`, does: openExceptions.with({ ruleId, page: 0 }) },
    draft && { label: t`Discard changes`, does: discardRuleDraft.with({ ruleId }) },
    isOn && { label: t`Turn off…`, does: turnRuleOff.with({ ruleId }) },
    { label: t`Delete…`, does: deleteRule.with({ ruleId }) },
  ]);
