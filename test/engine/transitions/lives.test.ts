/** Whatever meets in one person's life, what Latchkey says is so. `npm run bench -- lives` lives hundreds. */
import { expect, test } from 'vitest';
import { temporaryDatabase } from '../../support/database/database.ts';
import { live } from '../../support/year/lives.ts';

test('a life of random moves, seed 1', { timeout: 120_000 }, async () => {
  const database = await temporaryDatabase();
  const { problems, log } = await live(database, 1);
  await database.cleanup();
  expect({ problems, log: problems.length > 0 ? log : [] }).toEqual({ problems: [], log: [] });
});
