/** The dry run as a list: who gains and who loses what, if the rule as its card shows it were on. */
import { z } from 'zod';
import { hasWords } from '../../../core/fold.ts';
import { sentences, t } from '../../../core/translate.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { editedOf } from '../../../engine/rules/change-rule.ts';
import { type Impact, impactOf, type PersonImpact } from '../../../engine/rules/impact.ts';
import type { Rule } from '../../../engine/rules/rule.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type FormOf, formAction } from '../../view/action.ts';

import { refuse } from '../admins.ts';
import {
  type ListCard,
  listCard,
  listRow,
  MAX_SEARCH,
  searchField,
  searchProblem,
} from '../list-card.ts';
import { pageShown, rowsAt } from '../paging.ts';
import { ruleFor, ruleTarget } from './rule-ref.ts';
import { impactWords, peopleWords } from './rule-words.ts';

interface Listed {
  readonly items: readonly PersonImpact[];
  readonly total: number;
  readonly rule: Rule | undefined;
  readonly impact: Impact | undefined;
  /** Names of integrations by id. */
  readonly names: ReadonlyMap<string, string>;
}

const whatIsWanted = () => t`see what a rule changes`;
const shown = pageShown.extend({
  ruleId: z.string(),
  text: z.string().max(MAX_SEARCH).default(''),
});
type Shown = z.infer<typeof shown>;

const list: ListCard<Shown> = listCard({
  id: 'rule.impact-page',
  payload: shown,
  forAdmins: whatIsWanted,

  async read({ ruleId, text }, at, turn): Promise<Listed> {
    const { stores, installation } = turn;
    const rule = await stores.rules.find(ruleId);
    if (!rule || rule.deletedAt)
      return { items: [], total: 0, rule, impact: undefined, names: new Map() };
    const when = { now: turn.now(), timeZone: installation.timeZone };
    const impact = await impactOf(stores, { rule, next: editedOf(rule) }, when);
    const found = impact.changes.filter(({ person }) =>
      hasWords(`${fullName(person)} ${person.email}`, text),
    );
    const page = rowsAt(found, at);
    return { ...page, rule, impact, names: await namesIn(page.items, stores) };
  },

  title: ({ rule }) => (rule ? t`Who gains and loses by ${rule.name}` : t`Who gains and loses`),
  empty: ({ rule, impact, shown: { text } }) => {
    if (!rule || !impact) return t`The rule has been deleted.`;
    return text === '' || impact.changes.length === 0
      ? impactWords(impact, editedOf(rule).overlapDays)
      : t`No one called "${text}" is touched by it.`;
  },
  counted: ({ total }) => peopleWords(total),
  explained: ({ rule, impact }) =>
    rule && impact ? impactWords(impact, editedOf(rule).overlapDays) : '',
  row: (change, { names }) => listRow(fullName(change.person), changeWords(change, names)),
  before: ({ impact, shown: { ruleId, text } }) =>
    impact && impact.changes.length > 0
      ? [
          { label: t`Search…`, does: searchImpact.with({ ruleId, text }) },
          ...(text === ''
            ? []
            : [{ label: t`Show all`, does: list.turnPage.with({ ruleId, text: '', page: 0 }) }]),
        ]
      : [],
});
export const turnImpactPage = list.turnPage;

export const openImpact = buttonAction({
  id: 'rule.impact',
  payload: ruleTarget,

  async handle({ ruleId }, turn: Turn) {
    const { refused } = await ruleFor(ruleId, turn, whatIsWanted);
    return refused ? refuse(refused) : list.reply({ ruleId, page: 0, text: '' }, turn);
  },
});

export const searchImpact: FormOf<Pick<Shown, 'ruleId' | 'text'>, Turn> = formAction({
  id: 'rule.impact-search',
  payload: ruleTarget.extend({ text: z.string().max(MAX_SEARCH).default('') }),
  title: () => t`Search people`,
  submitLabel: () => t`Search`,

  async fields({ ruleId, text }, turn: Turn) {
    const { refused } = await ruleFor(ruleId, turn, whatIsWanted);
    if (refused) return { refused };
    return { fields: { text: searchField(text, { label: t`Part of a name or email` }) } };
  },

  async submit({ text }, { ruleId }, turn) {
    const { refused } = await ruleFor(ruleId, turn, whatIsWanted);
    if (refused) return refuse(refused);
    const problem = searchProblem(text);
    if (problem !== undefined) return { kind: 'invalid', errors: { text: problem } };
    return list.reply({ ruleId, page: 0, text }, turn);
  },
});

async function namesIn(
  changes: readonly PersonImpact[],
  { integrations }: Turn['stores'],
): Promise<ReadonlyMap<string, string>> {
  const ids = changes.flatMap(({ gains, hasAlready, loses, keeps }) => [
    ...gains,
    ...hasAlready,
    ...loses,
    ...keeps,
  ]);
  const found = await integrations.findMany([...new Set(ids)]);
  return new Map(found.map(({ id, name }) => [id, name]));
}

function changeWords(
  { gains, hasAlready, loses, keeps }: PersonImpact,
  names: ReadonlyMap<string, string>,
): string {
  const named = (ids: readonly string[]) => ids.map((id) => names.get(id) ?? '').join(', ');
  return sentences(
    gains.length > 0 && t`Gains ${named(gains)}.`,
    loses.length > 0 && t`Loses ${named(loses)}.`,
    hasAlready.length > 0 && t`Has ${named(hasAlready)} already, and now also by this rule.`,
    keeps.length > 0 && t`Keeps ${named(keeps)} for another reason.`,
  );
}
