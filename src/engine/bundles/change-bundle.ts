/**
 * Making, changing and deleting bundles. Each change of the items makes a new version; what was requested keeps its own. Where a
 * rule gives the bundle, a change of what people have by it is a draft, until an admin applies it.
 */
import { hoursWords } from '../../core/hours.ts';
import { plural, t } from '../../core/translate.ts';
import type { ChangedBy } from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { AuditNote, Stores, Transaction } from '../ports/unit-of-work.ts';
import { followBundle, givesNow, givesTheSame } from '../rules/give-bundle.ts';
import type { Rule } from '../rules/rule.ts';
import { changeOf } from '../work/audit-details.ts';
import type { AuditWhat } from '../work/audit-words.ts';
import { readName } from '../work/change-result.ts';
import { bundleTopic, invalidate } from '../work/topics.ts';
import type { Bundle, BundleItem, BundleVersion } from './bundle.ts';

/** A list shows no more of a name, and a button of Slack has 75 characters. */
export const LONGEST_NAME = 60;
export const LONGEST_DESCRIPTION = 300;
export const MAX_TAGS = 10;
export const LONGEST_TAG = 30;
/** Its request is one press for all of them. More are two bundles. */
export const MAX_ITEMS = 20;

export type BundleChange =
  | { readonly ok: true; readonly bundle: Bundle }
  /** Nothing was stored. `why` is a sentence for people; `field` says what it is about, where it is about one. */
  | { readonly ok: false; readonly why: string; readonly field?: keyof BundleText };

/** As it was typed. */
export interface BundleText {
  readonly name: string;
  readonly description: string;
  /** Separated by commas. */
  readonly tags: string;
}

/** Makes a bundle without items: nobody can request it yet. */
export async function makeBundle(
  tx: Transaction,
  typed: BundleText,
  by: ChangedBy,
): Promise<BundleChange> {
  const read = readText(typed);
  if (!read.ok) return read;
  const versionId = tx.newId();
  const bundle: Bundle = {
    id: tx.newId(),
    version: 1,
    ...read.text,
    versionId,
    createdAt: tx.now,
  };
  if ((await tx.bundles.insert(bundle)) === 'taken') return taken(tx, bundle.name);
  await tx.bundles.insertVersion({
    id: versionId,
    bundleId: bundle.id,
    number: 1,
    items: [],
    savedBy: by.actor,
    createdAt: tx.now,
  });
  await noteChange(tx, bundle, { ...by, what: 'bundle.made' });
  return { ok: true, bundle };
}

/** @throws {StaleWrite} if someone else changes it at the same moment */
export async function changeBundle(
  tx: Transaction,
  id: string,
  { typed, ...by }: ChangedBy & { readonly typed: BundleText },
): Promise<BundleChange> {
  const bundle = await current(tx, id);
  if (!bundle) return gone();
  const read = readText(typed);
  if (!read.ok) return read;
  const other = await tx.bundles.findByName(read.text.name);
  if (other && other.id !== id) return taken(tx, read.text.name);
  const saved = await tx.bundles.save({ ...bundle, ...read.text });
  await noteChange(tx, saved, { ...by, detail: changeOf(textOf(bundle), textOf(saved)) });
  return { ok: true, bundle: saved };
}

/** Nobody can request it any more. Open requests go on, and what was granted stays. Refused while a rule gives it. @throws {StaleWrite} */
export async function deleteBundle(
  tx: Transaction,
  id: string,
  by: ChangedBy,
): Promise<BundleChange> {
  const bundle = await current(tx, id);
  if (!bundle) return gone();
  const rules = await tx.rules.giving(id);
  if (rules.length > 0) return { ok: false, why: whyNotDeleted(bundle, rules) };
  const deleted = await tx.bundles.save({ ...bundle, deletedAt: tx.now });
  await noteChange(tx, deleted, { ...by, what: 'bundle.deleted' });
  return { ok: true, bundle: deleted };
}

export function whyNotDeleted({ name }: Bundle, rules: readonly Rule[]): string {
  const names = rules.map((rule) => rule.name).join(', ');
  return plural(rules.length, {
    one: t`The rule ${names} grants ${name}. Take the bundle out of the rule, then delete it.`,
    other: t`The rules ${names} grant ${name}. Take the bundle out of them, then delete it.`,
  });
}

/**
 * Adds the item at the end, or replaces the one of the same integration.
 * @param seen the bundle as the admin saw it: if someone has changed it since, nothing changes
 * @throws {StaleWrite}
 */
export const putItem = (
  tx: Transaction,
  id: string,
  { item, seen, ...by }: ChangedBy & { readonly item: BundleItem; readonly seen?: Bundle },
): Promise<BundleChange> =>
  changeItems(tx, id, {
    ...by,
    seen,
    change: (items) =>
      items.some(({ integrationId }) => integrationId === item.integrationId)
        ? items.map((each) => (each.integrationId === item.integrationId ? item : each))
        : [...items, item],
  });

/** One place up or down in the list. @throws {StaleWrite} */
export const moveItem = (
  tx: Transaction,
  id: string,
  {
    integrationId,
    direction,
    ...by
  }: ChangedBy & { readonly integrationId: string; readonly direction: 'up' | 'down' },
): Promise<BundleChange> =>
  changeItems(tx, id, {
    ...by,
    change: (items) => {
      const from = items.findIndex((each) => each.integrationId === integrationId);
      const to = direction === 'up' ? from - 1 : from + 1;
      const [moved, other] = [items[from], items[to]];
      if (!moved || !other) return items;
      return items.with(from, other).with(to, moved);
    },
  });

/** @throws {StaleWrite} */
export const removeItem = (
  tx: Transaction,
  id: string,
  { integrationId, ...by }: ChangedBy & { readonly integrationId: string },
): Promise<BundleChange> =>
  changeItems(tx, id, {
    ...by,
    change: (items) => items.filter((each) => each.integrationId !== integrationId),
  });

/** The items as an admin changes them: those of the draft, where there is one. */
export async function editedVersion(
  { bundles }: Pick<Stores, 'bundles'>,
  { versionId, draftVersionId }: Bundle,
): Promise<BundleVersion | undefined> {
  return bundles.findVersion(draftVersionId ?? versionId);
}

/**
 * Changes the items at once, or in a draft where that changes what people have by a rule. All changes come this way.
 * @throws {StaleWrite} if someone else changes it, or a rule that gives it, at the same moment
 */
export async function changeItems(
  tx: Transaction,
  id: string,
  {
    change,
    seen,
    actor,
  }: ChangedBy & {
    readonly change: (items: readonly BundleItem[]) => readonly BundleItem[];
    readonly seen?: Bundle | undefined;
  },
): Promise<BundleChange> {
  const bundle = await current(tx, id);
  const now = bundle && (await tx.bundles.findVersion(bundle.versionId));
  const edited = bundle && (await editedVersion(tx, bundle));
  if (!bundle || !now || !edited) return gone();
  if (seen && seen.version !== bundle.version) return justChanged();
  const items = change(edited.items);
  const rules = await tx.rules.giving(id);
  const why = problemOf(items, rules);
  if (why !== undefined) return { ok: false, why };
  const { draftVersionId } = bundle;
  const isGiven = rules.some((rule) => givesNow(rule, id));
  const waits =
    draftVersionId !== undefined || (isGiven && !givesTheSame({ before: now.items, items }));
  const versionId = tx.newId();
  // Two changes at once would both make the next number: the second one is a `StaleWrite` here.
  const saved = await tx.bundles.save({
    ...bundle,
    ...(waits ? { draftVersionId: versionId } : { versionId }),
  });
  if (draftVersionId !== undefined) await tx.bundles.deleteVersion(draftVersionId);
  await tx.bundles.insertVersion({
    id: versionId,
    bundleId: id,
    number: now.number + 1,
    items,
    savedBy: actor,
    createdAt: tx.now,
  });
  if (!waits) await followBundle(tx, { bundleId: id, before: now.items, items });
  const apps = await appsChange(tx, edited.items, items);
  await noteChange(tx, saved, { actor, detail: { items: items.length, ...apps } });
  return { ok: true, bundle: saved };
}

/** A sentence for people; undefined where a version may have these items. */
function problemOf(items: readonly BundleItem[], rules: readonly Rule[]): string | undefined {
  if (items.length > MAX_ITEMS)
    return t`A bundle can have at most ${MAX_ITEMS} apps. Create a second one for the rest.`;
  const [rule] = rules;
  return items.length === 0 && rule
    ? t`The rule ${rule.name} grants this bundle, so one app has to stay. Take the bundle out of the rule first.`
    : undefined;
}

export const justChanged = (): Extract<BundleChange, { readonly ok: false }> => ({
  ok: false,
  why: t`Someone has just changed this bundle, or a rule that grants it. Check it, then press again.`,
});

export async function current(tx: Transaction, id: string): Promise<Bundle | undefined> {
  const bundle = await tx.bundles.find(id);
  return bundle?.deletedAt ? undefined : bundle;
}

/** @param detail more for the audit log */
export async function noteChange(
  tx: Transaction,
  { id, name }: Bundle,
  {
    what = 'bundle.changed',
    actor,
    detail,
  }: ChangedBy & {
    readonly what?: AuditWhat;
    readonly detail?: AuditNote['detail'];
  },
): Promise<void> {
  await tx.audit(what, { actor, detail: { bundleId: id, bundle: name, ...detail } });
  await invalidate(tx, bundleTopic(id));
}

const textOf = ({ name, description, tags }: Bundle) => ({
  name,
  description,
  tags: tags.join(', '),
});

/** For the audit log. */
export const appsChange = async (
  tx: Transaction,
  before: readonly BundleItem[],
  items: readonly BundleItem[],
) =>
  changeOf({ apps: await appsWords(tx, before, []) }, { apps: await appsWords(tx, items, before) });

/** @param before an app that was in it with other answers says so */
function appsWords(
  tx: Transaction,
  items: readonly BundleItem[],
  before: readonly BundleItem[],
): Promise<string> {
  return inWorkspaceLocale(tx, async () => {
    const integrations = await tx.integrations.findMany(items.map((each) => each.integrationId));
    const apps = items.map(({ integrationId, hours, form }) => {
      const name = integrations.find((each) => each.id === integrationId)?.name ?? integrationId;
      const was = before.find((each) => each.integrationId === integrationId);
      const isOther = was && JSON.stringify(was.form) !== JSON.stringify(form);
      const said = isOther ? t`${name} with other answers` : name;
      return hours === undefined ? said : `${said} (${hoursWords(hours)})`;
    });
    return apps.join(', ') || t`none`;
  });
}

type ReadText =
  | { readonly ok: true; readonly text: Pick<Bundle, 'name' | 'description' | 'tags'> }
  | Extract<BundleChange, { readonly ok: false }>;

function readText(typed: BundleText): ReadText {
  const name = readName(typed.name, {
    maxLength: LONGEST_NAME,
    isMissing: () => t`A bundle needs a name.`,
  });
  if (!name.ok) return { ...name, field: 'name' };
  const description = typed.description.trim();
  const tags = [...new Set(typed.tags.split(',').map(inOneLine).filter(Boolean))];
  if (description.length > LONGEST_DESCRIPTION)
    return tooLong('description', description, LONGEST_DESCRIPTION);
  if (tags.length > MAX_TAGS)
    return {
      ok: false,
      field: 'tags',
      why: t`At most ${MAX_TAGS} tags; these are ${tags.length}.`,
    };
  const longTag = tags.find(({ length }) => length > LONGEST_TAG);
  if (longTag !== undefined) return tooLong('tags', longTag, LONGEST_TAG);
  return { ok: true, text: { name: name.value, description, tags } };
}

const inOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

const tooLong = (field: keyof BundleText, { length }: string, most: number) =>
  ({ ok: false, field, why: t`At most ${most} characters; this has ${length}.` }) as const;

/** Says the name of the other one, whose capitals may differ from what was typed. */
async function taken(tx: Transaction, typed: string): Promise<BundleChange> {
  const name = (await tx.bundles.findByName(typed))?.name ?? typed;
  return {
    ok: false,
    field: 'name',
    why: t`Another bundle is called ${name}. Choose another name.`,
  };
}

export const gone = () =>
  ({
    ok: false,
    why: t`It has been deleted. Integrations on Home, then Bundles, shows the others.`,
  }) as const;
