/** For admins, from Home: removals that need someone. */
import type { z } from 'zod';
import { sayNumber, sentences, t } from '../../../core/translate.ts';
import { fullName, labelOf } from '../../../engine/people/directory.ts';
import { readersTo } from '../admins.ts';
import { type ListCard, listCard, listRow } from '../list-card.ts';
import { LONG_PAGE, pageShown } from '../paging.ts';
import { showTasks } from '../tasks/task-list.ts';
import { viewRemoval } from './removal-actions.ts';
import { removalLine } from './removal-words.ts';

const removals: ListCard<z.infer<typeof pageShown>> = listCard({
  id: 'removals.page',
  payload: pageShown,
  size: LONG_PAGE,
  admit: readersTo(() => t`see removals`),

  async read(_shown, at, turn) {
    const { stores } = turn;
    const found = await stores.removals.stuck(at);
    const { 'by-hand': byHand } = await stores.removals.countOpen();
    const people = await stores.people.findMany(found.removals.map(({ personId }) => personId));
    const items = await Promise.all(
      found.removals.map(async (removal) => ({
        removal,
        person: people.find(({ id }) => id === removal.personId),
        integration: await stores.integrations.find(removal.integrationId),
      })),
    );
    return { items, total: found.total, byHand };
  },

  title: () => t`Access not removed yet`,
  empty: ({ byHand }) => sentences(t`Nothing is stuck.`, byHandWords(byHand)),
  counted: ({ total }) => t`${sayNumber(total)} stuck`,
  explained: ({ byHand }) => sentences(t`Latchkey keeps trying.`, byHandWords(byHand)),

  async row({ removal, person, integration }, _found, turn) {
    if (!person || !integration) return [];
    const what = `${fullName(person)}: ${labelOf(integration)}`;
    return listRow(what, await removalLine(removal, turn), viewRemoval(removal.id, what));
  },

  after: ({ byHand }) =>
    byHand > 0 ? [{ label: t`Tasks`, does: showTasks.with({ scope: 'all', page: 0 }) }] : [],
});
export const turnRemovalsPage = removals.turnPage;

const byHandWords = (byHand: number): string | undefined =>
  byHand > 0 ? t`${sayNumber(byHand)} to remove by hand, each as a task.` : undefined;
