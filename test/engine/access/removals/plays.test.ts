/** Whatever happens, access ends, and nothing is called gone while it is there. `npm run bench -- plays` plays thousands. */
import { expect, test } from 'vitest';
import { play, type Shape, shapes } from '../../../support/access-plays.ts';
import { temporaryDatabase } from '../../../support/database/database.ts';

/** Of each shape: 36 in all; nine more are played on PostgreSQL, and any number by the bench. */
const PLAYS = 2;

const nameOf = ({ exists, steps, byUsername, revocable }: Shape): string =>
  [
    exists === 'none' ? 'an app that can not be asked' : `an app that answers by ${exists}`,
    steps === 1 ? 'one step' : 'three steps',
    ...(byUsername ? ['a username'] : []),
    ...(revocable ? [] : ['no revoke']),
  ].join(', ');

test.each(shapes.map((shape) => [nameOf(shape), shape] as const))(
  'access ends at %s',
  { timeout: 120_000 },
  async (_, shape) => {
    const bad: unknown[] = [];
    for (let seed = 1; seed <= PLAYS; seed += 1) {
      const database = await temporaryDatabase();
      const { problems, log } = await play(database, seed, shape);
      await database.cleanup();
      if (problems.length > 0) bad.push({ seed, problems, log });
    }
    expect(bad).toEqual([]);
  },
);
