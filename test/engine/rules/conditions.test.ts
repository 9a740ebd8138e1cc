/** Who matches a rule. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blank } from '../../../src/engine/people/people.ts';
import type { PersonWithFacts } from '../../../src/engine/people/stored-values.ts';
import type { Condition } from '../../../src/engine/rules/condition.ts';
import { conditionsWords, conditionWords } from '../../../src/engine/rules/condition-words.ts';
import {
  compile,
  compileRule,
  factsOf,
  indexRules,
  todayIn,
} from '../../../src/engine/rules/conditions.ts';
import type { RuleDefinition } from '../../../src/engine/rules/rule.ts';
import { anyCharacter } from '../../support/any-character.ts';

const now = new Date('2026-11-24T09:00:00.000Z');
const HR = 'import-1';

const person = (about: Partial<PersonWithFacts> = {}): PersonWithFacts => ({
  ...blank('p1', 'ann@example.com'),
  ...about,
});

const rule = (
  conditions: readonly Partial<Condition>[],
  about: Partial<RuleDefinition> = {},
): RuleDefinition => ({
  matching: 'all',
  daysBefore: 0,
  overlapDays: 14,
  items: [],
  conditions: conditions.map((each) => ({
    field: 'department',
    comparison: 'is',
    not: false,
    values: ['Engineering'],
    ...each,
  })),
  ...about,
});

const context = {
  writers: new Map([['office', HR]]),
  addresses: new Map([
    ['m1', ['bo@example.com']],
    ['m3', ['wed@example.com', 'bea@example.com']],
  ]),
  today: todayIn('UTC', now),
};
const matches = (definition: RuleDefinition, about: Partial<PersonWithFacts>): boolean =>
  compile(definition)(factsOf(person(about), context));

test.each<[Partial<Condition>, Partial<PersonWithFacts>, boolean]>([
  [{}, { department: 'Engineering' }, true],
  [{}, { department: ' engineering ' }, true],
  [{ values: ['Équipe'] }, { department: 'equipe' }, true],
  [{}, { department: 'Engineering Tools' }, false],
  [{}, {}, false],
  [{ comparison: 'one-of', values: ['Sales', 'Design'] }, { department: 'design' }, true],
  [{ comparison: 'one-of', values: ['Sales', 'Design'] }, { department: 'Legal' }, false],
  [
    { field: 'position', comparison: 'contains', values: ['backend'] },
    { position: 'Senior Backend Engineer' },
    true,
  ],
  [
    { field: 'position', comparison: 'starts-with', values: ['backend'] },
    { position: 'Senior Backend Engineer' },
    false,
  ],
  [{ field: 'email', comparison: 'contains', values: ['@example.com'] }, {}, true],
  [{ field: 'role', values: ['other'] }, {}, true],
  [{ field: 'manager', values: ['BO@example.com'] }, { managerId: 'm1' }, true],
  [{ field: 'manager', values: ['bo@example.com'] }, { managerId: 'm2' }, false],
  [{ field: 'manager', values: ['bea@example.com'] }, { managerId: 'm3' }, true],
  [{ field: 'manager', values: ['bea@example.com'], not: true }, { managerId: 'm3' }, false],
  [{ field: 'manager', comparison: 'starts-with', values: ['bea@'] }, { managerId: 'm3' }, false],
  [{ field: 'manager', comparison: 'starts-with', values: ['wed@'] }, { managerId: 'm3' }, true],
  [{ not: true }, { department: 'Sales' }, true],
  [{ not: true }, { department: 'Engineering' }, false],
  [{ not: true }, {}, true],
  [{ values: ['  '] }, { department: '' }, false],
])('the condition %j and a person with %j: %s', (condition, about, expected) => {
  expect(matches(rule([condition]), about)).toBe(expected);
});

describe('stored values', () => {
  const office = { field: 'stored:office', values: ['Berlin'] } as const;

  test('count where an import wrote them', () => {
    expect(
      matches(rule([office]), { stored: { office: 'Berlin' }, storedBy: { office: HR } }),
    ).toBe(true);
  });

  test.each<[string, PersonWithFacts['storedBy']]>([
    ['store_data of another integration', { office: 'integration-2' }],
    ['people themselves', { office: 'people' }],
    ['nobody knows who', {}],
  ])('count for nothing where they were written by %s', (_, storedBy) => {
    expect(matches(rule([office]), { stored: { office: 'Berlin' }, storedBy })).toBe(false);
  });

  test('say nothing, not even "not", where no import has brought them', () => {
    const nobodys = { ...context, writers: new Map<string, string>() };
    const facts = factsOf(person({}), nobodys);
    for (const not of [false, true]) expect(compile(rule([{ ...office, not }]))(facts)).toBe(false);
    expect(compile(rule([{ ...office, not: true }]))(factsOf(person({}), context))).toBe(true);
  });

  test('of a list, one entry is enough; numbers and yes or no are compared as texts', () => {
    const has = (value: PersonWithFacts['stored'][string], values: readonly string[]): boolean =>
      matches(rule([{ field: 'stored:office', values }]), {
        stored: { office: value },
        storedBy: { office: HR },
      });
    expect(has(['Oslo', 'Berlin'], ['Berlin'])).toBe(true);
    expect(has(7, ['7'])).toBe(true);
    expect(has(12_345_678_901_234_567_890n, ['12345678901234567890'])).toBe(true);
    expect(has(true, ['true'])).toBe(true);
    expect(has({ city: 'Berlin' }, ['Berlin'])).toBe(false);
    expect(has(null, ['null'])).toBe(false);
  });

  test('a name like that of an object’s own function is an empty field', () => {
    const odd = {
      field: 'stored:constructor',
      comparison: 'contains',
      values: ['function'],
    } as const;
    expect(matches(rule([odd]), {})).toBe(false);
  });

  test('a long text is compared by its beginning', () => {
    const long = { stored: { office: `${'x'.repeat(1000)}Berlin` }, storedBy: { office: HR } };
    expect(matches(rule([{ ...office, comparison: 'contains' }]), long)).toBe(false);
    expect(matches(rule([{ ...office, comparison: 'starts-with', values: ['xxx'] }]), long)).toBe(
      true,
    );
  });
});

test('every condition has to hold, or one is enough', () => {
  const both: readonly Partial<Condition>[] = [{}, { field: 'position', values: ['Designer'] }];
  const about = { department: 'Engineering', position: 'Writer' };
  expect(matches(rule(both), about)).toBe(false);
  expect(matches(rule(both, { matching: 'any' }), about)).toBe(true);
});

test('a rule without a condition matches nobody', () => {
  expect(matches(rule([]), { department: 'Engineering' })).toBe(false);
  expect(matches(rule([], { matching: 'any' }), { department: 'Engineering' })).toBe(false);
});

test('people match from so many days before their start on, and while they are active', () => {
  const about = { department: 'Engineering', startDate: '2026-11-27' };
  expect(matches(rule([{}]), about)).toBe(false);
  expect(matches(rule([{}], { daysBefore: 2 }), about)).toBe(false);
  expect(matches(rule([{}], { daysBefore: 3 }), about)).toBe(true);
  expect(matches(rule([{}]), { ...about, startDate: '2026-11-24' })).toBe(true);
  expect(matches(rule([{}]), { department: 'Engineering', active: false })).toBe(false);
});

test('the day is that of the person', () => {
  const late = { ...context, today: todayIn('UTC', new Date('2026-11-24T20:00:00.000Z')) };
  const here = (timeZone: string): boolean =>
    compile(rule([{}]))(
      factsOf(person({ department: 'Engineering', startDate: '2026-11-25', timeZone }), late),
    );
  expect(here('Pacific/Auckland')).toBe(true);
  expect(here('Europe/Oslo')).toBe(false);
});

const anyCondition: fc.Arbitrary<Partial<Condition>> = fc.record({
  field: fc.constantFrom('department', 'position', 'email', 'stored:office'),
  comparison: fc.constantFrom('is', 'one-of', 'contains', 'starts-with'),
  not: fc.boolean(),
  values: fc.array(fc.constantFrom('Engineering', 'eng', 'Berlin', '', 'İ', 'ß'), {
    minLength: 1,
    maxLength: 1,
  }),
});
const anyPerson: fc.Arbitrary<Partial<PersonWithFacts>> = fc.record({
  department: fc.constantFrom('Engineering', 'engineering', 'Sales', 'ß'),
  position: fc.constantFrom('Backend', 'Berlin', ''),
  stored: fc.record({ office: fc.constantFrom('Berlin', 7, null, ['Berlin', 'Oslo']) }),
  storedBy: fc.record({ office: fc.constantFrom(HR, 'people') }),
});

test('not is the opposite', () => {
  fc.assert(
    fc.property(anyCondition, anyPerson, (condition, about) => {
      const turned = { ...condition, not: !condition.not };
      expect(matches(rule([turned]), about)).toBe(!matches(rule([condition]), about));
    }),
    { seed: 29 },
  );
});

test('all is each of them alone, and any is one of them', () => {
  const someConditions = fc.array(anyCondition, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(someConditions, anyPerson, (conditions, about) => {
      const alone = conditions.map((each) => matches(rule([each]), about));
      expect(matches(rule(conditions), about)).toBe(alone.every(Boolean));
      expect(matches(rule(conditions, { matching: 'any' }), about)).toBe(alone.some(Boolean));
    }),
    { seed: 29 },
  );
});

test('is implies starts-with, which implies contains', () => {
  const text = (maxLength: number) => fc.string({ unit: anyCharacter, maxLength });
  fc.assert(
    fc.property(text(300), text(3), (department, value) => {
      const by = (comparison: Condition['comparison']): boolean =>
        matches(rule([{ comparison, values: [value] }]), { department });
      const order = [by('is'), by('starts-with'), by('contains')].map(Number);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }),
    { seed: 29 },
  );
});

test('the index leaves out nobody whom a rule matches, and keeps the order of rules', () => {
  const someRules = fc.array(
    fc.record({
      conditions: fc.array(anyCondition, { maxLength: 3 }),
      matching: fc.constantFrom('all', 'any'),
    }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(someRules, anyPerson, (rules, about) => {
      const compiled = rules.map(({ conditions, matching }, index) =>
        compileRule({
          id: String(index),
          version: 1,
          name: '',
          isOn: true,
          definition: rule(conditions, { matching }),
          madeBy: { kind: 'system' },
          createdAt: now,
        }),
      );
      const facts = factsOf(person(about), context);
      const matching = (from: typeof compiled) => from.filter(({ matches: does }) => does(facts));
      const candidates = indexRules(compiled).candidates(facts);
      expect(matching([...candidates])).toEqual(matching(compiled));
    }),
    { seed: 29 },
  );
});

test('in a sentence a long list of values is its first ones, and how many others', () => {
  const values = Array.from({ length: 50 }, (_, n) => `D${n}`);
  const one = { field: 'department', comparison: 'one-of', not: false, values } as const;
  const words = 'department is one of D0, D1, D2, D3 and 46 more';
  expect(conditionsWords({ matching: 'all', conditions: [one] })).toBe(words);
  expect(conditionWords(one)).toContain('D48, D49');
  const all = Array.from({ length: 10 }, () => one);
  expect(conditionsWords({ matching: 'all', conditions: all })).toBe(
    `${words}, ${words}, ${words} and 7 more`,
  );
});
