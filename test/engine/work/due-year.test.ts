/** A year of ticks: what is due each day happens once a day, whatever the processes go through. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import type { DueDeps, Source } from '../../../src/engine/work/due.ts';
import { purging } from '../../../src/engine/work/purge.ts';
import { createStores } from '../../../src/store/stores.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { liveThrough } from '../../support/company/living.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const newYear = new Date('2026-01-01T00:00:00Z');
const nextYear = new Date('2027-01-01T00:00:00Z');
const daysSince = (now: Date) => Math.floor((now.getTime() - newYear.getTime()) / DAY);

let database: TestPostgres;
let errors: unknown[];
beforeEach(async () => {
  errors = [];
  database = await temporaryPostgres(() => newYear);
});
afterEach(() => database.cleanup());

/** A reminder at nine each morning, whose next time is in its row: nobody is spared one that fell into a time without processes. */
const reminder: Source = {
  name: 'reminder',
  async *due(stores, now) {
    const found = await stores.settings.find('next');
    const next = new Date(Number(found?.value ?? newYear.getTime() + 9 * HOUR));
    if (next <= now) yield { subject: 'ann', at: next };
  },
  async fire(tx: Transaction, { at }) {
    const found = await tx.settings.find('next');
    await tx.settings.save('next', found?.version ?? 0, String(at.getTime() + DAY));
    await tx.settings.save(`reminded ${at.toISOString()}`, 0, ''); // Fails where it is there.
  },
};

const connection = (): DueDeps => {
  const db = database.connect();
  return {
    stores: createStores(db, database.vault),
    transact: unitOfWork(db, database.vault, { now: () => newYear }),
    sources: [reminder, purging],
    onError: (error) => errors.push(error),
  };
};

test('over a year, with three processes that come and go, each day has its one reminder', async () => {
  const processes = [
    { due: connection(), isUp: (now: Date) => daysSince(now) % 3 !== 0 },
    { due: connection(), isUp: (now: Date) => daysSince(now) % 5 !== 0 },
    { due: connection(), isUp: (now: Date) => now.getUTCHours() >= 12 },
  ].map(({ due, isUp }) => ({
    due,
    // A fortnight without any of them.
    isUp: (now: Date) => (daysSince(now) < 200 || daysSince(now) >= 214) && isUp(now),
  }));

  const fired = await liveThrough({ from: newYear, to: nextYear, everyMs: 12 * HOUR }, processes);

  const reminded = await database.db('settings').where('key', 'like', 'reminded %').pluck('key');
  expect(reminded).toHaveLength(365);
  expect(new Set(reminded.map((key: string) => key.slice(-14)))).toEqual(
    new Set(['T09:00:00.000Z']),
  );
  // The purge is one that nobody needs twice: those of the fortnight are one.
  expect(fired).toBe(365 + 365 - 14);
  expect(errors).toEqual([]);
}, 60_000);
