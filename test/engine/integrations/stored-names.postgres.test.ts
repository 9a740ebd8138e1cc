/** Names that integrations store, on PostgreSQL, where two are saved at once. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addIntegration } from '../../../src/engine/integrations/integrations.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor = { kind: 'system' } as const;
const url = 'https://users.example.com/users';
const storing = { execute: [{ url, store_data: { USER_ID: 'id' } }] };
const asking = { extra_user_info: [{ id: 'USER_ID', name: 'User' }], execute: [{ url }] };

let pg: TestPostgres;
beforeEach(async () => {
  pg = await temporaryPostgres(now);
});
afterEach(() => pg.cleanup());

/** Each in a process of its own, all at once. @returns how many were added */
async function addAtOnce(...manifests: readonly object[]): Promise<number> {
  const outcomes = await Promise.all(
    manifests.map((manifest, index) => {
      const wanted = { name: `App ${index}`, manifest: JSON.stringify(manifest), secrets: {} };
      const transact = unitOfWork(pg.connect(), pg.vault, { now });
      return transact((tx) => addIntegration(tx, wanted, { actor }));
    }),
  );
  return outcomes.filter(({ ok }) => ok).length;
}

test('of three that would store one name, one is saved', async () => {
  expect(await addAtOnce(storing, storing, storing)).toBe(1);
  expect(await pg.stores.integrations.list()).toHaveLength(1);
});

test('of one that stores a name and one that asks people for it, one is saved', async () => {
  expect(await addAtOnce(storing, asking)).toBe(1);
});

test('two that ask people for the same fact are both saved', async () => {
  expect(await addAtOnce(asking, asking)).toBe(2);
});
