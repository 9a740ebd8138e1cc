/** Whatever happens, access ends, and nothing is called gone while it is there. `npm run bench -- plays` plays thousands. */
import { expect, test } from 'vitest';
import { play, type Shape, shapes } from '../../../support/access-plays.ts';
import { temporaryDatabase } from '../../../support/database/database.ts';

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
    const database = await temporaryDatabase();
    const { problems, log } = await play(database, 1, shape);
    await database.cleanup();
    expect({ problems, log }).toMatchObject({ problems: [] });
  },
);
