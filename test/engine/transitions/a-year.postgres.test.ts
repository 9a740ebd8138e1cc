/** A small year, on PostgreSQL, where transactions of several jobs run at once. `npm run bench -- year` plays that of 1,000 people, on both databases. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';
import { liveAYear, SMALL_YEAR } from '../../support/year/live.ts';

let database: TestPostgres;
beforeEach(async () => {
  database = await temporaryPostgres();
});
afterEach(() => database.cleanup());

test('over a year everyone has what something gives them and nothing else, whatever HR and the apps do', async () => {
  const seed = 444;
  const { broken, counts, presses } = await liveAYear(database, { ...SMALL_YEAR, seed });
  expect({ seed, broken }).toEqual({ seed, broken: [] });
  for (const many of Object.values(counts)) expect(many).toBeGreaterThan(0);
  expect(presses.forMoves).toBeLessThanOrEqual(3 * presses.moves);
}, 120_000);
