/** What the apps' lists of accounts show, filtered by state, kind, app, person and the day from which it was found. */
import { compact } from '../../core/compact.ts';
import { isDay } from '../../core/day.ts';
import { startOfDay } from '../../core/days.ts';
import { byId } from '../../core/ids.ts';
import { plural, sayNumber, t } from '../../core/translate.ts';
import { listing } from '../../engine/findings/due-rounds.ts';
import {
  type Finding,
  type FindingKind,
  findingKinds,
  isUnchecked,
  type Standing,
  standings,
  statesOf,
} from '../../engine/findings/finding.ts';
import { fullName, nameOrDeleted } from '../../engine/people/directory.ts';
import type { FindingFilter } from '../../engine/ports/finding-stores.ts';
import { appChoices, around, namesOf, pageOf, queryOf, ROWS, type Turn } from './turn.ts';
import type { Cell, Choice, View } from './views.ts';

/** No standing: all of them. */
const ALL = 'all';

interface FindingQuery {
  readonly state: Standing | typeof ALL;
  readonly kind: FindingKind | '';
  /** Ids, and an ISO date; empty where any will do. */
  readonly app: string;
  readonly person: string;
  readonly since: string;
}

function wantedIn({ query }: Turn): FindingQuery {
  const [state, kind, since] = ['state', 'kind', 'since'].map((name) => query.get(name) ?? '');
  return {
    state: state === ALL ? ALL : (standings.find((each) => each === state) ?? 'open'),
    kind: (Object.keys(findingKinds) as FindingKind[]).find((each) => each === kind) ?? '',
    app: query.get('app') ?? '',
    person: query.get('person') ?? '',
    since: since !== undefined && isDay(since) ? since : '',
  };
}

const filterOf = (
  { state, kind, app, person, since }: FindingQuery,
  { zone }: Turn,
): FindingFilter => ({
  ...(state !== ALL && { states: statesOf(state) }),
  ...(kind !== '' && { kind }),
  ...(app !== '' && { integrationId: app }),
  ...(person !== '' && { personId: person }),
  ...(since !== '' && { since: startOfDay(since, zone) }),
});

export const wantedFindings = (turn: Turn): FindingFilter => filterOf(wantedIn(turn), turn);

export const countFindings = (count: number): string =>
  plural(count, { one: t`1 finding`, other: t`${sayNumber(count)} findings` });

export async function findings(turn: Turn): Promise<View> {
  const { stores, words, frame } = turn;
  const wanted = wantedIn(turn);
  const page = pageOf(turn, ROWS);
  const [{ findings: shown, total }, apps, person] = await Promise.all([
    stores.findings.list(filterOf(wanted, turn), page),
    stores.integrations.list(),
    wanted.person === '' ? undefined : stores.people.find(wanted.person),
  ]);
  const choices = (all: Readonly<Record<string, string>>): Choice[] =>
    Object.entries(all).map(([value, label]) => ({ value, label }));
  return {
    title: t`Findings`,
    tab: 'findings',
    about: person
      ? fullName(person)
      : t`What the apps' lists of accounts show that wasn't granted or removed here.`,
    filters: {
      selects: [
        {
          name: 'state',
          label: t`State`,
          shown: wanted.state,
          all: [...choices(words.standings()), { value: ALL, label: t`All` }],
        },
        {
          name: 'kind',
          label: t`Kind`,
          shown: wanted.kind,
          all: [{ value: '', label: t`Every kind` }, ...choices(words.findingKinds())],
        },
        {
          name: 'app',
          label: t`App`,
          shown: wanted.app,
          all: appChoices(apps),
        },
      ],
      days: [{ name: 'since', label: t`Found on or after`, value: wanted.since }],
      kept: { person: wanted.person },
    },
    tables: [
      {
        counted: countFindings(total),
        columns: [t`App`, t`Account`, t`Person`, t`Kind`, t`Found`, t`Last sign-in`, t`State`],
        rows: await findingRows(shown, turn),
      },
    ],
    ...around('findings', { total, page, turn }),
    file: `${frame.root}/findings.csv?${queryOf({ ...wanted })}`,
  };
}

export async function findingRows(shown: readonly Finding[], turn: Turn): Promise<Cell[][]> {
  const { words, zone, frame } = turn;
  const kinds = words.findingKinds();
  const { person, owner, app } = await namedBy(shown, turn);
  const read = new Set((await listing(turn.stores)).map(({ integration }) => integration.id));
  return shown.map((finding): Cell[] => {
    const { integrationId, personId, lastLogin } = finding;
    const whose = person(finding);
    return [
      { text: app(integrationId), url: `${frame.root}/apps/${integrationId}` },
      { text: finding.label },
      whose
        ? { text: fullName(whose), url: `${frame.root}/people/${whose.id}` }
        : { text: personId === undefined ? '' : nameOrDeleted(whose) },
      { text: kinds[finding.kind] },
      { text: words.time(finding.foundAt, zone) },
      { text: lastLogin ? words.time(lastLogin, zone) : '' },
      {
        text: compact([
          words.finding(finding, owner(finding)) ?? t`To decide`,
          isUnchecked(finding, read) && words.unchecked(),
        ]).join(' · '),
      },
    ];
  });
}

/** Whom and what these findings name. */
export async function namedBy(shown: readonly Finding[], turn: Turn) {
  const ids = shown.flatMap(({ personId, ownerId }) => compact([personId, ownerId]));
  const [found, app] = await Promise.all([
    turn.stores.people.findMany(ids),
    namesOf(
      shown.map(({ integrationId }) => integrationId),
      turn,
    ),
  ]);
  const people = byId(found);
  return {
    person: ({ personId = '' }: Finding) => people.get(personId),
    owner: ({ ownerId = '' }: Finding) => people.get(ownerId),
    app,
  };
}
