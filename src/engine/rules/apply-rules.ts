/** Evaluates one person: what rules give them, beside the holds that rules have. Evaluating twice changes nothing. */
import { DAY_MS } from '../../core/hours.ts';
import { together } from '../../core/together.ts';
import { type Hold, isOfRule, type RuleHold } from '../access/hold.ts';
import { type Person, SYSTEM } from '../people/directory.ts';
import type { AuditNote, Transaction } from '../ports/unit-of-work.ts';
import { invalidate, personTopic, ruleTopic } from '../work/topics.ts';
import { giveItem } from './give-item.ts';
import {
  exceptionKey,
  type Given,
  itemKey,
  type LoadedRules,
  withoutExceptions,
} from './load-rules.ts';
import { definitionOf, type RuleException, type RuleTrouble } from './rule.ts';

/** Ends and notes that are written together. */
const AT_ONCE = 250;

/** What is known of one person, read in this transaction when they were locked. */
export interface Known {
  /** Open ones. */
  readonly holds: readonly Hold[];
  /** In effect. */
  readonly exceptions: readonly Omit<RuleException, 'reason'>[];
  readonly troubles: readonly RuleTrouble[];
  /** What the rules give them. */
  readonly given: readonly Given[];
}

/** Gives and ends what the rules say of this person now. */
export async function applyRules(
  tx: Transaction,
  person: Person,
  { loaded, holds: open, exceptions, troubles, given }: Known & { readonly loaded: LoadedRules },
): Promise<void> {
  // Their removals end all holds, and someone who comes back is evaluated again, without what went wrong before.
  if (!person.active) {
    for (const trouble of troubles) await tx.ruleTroubles.delete(trouble);
    return;
  }
  const wanted = withoutExceptions(given, exceptions);
  const excepted = new Set(exceptions.map(exceptionKey));
  const holds = open.filter(isOfRule).filter(({ ruleId }) => !loaded.still.has(ruleId));
  const holdOf = new Map(holds.map((hold) => [keyOf(hold), hold]));
  const isWanted = new Set(wanted.map(keyOfGiven));
  for (const trouble of troubles)
    if (!isWanted.has(itemKey(trouble))) await tx.ruleTroubles.delete(trouble);
  const notWanted = holds.filter((hold) => !isWanted.has(keyOf(hold)));
  await letEnd(tx, notWanted, { loaded, isExcepted: (hold) => excepted.has(exceptionKey(hold)) });
  for (const each of wanted) {
    const key = keyOfGiven(each);
    const hold = holdOf.get(key);
    const lasting = hold?.endsAt ? await keepOn(tx, hold, each) : hold;
    const trouble = troubles.find((known) => itemKey(known) === key);
    await giveItem(tx, { person, given: each, hold: lasting, trouble });
  }
}

export const keyOf = ({
  ruleItemId,
  integrationId,
}: Pick<RuleHold, 'ruleItemId' | 'integrationId'>): string =>
  itemKey({ itemId: ruleItemId, integrationId });

export const keyOfGiven = ({ item: { id: itemId, integrationId } }: Given): string =>
  itemKey({ itemId, integrationId });

interface Ending {
  readonly loaded: LoadedRules;
  readonly isExcepted: (hold: RuleHold) => boolean;
}

/** They no longer match: the holds end after the overlap of their rules, or now where an exception says so. */
async function letEnd(
  tx: Transaction,
  holds: readonly RuleHold[],
  { loaded, isExcepted }: Ending,
): Promise<void> {
  const lasting = holds.filter((hold) => !hold.endsAt || isExcepted(hold));
  const off = lasting.map(({ ruleId }) => ruleId).filter((id) => !loaded.byId.has(id));
  const found = off.length === 0 ? [] : await tx.rules.findMany([...new Set(off)]);
  const rules = new Map(found.map((rule) => [rule.id, rule]));
  const notes: AuditNote[] = [];
  const ending = new Map<number, RuleHold[]>();
  for (const hold of lasting) {
    const { personId, integrationId, ruleId } = hold;
    const rule = loaded.byId.get(ruleId) ?? rules.get(ruleId);
    const days = isExcepted(hold) ? 0 : rule ? definitionOf(rule).overlapDays : 0;
    const endsAt = new Date(tx.now.getTime() + days * DAY_MS);
    if (hold.endsAt && hold.endsAt <= endsAt) continue;
    const same = ending.get(endsAt.getTime()) ?? [];
    ending.set(endsAt.getTime(), [...same, hold]);
    const detail = { rule: rule?.name ?? '', ruleId, until: endsAt.toISOString() };
    notes.push({ what: 'rule.ending', actor: SYSTEM, personId, integrationId, detail });
    await invalidateHold(tx, hold);
  }
  await together([
    ...[...ending].flatMap(([at, some]) =>
      inParts(some).map((part) => tx.holds.setEnd(part, new Date(at))),
    ),
    ...inParts(notes).map((part) => tx.auditAll(part)),
  ]);
}

const inParts = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, part) =>
    all.slice(part * AT_ONCE, (part + 1) * AT_ONCE),
  );

/** They match again before the overlap was over: nothing is sent to the app. */
async function keepOn(tx: Transaction, hold: RuleHold, { rule }: Given): Promise<Hold> {
  const { endsAt: _, warnedAt: __, ...rest } = hold;
  const saved = await tx.holds.save(rest);
  const { personId, integrationId } = hold;
  const detail = { rule: rule.name, ruleId: rule.id };
  await tx.audit('rule.kept', { actor: SYSTEM, personId, integrationId, detail });
  await invalidateHold(tx, hold);
  return saved;
}

const invalidateHold = (tx: Transaction, { personId, ruleId }: RuleHold): Promise<void> =>
  invalidate(tx, personTopic(personId), ruleTopic(ruleId));
