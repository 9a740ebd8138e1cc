/**
 * A review that recurs: what it asks, whom, how often, and when next.
 *
 * | campaign | what it means                              | what ends it                |
 * |----------|--------------------------------------------|-----------------------------|
 * | on       | starts a review on its next date           | Stop                        |
 * | stopped  | starts nothing by itself                   | Resume                      |
 *
 * Its dates are counted from the first one, so that the last day of a month stays the last. Of dates that passed while Latchkey was
 * down, only one review starts.
 */
import { Temporal } from 'temporal-polyfill';
import { addDays, instantOf } from '../../core/days.ts';
import type { Unread } from '../work/unread.ts';
import type { ReviewScope, ReviewSettings } from './review.ts';

/** In months. */
export const recurrences = { month: 1, quarter: 3, 'half-year': 6, year: 12 } as const;
export type Recurrence = keyof typeof recurrences;

export const campaignStates = { on: true, stopped: true } as const;

export interface Campaign extends ReviewSettings {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly createdById: string;
  readonly createdAt: Date;
  readonly state: keyof typeof campaignStates;
  readonly every: Recurrence;
  /** ISO date: the one from which the others are counted. */
  readonly firstOn: string;
  /** ISO date: earlier ones are skipped, since it was stopped then. */
  readonly fromOn: string;
  /** ISO date: the last one that came. Left out before the first one. */
  readonly lastOn?: string;
  /** How many days each review lasts, the first one included. */
  readonly days: number;
  readonly scope: ReviewScope | Unread;
  /** The last review that it started, on its date or by hand. Left out before that, and where there was nothing to review. */
  readonly lastReviewId?: string;
}

export interface ReadableCampaign extends Campaign {
  readonly scope: ReviewScope;
}

/** One that can't be read starts nothing, since it would ask about everything; the person who runs it hears so on its dates. */
export const hasReadableScope = (campaign: Campaign): campaign is ReadableCampaign =>
  campaign.scope !== 'unread';

/** So that a review ends before the next one begins, also in February. */
export const MAX_DAYS: Readonly<Record<Recurrence, number>> = {
  month: 28,
  quarter: 60,
  'half-year': 60,
  year: 60,
};

type Dates = Pick<Campaign, 'firstOn' | 'every'>;

/** Its date number `n`, counted from 0. A shorter month has it on its last day. */
const dateAt = ({ firstOn, every }: Dates, n: number): string =>
  Temporal.PlainDate.from(firstOn)
    .add({ months: n * recurrences[every] })
    .toString();

/** How many of its dates are not after that day. */
function countUntil(dates: Dates, day: string): number {
  if (dates.firstOn > day) return 0;
  const first = Temporal.PlainDate.from(dates.firstOn);
  const { months } = first.until(Temporal.PlainDate.from(day), { largestUnit: 'month' });
  let count = Math.max(1, Math.floor(months / recurrences[dates.every]));
  while (dateAt(dates, count) <= day) count += 1;
  return count;
}

/** The first of its dates after that day. All are ISO dates. */
export const dateAfter = (dates: Dates, day: string): string =>
  dateAt(dates, countUntil(dates, day));

/** The date on which it starts a review next. @param today the day in the installation's time zone */
export function nextOn(campaign: Campaign, today: string): string {
  const due = dueDate(campaign, today);
  return due ?? dateAfter(campaign, today < campaign.fromOn ? addDays(campaign.fromOn, -1) : today);
}

/**
 * The date that has come and has not started a review yet; of several that were missed, the last one. A last date in the future says
 * nothing: the clock was wrong then.
 */
export function dueDate(campaign: Campaign, today: string): string | undefined {
  const count = countUntil(campaign, today);
  if (count === 0) return undefined;
  const date = dateAt(campaign, count - 1);
  const { lastOn, fromOn } = campaign;
  const isOver = lastOn !== undefined && lastOn <= today && date <= lastOn;
  return date < fromOn || isOver ? undefined : date;
}

/** Reviewers get their cards in the morning. */
const MORNING = '09:00';

/** When a review of that date starts, and when reviewers are reminded on that day. @param timeZone IANA name */
export const morningOf = (day: string, timeZone: string): Date => instantOf(day, MORNING, timeZone);
