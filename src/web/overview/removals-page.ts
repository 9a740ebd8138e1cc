/** Removals, the newest first, in all states or in one. */
import { byId } from '../../core/ids.ts';
import { plural, sayNumber, t } from '../../core/translate.ts';
import type { Removal } from '../../engine/access/removals/removal.ts';
import { labelOf, nameOrDeleted } from '../../engine/people/directory.ts';
import { hasAddress } from '../../engine/people/no-address.ts';
import type { RemovalFilter } from '../../engine/ports/removal-stores.ts';
import { around, namesOf, pageOf, queryOf, ROWS, type Turn } from './turn.ts';
import type { Choice, View } from './views.ts';

const removalStates = (): readonly Choice[] => [
  { value: '', label: t`All` },
  { value: 'open', label: t`Still open` },
  { value: 'stuck', label: t`Stuck` },
  { value: 'by-hand', label: t`By hand` },
  { value: 'gone', label: t`Gone` },
  { value: 'withdrawn', label: t`Withdrawn` },
];

export function wantedRemovals({ query }: Turn): RemovalFilter {
  const state = query.get('state') ?? '';
  const app = query.get('app') ?? '';
  const isKnown = state !== '' && removalStates().some(({ value }) => value === state);
  return {
    ...(isKnown && { state: state as NonNullable<RemovalFilter['state']> }),
    ...(app !== '' && { integrationId: app }),
  };
}

export const countRemovals = (count: number): string =>
  plural(count, { one: t`1 removal`, other: t`${sayNumber(count)} removals` });

export async function removals(turn: Turn): Promise<View> {
  const { stores, frame } = turn;
  const wanted = wantedRemovals(turn);
  const page = pageOf(turn, ROWS);
  const { removals: shown, total } = await stores.removals.list(wanted, page);
  const rows = await removalRows(shown, turn);
  const app = wanted.integrationId && (await stores.integrations.find(wanted.integrationId));
  return {
    title: t`Removals`,
    tab: 'removals',
    about: app && labelOf(app),
    filters: {
      selects: [
        { name: 'state', label: t`State`, shown: wanted.state ?? '', all: removalStates() },
      ],
      days: [],
      kept: { app: wanted.integrationId ?? '' },
    },
    tables: [
      {
        counted: countRemovals(total),
        columns: [t`Name`, t`App`, t`Began`, t`State`],
        rows: rows.map(({ person, app: appName, began, said, removal }) => [
          { text: person, url: `${frame.root}/people/${removal.personId}` },
          { text: appName, url: `${frame.root}/apps/${removal.integrationId}` },
          { text: began },
          { text: said },
        ]),
      },
    ],
    ...around('removals', { total, page, turn }),
    file: `${frame.root}/removals.csv?${queryOf({ state: wanted.state ?? '', app: wanted.integrationId ?? '' })}`,
  };
}

export async function removalRows(shown: readonly Removal[], turn: Turn) {
  const { stores, words, zone } = turn;
  const people = byId(await stores.people.findMany(shown.map(({ personId }) => personId)));
  const appName = await namesOf(
    shown.map(({ integrationId }) => integrationId),
    turn,
  );
  return Promise.all(
    shown.map(async (removal) => {
      const person = people.get(removal.personId);
      return {
        removal,
        person: nameOrDeleted(person),
        email: person && hasAddress(person) ? person.email : '',
        app: appName(removal.integrationId),
        began: words.time(removal.beganAt, zone),
        said: await words.removal(removal, zone),
      };
    }),
  );
}
