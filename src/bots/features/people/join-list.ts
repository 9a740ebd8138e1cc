/** Everyone who joined, isn't in the directory, and waits for an admin's decision: page by page, or all at once. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { plural, t } from '../../../core/translate.ts';
import type { Join } from '../../../engine/people/join.ts';
import { joinSubject, joinsSubject } from '../../../engine/people/joins.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import type { AuditNote, Transaction } from '../../../engine/ports/unit-of-work.ts';
import { invalidate } from '../../../engine/work/topics.ts';
import { actorOf, type Reader, type Turn } from '../../live/context.ts';
import { platformNames } from '../../live/platform-names.ts';
import {
  buttonAction,
  formAction,
  type Reply,
  replaceWith,
  sayToPerson,
  showCard,
} from '../../view/action.ts';
import { type Block, buttonRow, type Card, muted, note, paragraph } from '../../view/card.ts';
import { showDate } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { adminsTo, readersTo } from '../admins.ts';
import { listRow } from '../list-card.ts';
import { pageButtons, pageShown, readPage, withPage } from '../paging.ts';
import { hirePerson } from './hire-person.ts';
import { countPeople } from './person-words.ts';

const whatIsWanted = () => t`choose who is added`;

const payload = pageShown;

export const joinsCard = liveCard({
  id: 'joins',
  payload,
  topic: () => joinsSubject,

  async render({ page }, context: Reader): Promise<Card> {
    if (!maySeeSetUp(context.reader))
      return note(
        t`This question is for admins`,
        t`You are no longer an admin. There is nothing to do.`,
      );
    return listCard(page, context);
  },
});

export const openJoins = buttonAction({
  id: 'joins.open',
  payload: z.object({}),
  admit: readersTo(whatIsWanted),

  handle: async (): Promise<Reply> => showCard(joinsCard.with({ page: 0 })),
});

export const turnJoinsPage = buttonAction({
  id: 'joins.page',
  payload,
  admit: readersTo(whatIsWanted),
  refusesInPlace: true,
  handle: async ({ page }) => replaceWith(joinsCard.with({ page })),
});

/** Not now, in the list. */
export const ignoreListed = buttonAction({
  id: 'joins.ignore',
  payload: payload.extend({ joinId: z.string() }),

  admit: adminsTo(whatIsWanted),
  refusesInPlace: true,

  async handle({ joinId, page }, turn) {
    await ignoreOne(joinId, turn);
    return replaceWith(joinsCard.with({ page }));
  },
});

export const ignoreAllJoins = formAction({
  id: 'joins.ignore-all',
  /** `until`: when the newest joined who was on the list. Buttons of older cards don't say it. */
  payload: z.object({ until: z.number().optional() }),
  admit: adminsTo(whatIsWanted),
  title: () => t`Add no one`,
  submitLabel: () => t`Add no one`,

  async fields({ until }, turn) {
    const { total } = await turn.stores.joins.open({ offset: 0, limit: 0 }, timeOf(until));
    return {
      intro: [
        plural(total, {
          one: t`1 person joined and isn't in the directory. Latchkey won't ask about them again; you can still add them with "hire" or a file.`,
          other: t`${countPeople(total)} joined and aren't in the directory. Latchkey won't ask about them again; you can still add them with "hire" or a file.`,
        }),
      ],
    };
  },

  async submit(_values, { until }, turn): Promise<Reply> {
    const ignored = await turn.transact(async (tx) => {
      const { joins } = await tx.joins.open({ offset: 0, limit: ASKED_LATELY }, timeOf(until));
      const count = await tx.joins.ignoreOpen(turn.actor.id, timeOf(until));
      await auditIgnored(tx, turn, { count });
      await invalidate(tx, joinsSubject, ...joins.map(({ id }) => joinSubject(id)));
      return count;
    });
    return sayToPerson(
      note(
        plural(ignored, {
          one: t`1 person wasn't added`,
          other: t`${countPeople(ignored)} weren't added`,
        }),
        t`Nothing changed for them. You can still add someone with "hire", or many with "import".`,
      ),
    );
  },
});

const timeOf = (ms: number | undefined): Date | undefined =>
  ms === undefined ? undefined : new Date(ms);

/** How many joins have their own cards, which are refreshed. When many join at once, the others have none. */
const ASKED_LATELY = 100;

/** An admin pressed Not now. Has no effect on a join that was decided before. */
export const ignoreOne = (joinId: string, turn: Turn): Promise<void> =>
  turn.transact(async (tx) => {
    const join = await tx.joins.find(joinId);
    if (join?.state !== 'open') return;
    await tx.joins.save({ ...join, state: 'ignored', decidedById: turn.actor.id });
    await auditIgnored(tx, turn, { email: join.email });
    await invalidate(tx, joinsSubject, joinSubject(joinId));
  });

const auditIgnored = (
  tx: Transaction,
  turn: Turn,
  detail: NonNullable<AuditNote['detail']>,
): Promise<void> => tx.audit('joins.ignored', { actor: actorOf(turn), detail });

async function listCard(wanted: number, context: Reader): Promise<Card> {
  const found = await readPage(wanted, async (at) => {
    const { joins: items, total } = await context.stores.joins.open(at);
    return { items, total };
  });
  if (found.total === 0)
    return note(
      t`✓ No one is waiting to be added`,
      t`Everyone who joined is in the directory, or an admin chose "Not now".`,
    );
  const [newest] = (await context.stores.joins.open({ offset: 0, limit: 1 })).joins;
  return {
    title: t`${countPeople(found.total)} joined. Add them?`,
    blocks: compact([
      paragraph(
        t`No one in the directory has their addresses, so Latchkey does nothing for them yet. To add many at once, press People on Home, then "Import a file…".`,
      ),
      found.pages > 1 && muted(withPage(t`Newest first`, found)),
      ...found.items.flatMap((join) => row(join, found.page, context)),
      ...buttonRow([
        ...pageButtons(found, (page) => turnJoinsPage.with({ page })),
        {
          label: t`Add no one…`,
          does: ignoreAllJoins.with({ until: newest?.joinedAt.getTime() }),
        },
      ]),
    ]),
  };
}

function row(
  { id, name, email, platform, joinedAt }: Join,
  page: number,
  context: Reader,
): Block[] {
  const when = `${platformNames[platform]}, ${showDate(joinedAt, context)}`;
  return listRow(
    name.trim() || email,
    `${email} · ${when}`,
    { label: t`Add…`, about: t`Add: ${email}`, does: hirePerson.with({ joinId: id }) },
    {
      label: t`Not now`,
      about: t`Not now: ${email}`,
      does: ignoreListed.with({ joinId: id, page }),
    },
  );
}
