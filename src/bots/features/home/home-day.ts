/** Which starts and leaves are near changes each day, so the Home of admins is refreshed when a day begins. */
import { dayIn, startOfDay } from '../../../core/days.ts';
import type { Source } from '../../../engine/work/due.ts';
import { homesOfAdmins, invalidate } from '../../../engine/work/topics.ts';

/** @param timeZone the installation's zone, which decides when a day begins; an IANA name */
export const homeDay = (timeZone: string): Source => ({
  name: 'home-day',
  async *due(_stores, now) {
    const day = dayIn(timeZone, now);
    yield { subject: day, at: startOfDay(day, timeZone) };
  },
  fire: async (tx) => invalidate(tx, ...(await homesOfAdmins(tx))),
});
