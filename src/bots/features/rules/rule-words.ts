/** Rules, their conditions and what they would change, in words. */
import { plural, sayNumber, sentences, t } from '../../../core/translate.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Comparison } from '../../../engine/rules/condition.ts';
import { conditionsWords } from '../../../engine/rules/condition-words.ts';
import type { Impact } from '../../../engine/rules/impact.ts';
import { definitionOf, type Rule } from '../../../engine/rules/rule.ts';
import { countPeople } from '../people/person-words.ts';

/** The choices of a form: a comparison and whether it is turned around. */
export const comparisonWords = (): readonly {
  readonly comparison: Comparison;
  readonly not: boolean;
  readonly label: string;
}[] => [
  { comparison: 'is', not: false, label: t`is` },
  { comparison: 'one-of', not: false, label: t`is one of` },
  { comparison: 'contains', not: false, label: t`contains` },
  { comparison: 'starts-with', not: false, label: t`starts with` },
  { comparison: 'is', not: true, label: t`is not` },
  { comparison: 'one-of', not: true, label: t`is none of` },
  { comparison: 'contains', not: true, label: t`doesn't contain` },
  { comparison: 'starts-with', not: true, label: t`doesn't start with` },
];

/** The names of rules by id, with why someone matches: `Engineering basics, since department is Engineering`. */
export async function ruleReasons(
  { rules }: Pick<Stores, 'rules'>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const found = await rules.findMany([...new Set(ids)]);
  return new Map(found.map((rule) => [rule.id, reasonWords(rule)]));
}

function reasonWords(rule: Rule): string {
  const definition = definitionOf(rule);
  return definition.conditions.length === 0
    ? t`rule ${rule.name}`
    : t`rule ${rule.name}, because ${conditionsWords(definition)}`;
}

export function standingWords({ isOn, draft }: Rule): string {
  if (!isOn) return t`Off, so it grants nothing`;
  return draft ? t`On; changes wait for your OK` : t`On`;
}

/**
 * What a change would do, in whole sentences.
 * @param overlapDays undefined: of several rules, and not the same
 */
export function impactWords(impact: Impact, overlapDays: number | undefined): string {
  const { changes, matching, people, gaining, losing, changing, mayChange } = impact;
  if (changes.length === 0)
    return t`${sayNumber(matching)} of ${countPeople(people)} match. Nothing changes for anyone.`;
  return sentences(
    t`${sayNumber(matching)} of ${countPeople(people)} match.`,
    gaining > 0 &&
      plural(gaining, {
        one: t`1 person gains access.`,
        other: t`${sayNumber(gaining)} people gain access.`,
      }),
    losing > 0 && lossWords(losing, overlapDays),
    changing + mayChange > 0 && otherAnswersWords(impact),
    gaining + losing + changing + mayChange === 0 &&
      t`No one gains or loses access. Only the reasons for what they have change.`,
  );
}

const otherAnswersWords = ({ changing, mayChange }: Impact): string =>
  sentences(
    changing > 0 &&
      plural(changing, {
        one: t`1 person gets an app with other answers.`,
        other: t`${sayNumber(changing)} people get an app with other answers.`,
      }),
    mayChange > 0 &&
      plural(mayChange, {
        one: t`1 person has an app for another reason and may get it again with the rule's answers to its form.`,
        other: t`${sayNumber(mayChange)} people have an app for another reason and may get it again with the rule's answers to its form.`,
      }),
    t`What the old answers gave stays until all of their access to the app ends.`,
  );

function lossWords(losing: number, overlapDays: number | undefined): string {
  const count = sayNumber(losing);
  if (overlapDays === undefined)
    return plural(losing, {
      one: t`1 person loses access once their rule's days are over, unless they match again by then.`,
      other: t`${count} people lose access once their rule's days are over, unless they match again by then.`,
    });
  if (overlapDays === 0)
    return plural(losing, {
      one: t`1 person loses access at once.`,
      other: t`${count} people lose access at once.`,
    });
  const days = plural(overlapDays, { one: t`1 day`, other: t`${sayNumber(overlapDays)} days` });
  return plural(losing, {
    one: t`1 person loses access in ${days}, unless they match again by then.`,
    other: t`${count} people lose access in ${days}, unless they match again by then.`,
  });
}
