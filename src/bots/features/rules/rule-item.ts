/** What a rule gives: an admin picks a bundle, or an app whose form they answer for everyone who matches. */
import { z } from 'zod';
import { hasWords } from '../../../core/fold.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { provisioningIntegrations } from '../../../engine/access/access-overview.ts';
import type { Bundle } from '../../../engine/bundles/bundle.ts';
import { isManual, labelOf } from '../../../engine/people/directory.ts';
import { addItem, editedOf, removeItem } from '../../../engine/rules/change-rule.ts';
import { addBundle, removeBundle } from '../../../engine/rules/give-bundle.ts';
import type { Rule } from '../../../engine/rules/rule.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { type Block, type Card, note, withButtons } from '../../view/card.ts';
import { answersForAnyone, fieldsForAnyone } from '../access/form-for-anyone.ts';
import { refuse } from '../admins.ts';
import { change, unlessFailed } from '../change.ts';
import { listRow } from '../list-card.ts';
import { onPage } from '../paging.ts';
import { type SearchedPicker, searchedPicker, searchedShown } from '../search-picker.ts';
import { wordButton } from '../word-button.ts';
import { ruleFor, ruleTarget, showRule } from './rule-ref.ts';

const pickPayload = searchedShown.extend({ ruleId: z.string() });

type RuleAppPick = z.infer<typeof pickPayload>;

const picker: SearchedPicker<RuleAppPick> = searchedPicker('rule.pick-app', pickPayload, {
  admit: ruleFor,
  card: (shown, { rule, ...turn }) => pickerCard(rule, shown, turn),
});
export const pickForRule = picker.open;
export const searchForRule = picker.search;

const BUNDLES_AT_ONCE = 200;

async function bundlesCalled(
  text: string,
  { bundles }: Turn['stores'],
): Promise<readonly Bundle[]> {
  const found: Bundle[] = [];
  for (;;) {
    const at = { offset: found.length, limit: BUNDLES_AT_ONCE };
    const { items } = await bundles.list(text, at);
    found.push(...items);
    if (items.length < BUNDLES_AT_ONCE) return found;
  }
}

async function pickerCard(rule: Rule, wanted: RuleAppPick, { stores }: Turn): Promise<Card> {
  const { ruleId, page, text = '' } = wanted;
  const bundles = await bundlesCalled(text, stores);
  const given = new Set(editedOf(rule).items.map(({ bundleId }) => bundleId));
  const offered: readonly (() => Block[])[] = [
    ...bundles
      .filter(({ id }) => !given.has(id))
      .map(
        ({ id: bundleId, name }) =>
          () =>
            listRow(name, t`A bundle: the rule follows its changes`, {
              label: t`Grant`,
              about: t`Grant: ${name}`,
              does: giveBundle.with({ ruleId, bundleId }),
            }),
      ),
    ...(await provisioningIntegrations(stores))
      .filter(({ integration }) => integration.enabled && hasWords(integration.name, text))
      .map(
        ({ integration, byHand }) =>
          () =>
            listRow(
              labelOf(integration),
              byHand ? t`Done by hand: it creates a task for each person` : '',
              {
                label: t`Grant…`,
                about: t`Grant: ${integration.name}`,
                does: editRuleItem.with({ ruleId, integrationId: integration.id }),
              },
            ),
      ),
  ];
  if (offered.length === 0 && text === '')
    return withButtons(
      note(t`Nothing to grant yet`, t`No integration that grants access is turned on.`),
      wordButton(t`Integrations`, 'integrations'),
    );
  const shown = onPage(offered, page);
  return {
    title: t`What should ${rule.name} grant?`,
    blocks: [
      ...shown.items.flatMap((row) => row()),
      ...picker.foot(
        shown,
        wanted,
        plural(offered.length, {
          one: t`1 app or bundle`,
          other: t`${sayNumber(offered.length)} apps and bundles`,
        }),
      ),
    ],
  };
}

/** With an item it takes that one's place. */
export const editRuleItem = formAction({
  id: 'rule.item',
  payload: ruleTarget.extend({ integrationId: z.string(), itemId: z.string().optional() }),
  admit: ruleFor,
  title: () => t`What the rule grants`,
  submitLabel: () => t`Save`,

  async fields({ integrationId, itemId }, { rule, ...turn }) {
    const integration = await turn.stores.integrations.find(integrationId);
    if (!integration || integration.deletedAt) return { refused: gone() };
    const before = itemId === undefined ? undefined : await turn.stores.rules.findItem(itemId);
    const fields = await fieldsForAnyone(integration, before?.form ?? {}, turn);
    return {
      title: integration.name,
      intro: [
        isManual(integration)
          ? t`Done by hand: this creates a task for each person.`
          : Object.keys(fields).length === 0
            ? t`Everyone who matches ${rule.name} gets ${integration.name}. There is nothing to fill in.`
            : t`Your answers here apply to everyone who matches ${rule.name}.`,
      ],
      fields,
    };
  },

  async submit(values, { ruleId, integrationId, itemId }, { shown, ...turn }) {
    const integration = await turn.stores.integrations.find(integrationId);
    if (!integration || integration.deletedAt) return refuse(gone());
    const item = { integrationId, ...answersForAnyone(values, shown) };
    const saved = await change(turn, (tx, by) =>
      addItem(tx, ruleId, { ...by, item, instead: itemId }),
    );
    return unlessFailed(saved, t`Nothing changed`, showRule(ruleId));
  },
});

export const removeRuleItem = buttonAction({
  id: 'rule.remove-item',
  payload: ruleTarget.extend({ itemId: z.string() }),
  admit: ruleFor,

  async handle({ ruleId, itemId }, turn): Promise<Reply> {
    const saved = await change(turn, (tx, by) => removeItem(tx, ruleId, { ...by, itemId }));
    return unlessFailed(saved, t`Nothing was removed`);
  },
});

export const giveBundle = buttonAction({
  id: 'rule.give-bundle',
  payload: ruleTarget.extend({ bundleId: z.string() }),
  admit: ruleFor,

  async handle({ ruleId, bundleId }, turn): Promise<Reply> {
    const saved = await change(turn, (tx, by) => addBundle(tx, ruleId, { ...by, bundleId }));
    return unlessFailed(saved, t`Nothing changed`, showRule(ruleId));
  },
});

export const removeRuleBundle = buttonAction({
  id: 'rule.remove-bundle',
  payload: ruleTarget.extend({ bundleId: z.string() }),
  admit: ruleFor,

  async handle({ ruleId, bundleId }, turn): Promise<Reply> {
    const saved = await change(turn, (tx, by) => removeBundle(tx, ruleId, { ...by, bundleId }));
    return unlessFailed(saved, t`Nothing was removed`);
  },
});

const gone = () => note(t`This integration has been deleted`, t`Choose another one for the rule.`);
