/** `rules`: all of them, listed by page or searched by name. */
import { z } from 'zod';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import type { Rule } from '../../../engine/rules/rule.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import type { Block } from '../../view/card.ts';
import { asAdmin, refuse } from '../admins.ts';
import {
  listRow,
  MAX_SEARCH,
  openButton,
  type SearchableList,
  searchableList,
  searchedFor,
} from '../list-card.ts';
import { makeRule } from './edit-rule.ts';
import { showRule } from './rule-ref.ts';
import { conditionsWords, peopleWords, standingWords } from './rule-words.ts';

const whatIsWanted = () => t`see rules`;
const list: SearchableList = searchableList({
  id: 'rules.page',
  forAdmins: whatIsWanted,

  async read({ text }, at, { stores }) {
    const { rules: items, total } = await stores.rules.list(text, at);
    return { items, total };
  },

  title: () => t`Rules`,
  empty: ({ shown: { text } }) =>
    text === ''
      ? t`No rules yet. A rule gives apps to everyone who matches it, such as everyone in Engineering, and removes them from those who no longer match.`
      : t`No rule matches "${text}". Show all, or create it.`,
  counted: ({ total, shown: { text } }) =>
    text === ''
      ? plural(total, { one: t`1 rule`, other: t`${sayNumber(total)} rules` })
      : searchedFor(sayNumber(total), text),
  row,
  before: ({ total }) => [
    { label: t`New rule…`, ...(total === 0 && { tone: 'primary' }), does: makeRule.with({}) },
  ],
  search: {
    id: 'rules.search',
    title: () => t`Search rules`,
    label: () => t`Part of the name`,
    submit: openRules,
  },
});
export const { turnPage: turnRulesPage, search: searchRules } = list;

export const openRule = buttonAction({
  id: 'rules.open',
  payload: z.object({ ruleId: z.string() }),
  handle: async ({ ruleId }, _turn: Turn) => showRule(ruleId),
});

/** The list; or the card of one rule, if its whole name was typed or only one matches. */
export async function openRules(typed: string, turn: Turn): Promise<Reply> {
  const { refused } = await asAdmin(whatIsWanted, turn);
  if (refused) return refuse(refused);
  const text = typed.slice(0, MAX_SEARCH);
  const meant = text === '' ? undefined : await theOneCalled(text, turn);
  return meant ? showRule(meant.id) : list.reply({ page: 0, text }, turn);
}

async function theOneCalled(typed: string, { stores }: Turn): Promise<Rule | undefined> {
  const named = await stores.rules.findByName(typed);
  if (named) return named;
  const { rules, total } = await stores.rules.list(typed, { offset: 0, limit: 1 });
  return total === 1 ? rules[0] : undefined;
}

async function row(rule: Rule, _found: unknown, { stores }: Turn): Promise<Block[]> {
  const people = await stores.holds.countOfRule(rule.id);
  const who = conditionsWords(rule.definition) || t`no condition yet`;
  return listRow(
    rule.name,
    `${standingWords(rule)} · ${who} · ${peopleWords(people)}`,
    openButton(rule.name, openRule.with({ ruleId: rule.id })),
  );
}
