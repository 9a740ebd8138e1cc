/**
 * Rules that give bundles. Such a rule has an item for each app of the bundle, and these follow the bundle. So holds, exceptions,
 * troubles and the evaluation know items alone. Why: docs/decisions/0102-rules-copy-the-items-of-bundles.md.
 */
import { t } from '../../core/translate.ts';
import { hasSameAnswers } from '../access/deferred-grants.ts';
import type { BundleItem } from '../bundles/bundle.ts';
import type { ChangedBy } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { failed } from '../work/change-result.ts';
import { invalidate, ruleTopic } from '../work/topics.ts';
import type { Unread } from '../work/unread.ts';
import { editedOf, editRule, type RuleChange } from './change-rule.ts';
import {
  definitionOf,
  draftOf,
  type ItemRef,
  type Rule,
  type RuleDefinition,
  type RuleItem,
} from './rule.ts';

const isOf =
  (bundleId: string) =>
  (item: ItemRef): boolean =>
    item.bundleId === bundleId;

/** Whether people have it by this rule now: its draft doesn't count. */
export const givesNow = (rule: Rule, bundleId: string): boolean =>
  rule.isOn && definitionOf(rule).items.some(isOf(bundleId));

/** The rule gives the bundle as it is now. @throws {StaleWrite} where someone changes either at the same moment */
export async function addBundle(
  tx: Transaction,
  ruleId: string,
  { bundleId, ...by }: ChangedBy & { readonly bundleId: string },
): Promise<RuleChange> {
  const [rule, bundle] = [await tx.rules.find(ruleId), await tx.bundles.find(bundleId)];
  const version = bundle && (await tx.bundles.findVersion(bundle.versionId));
  if (!bundle || !version || bundle.deletedAt)
    return failed(t`This bundle has been deleted. Choose another one.`);
  if (version.items.length === 0)
    return failed(
      t`${bundle.name} has no apps yet, so it would grant nothing. Add its apps first.`,
    );
  // Where it was taken out of the draft and comes back, the items stay: nothing changes for those who have them.
  const known = rule ? definitionOf(rule).items.filter(isOf(bundleId)) : [];
  const isGiven = rule !== undefined && editedOf(rule).items.some(isOf(bundleId));
  const made =
    isGiven || known.length > 0
      ? []
      : version.items.map((item) => itemOf(item, { id: tx.newId(), ruleId, bundleId }));
  const refs = isGiven ? [] : [...known, ...made.map(refOf)];
  const edited = await editRule(tx, ruleId, {
    ...by,
    change: ({ items, ...rest }) => ({ ...rest, items: [...items, ...refs] }),
  });
  if (!edited.ok) return edited;
  for (const item of made) await tx.rules.insertItem(item);
  await tx.bundles.save(bundle); // A change of its apps at the same moment would not know of this rule.
  return edited;
}

export const removeBundle = (
  tx: Transaction,
  ruleId: string,
  { bundleId, ...by }: ChangedBy & { readonly bundleId: string },
): Promise<RuleChange> =>
  editRule(tx, ruleId, {
    ...by,
    change: ({ items, ...rest }) => ({
      ...rest,
      items: items.filter((each) => !isOf(bundleId)(each)),
    }),
  });

/** The items of a bundle before and after a change. */
export interface BundleItems {
  readonly bundleId: string;
  readonly before: readonly BundleItem[];
  readonly items: readonly BundleItem[];
}

/** Whether rules give the same: the order and the days don't count. */
export const givesTheSame = ({ before, items }: Omit<BundleItems, 'bundleId'>): boolean =>
  before.length === items.length && items.every((item) => isAmong(before, item));

/** All rules that give the bundle give these items. @throws {StaleWrite} where someone changes a rule at the same moment */
export async function followBundle(tx: Transaction, change: BundleItems): Promise<void> {
  if (givesTheSame(change)) return;
  for (const rule of await tx.rules.giving(change.bundleId)) {
    const { next, made } = following(rule, change, tx.newId);
    // What can't be read may name the bundle, too, and stays as it is.
    if (next.definition === rule.definition && next.draft === rule.draft) continue;
    await tx.rules.save(next);
    for (const item of made) await tx.rules.insertItem(item);
    await invalidate(tx, ruleTopic(rule.id));
  }
}

export interface Followed {
  readonly next: Rule;
  /** Items that are new. */
  readonly made: readonly RuleItem[];
}

/** The rule as it is when the bundle has these items. An app with the same answers keeps its item, so nothing changes for anyone. */
export function following(
  rule: Rule,
  { bundleId, before, items }: BundleItems,
  newId: () => string,
): Followed {
  const known = [definitionOf(rule), draftOf(rule)]
    .flatMap((each) => each?.items ?? [])
    .filter(isOf(bundleId));
  const made: RuleItem[] = [];
  const refs = items.map((item) => {
    const ref = known.find(({ integrationId }) => integrationId === item.integrationId);
    if (ref && isAmong(before, item)) return ref;
    const fresh = itemOf(item, { id: newId(), ruleId: rule.id, bundleId });
    made.push(fresh);
    return refOf(fresh);
  });
  const swapped = (definition: RuleDefinition | Unread): RuleDefinition | Unread => {
    if (definition === 'unread') return definition;
    const at = definition.items.findIndex(isOf(bundleId));
    if (at === -1) return definition;
    const others = definition.items.filter((each) => !isOf(bundleId)(each));
    return { ...definition, items: others.toSpliced(at, 0, ...refs) };
  };
  const { draft, definition } = rule;
  const next = {
    ...rule,
    definition: swapped(definition),
    ...(draft && { draft: swapped(draft) }),
  };
  return { next, made };
}

/** With the same answers. */
const isAmong = (items: readonly BundleItem[], { integrationId, form }: BundleItem): boolean =>
  items.some((each) => each.integrationId === integrationId && hasSameAnswers(each.form, form));

const itemOf = (
  { integrationId, form, answers }: BundleItem,
  of: Pick<RuleItem, 'id' | 'ruleId' | 'bundleId'>,
): RuleItem => ({ ...of, integrationId, form, answers });

const refOf = ({ id, integrationId, bundleId }: RuleItem): ItemRef => ({
  id,
  integrationId,
  bundleId,
});
