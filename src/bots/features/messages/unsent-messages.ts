/** Messages that could not be sent, or perhaps were: what admins see of them in Home, and all of them page by page. */
import { z } from 'zod';
import { say, sayNumber } from '../../../core/say.ts';
import type { Delivery } from '../../../engine/messages/delivery.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { Page } from '../../../engine/ports/store.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Reader, Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import type { Block, Button, Card } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { asAdmin, refuse } from '../admins.ts';
import { FIRST, part, type Row } from '../home/home-part.ts';
import { pageButtons, pageIn, pageWords } from '../paging.ts';
import { openRun } from '../runs/run-history.ts';
import { openTimeline } from '../sequences/assign-sequence.ts';
import { deliveryLine } from './delivery-words.ts';

/** A row is two blocks, and a Slack message has fifty. */
const PAGE = 10;
/** Nothing takes back that a message failed, so it leaves by its age: after a month whoever missed it has asked, or needs it no more. */
const SHOWN_DAYS = 30;
const DAY_MS = 24 * 60 * 60_000;
const wanted = () => say`see the messages that were not sent`;
const title = () => say`Messages not sent in the last ${SHOWN_DAYS} days`;

type Readers = Pick<Reader, 'stores' | 'timeZone' | 'now'>;

const unsent = ({ stores, now }: Readers, page: Page) =>
  stores.deliveries.unsent(new Date(now().getTime() - SHOWN_DAYS * DAY_MS), page);

export async function unsentPart(context: Readers): Promise<Block[]> {
  const { deliveries, total } = await unsent(context, FIRST);
  return part(title(), await rowsOf(deliveries, context), total, {
    label: say`All of them`,
    about: say`All of them: messages not sent`,
    does: turnUnsentPage.with({ page: 0 }),
  });
}

export const turnUnsentPage = buttonAction({
  id: 'unsent.page',
  payload: z.object({ page: z.number().int().nonnegative() }),

  async handle({ page }, turn: Turn): Promise<Reply> {
    const { refused } = await asAdmin(wanted, turn);
    return refused ? refuse(refused) : { kind: 'replace', card: await listCard(page, turn) };
  },
});

/** The last page, where an older card asks for one beyond it. */
async function listCard(page: number, context: Readers): Promise<Card> {
  const { deliveries, total } = await unsent(context, { offset: page * PAGE, limit: PAGE });
  const list = pageIn(total, page, PAGE);
  if (list.page < page) return listCard(list.page, context);
  const rows = await rowsOf(deliveries, context);
  const buttons = pageButtons(list, (to) => turnUnsentPage.with({ page: to }));
  return {
    title: title(),
    blocks: [
      {
        kind: 'text',
        muted: true,
        text: [
          total === 0
            ? say`Every message of the last ${SHOWN_DAYS} days was sent.`
            : `${total === 1 ? say`1 message` : say`${sayNumber(total)} messages`}${pageWords(list)}`,
        ],
      },
      ...rows.flatMap(({ text, button }): Block[] => [
        { kind: 'text', text: [text] },
        ...(button ? [{ kind: 'buttons' as const, buttons: [button] }] : []),
      ]),
      ...(buttons.length > 0 ? [{ kind: 'buttons' as const, buttons }] : []),
    ],
  };
}

const rowsOf = (deliveries: readonly Delivery[], context: Readers): Promise<readonly Row[]> =>
  Promise.all(
    deliveries.map(async (delivery) => {
      const line = deliveryLine(delivery, context);
      const at = 'finishedAt' in delivery ? `${showTime(delivery.finishedAt, context)} · ` : '';
      const text = `${at}${line}`;
      const button = await whereItBelongs(delivery, text, context.stores);
      return { text, ...(button && { button }) };
    }),
  );

/** To the run that it is part of, or to the timeline: there is what to do about it. */
async function whereItBelongs(
  { runId, plannedItemId }: Delivery,
  text: string,
  stores: Stores,
): Promise<Button | undefined> {
  if (runId !== undefined)
    return { label: say`Details`, about: say`Details: ${text}`, does: openRun.with({ runId }) };
  const planned =
    plannedItemId === undefined ? undefined : await stores.plannedItems.find(plannedItemId);
  const person = planned && (await stores.people.find(planned.personId));
  return (
    person && {
      label: say`Timeline`,
      about: say`Timeline of ${fullName(person)}: ${text}`,
      does: openTimeline.with({ personId: person.id }),
    }
  );
}
