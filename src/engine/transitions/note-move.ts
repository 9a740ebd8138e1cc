/** Notes that a field of a person changed, before the rules are evaluated for them: what it was, and what rules gave them until then. */
import type { Json } from '../../core/json.ts';
import { isOfRule } from '../access/hold.ts';
import type { Person } from '../people/directory.ts';
import { knownFacts } from '../people/stored-values.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { directoryFields, personFields, type RuleField } from '../rules/condition.ts';
import type { EventOf } from '../work/events.ts';
import { invalidate, personTopic } from '../work/topics.ts';
import { notifyReaders, replaceTransition } from './follow.ts';
import type { ChangedField, Transition } from './transition.ts';

/** Of a value that an import brings. */
const LONGEST_VALUE = 200;

/**
 * In the transaction of the change. A change that only fills what was empty begins none: a first import would begin one for
 * everyone. What follows is in `follow.ts`.
 */
export async function noteMove(tx: Transaction, change: EventOf<'person-changed'>): Promise<void> {
  const { before, person } = change;
  if (!before.active) return;
  const [current] = await currentOf(tx, change);
  if (!person.active) {
    if (current) await replaceTransition(tx, current);
    return;
  }
  const changed = changedBetween(change);
  if (changed.length === 0) return;
  if (current) return join(tx, { current, person, before }, changed);
  if (!changed.some(({ from }) => from !== undefined) || !(await tx.rules.any())) return;
  const holds = (await tx.holds.openOf(person.id)).filter(isOfRule);
  await tx.transitions.insert({
    id: tx.newId(),
    version: 1,
    personId: person.id,
    kind: 'mover',
    state: 'noted',
    fields: changed,
    heldBefore: distinct(holds.flatMap((hold) => (hold.endsAt ? [] : hold.integrationId))),
    formerManagerIds: formerManagers(before, person),
    notifiedIds: [],
    beganAt: tx.now,
    followedAt: tx.now,
  });
}

/** Most changes are of no field that a rule compares, and of someone who has no transition. */
const currentOf = async (
  tx: Transaction,
  { person, fields, stored }: EventOf<'person-changed'>,
): Promise<readonly Transition[]> =>
  fields.includes('active') ||
  stored.length > 0 ||
  directoryFields.some((each) => fields.includes(personFields[each]))
    ? tx.transitions.currentOf([person.id])
    : [];

/** Another change while one is noted or open: the card shows the first value and the newest. */
async function join(
  tx: Transaction,
  {
    current,
    person,
    before,
  }: { readonly current: Transition } & Record<'person' | 'before', Person>,
  changed: readonly ChangedField[],
): Promise<void> {
  const known = new Map<RuleField, ChangedField>(current.fields.map((each) => [each.field, each]));
  for (const each of changed)
    known.set(each.field, { ...each, from: (known.get(each.field) ?? each).from });
  const fields = [...known.values()].filter(({ from, to }) => from !== to);
  // Where the manager of before is the manager again, the one in between was a mistake.
  const isOthers = fields.some(({ field }) => field === 'manager');
  const former = isOthers ? [...current.formerManagerIds, ...formerManagers(before, person)] : [];
  const joined = await tx.transitions.save({
    ...current,
    fields,
    formerManagerIds: distinct(former).filter((id) => id !== person.managerId),
  });
  await invalidate(tx, personTopic(person.id));
  if (joined.state === 'open') await notifyReaders(tx, joined, person);
}

const formerManagers = (before: Person, person: Person): readonly string[] =>
  before.managerId === undefined || before.managerId === person.managerId ? [] : [before.managerId];

function changedBetween({
  before,
  person,
  fields,
  stored,
}: EventOf<'person-changed'>): readonly ChangedField[] {
  return [
    ...directoryFields
      .filter((field) => fields.includes(personFields[field]))
      .map((field) => ({
        field,
        from: before[personFields[field]],
        to: person[personFields[field]],
      })),
    ...stored.map((name) => ({
      field: `stored:${name}` as const,
      from: wordsOf(knownFacts(before)[name]),
      to: wordsOf(knownFacts(person)[name]),
    })),
  ];
}

/** Lists and objects are compared as text, too, and shown by their beginning. */
function wordsOf(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.slice(0, LONGEST_VALUE);
}

const distinct = (all: readonly string[]): readonly string[] => [...new Set(all)];
