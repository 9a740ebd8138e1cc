/** Two transactions of PostgreSQL that wait for each other. */
import { expect, onTestFinished, test } from 'vitest';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T12:00:00.000Z');

test('one is ended, and gets through when it begins again', async () => {
  const database = await temporaryPostgres(now);
  onTestFinished(() => database.cleanup());
  const { stores, vault } = database;
  for (const id of ['a', 'b'])
    await stores.people.insert({
      id,
      version: 1,
      email: `${id}@example.com`,
      firstName: '',
      lastName: '',
      role: 'other',
      active: true,
      stored: {},
    });
  let holding = 0;
  let bothHold: () => void = () => undefined;
  const both = new Promise<void>((resolve) => {
    bothHold = resolve;
  });
  let begun = 0;
  const takeBoth = (first: string, second: string): Promise<void> => {
    const transact = unitOfWork(database.connect(), vault, { now });
    return transact(async (tx) => {
      begun += 1;
      await tx.people.hold(first);
      holding += 1;
      if (holding === 2) bothHold();
      await both;
      await tx.people.hold(second);
    });
  };
  await Promise.all([takeBoth('a', 'b'), takeBoth('b', 'a')]);
  // The one that was ended may be back before the other has what it waits for: then one is ended again.
  expect(begun).toBeGreaterThanOrEqual(3);
});
