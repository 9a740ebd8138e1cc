/** Settings of the workspace that are damaged: what they decide is closed, and an admin sets all of them again. */
import { beforeEach, expect, test } from 'vitest';
import { chooseNoticePlace } from '../../../src/engine/messages/notices.ts';
import { saveSettings } from '../../../src/engine/settings/save-settings.ts';
import { WORKSPACE, workspace } from '../../../src/engine/settings/settings.ts';
import { workspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { createToken } from '../../../src/engine/tokens/create-token.ts';
import { damagedRows } from '../../../src/store/json-columns.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';

/** No JSON at all, and JSON of another shape. */
const damages = ['{"weekend":', '{"weekend":"never"}'];
const PLACE = { address: { platform: 'slack', key: 'C1' }, name: '#ops' } as const;

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

const damage = (value: string) =>
  engine.db('settings').insert({ key: WORKSPACE, version: 1, value });
const stored = async (): Promise<unknown> =>
  (await engine.db('settings').where({ key: WORKSPACE }).pluck('value'))[0];
const save = (change: Parameters<typeof saveSettings>[1]) =>
  engine.transact((tx) => saveSettings(tx, change, engine));

test.each(damages)('of %s imports wait, and emails carry no secret', async (value) => {
  expect(await workspaceSettings(engine.stores)).toMatchObject({
    importMostPeople: 100,
    secretsAsLinks: false,
  });
  await damage(value);
  expect(await workspaceSettings(engine.stores)).toMatchObject({
    importMostPeople: 0,
    importMostPercent: 0,
    secretsAsLinks: true,
    personalTokens: 'admins',
    takesUnconfirmed: false,
  });
});

test.each(damages)('a change of one of %s is refused, and what is stored stays', async (value) => {
  await damage(value);
  const why: unknown = expect.stringContaining('press "Edit…" there');
  expect(await save({ dateLanguage: 'de' })).toEqual({ ok: false, why });
  const place = { place: PLACE, actor: engine.actor };
  expect(await engine.transact((tx) => chooseNoticePlace(tx, place))).toEqual({ ok: false, why });
  expect(await stored()).toBe(value);
  expect(await engine.db('audit_log').where('what', 'like', 'settings.%')).toEqual([]);
});

test('all of them together are saved, and count', async () => {
  await damage('damaged');
  const all = { ...workspace.parse({}), holidays: ['2026-12-25'] };
  const none = { mailDomains: undefined, sameDomains: undefined, headsTo: undefined };
  const others = { textProviderId: undefined, quietHours: undefined };
  expect(await save({ ...all, ...none, ...others })).toMatchObject({ ok: true });
  expect(await workspaceSettings(engine.stores)).toEqual(all);
  expect((await save({ notices: PLACE })).ok).toBe(true);
  const names = await engine.db('jobs').pluck('name');
  expect(names).toContain('sequences.replan');
});

test('to save them reads them once, also where they are damaged', async () => {
  await damage('damaged');
  let reads = 0;
  engine.db.on('query', ({ sql }: { readonly sql: string }) => {
    if (/^select .*from `settings`/.test(sql)) reads += 1;
  });
  await save(Object.fromEntries(Object.keys(workspace.shape).map((key) => [key, undefined])));
  expect(reads).toBe(1);
});

test('personal tokens that everyone may have had end when only admins may have them', async () => {
  await save({ personalTokens: 'everyone' });
  const { id: ownerId } = await engine.person({ email: 'bo@example.com' });
  const wish = { name: 'CI', kind: 'personal', ownerId, scopes: ['read'], days: 90 } as const;
  await engine.transact((tx) => createToken(tx, wish, engine));
  expect(await engine.stores.apiTokens.livePersonal(engine.now())).toHaveLength(1);
  await engine.db('settings').where({ key: WORKSPACE }).update({ value: 'damaged' });
  await save(Object.fromEntries(Object.keys(workspace.shape).map((key) => [key, undefined])));
  expect(await engine.stores.apiTokens.livePersonal(engine.now())).toEqual([]);
});

test.each(damages)('the doctor names %s, and says what to press', async (value) => {
  await damage(value);
  expect(await damagedRows(engine.db)).toEqual([
    {
      table: 'settings',
      column: 'value',
      row: WORKSPACE,
      cure: 'choose all settings again in chat ("settings")',
    },
  ]);
});
