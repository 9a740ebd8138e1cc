/** `rules`: all of them, listed by page or searched by name. */
import { z } from 'zod';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { conditionsWords } from '../../../engine/rules/condition-words.ts';
import { missingValues } from '../../../engine/rules/load-rules.ts';
import { definitionOf, isReadable, type Rule } from '../../../engine/rules/rule.ts';
import { stillWords } from '../../../engine/rules/still-rules.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction } from '../../view/action.ts';
import type { Block } from '../../view/card.ts';
import { readersTo } from '../admins.ts';
import { listRow, openButton, type SearchableList, searchableList } from '../list-card.ts';
import { countPeople } from '../people/person-words.ts';
import { makeRule } from './edit-rule.ts';
import { showRule } from './rule-ref.ts';
import { standingWords } from './rule-words.ts';

const whatIsWanted = () => t`see rules`;
interface Listed {
  readonly items: readonly Rule[];
  readonly total: number;
  readonly missingIn: Awaited<ReturnType<typeof missingValues>>;
  /** How many have something by it, by the rule's id. */
  readonly people: ReadonlyMap<string, number>;
}

const list: SearchableList = searchableList({
  id: 'rules.page',
  admit: readersTo(whatIsWanted),

  async read({ text }, at, { stores }): Promise<Listed> {
    const found = await stores.rules.list(text, at);
    const [missingIn, people] = await Promise.all([
      missingValues(stores),
      stores.holds.countsOfRules(found.items.map(({ id }) => id)),
    ]);
    return { ...found, missingIn, people };
  },

  title: () => t`Rules`,
  empty: ({ shown: { text } }) =>
    text === ''
      ? t`No rules yet. A rule grants apps to everyone who matches it, such as everyone in Engineering, and removes them when someone no longer matches.`
      : t`No rule matches "${text}".`,
  counted: ({ total }) => plural(total, { one: t`1 rule`, other: t`${sayNumber(total)} rules` }),
  row,
  before: ({ total }) => [
    { label: t`New rule…`, tone: total === 0 ? 'primary' : undefined, does: makeRule.with({}) },
  ],
  one: { store: ({ stores }: Turn) => stores.rules, show: ({ id }) => showRule(id) },
  search: {
    id: 'rules.search',
    title: () => t`Search rules`,
    label: () => t`Part of the name`,
  },
});
export const { turnPage: turnRulesPage, search: searchRules, open: openRules } = list;

export const openRule = buttonAction({
  id: 'rules.open',
  payload: z.object({ ruleId: z.string() }),
  right: 'see the set-up',
  handle: async ({ ruleId }, _turn: Turn) => showRule(ruleId),
});

function row(rule: Rule, { missingIn, people: counts }: Listed): Block[] {
  const people = counts.get(rule.id) ?? 0;
  const missing = rule.isOn ? missingIn(definitionOf(rule)) : [];
  const isStill = missing.length > 0 || (rule.isOn && !isReadable(rule));
  const standing = isStill ? t`⚠ Stands still: ${stillWords(missing)}` : standingWords(rule);
  const who = conditionsWords(definitionOf(rule)) || t`no condition yet`;
  return listRow(
    rule.name,
    `${standing} · ${who} · ${people === 0 ? t`no one has it yet` : countPeople(people)}`,
    openButton(rule.name, openRule.with({ ruleId: rule.id })),
  );
}
