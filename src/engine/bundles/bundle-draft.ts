/** The draft of a bundle that rules give: what it would change for whom, applying it, discarding it. */
import { fingerprint } from '../../core/sha256.ts';
import type { ChangedBy } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { chosenForApprovalAt } from '../requests/needs-approval.ts';
import { followBundle, following, givesNow } from '../rules/give-bundle.ts';
import type { RuleChanging } from '../rules/impact.ts';
import { noteEveryone } from '../rules/note-people.ts';
import { definitionOf } from '../rules/rule.ts';
import type { Bundle, BundleItem } from './bundle.ts';
import {
  appsChange,
  type BundleChange,
  current,
  gone,
  justChanged,
  noteChange,
} from './change-bundle.ts';

export interface BundleDraft {
  readonly before: readonly BundleItem[];
  readonly items: readonly BundleItem[];
  /** The rules that are on and give it, as they are and as they would be. */
  readonly rules: readonly RuleChanging[];
  /** The labels of options that need approval among its answers. */
  readonly approved: readonly string[];
  /** Of the draft and of these rules, as they were shown. */
  readonly key: string;
}

/** Undefined where there is no draft. */
export async function draftOf(stores: Stores, bundle: Bundle): Promise<BundleDraft | undefined> {
  const { id: bundleId, versionId, draftVersionId } = bundle;
  if (draftVersionId === undefined) return undefined;
  const now = await stores.bundles.findVersion(versionId);
  const draft = await stores.bundles.findVersion(draftVersionId);
  if (!now || !draft) return undefined;
  const [before, items] = [now.items, draft.items];
  const giving = await stores.rules.giving(bundleId);
  const rules = giving
    .filter((rule) => givesNow(rule, bundleId))
    .map((rule): RuleChanging => {
      let made = 0;
      const newId = () => `new ${(made += 1)}`;
      const { next } = following(rule, { bundleId, before, items }, newId);
      return { rule, next: definitionOf(next) };
    });
  return {
    before,
    items,
    rules,
    approved: await optionsIn(stores, items),
    key: keyOf(bundle, rules),
  };
}

async function optionsIn(
  stores: Pick<Stores, 'integrations'>,
  items: readonly BundleItem[],
): Promise<readonly string[]> {
  const labels: string[] = [];
  for (const { integrationId: id, form } of items)
    labels.push(...(await chosenForApprovalAt(stores, { id }, form)));
  return [...new Set(labels)];
}

const keyOf = ({ draftVersionId }: Bundle, rules: readonly RuleChanging[]): string =>
  fingerprint(
    JSON.stringify([draftVersionId, ...rules.map(({ rule }) => [rule.id, rule.version])]),
  );

/**
 * The draft counts: new requests take it, and rules give it. An admin's press is the OK for options that need approval: the audit
 * log names them.
 * @param seen the key of what the admin was shown
 */
export async function applyDraft(
  tx: Transaction,
  id: string,
  { seen, actor }: ChangedBy & { readonly seen: string },
): Promise<BundleChange> {
  const bundle = await current(tx, id);
  if (!bundle) return gone();
  const draft = await draftOf(tx, bundle);
  if (draft?.key !== seen || bundle.draftVersionId === undefined) return justChanged();
  const { draftVersionId: versionId, ...rest } = bundle;
  const saved = await tx.bundles.save({ ...rest, versionId });
  await followBundle(tx, { bundleId: id, before: draft.before, items: draft.items });
  await noteEveryone(tx);
  await noteChange(tx, saved, {
    actor,
    what: 'bundle.applied',
    detail: {
      items: draft.items.length,
      ...(await appsChange(tx, draft.before, draft.items)),
      rules: draft.rules.map(({ rule }) => rule.name).join(', '),
      ...(draft.approved.length > 0 && { approved: draft.approved.join(', ') }),
    },
  });
  return { ok: true, bundle: saved };
}

/** What counts stays as it is. */
export async function discardDraft(
  tx: Transaction,
  id: string,
  by: ChangedBy,
): Promise<BundleChange> {
  const bundle = await current(tx, id);
  if (!bundle) return gone();
  const { draftVersionId, ...rest } = bundle;
  if (draftVersionId === undefined) return { ok: true, bundle };
  const saved = await tx.bundles.save(rest);
  await tx.bundles.deleteVersion(draftVersionId);
  await noteChange(tx, saved, { ...by, what: 'bundle.discarded' });
  return { ok: true, bundle: saved };
}
