/** Messages that were not or perhaps not sent: what admins see of them in Home, and the whole list by page. */
import type { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { DAY_MS } from '../../../core/hours.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import type { Delivery } from '../../../engine/messages/delivery.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { Page } from '../../../engine/ports/store.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Reader } from '../../live/context.ts';
import { type Block, type Button, strong } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { readersTo } from '../admins.ts';
import { FIRST, part } from '../home/home-part.ts';
import { type ListCard, listCard } from '../list-card.ts';
import { pageShown } from '../paging.ts';
import { findRun } from '../runs/find-run.ts';
import { openRun } from '../runs/run-history.ts';
import { openTimeline } from '../sequences/assign-sequence.ts';
import { deliveryWords } from './delivery-words.ts';

/** A row is a line and at most one button. */
const ROWS = 10;
/** A failed message can't be resolved, so it is hidden by age. After a month the recipient has asked or needs it no more. */
const SHOWN_DAYS = 30;
const title = () => t`Messages not sent in the last ${SHOWN_DAYS} days`;

type Readers = Pick<Reader, 'stores' | 'timeZone' | 'now'>;

const unsent = ({ stores, now }: Readers, page: Page) =>
  stores.deliveries.unsent(new Date(now().getTime() - SHOWN_DAYS * DAY_MS), page);

export async function unsentPart(context: Readers): Promise<Block[]> {
  const { deliveries, total } = await unsent(context, FIRST);
  return part(title(), {
    // Home is full, so a row has one line there.
    rows: (await shownOf(deliveries, context)).map(({ name, detail, button }) => ({
      text: [name, detail].join(' · '),
      button,
    })),
    total,
    rest: {
      label: t`View all`,
      about: t`All of them: messages not sent`,
      does: turnUnsentPage.with({ page: 0 }),
    },
  });
}

const list: ListCard<z.infer<typeof pageShown>> = listCard({
  id: 'unsent.page',
  payload: pageShown,
  size: ROWS,
  admit: readersTo(() => t`see messages that weren't sent`),

  async read(_shown, at, turn) {
    const { deliveries, total } = await unsent(turn, at);
    return { items: await shownOf(deliveries, turn), total };
  },

  title,
  empty: () => t`Every message of the last ${SHOWN_DAYS} days was sent.`,
  counted: ({ total }) =>
    plural(total, { one: t`1 message`, other: t`${sayNumber(total)} messages` }),
  row: ({ name, about, detail, button }) => [
    {
      kind: 'row',
      text: [strong(name)],
      detail: [compact([about, detail]).join(' · ')],
      buttons: compact([button]),
    },
  ],
});
export const turnUnsentPage = list.turnPage;

interface Shown {
  /** `✗ Email to ann@example.com` */
  readonly name: string;
  /** The app and the person, where the name says whom it was for. */
  readonly about: string | undefined;
  /** When, and why. */
  readonly detail: string;
  readonly button: Button | undefined;
}

const shownOf = (deliveries: readonly Delivery[], context: Readers): Promise<readonly Shown[]> =>
  Promise.all(
    deliveries.map(async (delivery): Promise<Shown> => {
      const { about, button } = await whereItBelongs(delivery, context.stores);
      const { mark, what, state } = deliveryWords(delivery, context);
      const name = what ?? about ?? t`Message`;
      const at = 'finishedAt' in delivery && showTime(delivery.finishedAt, context);
      return {
        name: `${mark} ${name}`,
        about: what === undefined ? undefined : about,
        detail: compact([at, state]).join(' · '),
        // A dozen messages may have gone to one address.
        button: button?.(compact([name, at]).join(', ')),
      };
    }),
  );

interface Belongs {
  /** The app and the person, or the person alone. */
  readonly about?: string;
  /** To the run or timeline of the message, where it can be handled. */
  readonly button?: (text: string) => Button;
}

async function whereItBelongs(
  { runId, plannedItemId }: Delivery,
  stores: Stores,
): Promise<Belongs> {
  if (runId !== undefined) {
    const found = await findRun(runId, stores);
    return {
      about: found ? t`${found.integration.name} for ${fullName(found.person)}` : undefined,
      button: (text) => ({
        label: t`Details`,
        about: t`Details: ${text}`,
        does: openRun.with({ runId }),
      }),
    };
  }
  const planned =
    plannedItemId === undefined ? undefined : await stores.plannedItems.find(plannedItemId);
  const person = planned && (await stores.people.find(planned.personId));
  if (!person) return {};
  const about = fullName(person);
  return {
    about,
    button: (text) => ({
      label: t`Timeline`,
      about: t`Timeline of ${about}: ${text}`,
      does: openTimeline.with({ personId: person.id }),
    }),
  };
}
