/** For admins, from Home: access that has yet to be removed and needs someone. */
import { z } from 'zod';
import { say, sayNumber } from '../../../core/say.ts';
import { fullName, labelOf } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import type { Block, Button, Card } from '../../view/card.ts';
import { asAdmin } from '../admins.ts';
import { pageButtons, pageIn, pageWords } from '../paging.ts';
import { showTasks } from '../tasks/task-list.ts';
import { openRemoval } from './removal-actions.ts';
import { removalLine } from './removal-words.ts';

/** A row is two blocks, and a Slack message has fifty. */
const PAGE = 15;

export const turnRemovalsPage = buttonAction({
  id: 'removals.page',
  payload: z.object({ page: z.number().int().nonnegative() }),

  async handle({ page }, turn: Turn): Promise<Reply> {
    const { refused } = await asAdmin(() => say`see removals`, turn);
    return { kind: 'replace', card: refused ?? (await listCard(page, turn)) };
  },
});

async function listCard(page: number, turn: Turn): Promise<Card> {
  const { stores } = turn;
  const { removals, total } = await stores.removals.stuck({ offset: page * PAGE, limit: PAGE });
  const list = pageIn(total, page, PAGE);
  if (list.page < page) return listCard(list.page, turn);
  const { 'by-hand': byHand } = await stores.removals.countOpen();
  const people = await stores.people.findMany(removals.map(({ personId }) => personId));
  const rows: Block[] = [];
  for (const removal of removals) {
    const person = people.find(({ id }) => id === removal.personId);
    const integration = await stores.integrations.find(removal.integrationId);
    if (!person || !integration) continue;
    const what = `${fullName(person)}: ${labelOf(integration)}`;
    const stands = await removalLine(removal, turn);
    rows.push(
      { kind: 'text', text: [{ kind: 'strong', text: what }, ` · ${stands}`] },
      {
        kind: 'buttons',
        buttons: [
          {
            label: say`View removal`,
            about: `${say`View removal`}: ${what}`,
            does: openRemoval.with({ removalId: removal.id }),
          },
        ],
      },
    );
  }
  const buttons: Button[] = [
    ...pageButtons(list, (to) => turnRemovalsPage.with({ page: to })),
    ...(byHand > 0 ? [{ label: say`Tasks`, does: showTasks.with({ scope: 'all', page: 0 }) }] : []),
  ];
  return {
    title: say`Access that is not removed yet`,
    blocks: [
      {
        kind: 'text',
        muted: true,
        text: [
          total === 0
            ? say`Nothing is stuck.`
            : say`${sayNumber(total)} stuck${pageWords(list)}. Latchkey keeps trying.`,
          ...(byHand > 0
            ? [say` ${sayNumber(byHand)} to be removed by hand: each is a task.`]
            : []),
        ],
      },
      ...rows,
      ...(buttons.length > 0 ? [{ kind: 'buttons' as const, buttons }] : []),
    ],
  };
}
