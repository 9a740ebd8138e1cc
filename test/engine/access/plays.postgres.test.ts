/** The plays of `plays.test.ts` where transactions run side by side. */
import { expect, test } from 'vitest';
import { play, shapes } from '../../support/access-plays.ts';
import { temporaryPostgres } from '../../support/postgres.ts';

const PLAYS = 20;
/** Others than those that SQLite plays. */
const FIRST_SEED = 1000;

test('access ends on PostgreSQL, too', { timeout: 120_000 }, async () => {
  const bad: unknown[] = [];
  for (let n = 0; n < PLAYS; n += 1) {
    const shape = shapes[n % shapes.length];
    if (!shape) throw new RangeError('There are no shapes');
    const database = await temporaryPostgres();
    const { problems, log } = await play(database, FIRST_SEED + n, shape);
    await database.cleanup();
    if (problems.length > 0) bad.push({ shape, n, problems, log });
  }
  expect(bad).toEqual([]);
});
