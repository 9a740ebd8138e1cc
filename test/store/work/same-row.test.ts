/** Two transactions of PostgreSQL that insert what there can be only one of. */
import { expect, onTestFinished, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { addPerson } from '../../../src/engine/people/people.ts';
import { temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T12:00:00.000Z');
const parts = { now, newId, actor: { kind: 'system' } } as const;

test('one is refused, and is told what is wrong when it begins anew', async () => {
  const { stores, transact, cleanup } = await temporaryPostgres(now);
  onTestFinished(cleanup);
  let looking = 0;
  let bothLooked: () => void = () => undefined;
  const both = new Promise<void>((resolve) => {
    bothLooked = resolve;
  });
  const add = () =>
    transact(async (tx) => {
      await tx.people.findByEmail('ann@x.io'); // A snapshot is no lock: neither sees the other.
      looking += 1;
      if (looking === 2) bothLooked();
      await both;
      return addPerson(tx, { email: 'ann@x.io' }, parts);
    });
  const added = await Promise.all([add(), add()]);
  expect(added.filter(({ ok }) => ok)).toHaveLength(1);
  expect(added.find(({ ok }) => !ok)).toMatchObject({
    errors: { email: 'ann@x.io is in the directory already' },
  });
  expect((await stores.people.search('', { offset: 0, limit: 9 })).total).toBe(1);
});
