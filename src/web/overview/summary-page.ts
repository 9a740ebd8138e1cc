/** How much there is of everything, with the way to it. */
import { sayNumber, t } from '../../core/translate.ts';
import { openRemovalStates } from '../../engine/access/removals/removal.ts';
import type { PeopleWanted } from '../../engine/overview/overview.ts';
import type { Turn } from './turn.ts';
import type { Cell, View } from './views.ts';

export async function summary(turn: Turn): Promise<View> {
  const { stores, frame } = turn;
  const one = { offset: 0, limit: 1 };
  const count = async (who: PeopleWanted['who']) =>
    (await stores.people.search('', one, who)).total;
  const [integrations, requests, reviewing, open, found] = await Promise.all([
    stores.integrations.list(),
    stores.requests.list({ state: 'open' }, one),
    stores.reviews.list(one),
    stores.removals.countOpen(),
    stores.findings.countOpen(),
  ]);
  const row = (text: string, number: number, path?: string): Cell[] => [
    path === undefined ? { text } : { text, url: `${frame.root}/${path}` },
    { text: sayNumber(number) },
  ];
  const openRemovals = openRemovalStates.reduce((sum, state) => sum + open[state], 0);
  const foundOpen = Object.values(found).reduce((sum, each) => sum + each, 0);
  return {
    title: t`Overview`,
    about: t`Who has what, and why. This page changes nothing.`,
    tab: '',
    tables: [
      {
        counted: '',
        columns: [t`What`, t`How many`],
        rows: [
          row(t`People who work here`, await count('active'), 'people'),
          row(t`People who have left`, await count('left'), 'people?who=left'),
          row(t`Apps`, integrations.length, 'apps'),
          row(t`Open requests`, requests.total),
          row(t`Open removals`, openRemovals, 'removals?state=open'),
          row(t`Stuck removals`, open.stuck, 'removals?state=stuck'),
          row(t`Reviews`, reviewing.total, 'reviews'),
          row(t`Findings to decide`, foundOpen, 'findings'),
        ],
      },
    ],
  };
}
