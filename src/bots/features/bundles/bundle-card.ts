/** One bundle: what it is, its apps in order, and buttons for all changes. For admins. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import type { Bundle, BundleItem } from '../../../engine/bundles/bundle.ts';
import { type BundleDraft, draftOf } from '../../../engine/bundles/bundle-draft.ts';
import { editedVersion, moveItem, removeItem } from '../../../engine/bundles/change-bundle.ts';
import { type Integration, isManual, labelOf } from '../../../engine/people/directory.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import type { Rule } from '../../../engine/rules/rule.ts';
import type { Reader } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  type Fact,
  factList,
  muted,
  note,
  paragraph,
  type Row,
  rich,
  strong,
  withButtons,
} from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { change, unlessFailed } from '../change.ts';
import { managedByFiles } from '../managed-by-files.ts';
import { onPage, pageButtons, turnPage, withPage } from '../paging.ts';
import { openImpact } from '../rules/rule-impact.ts';
import { someNames } from '../some-names.ts';
import { onlyReadersCan } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';
import { applyBundle, discardBundleDraft } from './apply-bundle.ts';
import { bundleItem, pickForBundle } from './bundle-item.ts';
import { bundleForAdmin, bundlePayload, bundleRefs, bundleTarget } from './bundle-ref.ts';
import { answersWords, countApps, lengthWords, ROWS } from './bundle-words.ts';
import { deleteBundle, editBundle } from './edit-bundle.ts';

export const bundleCard = liveCard({
  ...bundleRefs,

  async render({ bundleId, page }, { stores, reader }: Reader): Promise<Card> {
    const bundle = await stores.bundles.find(bundleId);
    if (!maySeeSetUp(reader))
      return onlyReadersCan(t`You can't see bundles any more`, { stores, reader });
    const version = bundle && (await editedVersion(stores, bundle));
    if (!bundle || !version || bundle.deletedAt)
      return withButtons(
        note(t`${bundle?.name ?? t`This bundle`} was deleted`),
        wordButton(t`Bundles`, 'bundles'),
      );
    const { items } = version;
    const [rules, draft] = await Promise.all([
      stores.rules.giving(bundleId),
      draftOf(stores, bundle),
    ]);
    const shown = onPage(items, page, ROWS);
    const integrations = await stores.integrations.findMany(
      shown.items.map(({ integrationId }) => integrationId),
    );
    return {
      title: bundle.name,
      blocks: compact([
        ...factsOf(bundle, rules),
        ...(await managedByFiles(stores, 'bundle', bundleId)),
        draft && draftNote(),
        muted(
          items.length === 0
            ? t`It has no apps yet, so no one can request it. Add one.`
            : withPage(countApps(items.length), shown),
        ),
        ...shown.items.map((item) =>
          itemRow(item, {
            bundle,
            items,
            integration: integrations.find(({ id }) => id === item.integrationId),
          }),
        ),
        ...buttonRow(pageButtons(shown, (to) => turnBundlePage.with({ bundleId, page: to }))),
        { kind: 'divider' },
        ...buttonRow([
          ...(draft ? draftButtons(bundleId, draft) : []),
          {
            label: t`Add an app…`,
            tone: items.length === 0 ? 'primary' : undefined,
            does: pickForBundle.with({ bundleId, page: 0 }),
          },
          { label: t`Edit…`, does: editBundle.with({ bundleId }) },
          draft && { label: t`Discard changes`, does: discardBundleDraft.with({ bundleId }) },
          { label: t`Delete…`, does: deleteBundle.with({ bundleId }) },
        ]),
      ]),
    };
  },
});

export const turnBundlePage = turnPage(
  { id: 'bundle.page', payload: bundlePayload, right: 'see the set-up' },
  bundleCard,
);

function factsOf({ description, tags }: Bundle, rules: readonly Rule[]): Card['blocks'] {
  const facts: Fact[] = compact([
    description && [t`Description`, description],
    tags.length > 0 && [t`Tags`, tags.join(', ')],
    rules.length > 0 && [t`Granted by`, ruleNames(rules)],
  ]);
  return facts.length > 0 ? [factList(facts)] : [];
}

/** Rules that are named. */
const NAMED = 5;

const ruleNames = (rules: readonly Rule[]): string =>
  someNames(
    rules.map(({ name, isOn }) => (isOn ? name : t`${name} (off)`)),
    NAMED,
  );

const draftNote = (): Block =>
  paragraph(
    rich`${strong(t`Your changes aren't applied yet.`)} A rule grants this bundle. Press "Apply changes…" to see who gains and loses what, then apply them.`,
  );

const draftButtons = (bundleId: string, { key }: BundleDraft): Button[] => [
  { label: t`Apply changes…`, tone: 'primary', does: applyBundle.with({ bundleId, key }) },
  { label: t`Who gains and loses…`, does: openImpact.with({ of: 'bundle', id: bundleId }) },
];

function itemRow(
  { integrationId, answers, hours }: BundleItem,
  {
    bundle: { id: bundleId },
    items,
    integration,
  }: {
    readonly bundle: Bundle;
    readonly items: readonly BundleItem[];
    readonly integration: Integration | undefined;
  },
): Row {
  const index = items.findIndex((each) => each.integrationId === integrationId);
  const target = { bundleId, integrationId };
  const move = (direction: 'up' | 'down', label: string): Button => ({
    label,
    does: moveBundleItem.with({ ...target, direction }),
  });
  const standing = !integration || integration.deletedAt ? t`deleted` : t`turned off`;
  const isUsable = integration?.enabled && !integration.deletedAt;
  return {
    kind: 'row',
    text: [strong(integration ? labelOf(integration) : t`A deleted app`)],
    detail: [
      compact([
        ...answersWords(answers),
        lengthWords(hours),
        integration && isManual(integration) && t`granted by hand`,
        !isUsable && standing,
      ]).join(' · '),
    ],
    buttons: isUsable
      ? [{ label: t`Edit…`, does: bundleItem.with({ ...target, edits: true }) }]
      : [],
    more: compact([
      { label: t`Remove`, does: removeBundleItem.with(target) },
      index > 0 && move('up', t`Move up`),
      index + 1 < items.length && move('down', t`Move down`),
    ]),
  };
}

const oneItem = bundleTarget.extend({ integrationId: z.string() });

export const moveBundleItem = buttonAction({
  id: 'bundle.move-item',
  payload: oneItem.extend({ direction: z.enum(['up', 'down']) }),
  admit: bundleForAdmin(() => t`change bundles`),

  async handle({ bundleId, ...move }, turn): Promise<Reply> {
    const moved = await change(turn, (tx, by) => moveItem(tx, bundleId, { ...move, ...by }));
    return unlessFailed(moved, t`Nothing was moved`);
  },
});

export const removeBundleItem = buttonAction({
  id: 'bundle.remove-item',
  payload: oneItem,
  admit: bundleForAdmin(() => t`change bundles`),

  async handle({ bundleId, integrationId }, turn): Promise<Reply> {
    const removed = await change(turn, (tx, by) =>
      removeItem(tx, bundleId, { integrationId, ...by }),
    );
    return unlessFailed(removed, t`Nothing was removed`);
  },
});
