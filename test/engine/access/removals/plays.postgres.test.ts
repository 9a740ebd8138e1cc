/** The plays of `plays.test.ts` where transactions run side by side. */
import { expect, test } from 'vitest';
import { play, shapes } from '../../../support/access-plays.ts';
import { temporaryPostgres } from '../../../support/peers/postgres.ts';

/** Of each kind of app; `npm run bench -- plays` plays half of its thousands here. */
const PLAYS = 5;
/** Others than those that SQLite plays. */
const FIRST_SEED = 1000;

test.each(Array.from({ length: PLAYS }, (_, n) => FIRST_SEED + 4 * n))(
  'access ends on PostgreSQL in play %i, too',
  async (seed) => {
    const shape = shapes[seed % shapes.length];
    if (!shape) throw new RangeError('There are no shapes');
    const database = await temporaryPostgres();
    const { problems, log } = await play(database, seed, shape);
    await database.cleanup();
    expect({ shape, problems, log }).toMatchObject({ problems: [] });
  },
);
