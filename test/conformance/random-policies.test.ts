/** Random policies in a random company hold what no policy may break. `npm run bench -- policies` plays ten thousand. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, temporaryDatabase } from '../support/database/database.ts';
import { START } from '../support/policies/company.ts';
import { playRandomPolicies } from '../support/policies/random.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await temporaryDatabase(() => START);
});
afterAll(() => database.cleanup());

test('nobody decides their own, nobody decides who lost the right, the count holds, and every request ends', async () => {
  const played = playRandomPolicies(database.transact, { plays: 30, seed: 1 });
  await expect(played).resolves.toBeUndefined();
});
