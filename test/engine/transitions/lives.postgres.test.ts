/** The same on PostgreSQL. */
import { expect, test } from 'vitest';
import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { live } from '../../support/year/lives.ts';

test('a life of random moves, seed 8', { timeout: 120_000 }, async () => {
  const database = await temporaryPostgres();
  const { problems, log } = await live(database, 8);
  await database.cleanup();
  expect({ problems, log: problems.length > 0 ? log : [] }).toEqual({ problems: [], log: [] });
});
