/** What 0052 does to integrations from before: each name that they store belongs to the first one that was added. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { down, up } from '../../../migrations/0052-stored-names.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';

const at = (day: number) => new Date(Date.UTC(2026, 10, day));
const url = 'https://api.example.com/users';

let database: TestDatabase;
beforeEach(async () => {
  database = await temporaryDatabase(() => at(20));
});
afterEach(() => database.cleanup());

async function add(id: string, day: number, manifest: string, deletedAt?: Date): Promise<void> {
  const { integrations } = database.stores;
  const integration = { id, version: 1, name: id, enabled: true, createdAt: at(day) };
  await integrations.insert(integration);
  await integrations.insertVersion({
    id: `${id}-1`,
    integrationId: id,
    number: 1,
    manifest,
    createdAt: at(day),
  });
  await integrations.save({
    ...integration,
    manifestVersionId: `${id}-1`,
    ...(deletedAt && { deletedAt }),
  });
}
const storing = (...names: readonly string[]) =>
  JSON.stringify({
    execute: names.map((name) => ({ url, store_data: { [name]: 'id' } })),
  });

const owners = async () => {
  await down(database.db);
  await up(database.db);
  const owned = await database.stores.storedNames.list();
  return Object.fromEntries(owned.map(({ name, integrationId }) => [name, integrationId]));
};

test('the oldest that stores a name has it; deleted and damaged ones have none', async () => {
  await add('second', 2, storing('ID', 'SECOND_ID'));
  await add('first', 1, storing('ID'));
  await add('gone', 1, storing('GONE_ID'), at(3));
  await add('damaged', 1, '{"execute": [{"store_data": ');
  await add('odd', 1, '{"execute": {"url": "x", "store_data": {"ODD_ID": "id"}}, "form": null}');
  const update = { email: 'email', HR_ID: 'id' };
  await add('hr', 4, JSON.stringify({ action: 'update', data_structure: update, execute: [] }));
  await add('new', 4, JSON.stringify({ action: 'create', data_structure: { NO_ID: 'id' } }));
  expect(await owners()).toEqual({
    ID: 'first',
    SECOND_ID: 'second',
    ODD_ID: 'odd',
    HR_ID: 'hr',
  });
});

test('a manifest that begins with a byte order mark has its names, as when it runs', async () => {
  await add('marked', 1, `\uFEFF${storing('ID')}`);
  await add('later', 2, storing('ID'));
  expect(await owners()).toEqual({ ID: 'marked' });
});

test('names that no table could hold have no owner, and stop no upgrade', async () => {
  const longest = 'L'.repeat(500);
  await add('odd', 1, storing('ZERO\u0000', `${longest}L`, longest, 'ID'));
  expect(await owners()).toEqual({ [longest]: 'odd', ID: 'odd' });
});
