/** Keep and Revoke on a review's card, which follows the review. */
import { z } from 'zod';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { howItIsRevoked } from '../../../engine/access/removals/remove-all.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { RefusedFor } from '../../../engine/people/note-refusal.ts';
import { mayDecideItem } from '../../../engine/reviews/reviewers.ts';
import { decideItem, type Reviewed } from '../../../engine/reviews/reviews.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { type Card, note, rich, strong } from '../../view/card.ts';
import { knownNow } from '../access/revoke-access.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { someNames } from '../some-names.ts';

const target = z.object({
  reviewId: z.string(),
  personId: z.string(),
  integrationId: z.string(),
});

export const keepAccess = buttonAction({
  id: 'review.keep',
  payload: target,
  handle: ({ integrationId, ...wanted }, turn: Turn) =>
    decide({ ...wanted, integrationIds: [integrationId], verdict: 'kept' }, turn),
});

/** More than a page has. */
const MAX_ITEMS = 50;

/** Keeps what the card showed of everyone on that page. It asks first: one press would decide about many people. */
export const keepPage = formAction({
  id: 'review.keep-page',
  payload: z.object({
    reviewId: z.string(),
    items: z
      .array(target.omit({ reviewId: true }))
      .min(1)
      .max(MAX_ITEMS),
  }),
  title: () => t`Keep all on this page`,
  submitLabel: () => t`Keep all`,

  async fields({ reviewId, items }, turn: Turn) {
    const allowed = await Promise.all(items.map((item) => mayDecide({ reviewId, ...item }, turn)));
    const theirs = items.filter((_, at) => allowed[at]);
    if (theirs.length === 0) return { refused: await notYours({}, turn) };
    const people = await turn.stores.people.findMany([
      ...new Set(theirs.map(({ personId }) => personId)),
    ]);
    const names = someNames(people.map(fullName), NAMED);
    return {
      intro: [
        t`You say that these people still need what this page shows of them: ${names}.`,
        plural(theirs.length, {
          one: t`That keeps 1 access.`,
          other: t`That keeps ${sayNumber(theirs.length)} accesses.`,
        }),
      ],
    };
  },

  async submit(_values, { reviewId, items }, turn) {
    const byPerson = new Map<string, string[]>();
    for (const { personId, integrationId } of items)
      byPerson.set(personId, [...(byPerson.get(personId) ?? []), integrationId]);
    const replies: Reply[] = [];
    for (const [personId, integrationIds] of byPerson)
      replies.push(await decide({ reviewId, personId, integrationIds, verdict: 'kept' }, turn));
    return replies.find(({ kind }) => kind === 'nothing') ?? replies[0] ?? { kind: 'nothing' };
  },
});

/** How many people are named. */
const NAMED = 5;

/** Keeps what the card showed of one person, and nothing that is on another page. */
export const keepAllOf = buttonAction({
  id: 'review.keep-all',
  payload: target
    .omit({ integrationId: true })
    .extend({ integrationIds: z.array(z.string()).min(1) }),
  handle: (wanted, turn: Turn) => decide({ ...wanted, verdict: 'kept' }, turn),
});

/** Keep can be changed later and Revoke can't, so this asks first and names the person and the integration. */
export const revokeReviewed = formAction({
  id: 'review.revoke',
  payload: target,
  title: () => t`Revoke access`,
  submitLabel: () => t`Revoke`,
  tone: 'danger',

  async fields(wanted, turn: Turn) {
    const { reviewId, personId, integrationId } = wanted;
    const { stores } = turn;
    const [item, person, integration] = await Promise.all([
      stores.reviews.findItem(reviewId, personId, integrationId),
      stores.people.find(personId),
      stores.integrations.find(integrationId),
    ]);
    if (item?.state !== 'open' || !person || !integration) return { refused: over() };
    if (!(await mayDecide(wanted, turn))) return { refused: await notYours(wanted, turn) };
    const [whom, app] = [strong(fullName(person)), strong(integration.name)];
    return {
      title: t`Revoke ${integration.name}`,
      intro: [
        (await howItIsRevoked(stores, person, integration)) === 'by-hand'
          ? rich`This creates a task to remove ${app} from ${whom} (${person.email}).`
          : rich`This revokes ${app} from ${whom} (${person.email}) immediately. Data the app deletes can't be restored by granting again.`,
        ...(await knownNow(person, integration, turn)),
      ],
    };
  },

  submit: (_values, { integrationId, ...wanted }, turn) =>
    decide({ ...wanted, integrationIds: [integrationId], verdict: 'revoked' }, turn),
});

/** Whether the actor may decide it now, with the people as they are. */
async function mayDecide(
  { reviewId, personId, integrationId }: z.infer<typeof target>,
  { stores, actor, now, installation: { timeZone } }: Turn,
): Promise<boolean> {
  const [by, review, person, integration] = await Promise.all([
    stores.people.find(actor.id),
    stores.reviews.find(reviewId),
    stores.people.find(personId),
    stores.integrations.find(integrationId),
  ]);
  if (!by || !review || !person || !integration) return false;
  return mayDecideItem(by, person, { review, integration, stores, now: now(), timeZone });
}

async function notYours(about: RefusedFor, turn: Turn): Promise<Card> {
  await auditRefusal(() => t`decide this in a review`, turn, about);
  return note(
    t`You can't decide this one`,
    t`Only its reviewer, the person's manager, the app's owners and Latchkey admins can, and never for their own access.`,
  );
}

const over = () =>
  note(
    t`There's nothing left to review here`,
    t`Someone else decided first, the person has left, or the review is over. Nothing changed.`,
  );

const beingRemoved = () =>
  note(
    t`This access is already being removed`,
    t`It was revoked or has ended, and keeping it here doesn't change that. If they still need it, grant it again or request it. Nothing changed.`,
  );

interface Decision {
  readonly reviewId: string;
  readonly personId: string;
  readonly integrationIds: readonly string[];
  readonly verdict: 'kept' | 'revoked';
}

/** Decides what is still open of it. Refused where that is nothing. */
async function decide(wanted: Decision, turn: Turn): Promise<Reply> {
  const { integrationIds, personId } = wanted;
  const outcomes = await turn.transact(async (tx) => {
    const by = await tx.people.find(turn.actor.id);
    const kinds: Reviewed['kind'][] = [];
    if (!by) return kinds;
    for (const integrationId of integrationIds) {
      const item = { ...wanted, integrationId, by, actor: actorOf(turn) };
      kinds.push((await decideItem(tx, item)).kind);
    }
    return kinds;
  });
  if (outcomes.includes('decided')) return { kind: 'nothing' }; // The card follows the review.
  if (outcomes.includes('removing')) return refuse(beingRemoved());
  if (outcomes.includes('not-yours')) {
    const [first, ...others] = integrationIds;
    const isOne = first !== undefined && others.length === 0;
    const about = { personId, ...(isOne && { integrationId: first }) };
    return refuse(await notYours(about, turn));
  }
  return (await isSecondClick(wanted, turn)) ? { kind: 'nothing' } : refuse(over());
}

/** Whether they have decided all of it the same already. The card shows it. */
async function isSecondClick(
  { verdict, reviewId, personId, integrationIds }: Decision,
  { stores, actor }: Turn,
): Promise<boolean> {
  const items = await Promise.all(
    integrationIds.map((each) => stores.reviews.findItem(reviewId, personId, each)),
  );
  return items.every((item) => item?.decidedById === actor.id && item.state === verdict);
}
