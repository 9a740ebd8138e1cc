/** All apps, and one with everyone who has it. */
import { plural, sayNumber, t } from '../../core/translate.ts';
import { stateOf, statesOf } from '../../engine/integrations/integration-state.ts';
import { holdersPage } from '../../engine/overview/overview.ts';
import { fullName, labelOf } from '../../engine/people/directory.ts';
import { sayAddress } from '../../engine/people/no-address.ts';
import { around, checkedOf, pageOf, ROWS, stateOfEntry, type Turn, whyOf } from './turn.ts';
import type { View } from './views.ts';

export const countApps = (count: number): string =>
  plural(count, { one: t`1 app`, other: t`${sayNumber(count)} apps` });

export async function apps(turn: Turn): Promise<View> {
  const { stores, words, frame } = turn;
  const page = pageOf(turn, ROWS);
  const all = await stores.integrations.list();
  const shown = all.slice(page.offset, page.offset + page.limit);
  const [states, counts, removals] = await Promise.all([
    statesOf(stores, shown),
    stores.access.countsAt(shown.map(({ id }) => id)),
    stores.removals.countByApp('open'),
  ]);
  const rows = states.map(({ integration, state }) => {
    const { id } = integration;
    const { has, unknown } = counts.get(id) ?? { has: 0, unknown: 0 };
    const open = removals.get(id) ?? 0;
    return [
      { text: labelOf(integration), url: `${frame.root}/apps/${id}` },
      { text: words.app(state) },
      { text: sayNumber(has) },
      { text: sayNumber(unknown) },
      {
        text: sayNumber(open),
        ...(open > 0 && { url: `${frame.root}/removals?state=open&app=${id}` }),
      },
    ];
  });
  return {
    title: t`Apps`,
    tab: 'apps',
    tables: [
      {
        counted: countApps(all.length),
        columns: [t`App`, t`State`, t`Have access`, t`Not confirmed`, t`Open removals`],
        rows,
      },
    ],
    ...around('apps', { total: all.length, page, turn }),
  };
}

export async function oneApp(turn: Turn, id: string): Promise<View | undefined> {
  const { stores, words, frame, query } = turn;
  const integration = await stores.integrations.find(id);
  if (!integration) return undefined;
  const [{ entries, next }, { has, unknown }] = await Promise.all([
    holdersPage(stores, integration, query.get('after') ?? ''),
    stores.access.countAt(id),
  ]);
  const why = await whyOf(entries, turn);
  const here = `${frame.root}/apps/${id}`;
  return {
    title: labelOf(integration),
    about: words.app(await stateOf(stores, integration)),
    tab: 'apps',
    tables: [
      {
        counted: plural(has, {
          one: t`1 has access, ${sayNumber(unknown)} not confirmed.`,
          other: t`${sayNumber(has)} have access, ${sayNumber(unknown)} not confirmed.`,
        }),
        columns: [t`Name`, t`Email`, t`Department`, t`State`, t`Why`, t`Checked`],
        rows: entries.map((entry) => [
          { text: fullName(entry.person), url: `${frame.root}/people/${entry.person.id}` },
          { text: sayAddress(entry.person) },
          { text: entry.person.department ?? '' },
          { text: entry.person.active ? stateOfEntry(entry) : t`${stateOfEntry(entry)}, has left` },
          { text: why(entry) },
          { text: checkedOf(entry, turn) },
        ]),
      },
    ],
    following: next && `${here}?after=${encodeURIComponent(next)}`,
    file: `${here}/people.csv`,
    further: { label: t`Evidence about it`, url: `${frame.root}/evidence?app=${id}` },
  };
}
