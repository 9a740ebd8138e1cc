/**
 * Making, changing, turning on and off, and deleting rules. A rule that is on gets a draft, which counts once an admin has seen
 * what it would do and applies it.
 */
import { t } from '../../core/translate.ts';
import type { ChangedBy } from '../people/directory.ts';
import { readEmail } from '../people/person-details.ts';
import type { AuditedAct, Stores, Transaction } from '../ports/unit-of-work.ts';
import { chosenForApprovalAt } from '../requests/needs-approval.ts';
import { changeOf, shortened } from '../work/audit-details.ts';
import { type ChangeResult, done, failed, readName } from '../work/change-result.ts';
import { bundleTopic, invalidate, ruleTopic } from '../work/topics.ts';
import { auditedChange, auditedDefinition } from './audited-definition.ts';
import type { Condition } from './condition.ts';
import { noteEveryone } from './note-people.ts';
import {
  definitionOf,
  draftOf,
  LONGEST_VALUE,
  MAX_CONDITIONS,
  MAX_DAYS_BEFORE,
  MAX_ITEMS,
  MAX_OVERLAP_DAYS,
  MAX_RULES,
  MAX_VALUES,
  type Rule,
  type RuleDefinition,
  type RuleItem,
} from './rule.ts';

export type RuleChange = ChangeResult<Rule>;

export const LONGEST_NAME = 80;

/** A rule that is off and gives nothing yet. */
export async function makeRule(
  tx: Transaction,
  wanted: { readonly name: string; readonly definition: Omit<RuleDefinition, 'items'> },
  { actor }: ChangedBy,
): Promise<RuleChange> {
  const name = nameFrom(wanted.name);
  if (!name.ok) return name;
  const problem = problemOf({ ...wanted.definition, items: [] });
  if (problem !== undefined) return failed(problem);
  const { total } = await tx.rules.list('', { offset: 0, limit: 1 });
  if (total >= MAX_RULES)
    return failed(t`There can be at most ${MAX_RULES} rules. Delete one that you no longer need.`);
  const rule: Rule = {
    id: tx.newId(),
    version: 1,
    name: name.value,
    isOn: false,
    definition: { ...wanted.definition, items: [] },
    madeBy: actor,
    createdAt: tx.now,
  };
  if ((await tx.rules.insert(rule)) === 'taken') return taken(tx, rule.name);
  await tx.audit('rule.made', {
    actor,
    detail: {
      ruleId: rule.id,
      rule: rule.name,
      ...shortened(await auditedDefinition(tx, definitionOf(rule), { items: [] })),
    },
  });
  return done(rule);
}

/** What an admin edits: the draft of a rule that is on, else the rule itself, as where the draft can't be read. */
export const editedOf = (rule: Rule): RuleDefinition => draftOf(rule) ?? definitionOf(rule);

/**
 * Changes the rule, or the draft where it is on.
 * @param seen the version that the change was made for, where it counts places in a list
 * @throws {StaleWrite} if someone else changes it at the same moment
 */
export async function editRule(
  tx: Transaction,
  id: string,
  {
    name: typed,
    change: next,
    seen,
    actor,
  }: ChangedBy & {
    readonly name?: string;
    readonly seen?: number;
    readonly change?: (definition: RuleDefinition) => RuleDefinition;
  },
): Promise<RuleChange> {
  const rule = await current(tx, id);
  if (!rule) return gone();
  if (seen !== undefined && rule.version !== seen) return justChanged();
  const name = nameFrom(typed ?? rule.name);
  if (!name.ok) return name;
  const other = await tx.rules.findByName(name.value);
  if (other && other.id !== id) return taken(tx, name.value);
  const before = editedOf(rule);
  const edited = next ? next(before) : before;
  const problem = problemOf(edited);
  if (problem !== undefined) return failed(problem);
  const isSame = JSON.stringify(edited) === JSON.stringify(before);
  const saved = await tx.rules.save({
    ...rule,
    name: name.value,
    ...(!isSame && (rule.isOn ? { draft: edited } : { definition: edited })),
  });
  const change = await auditedChange(tx, before, edited);
  const detail = { ...changeOf({ name: rule.name }, { name: saved.name }), ...change };
  return noteChange(tx, saved, { actor, was: rule, what: 'rule.changed', detail });
}

/** An item with these answers. @param instead the item that it replaces: if someone has changed or removed it, that is an error */
export async function addItem(
  tx: Transaction,
  ruleId: string,
  {
    item,
    instead,
    ...by
  }: ChangedBy & {
    readonly item: Pick<RuleItem, 'integrationId' | 'form' | 'answers'>;
    readonly instead?: string;
  },
): Promise<RuleChange> {
  const added: RuleItem = { ...item, id: tx.newId(), ruleId };
  const { id, integrationId } = added;
  const rule = await current(tx, ruleId);
  if (rule && instead !== undefined && !editedOf(rule).items.some((each) => each.id === instead))
    return justChanged();
  const edited = await editRule(tx, ruleId, {
    ...by,
    change: ({ items, ...rest }) => ({
      ...rest,
      items: [...items.filter((each) => each.id !== instead), { id, integrationId }],
    }),
  });
  if (!edited.ok) return edited;
  await tx.rules.insertItem(added);
  return edited;
}

export const removeItem = (
  tx: Transaction,
  ruleId: string,
  { itemId, ...by }: ChangedBy & { readonly itemId: string },
): Promise<RuleChange> =>
  editRule(tx, ruleId, {
    ...by,
    change: ({ items, ...rest }) => ({ ...rest, items: items.filter(({ id }) => id !== itemId) }),
  });

/**
 * Turns it on, or applies its draft. An admin's press is the OK for options that need approval: the audit log names them.
 * @param seen the version whose outcome the admin was shown
 */
export async function turnOn(
  tx: Transaction,
  id: string,
  { seen, actor }: ChangedBy & { readonly seen: number },
): Promise<RuleChange> {
  const rule = await current(tx, id);
  if (!rule) return gone();
  if (rule.version !== seen) return justChanged();
  const { draft, ...rest } = rule;
  if (rule.isOn && !draft) return done(rule);
  if (draft === 'unread') return failed(unreadDraft());
  const definition = editedOf(rule);
  if (definition.conditions.length === 0)
    return failed(t`It has no condition yet, so no one would match. Add one first.`);
  if (definition.items.length === 0) return failed(t`It grants nothing yet. Add an app first.`);
  const saved = await tx.rules.save({ ...rest, isOn: true, definition });
  await noteEveryone(tx);
  const approved = (await optionsToApprove(tx, definition)).join(', ');
  return noteChange(tx, saved, {
    actor,
    was: rule,
    what: rule.isOn ? 'rule.applied' : 'rule.on',
    detail: {
      ...(rule.isOn
        ? await auditedChange(tx, definitionOf(rule), definition)
        : shortened(await auditedDefinition(tx, definition, { items: [] }))),
      ...(approved !== '' && { approved }),
    },
  });
}

export const unreadDraft = (): string =>
  t`Its changes that aren't applied yet can't be read. Discard them, or change the rule again.`;

/** The labels of chosen options that need approval. */
export async function optionsToApprove(
  stores: Pick<Stores, 'rules' | 'integrations'>,
  { items }: RuleDefinition,
): Promise<readonly string[]> {
  const labels: string[] = [];
  for (const { id, integrationId } of items) {
    const item = await stores.rules.findItem(id);
    if (item) labels.push(...(await chosenForApprovalAt(stores, { id: integrationId }, item.form)));
  }
  return [...new Set(labels)];
}

/** What it holds ends after the overlap. Its draft is dropped. */
export async function turnOff(tx: Transaction, id: string, by: ChangedBy): Promise<RuleChange> {
  const rule = await current(tx, id);
  if (!rule) return gone();
  if (!rule.isOn) return done(rule);
  const { draft: _, ...rest } = rule;
  const saved = await tx.rules.save({ ...rest, isOn: false });
  await noteEveryone(tx);
  return noteChange(tx, saved, { ...by, was: rule, what: 'rule.off' });
}

export async function discardDraft(
  tx: Transaction,
  id: string,
  by: ChangedBy,
): Promise<RuleChange> {
  const rule = await current(tx, id);
  if (!rule) return gone();
  const { draft, ...rest } = rule;
  if (!draft) return done(rule);
  return noteChange(tx, await tx.rules.save(rest), { ...by, was: rule, what: 'rule.discarded' });
}

/** What it holds ends after the overlap. Its name is free again. */
export async function deleteRule(tx: Transaction, id: string, by: ChangedBy): Promise<RuleChange> {
  const rule = await current(tx, id);
  if (!rule) return gone();
  const { draft: _, ...rest } = rule;
  const saved = await tx.rules.save({ ...rest, isOn: false, deletedAt: tx.now });
  await noteEveryone(tx);
  return noteChange(tx, saved, { ...by, was: rule, what: 'rule.deleted' });
}

async function current(tx: Transaction, id: string): Promise<Rule | undefined> {
  const rule = await tx.rules.find(id);
  return rule?.deletedAt ? undefined : rule;
}

async function noteChange(
  tx: Transaction,
  rule: Rule,
  { actor, was, what, detail = {} }: AuditedAct & { readonly was: Rule },
): Promise<RuleChange> {
  await tx.audit(what, { actor, detail: { ruleId: rule.id, rule: rule.name, ...detail } });
  const items = [was, rule].flatMap((each) => [definitionOf(each), editedOf(each)]);
  // The cards of bundles name the rules that give them.
  const bundles = new Set(
    items.flatMap((each) => each.items).flatMap((each) => each.bundleId ?? []),
  );
  await invalidate(tx, ruleTopic(rule.id), ...[...bundles].map(bundleTopic));
  return done(rule);
}

const nameFrom = (typed: string): ChangeResult<string> =>
  readName(typed, { maxLength: LONGEST_NAME, isMissing: () => t`A rule needs a name.` });

/** A sentence for people; undefined where the definition may be stored. */
export function problemOf({
  conditions,
  daysBefore,
  overlapDays,
  items,
}: RuleDefinition): string | undefined {
  if (conditions.length > MAX_CONDITIONS)
    return t`A rule can have at most ${MAX_CONDITIONS} conditions.`;
  const given = new Set(items.map(({ id, bundleId }) => bundleId ?? id));
  if (given.size > MAX_ITEMS)
    return t`A rule can grant at most ${MAX_ITEMS} apps and bundles. Create a second rule for the rest.`;
  if (!isBetween(daysBefore, MAX_DAYS_BEFORE))
    return t`Days before the first day: a whole number from 0 to ${MAX_DAYS_BEFORE}.`;
  if (!isBetween(overlapDays, MAX_OVERLAP_DAYS))
    return t`Days that access stays: a whole number from 0 to ${MAX_OVERLAP_DAYS}.`;
  return conditions.map(conditionProblem).find((each) => each !== undefined);
}

const isBetween = (days: number, most: number): boolean =>
  Number.isInteger(days) && days >= 0 && days <= most;

/** A sentence for people; undefined where the condition may be stored. */
export function conditionProblem({ field, comparison, values }: Condition): string | undefined {
  if (values.length === 0) return t`Needs a value to compare with.`;
  if (values.length > MAX_VALUES) return t`At most ${MAX_VALUES} values.`;
  if (comparison !== 'one-of' && values.length > 1) return t`This comparison takes one value.`;
  const long = values.find((value) => value.length > LONGEST_VALUE);
  if (long !== undefined)
    return t`At most ${LONGEST_VALUE} characters in a value; one has ${long.length}.`;
  const wrong = values.find((value) => readEmail(value) === undefined);
  if (
    field === 'manager' &&
    (comparison === 'is' || comparison === 'one-of') &&
    wrong !== undefined
  )
    return t`${wrong} isn't an email address. Managers are compared by their address.`;
  return undefined;
}

const justChanged = () => failed(t`Someone just changed this rule. Check it, then try again.`);
const gone = () => failed(t`It has been deleted. Press Rules on Home to see the others.`);
/** Says the name of the other one, whose capitals may differ from what was typed. */
async function taken(tx: Transaction, typed: string): Promise<RuleChange> {
  const name = (await tx.rules.findByName(typed))?.name ?? typed;
  return failed(t`Another rule is called ${name}. Choose another name.`);
}
