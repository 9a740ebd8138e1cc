/** What a review or a campaign asks, in words. */
import { sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName, labelOf, nameOrDeleted } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import {
  type Campaign,
  hasReadableScope,
  type Recurrence,
} from '../../../engine/reviews/campaign.ts';
import {
  isHeld,
  type Review,
  type ReviewScope,
  type ReviewSettings,
  type Undecided,
} from '../../../engine/reviews/review.ts';
import { showDay } from '../../view/dates.ts';
import { someNames } from '../some-names.ts';

export const everyWords = (): Readonly<Record<Recurrence, string>> => ({
  month: t`every month`,
  quarter: t`every quarter`,
  'half-year': t`every six months`,
  year: t`every year`,
});

/** How many names are shown. */
const NAMED = 5;

/** `each person's manager`, `Ada Ace and Bo Boss` */
export async function reviewersWords(
  { reviewers, reviewerIds }: ReviewSettings,
  { people }: Pick<Stores, 'people'>,
): Promise<string> {
  switch (reviewers) {
    case 'managers':
      return t`each person's manager`;
    case 'owners':
      return t`the owners of each app`;
    case 'named': {
      const found = await people.findMany(reviewerIds);
      return someNames(found.map(fullName), NAMED) || t`no one who is still here`;
    }
    default:
      return unreachable(reviewers);
  }
}

/** A sentence for reviewers and for the person who runs it. */
export function undecidedSentence(undecided: Undecided): string {
  return {
    keep: () => t`Access that is undecided at the end stays as it is.`,
    remove: () => t`Access that is undecided at the end is removed.`,
    admins: () => t`Access that is undecided at the end goes to Latchkey admins.`,
  }[undecided]();
}

/** `GitHub and Zoom · bundle Basics · department R&D · reports of Bo Boss`; what is set. */
export async function scopeWords(
  { integrationIds, bundleId, department, managerId }: ReviewScope,
  stores: Pick<Stores, 'integrations' | 'bundles' | 'people'>,
): Promise<string> {
  const apps = integrationIds && (await stores.integrations.findMany(integrationIds));
  const bundle = bundleId === undefined ? undefined : await stores.bundles.find(bundleId);
  const manager = managerId === undefined ? undefined : await stores.people.find(managerId);
  const manages = nameOrDeleted(manager);
  const said = [
    apps ? someNames(apps.map(labelOf), NAMED) || t`deleted integrations` : t`all integrations`,
    bundleId === undefined ? '' : t`bundle ${bundle?.name ?? t`a deleted bundle`}`,
    department === undefined ? '' : t`department ${department}`,
    managerId === undefined ? '' : t`reports of ${manages}`,
  ];
  return said.filter(Boolean).join(' · ');
}

/** Where an open review stands, for the person who runs it. */
export function standingWords(review: Review): string {
  const { dueDate, undecided, escalatedAt, releasedAt } = review;
  const day = showDay(dueDate);
  if (escalatedAt) return t`Latchkey admins decide what was undecided on ${day}.`;
  if (isHeld(review))
    return t`⚠ Its last day was ${day}. What is undecided concerns very many people, so nothing is removed until a Latchkey admin says yes. Reviewers can still decide.`;
  return releasedAt
    ? t`Its last day was ${day}. What was undecided is being removed.`
    : sentences(t`Reviewers have until ${day}.`, undecidedSentence(undecided));
}

/** `every quarter, next on 1 Jan 2027` @param next ISO date */
export const nextWords = (campaign: Campaign, next: string): string => {
  const { state, every } = campaign;
  if (state === 'stopped') return t`stopped; was ${everyWords()[every]}`;
  return hasReadableScope(campaign)
    ? t`${everyWords()[every]}, next on ${showDay(next)}`
    : t`starts nothing until it is edited`;
};
