/** What can't be read is never taken for what isn't there. */
import { expect, test } from 'vitest';
import { definitionOf } from '../../../src/engine/rules/rule.ts';
import { settingsOf, WORKSPACE } from '../../../src/engine/settings/settings.ts';
import { areUnread, workspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { everything, type Installation, installation } from './fixture.ts';

async function furnished(): Promise<Installation> {
  const latchkey = await installation();
  for (const name of ['ann', 'bo'])
    await latchkey.engine.person({ email: `${name}@example.com`, firstName: name });
  await latchkey.write(everything);
  expect((await latchkey.apply({ yes: true })).code).toBe(0);
  return latchkey;
}

test.each([
  ['sequence_items', 'timing'],
  ['rules', 'definition'],
  ['integrations', 'settings'],
  ['bundles', 'tags'],
])('an export with a damaged row of %s.%s writes nothing, and names it', async (table, column) => {
  const { engine, ...latchkey } = await furnished();
  const before = await latchkey.files();
  const { id } = (await engine
    .db<{ readonly id: string }>(table)
    .whereNotNull(column)
    .first('id')) ?? { id: '' };
  await engine
    .db(table)
    .where({ id })
    .update({ [column]: 'damaged' });
  const { code, err } = await latchkey.export();
  expect(code).toBeUndefined();
  expect(err).toContain(`${table}.${column} of ${id} holds something that Latchkey did not write`);
  expect(await latchkey.files()).toEqual(before);
});

test('what was deleted keeps no one from an export', async () => {
  const { engine, ...latchkey } = await furnished();
  await engine.db('rules').update({ definition: 'damaged', deleted_at: 1, is_on: false });
  expect((await latchkey.export()).code).toBe(0);
});

test('files are not applied where a step of a sequence can not be read, since it would come twice', async () => {
  const { engine, ...latchkey } = await furnished();
  await engine.db('sequence_items').where({ position: 0 }).update({ timing: 'damaged' });
  const { code, err } = await latchkey.apply({ yes: true });
  expect(code).toBeUndefined();
  expect(err).toContain('nothing was applied');
  expect(err).toContain('sequence_items.timing');
});

test('a plan says which of its values stand in for one that can not be read', async () => {
  const { engine, ...latchkey } = await furnished();
  await engine.db('integrations').update({ settings: 'damaged' });
  const { code, err } = await latchkey.apply({ dryRun: true });
  expect(code).toBe(2);
  expect(err).toMatch(
    /Warning: integrations\.settings of .+ holds something that Latchkey did not write\. The plan shows what counts in its place\./,
  );
});

test('files mend a rule that can not be read', async () => {
  const { engine, ...latchkey } = await furnished();
  const [{ conditions } = {}] = (await engine.stores.rules.on()).map(definitionOf);
  await engine.db('rules').update({ definition: 'damaged' });
  expect((await latchkey.apply({ yes: true })).code).toBe(0);
  const now = await engine.stores.rules.on();
  expect(now[0]).toMatchObject({ definition: { conditions } });
});

test('settings of a wrong shape are not exported, and files mend them', async () => {
  const { engine, ...latchkey } = await furnished();
  const before = await workspaceSettings(engine.stores);
  await engine.db('settings').where({ key: WORKSPACE }).update({ value: '{"weekend":"never"}' });
  const { code, err } = await latchkey.export();
  expect(code).toBeUndefined();
  expect(err).toContain('settings.value of workspace holds something that Latchkey did not write');
  expect((await latchkey.apply({ yes: true })).code).toBe(0);
  expect(await workspaceSettings(engine.stores)).toEqual(before);
});

test('files that say what stands in for settings which can not be read mend them all the same', async () => {
  const { engine, ...latchkey } = await furnished();
  const damage = () =>
    engine.db('settings').where({ key: WORKSPACE }).update({ value: '{"weekend":"never"}' });
  await damage();
  const closed = await workspaceSettings(engine.stores);
  await engine
    .db('settings')
    .where({ key: WORKSPACE })
    .update({ value: JSON.stringify(closed) });
  expect((await latchkey.export()).code).toBe(0);
  await damage();
  const planned = await latchkey.apply({ dryRun: true });
  expect(planned.code).toBe(2);
  expect(planned.out).toContain('what is stored is damaged, and is set again');
  expect((await latchkey.apply({ yes: true })).code).toBe(0);
  expect(await areUnread(engine.stores)).toBe(false);
});

test('so do files of an app that say what stands in for its settings', async () => {
  const { engine, ...latchkey } = await installation();
  await engine.integration({ execute: [{ url: 'https://api.example.com' }] });
  const store = (settings: string) => engine.db('integrations').update({ settings });
  const found = () => engine.stores.integrations.list();
  await store('damaged');
  await store(JSON.stringify((await found()).map(settingsOf)[0]));
  expect((await latchkey.export()).code).toBe(0);
  await store('damaged');
  expect((await latchkey.apply({ yes: true })).code).toBe(0);
  expect((await found()).map(({ settings }) => settings)).not.toContain('unread');
});
