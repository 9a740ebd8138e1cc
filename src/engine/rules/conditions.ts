/** Who matches a rule: pure, and fast enough for 200 rules and 50,000 people at once. */
import { addDays, dayIn } from '../../core/days.ts';
import { fold } from '../../core/fold.ts';
import type { Json } from '../../core/json.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Person } from '../people/directory.ts';
import { type PersonWithFacts } from '../people/stored-values.ts';
import type { Addresses } from './addresses.ts';
import { type Condition, isStored, type RuleField, storedName } from './condition.ts';
import { definitionOf, type Rule, type RuleDefinition } from './rule.ts';

/** Of a person's own texts: longer ones are compared by their beginning. */
const COMPARED_CHARACTERS = 500;
/** Of a list that an import brings. */
const COMPARED_ENTRIES = 100;

/** What conditions compare, apart from the person. */
export interface MatchContext {
  /** The import that brings each stored value, by name. What anything else wrote under that name doesn't count. */
  readonly writers: ReadonlyMap<string, string>;
  /** Of managers, and of the people themselves, where a condition compares theirs. */
  readonly addresses: Addresses;
  /** The day where that person is. */
  readonly today: (person: Person) => string;
}

export interface CompiledRule {
  readonly rule: Rule;
  readonly matches: (facts: PersonFacts) => boolean;
}

/** A person's fields in the form in which they are compared, each read once. */
export interface PersonFacts {
  readonly person: PersonWithFacts;
  readonly today: string;
  /** Folded; none for an empty field, several for a list. */
  of(field: RuleField): readonly string[];
  /** False for a stored value that no import brings, or none has brought yet: not having it says nothing about anyone. */
  isKnown(field: RuleField): boolean;
}

export function factsOf(person: PersonWithFacts, context: MatchContext): PersonFacts {
  const known = new Map<RuleField, readonly string[]>();
  return {
    person,
    today: context.today(person),
    isKnown: (field) => !isStored(field) || context.writers.has(storedName(field)),
    of(field) {
      const before = known.get(field);
      if (before) return before;
      const read = textsOf(person, field, context).map(comparable).filter(Boolean);
      known.set(field, read);
      return read;
    },
  };
}

/** Each zone's day is computed once: thousands of people share a few zones. */
export function todayIn(timeZone: string, now: Date): MatchContext['today'] {
  const days = new Map<string, string>();
  return ({ timeZone: own = timeZone }) => {
    const before = days.get(own);
    if (before !== undefined) return before;
    const day = dayIn(own, now);
    days.set(own, day);
    return day;
  };
}

const comparable = (text: string): string => fold(text.slice(0, COMPARED_CHARACTERS)).trim();

function textsOf(
  person: PersonWithFacts,
  field: RuleField,
  { writers, addresses }: MatchContext,
): readonly string[] {
  switch (field) {
    case 'department':
      return [person.department ?? ''];
    case 'position':
      return [person.position ?? ''];
    case 'manager':
      return addresses.get(person.managerId ?? '') ?? [];
    case 'email':
      return addresses.get(person.id) ?? [person.email];
    case 'role':
      return [person.role];
    case 'time-zone':
      return [person.timeZone ?? ''];
    default: {
      const name = storedName(field);
      const writer = person.storedBy?.[name];
      // An own name of an object literal, so that `constructor` is nothing.
      if (!Object.hasOwn(person.stored, name) || writer === undefined) return [];
      return writer === writers.get(name) ? textsIn(person.stored[name]) : [];
    }
  }
}

/** Texts, numbers and yes or no; of a list each of them. Objects are no text. */
function textsIn(value: Json | undefined): readonly string[] {
  if (Array.isArray(value)) return value.slice(0, COMPARED_ENTRIES).flatMap(textOf);
  return textOf(value);
}

const textOf = (value: Json | undefined): readonly string[] =>
  value === null || value === undefined || typeof value === 'object' ? [] : [String(value)];

export const compileRule = (rule: Rule): CompiledRule => ({
  rule,
  matches: compile(definitionOf(rule)),
});

export function compile(definition: RuleDefinition): (facts: PersonFacts) => boolean {
  const holds = compileConditions(definition);
  const isNear = nearness(definition.daysBefore);
  return (facts) => isNear(facts) && holds(facts);
}

/** Without any condition nobody matches. */
export function compileConditions({
  matching,
  conditions,
}: Pick<RuleDefinition, 'matching' | 'conditions'>): (facts: PersonFacts) => boolean {
  const tests = conditions.map(compileCondition);
  if (tests.length === 0) return () => false;
  return matching === 'all'
    ? (facts) => tests.every((test) => test(facts))
    : (facts) => tests.some((test) => test(facts));
}

/** Active, and at most so many days before their start. */
function nearness(daysBefore: number): (facts: PersonFacts) => boolean {
  const latest = new Map<string, string>();
  const latestStart = (today: string): string => {
    const known = latest.get(today) ?? addDays(today, daysBefore);
    latest.set(today, known);
    return known;
  };
  return ({ person: { active, startDate }, today }) =>
    active &&
    (startDate === undefined || startDate <= (daysBefore > 0 ? latestStart(today) : today));
}

/** Rules by what someone has to have to match them, so that one person is compared with a few of 200. */
export interface RuleIndex {
  /** Those that the person may match, in their order; all others they don't. */
  candidates(facts: PersonFacts): readonly CompiledRule[];
}

export function indexRules(rules: readonly CompiledRule[]): RuleIndex {
  const place = new Map(rules.map((rule, index) => [rule, index]));
  const byField = new Map<RuleField, Map<string, CompiledRule[]>>();
  const others: CompiledRule[] = [];
  for (const compiledRule of rules) {
    const { matching, conditions } = definitionOf(compiledRule.rule);
    const required = matching === 'all' ? conditions.find(isOneOf) : undefined;
    if (!required) {
      others.push(compiledRule);
      continue;
    }
    const byValue = byField.get(required.field) ?? new Map<string, CompiledRule[]>();
    byField.set(required.field, byValue);
    for (const value of new Set(required.values.map(comparable).filter(Boolean)))
      byValue.set(value, [...(byValue.get(value) ?? []), compiledRule]);
  }
  return {
    candidates(facts) {
      const found = new Set(others);
      for (const [field, byValue] of byField)
        for (const text of facts.of(field))
          for (const each of byValue.get(text) ?? []) found.add(each);
      return [...found].toSorted((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
    },
  };
}

/** It holds only for people whose field has one of these values. */
const isOneOf = (condition: Condition): boolean => !condition.not && namesOne(condition);

function compileCondition({
  field,
  comparison,
  not,
  values,
}: Condition): (facts: PersonFacts) => boolean {
  const test = compileComparison(comparison, values.map(comparable).filter(Boolean));
  // A whole address says who it is, also one that they had. A part of one says something about the address of now.
  const isOfNow = isAddress(field) && !namesOne({ comparison });
  return (facts) => {
    const texts = facts.of(field);
    return facts.isKnown(field) && (isOfNow ? texts.slice(0, 1) : texts).some(test) !== not;
  };
}

const isAddress = (field: RuleField): boolean => field === 'manager' || field === 'email';

/** Whether it compares whole values. */
export const namesOne = ({ comparison }: Pick<Condition, 'comparison'>): boolean =>
  comparison === 'is' || comparison === 'one-of';

function compileComparison(
  comparison: Condition['comparison'],
  values: readonly string[],
): (text: string) => boolean {
  const [first] = values;
  if (first === undefined) return () => false;
  switch (comparison) {
    case 'is':
      return (text) => text === first;
    case 'one-of': {
      const all = new Set(values);
      return (text) => all.has(text);
    }
    case 'contains':
      return (text) => text.includes(first);
    case 'starts-with':
      return (text) => text.startsWith(first);
    default:
      return unreachable(comparison);
  }
}
