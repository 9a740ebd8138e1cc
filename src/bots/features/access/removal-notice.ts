/** Who is notified of a removal: when it is stuck, when access is gone or back, and when a removal waits for a decision. */
import { z } from 'zod';
import { HOUR_MS } from '../../../core/hours.ts';
import { compareNames, plural, sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import {
  type GoneRemoval,
  isOfNothing,
  isPaused,
  type OpenRemoval,
  type Removal,
} from '../../../engine/access/removals/removal.ts';
import { tellAdmins } from '../../../engine/messages/notices.ts';
import { notifyAtOnce } from '../../../engine/messages/notify-person.ts';
import {
  fullName,
  type Integration,
  nameOrDeleted,
  type Person,
  personIdOf,
} from '../../../engine/people/directory.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import type { Jobs } from '../../../engine/ports/jobs.ts';
import type { Stores, Transaction, UnitOfWork } from '../../../engine/ports/unit-of-work.ts';
import { stuckTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { type Card, note, paragraph, withButtons } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { listRow } from '../list-card.ts';
import { noLongerExists } from '../no-longer-exists.ts';
import { LONG_PAGE, onPage, pageFoot, pageShown, turnPage } from '../paging.ts';
import { accessButton } from '../people/find-person.ts';
import { ifStillNeeded, onlyReadersCan } from '../whom-to-ask.ts';
import { postHold } from './hold-notice.ts';
import { pausedRemovals } from './paused-removals.ts';
import { viewRemoval } from './removal-actions.ts';
import { removalLine } from './removal-words.ts';

/** The job that sends it. Each message is queued in the transaction that decides on it. */
export const notifyOfRemoval = (
  { removalId, what, readerId }: Jobs['removal.notify'],
  { transact }: { readonly transact: UnitOfWork },
): Promise<void> =>
  transact(async (tx) => {
    const removal = await tx.removals.find(removalId);
    if (!removal) return;
    switch (what) {
      case 'stuck':
        return notifyOfStuck(tx, removal, tx.now);
      case 'gone':
        return removal.state === 'gone' ? notifyOfGone(tx, removal) : undefined;
      case 'back':
        return tellAdmins(tx, thereAgain.with({ removalId }));
      case 'paused':
        return notifyOfPaused(tx, removal, readerId);
      default:
        return unreachable(what);
    }
  });

// ---------------------------------------------------------------- stuck

/**
 * Each admin gets the list of stuck removals at an integration, at most once an hour. A removal that gets stuck in
 * between is in the next list. If a sequence began the removal, the person who assigned it is notified with its timeline.
 */
async function notifyOfStuck(tx: Transaction, removal: Removal, now: Date): Promise<void> {
  const { integrationId } = removal;
  if (removal.state === 'stuck') await notifyAssigner(tx, removal);
  if ((await stuckAt(tx, integrationId, now)).length === 0) return;
  const hour = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS);
  if (await tx.occurrences.claim(`removal-stuck:${integrationId}`, hour)) {
    for (const { id: personId } of await tx.people.admins())
      await notifyAtOnce(tx, personId, {
        card: stuckCard.with({ integrationId, page: 0 }),
        key: `stuck:${integrationId}:${personId}`,
      });
    return;
  }
  await tx.queue.push(
    'removal.notify',
    { removalId: removal.id, what: 'stuck' },
    {
      lane: 'background',
      dueAt: new Date(hour.getTime() + HOUR_MS),
      key: `removal-stuck-at:${integrationId}`,
    },
  );
}

/** At most once for each decision to notify (`notifiedAt`). */
async function notifyAssigner(tx: Transaction, { id, notifiedAt }: Removal): Promise<void> {
  const planned = await tx.plannedItems.startedBy({ removalId: id });
  if (!planned || !notifiedAt) return;
  if (await tx.occurrences.claim(`removal-stuck-item:${id}`, notifiedAt))
    await tx.emit({ kind: 'sequence-item-stuck', planned });
}

/** While it is retried it is stuck all the same: admins who were told read here when it is over. */
const isStuck = ({ state, notifiedAt }: OpenRemoval): boolean =>
  state === 'stuck' || (notifiedAt !== undefined && (state === 'revoking' || state === 'checking'));

/** Reads every page: the store returns 250 at a time, and an integration that is down has more. */
async function stuckAt(
  { removals }: Pick<Stores, 'removals'>,
  integrationId: string,
  now: Date,
): Promise<readonly OpenRemoval[]> {
  const stuck: OpenRemoval[] = [];
  for (let after: string | undefined; ; ) {
    const open = await removals.openAt(integrationId, after);
    stuck.push(...open.filter((each) => isStuck(each) && !isPaused(each, now)));
    after = open.at(-1)?.id;
    if (after === undefined) return stuck;
  }
}

const stuckPayload = pageShown.extend({
  integrationId: z.string(),
});

export const stuckCard = liveCard({
  id: 'stuck-removals',
  payload: stuckPayload,
  topic: ({ integrationId }) => stuckTopic(integrationId),

  async render({ integrationId, page }, context: Reader): Promise<Card> {
    const { stores, reader, now } = context;
    if (!maySeeSetUp(reader)) return onlyReadersCan(t`You can't see this any more`, context);
    const integration = await stores.integrations.find(integrationId);
    const name = integration?.name ?? t`a deleted integration`;
    const stuck = await stuckAt(stores, integrationId, now());
    if (stuck.length === 0)
      return note(t`✓ Nothing is stuck at ${name} any more`, t`You don't need to do anything.`);
    const people = await stores.people.findMany(stuck.map(({ personId }) => personId));
    const named = stuck
      .map((removal) => {
        const person = people.find(({ id }) => id === removal.personId);
        return { removal, name: nameOrDeleted(person) };
      })
      .toSorted((a, b) => compareNames(a.name, b.name));
    const list = onPage(named, page, LONG_PAGE);
    const rows = await Promise.all(
      list.items.map(async ({ removal, name: whom }) =>
        listRow(whom, await removalLine(removal, context), viewRemoval(removal.id, whom)),
      ),
    );
    return {
      title: t`⚠ Stuck at ${name}`,
      blocks: [
        paragraph(
          plural(stuck.length, {
            one: t`1 person may still have access that should be gone. Latchkey keeps trying.`,
            other: t`${stuck.length} people may still have access that should be gone. Latchkey keeps trying.`,
          }),
        ),
        ...rows.flat(),
        ...pageFoot(
          list,
          (to) => turnStuckPage.with({ integrationId, page: to }),
          t`${stuck.length} in all`,
        ),
      ],
    };
  },
});

export const turnStuckPage = turnPage(
  { id: 'removals.stuck-page', payload: stuckPayload, right: 'see the set-up' },
  stuckCard,
);

// ---------------------------------------------------------------- gone

/** Notifies the person once. Skipped where they revoked it themselves, never had it, or have left. */
async function notifyOfGone(tx: Transaction, removal: GoneRemoval): Promise<void> {
  const { id: removalId, personId, causes, proof, damagedCauses } = removal;
  const person = await tx.people.find(personId);
  if (!person?.active || isOfNothing(proof) || proof.kind === 'damaged') return;
  const expired = causes.find(({ kind }) => kind === 'expired');
  const hold = expired?.id === undefined ? undefined : await tx.holds.find(expired.id);
  const isWhole = damagedCauses === undefined;
  if (hold && isWhole && causes.every(({ kind }) => kind === 'expired')) return postHold(tx, hold);
  if (
    isWhole &&
    causes.every(({ kind, by }) => kind === 'stopped-grant' || personIdOf(by) === personId)
  )
    return;
  await notifyAtOnce(tx, personId, {
    card: removalNotice.with({ removalId }),
    key: `removal-gone:${removalId}:${personId}`,
  });
}

/** What the person reads when their access was removed. */
export const removalNotice = liveCard({
  id: 'removal-notice',
  payload: z.object({ removalId: z.string() }),
  topic: ({ removalId }) => `removal-notice:${removalId}`, // Nothing changes this message later.

  async render({ removalId }, { stores, reader }: Reader) {
    const removal = await stores.removals.find(removalId);
    const integration = removal && (await stores.integrations.find(removal.integrationId));
    if (removal?.state !== 'gone' || !integration || removal.personId !== reader.id)
      return noLongerExists();
    const cause = removal.causes.findLast(({ by }) => by.kind === 'person');
    const who =
      cause?.by.kind === 'person' ? await stores.people.find(cause.by.personId) : undefined;
    const isOfReview = cause?.kind === 'review' && cause.id !== undefined;
    return note(
      t`You no longer have ${integration.name}`,
      whyGone(removal, {
        integration,
        who: who && who.id !== reader.id ? who : undefined,
        review: isOfReview ? (await stores.reviews.find(cause.id))?.name : undefined,
        next: await ifStillNeeded(reader, stores),
      }),
    );
  },
});

function whyGone(
  { causes, damagedCauses }: GoneRemoval,
  {
    integration: { enabled, deletedAt },
    who,
    review,
    next,
  }: {
    readonly integration: Integration;
    /** The last person who had it removed. */
    readonly who: Person | undefined;
    /** The name of the review in which they did. */
    readonly review: string | undefined;
    /** Whom they ask where that is no one who is here. */
    readonly next: string;
  },
): string {
  if (deletedAt || causes.some(({ kind }) => kind === 'integration-deleted'))
    return t`An admin deleted it from Latchkey, so it can't be requested any more.`;
  if (damagedCauses !== undefined)
    return sentences(t`The stored reason can't be read any more.`, next);
  if (!enabled)
    return who === undefined
      ? t`Latchkey removed it. It's turned off, so it can't be granted right now.`
      : t`${fullName(who)} revoked it. It's turned off, so it can't be granted right now.`;
  if (who === undefined && causes.some(({ kind }) => kind === 'review'))
    return sentences(
      t`An access review ended, and no one had decided whether you still need it.`,
      next,
    );
  if (who === undefined) return sentences(t`Latchkey removed it.`, next);
  const revoked =
    review === undefined
      ? t`${fullName(who)} revoked it.`
      : t`${fullName(who)} revoked it in the access review ${review}.`;
  return sentences(revoked, who.active ? t`If you still need it, ask them.` : next);
}

// ---------------------------------------------------------------- back

/** For admins: the app reports access again that nobody granted. */
export const thereAgain = liveCard({
  id: 'there-again',
  payload: z.object({ removalId: z.string() }),
  topic: ({ removalId }) => `there-again:${removalId}`, // Nothing changes this message later.

  async render({ removalId }, context: Reader) {
    const { stores, reader } = context;
    const removal = await stores.removals.find(removalId);
    const [person, integration] = removal
      ? await Promise.all([
          stores.people.find(removal.personId),
          stores.integrations.find(removal.integrationId),
        ])
      : [];
    if (removal?.state !== 'gone' || !person || !integration) return noLongerExists();
    if (!maySeeSetUp(reader)) return onlyReadersCan(t`You can't see this any more`, context);
    return withButtons(
      note(
        t`⚠ ${fullName(person)} has ${integration.name} again`,
        t`It was gone on ${showTime(removal.endedAt, context)}, but ${integration.name} now reports access. It wasn't granted through Latchkey.`,
      ),
      accessButton(person),
    );
  },
});

// ---------------------------------------------------------------- paused

/** Sends the list of paused removals to the person who reactivated them, or to every admin where that is no active person. */
async function notifyOfPaused(
  tx: Transaction,
  { personId }: Removal,
  readerId: string | undefined,
): Promise<void> {
  const card = pausedRemovals.with({ personId, page: 0 });
  const reader = readerId === undefined ? undefined : await tx.people.find(readerId);
  if (!reader?.active) return tellAdmins(tx, card);
  await notifyAtOnce(tx, reader.id, { card, key: `paused:${personId}:${reader.id}` });
}
