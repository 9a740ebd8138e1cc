/**
 * The dry run as a list: who gains and who loses what, if the rule as its card shows it were on, or if the bundle as its card shows
 * it counted.
 */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { hasWords } from '../../../core/fold.ts';
import { sentences, t } from '../../../core/translate.ts';
import { draftOf } from '../../../engine/bundles/bundle-draft.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { editedOf } from '../../../engine/rules/change-rule.ts';
import type { DryRun } from '../../../engine/rules/dry-runs.ts';
import type { PersonImpact, RuleChanging } from '../../../engine/rules/impact.ts';
import { definitionOf } from '../../../engine/rules/rule.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type FormOf, formAction } from '../../view/action.ts';
import { type DateStyle, showTime } from '../../view/dates.ts';
import { readersTo } from '../admins.ts';
import {
  type ListCard,
  listCard,
  listRow,
  MAX_SEARCH,
  searchField,
  searchProblem,
} from '../list-card.ts';
import { pageShown, rowsAt } from '../paging.ts';
import { countPeople } from '../people/person-words.ts';
import { impactWords } from './rule-words.ts';

interface NamedImpact {
  /** Of the rule or the bundle. */
  readonly name: string;
  readonly impact: DryRun;
  /** Undefined: of several rules, and not the same. */
  readonly overlapDays: number | undefined;
}

interface Listed {
  readonly items: readonly PersonImpact[];
  readonly total: number;
  /** Undefined: the rule or bundle was deleted, or the bundle has no draft any more. */
  readonly run: NamedImpact | undefined;
  readonly style: DateStyle;
  /** Names of integrations by id. */
  readonly names: ReadonlyMap<string, string>;
}

const whatIsWanted = () => t`see what a rule changes`;
const target = z.object({ of: z.enum(['rule', 'bundle']), id: z.string() });
type Target = z.infer<typeof target>;
const searched = target.extend({ text: z.string().max(MAX_SEARCH).default('') });
const shown = pageShown.extend(searched.shape);
type ImpactPage = z.infer<typeof shown>;

/** What it changes, with its name. Undefined where there is nothing to change any more. */
async function changingOf(
  { of, id }: Target,
  { stores }: Turn,
): Promise<{ readonly name: string; readonly rules: readonly RuleChanging[] } | undefined> {
  if (of === 'bundle') {
    const bundle = await stores.bundles.find(id);
    const draft = bundle && !bundle.deletedAt ? await draftOf(stores, bundle) : undefined;
    return bundle && draft && { name: bundle.name, rules: draft.rules };
  }
  const rule = await stores.rules.find(id);
  return rule && !rule.deletedAt
    ? { name: rule.name, rules: [{ rule, next: editedOf(rule) }] }
    : undefined;
}

export const overlapOf = (rules: readonly RuleChanging[]): number | undefined => {
  const days = new Set(rules.map(({ rule, next }) => (next ?? definitionOf(rule)).overlapDays));
  return days.size === 1 ? [...days][0] : undefined;
};

async function dryRun(about: Target, turn: Turn): Promise<NamedImpact | undefined> {
  const changing = await changingOf(about, turn);
  if (!changing) return undefined;
  const { name, rules } = changing;
  return { name, impact: await turn.dryRuns.recent(rules), overlapDays: overlapOf(rules) };
}

const list: ListCard<ImpactPage> = listCard({
  id: 'rule.impact-page',
  payload: shown,
  admit: readersTo(whatIsWanted),

  async read({ text, ...about }, at, turn): Promise<Listed> {
    const run = await dryRun(about, turn);
    if (!run) return { items: [], total: 0, run, style: turn, names: new Map() };
    const found = run.impact.changes.filter(({ person }) =>
      hasWords(`${fullName(person)} ${person.email}`, text),
    );
    const page = rowsAt(found, at);
    return { ...page, run, style: turn, names: await namesIn(page.items, turn.stores) };
  },

  title: ({ run }) => (run ? t`${run.name}: who gains and loses` : t`Who gains and loses`),
  empty: ({ run, shown: { of, text } }) => {
    if (!run)
      return of === 'rule'
        ? t`The rule has been deleted.`
        : t`No changes of this bundle are waiting.`;
    return text === '' || run.impact.changes.length === 0
      ? impactWords(run.impact, run.overlapDays)
      : t`Nothing changes for anyone called "${text}".`;
  },
  counted: ({ total }) => t`Changes for ${countPeople(total)}`,
  explained: ({ run, style }) =>
    run
      ? sentences(
          impactWords(run.impact, run.overlapDays),
          t`As of ${showTime(run.impact.at, style)}.`,
        )
      : '',
  row: (change, { names }) => listRow(fullName(change.person), changeWords(change, names)),
  before: ({ run, shown: { of, id, text } }) =>
    run && run.impact.changes.length > 0
      ? compact([
          { label: t`Search…`, does: searchImpact.with({ of, id, text }) },
          text !== '' && {
            label: t`Show all`,
            does: list.turnPage.with({ of, id, text: '', page: 0 }),
          },
        ])
      : [],
});
export const turnImpactPage = list.turnPage;

export const openImpact = buttonAction({
  id: 'rule.impact',
  payload: target,
  right: 'see the set-up',
  handle: (about, turn: Turn) => list.reply({ ...about, page: 0, text: '' }, turn),
});

export const searchImpact: FormOf<Omit<ImpactPage, 'page'>, Turn> = formAction({
  id: 'rule.impact-search',
  payload: searched,
  admit: readersTo(whatIsWanted),
  title: () => t`Search people`,
  submitLabel: () => t`Search`,

  fields: async ({ text }) => ({
    fields: { text: searchField(text, { label: t`Part of a name or email` }) },
  }),

  async submit({ text }, about, turn) {
    const problem = searchProblem(text);
    if (problem !== undefined) return { kind: 'invalid', errors: { text: problem } };
    return list.reply({ ...about, page: 0, text }, turn);
  },
});

async function namesIn(
  changes: readonly PersonImpact[],
  { integrations }: Turn['stores'],
): Promise<ReadonlyMap<string, string>> {
  const ids = changes.flatMap(({ gains, hasAlready, mayDiffer, otherAnswers, loses, keeps }) => [
    ...gains,
    ...hasAlready,
    ...mayDiffer,
    ...otherAnswers,
    ...loses,
    ...keeps,
  ]);
  const found = await integrations.findMany([...new Set(ids)]);
  return new Map(found.map(({ id, name }) => [id, name]));
}

function changeWords(
  { gains, hasAlready, mayDiffer, otherAnswers, loses, keeps }: PersonImpact,
  names: ReadonlyMap<string, string>,
): string {
  const named = (ids: readonly string[]) => ids.map((id) => names.get(id) ?? '').join(', ');
  return sentences(
    gains.length > 0 && t`Gains ${named(gains)}.`,
    loses.length > 0 && t`Loses ${named(loses)}.`,
    otherAnswers.length > 0 && t`Gets ${named(otherAnswers)} with other answers.`,
    hasAlready.length > 0 && t`Already has ${named(hasAlready)}, now also through this rule.`,
    mayDiffer.length > 0 &&
      t`Already has ${named(mayDiffer)} for another reason. If that has other answers to the app's form, it's granted again with this rule's.`,
    keeps.length > 0 && t`Keeps ${named(keeps)} for another reason.`,
  );
}
