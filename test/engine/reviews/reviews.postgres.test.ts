import { afterEach, beforeEach, expect, test } from 'vitest';
import { addIntegration } from '../../../src/engine/integrations/integrations.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { addPerson } from '../../../src/engine/people/people.ts';
import { decideItem, type Reviewed, startReview } from '../../../src/engine/reviews/reviews.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor = { kind: 'system' } as const;

let database: TestPostgres;
beforeEach(async () => {
  database = await temporaryPostgres(now);
});
afterEach(() => database.cleanup());

async function person(email: string, managerEmail?: string): Promise<Person> {
  const details = { email, role: 'admin' as const, ...(managerEmail && { managerEmail }) };
  const added = await database.transact((tx) => addPerson(tx, details, { actor }));
  if (!added.ok) throw new Error(added.problems.join());
  return added.person;
}

test('of Keep and Revoke by two admins at once one counts, and nothing is revoked that was kept', async () => {
  const { stores, transact } = database;
  const [ada, eva] = [await person('ada@example.com'), await person('eva@example.com')];
  const url = 'https://api.example.com';
  const manifest = JSON.stringify({ execute: [{ url }], revoke: [{ url, method: 'DELETE' }] });
  const processes = [transact, unitOfWork(database.connect(), database.vault, { now })] as const;
  for (let round = 0; round < 10; round++) {
    const ann = await person(`ann${round}@example.com`);
    const added = await transact((tx) =>
      addIntegration(tx, { name: `Asana ${round}`, manifest, secrets: {} }, { actor }),
    );
    if (!added.ok) throw new Error('It was not added');
    const [personId, integrationId] = [ann.id, added.integration.id];
    const access = { personId, integrationId, reason: '', since: now(), checkedAt: now() };
    await stores.access.put({ ...access, state: 'has' });
    const wanted = { name: 'Autumn', startedBy: ada, actor, dueDate: '2026-12-10' };
    const review = await transact((tx) =>
      startReview(tx, { ...wanted, integrationIds: [integrationId] }),
    );
    const item = { reviewId: review?.id ?? '', personId, integrationId };
    const say = (who: 0 | 1, by: Person, verdict: 'kept' | 'revoked'): Promise<Reviewed> =>
      processes[who]((tx) => decideItem(tx, { ...item, verdict, by, actor }));
    const said = await Promise.all([say(0, ada, 'kept'), say(1, eva, 'revoked')]);
    expect(said.map(({ kind }) => kind).toSorted()).toEqual(['decided', 'over']);
    const decided = await stores.reviews.findItem(item.reviewId, personId, integrationId);
    const runs = await stores.runs.unfinishedOf(personId);
    expect(runs).toHaveLength(decided?.state === 'revoked' ? 1 : 0);
  }
});
