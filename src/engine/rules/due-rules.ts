/** What rules do by the calendar: people whose start is near, failed grants, and once a day everyone. */
import { addDays, dayIn, startOfDay } from '../../core/days.ts';
import { DAY_MS, MINUTE_MS } from '../../core/hours.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { Source, Zoned } from '../work/due.ts';
import { noteEveryone, notePeople, wakeRules } from './note-people.ts';
import { definitionOf } from './rule.ts';

const QUARTER_MS = 15 * MINUTE_MS;
/** A process that was down, or that lost the job, is this late at most. */
const OVERDUE_MS = MINUTE_MS;
const PAGE = 250;

/** An exception that ended so long ago is only history, which the audit log has. */
const KEPT_AFTER_END_MS = 30 * DAY_MS;

export const ruleSources = ({ timeZone }: Zoned): readonly Source[] => [
  {
    // Values that nobody noted, grants that were cancelled: whatever it was, a day later it is seen.
    name: 'rules-day',
    async *due({ rules }, now) {
      const day = dayIn(timeZone, now);
      if (await rules.any()) yield { subject: day, at: startOfDay(day, timeZone) };
    },
    async fire(tx, _occurrence, now) {
      await tx.ruleExceptions.deleteEndedBefore(new Date(now.getTime() - KEPT_AFTER_END_MS));
      await noteEveryone(tx); // First: it waits for evaluations, which need the notes of their people.
      await notePages(tx, (after) => tx.ruleTroubles.people(after));
      // Whose check was lost with its job.
      const before = new Date(now.getTime() - DAY_MS);
      await notePages(tx, (after) => tx.access.unknownByRule(before, after));
    },
  },
  {
    // Days begin at another quarter of an hour in each time zone (UTC+05:45): people start, and exceptions end.
    name: 'rules-starts',
    async *due({ rules }, now) {
      const at = new Date(Math.floor(now.getTime() / QUARTER_MS) * QUARTER_MS);
      if (await rules.any()) yield { subject: 'all', at };
    },
    async fire(tx, _occurrence, now) {
      await notePeople(
        tx,
        await tx.ruleExceptions.endedSince(new Date(now.getTime() - DAY_MS), now),
      );
      const today = dayIn('UTC', now);
      const days = new Set((await tx.rules.on()).map((rule) => definitionOf(rule).daysBefore));
      for (const before of days) await noteStarting(tx, addDays(today, before));
    },
  },
  {
    name: 'rules-overdue',
    async *due({ ruleWork: work }, now) {
      const before = new Date(now.getTime() - OVERDUE_MS);
      if (await work.isOverdue(before))
        yield { subject: 'all', at: new Date(Math.floor(now.getTime() / OVERDUE_MS) * OVERDUE_MS) };
    },
    fire: (tx) => wakeRules(tx),
  },
];

/** Everyone who starts about that day: it is yesterday or tomorrow for some. */
async function noteStarting(tx: Transaction, day: string): Promise<void> {
  for (let offset = 0; ; offset += PAGE) {
    const page = { offset, limit: PAGE };
    const { people } = await tx.people.startingBetween(addDays(day, -1), addDays(day, 1), page);
    await notePeople(
      tx,
      people.map(({ id }) => id),
    );
    if (people.length < PAGE) return;
  }
}

/** @param pageAfter people by id after that one, at most `PAGE` */
async function notePages(
  tx: Transaction,
  pageAfter: (after: string) => Promise<readonly string[]>,
): Promise<void> {
  for (let after = ''; ; ) {
    const ids = await pageAfter(after);
    await notePeople(tx, ids);
    const last = ids.at(-1);
    if (last === undefined || ids.length < PAGE) return;
    after = last;
  }
}
