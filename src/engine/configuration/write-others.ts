/** Makes bundles, rules and sequences as their files say, by what chat does. */
import type { BundleItem } from '../bundles/bundle.ts';
import { applyDraft, discardDraft, draftOf } from '../bundles/bundle-draft.ts';
import {
  type BundleChange,
  changeBundle,
  changeItems,
  makeBundle,
} from '../bundles/change-bundle.ts';
import type { ChangedBy } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import {
  addItem as addRuleItem,
  discardDraft as discardRuleDraft,
  editedOf,
  editRule,
  makeRule,
  turnOff,
  turnOn,
} from '../rules/change-rule.ts';
import { addBundle } from '../rules/give-bundle.ts';
import type { ItemRef, Rule } from '../rules/rule.ts';
import type { Answer, RunInputs } from '../runs/run.ts';
import { addItem, changeItem, orderItems, removeItem } from '../sequences/change-items.ts';
import { changeSequence, makeSequence } from '../sequences/change-sequence.ts';
import { changeStarts } from '../sequences/events/change-starts.ts';
import type { ItemEffect, SequenceItem } from '../sequences/sequence.ts';
import type { ChangeResult } from '../work/change-result.ts';
import type { Documents, RuleGrant } from './document.ts';
import { keyText, sameJson } from './normal-form.ts';
import { refuse } from './resolve.ts';
import { derivedAnswers, isBundle } from './things.ts';

interface Writing<T> extends ChangedBy {
  readonly document: T;
}

const value = <T>(result: ChangeResult<T>): T => (result.ok ? result.value : refuse(result.why));

/** @param id undefined: it is new @returns its id @throws {Refused} */
export async function writeBundle(
  tx: Transaction,
  id: string | undefined,
  { document, ...by }: Writing<Documents['bundle']>,
): Promise<string> {
  const { name, description } = document;
  const typed = { name, description, tags: document.tags.join(', ') };
  const bundleOf = (change: BundleChange) => (change.ok ? change.bundle : refuse(change.why));
  let bundle = bundleOf(
    await (id === undefined ? makeBundle(tx, typed, by) : changeBundle(tx, id, { typed, ...by })),
  );
  bundle = bundleOf(await discardDraft(tx, bundle.id, by));
  const version = await tx.bundles.findVersion(bundle.versionId);
  const items: BundleItem[] = [];
  for (const { hours, ...app } of document.apps)
    items.push({
      ...(await answeredApp(tx, app, version?.items ?? [])),
      ...(hours !== undefined && { hours }),
    });
  if (JSON.stringify(version?.items ?? []) === JSON.stringify(items)) return bundle.id;
  bundle = bundleOf(await changeItems(tx, bundle.id, { ...by, change: () => items }));
  const draft = await draftOf(tx, bundle);
  if (draft) bundleOf(await applyDraft(tx, bundle.id, { ...by, seen: draft.key }));
  return bundle.id;
}

interface App {
  readonly integrationId: string;
  readonly form: RunInputs['form'];
  readonly answers?: readonly Answer[] | undefined;
}

/** With the answers as people read them: the file's, those of the same answers before, or what the manifest says. */
async function answeredApp(
  tx: Transaction,
  { integrationId, form, answers }: App,
  before: readonly App[],
): Promise<
  Required<Pick<App, 'integrationId' | 'form'>> & { readonly answers: readonly Answer[] }
> {
  const same = before.find((each) => isSame(each, { integrationId, form }));
  const known = answers ?? same?.answers ?? (await derivedAnswers(tx, integrationId, form));
  return { integrationId, form, answers: known };
}

const isSame = (one: App, other: App): boolean =>
  one.integrationId === other.integrationId && sameJson(one.form, other.form);

/** @param id undefined: it is new @returns its id @throws {Refused} */
export async function writeRule(
  tx: Transaction,
  id: string | undefined,
  { document, ...by }: Writing<Documents['rule']>,
): Promise<string> {
  const { name, matching, conditions, daysBefore, overlapDays } = document;
  const said = { matching, conditions, daysBefore, overlapDays };
  let rule =
    id === undefined
      ? value(await makeRule(tx, { name, definition: said }, by))
      : value(await (document.turnedOn ? discardRuleDraft : turnOff)(tx, id, by));
  const kept: ItemRef[] = [];
  const fresh: RuleGrant[] = [];
  for (const grant of document.grants) {
    const refs = await refsFor(tx, rule, { grant, taken: kept });
    kept.push(...refs);
    if (refs.length === 0) fresh.push(grant);
  }
  const next = { ...said, items: kept };
  if (rule.name !== name || !sameJson(next, editedOf(rule)))
    rule = value(await editRule(tx, rule.id, { name, ...by, change: () => next }));
  for (const grant of fresh)
    rule = value(
      isBundle(grant)
        ? await addBundle(tx, rule.id, { bundleId: grant.bundleId, ...by })
        : await addRuleItem(tx, rule.id, { item: await answeredApp(tx, grant, []), ...by }),
    );
  if (fresh.length > 0 && kept.length > 0) rule = await inOrderOf(tx, rule, { document, ...by });
  if (document.turnedOn) value(await turnOn(tx, rule.id, { seen: rule.version, ...by }));
  return rule.id;
}

/** Its items that grant this already: then nothing changes for those who have it. */
async function refsFor(
  tx: Transaction,
  rule: Rule,
  { grant, taken }: { readonly grant: RuleGrant; readonly taken: readonly ItemRef[] },
): Promise<readonly ItemRef[]> {
  const { items } = editedOf(rule);
  if (isBundle(grant)) return items.filter(({ bundleId }) => bundleId === grant.bundleId);
  for (const ref of items) {
    if (ref.bundleId !== undefined || ref.integrationId !== grant.integrationId) continue;
    if (taken.some(({ id }) => id === ref.id)) continue;
    const item = await tx.rules.findItem(ref.id);
    const isOther =
      grant.answers && JSON.stringify(item?.answers) !== JSON.stringify(grant.answers);
    if (item && isSame(item, grant) && !isOther) return [ref];
  }
  return [];
}

async function inOrderOf(
  tx: Transaction,
  rule: Rule,
  { document, ...by }: Writing<Documents['rule']>,
): Promise<Rule> {
  const items: ItemRef[] = [];
  for (const grant of document.grants)
    items.push(...(await refsFor(tx, rule, { grant, taken: items })));
  if (sameJson(items, editedOf(rule).items)) return rule;
  return value(
    await editRule(tx, rule.id, { ...by, change: (definition) => ({ ...definition, items }) }),
  );
}

/** @param id undefined: it is new @returns its id @throws {Refused} */
export async function writeSequence(
  tx: Transaction,
  id: string | undefined,
  { document, ...by }: Writing<Documents['sequence']>,
): Promise<string> {
  const { name, anchor, turnedOn: isOn, forEveryHire: isForEveryHire } = document;
  const before = id === undefined ? undefined : await tx.sequences.find(id);
  if (before && before.anchor !== anchor)
    refuse(
      "can't be changed; give the sequence a new name, so that it becomes a new one",
      'anchor',
    );
  let sequence = before ?? value(await makeSequence(tx, { name, anchor, isForEveryHire }, by));
  const isDifferent =
    sequence.name !== name || sequence.isOn !== isOn || sequence.isForEveryHire !== isForEveryHire;
  if (isDifferent)
    sequence = value(
      await changeSequence(tx, sequence.id, { change: { name, isOn, isForEveryHire }, ...by }),
    );
  await writeItems(tx, sequence.id, { document: document.items, ...by });
  const starts = await tx.sequenceStarts.of(sequence.id);
  if (sortedTexts(starts) !== sortedTexts(document.startsOn)) {
    const current = await tx.sequences.find(sequence.id);
    if (current) await tx.sequences.save(current); // Its next version, as chat does.
    await changeStarts(tx, sequence, { occasions: document.startsOn, ...by });
  }
  return sequence.id;
}

const sortedTexts = (all: readonly object[]): string =>
  JSON.stringify(all.map((each) => JSON.stringify(each)).toSorted());

type SaidItem = Documents['sequence']['items'][number];

async function writeItems(
  tx: Transaction,
  sequenceId: string,
  { document: said, ...by }: Writing<readonly SaidItem[]>,
): Promise<void> {
  const stored = await tx.sequences.items(sequenceId);
  const matches = matchItems(stored, said);
  for (const item of stored) if (!matches.includes(item)) value(await removeItem(tx, item.id, by));
  const ids: string[] = [];
  for (const [index, { when: timing, does }] of said.entries()) {
    const item = matches[index];
    const effect = await effectOf(tx, does, item);
    if (!item) ids.push(value(await addItem(tx, sequenceId, { timing, does: effect, ...by })).id);
    else ids.push(item.id);
  }
  // What waits for another item comes last: that one may be new, or wait no longer.
  const waitingLast = [...said.entries()].toSorted(
    ([, one], [, other]) =>
      Number(one.waitsFor !== undefined) - Number(other.waitsFor !== undefined),
  );
  for (const [index, { when: timing, does, waitsFor }] of waitingLast) {
    const item = await tx.sequences.findItem(ids[index] ?? '');
    if (!item) continue;
    const waitsForItemId = waitsFor === undefined ? undefined : ids[waitsFor - 1];
    const next = {
      timing,
      does: await effectOf(tx, does, item),
      ...(waitsForItemId && { waitsForItemId }),
    };
    const isSameNow =
      keyText({ timing: item.timing, does: item.does }) === keyText({ timing, does: next.does }) &&
      item.waitsForItemId === waitsForItemId;
    if (isSameNow) continue;
    const changed = await changeItem(tx, item, { ...next, ...by });
    value(changed === 'outdated' ? refuse('has just changed; run it again') : changed);
  }
  const order = (await tx.sequences.items(sequenceId)).map(({ id }) => id);
  if (order.join() !== ids.join()) await orderItems(tx, sequenceId, { ids, ...by });
}

/** For each item of the file the one that it is: one that says the same, else the next one that does the same kind of thing. */
function matchItems(
  stored: readonly SequenceItem[],
  said: readonly SaidItem[],
): readonly (SequenceItem | undefined)[] {
  const left = new Set(stored);
  const take = (fits: (item: SequenceItem) => boolean): SequenceItem | undefined => {
    const found = [...left].find(fits);
    if (found) left.delete(found);
    return found;
  };
  const same = said.map(({ when, does }) =>
    take((item) => keyText(item.timing) === keyText(when) && aboutOf(item.does) === aboutOf(does)),
  );
  return same.map((found, index) => {
    const does = said[index]?.does;
    return found ?? (does && take((item) => isAlike(item.does, does)));
  });
}

type Effect = ItemEffect | SaidItem['does'];

/** Without the answers as people read them. */
function aboutOf(does: Effect): string {
  if (does.kind !== 'grant') return keyText(does);
  return keyText({ kind: does.kind, integrationId: does.integrationId, form: does.form });
}

const isAlike = (one: Effect, other: Effect): boolean =>
  one.kind === other.kind &&
  ('integrationId' in one ? one.integrationId : '') ===
    ('integrationId' in other ? other.integrationId : '');

async function effectOf(
  tx: Transaction,
  does: SaidItem['does'],
  item: SequenceItem | undefined,
): Promise<ItemEffect> {
  if (does.kind !== 'grant') return does;
  const before = item?.does.kind === 'grant' ? [item.does] : [];
  return { kind: does.kind, ...(await answeredApp(tx, does, before)) };
}
