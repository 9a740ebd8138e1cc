/** An integration whose settings are damaged: what is closed stays closed, and an admin's new policy mends it. */
import { beforeEach, expect, test } from 'vitest';
import { setOwnedFields } from '../../../src/engine/imports/owned-fields.ts';
import { resumeSchedule } from '../../../src/engine/imports/sync-schedules.ts';
import {
  changeSettings,
  turnOff,
  turnOn,
} from '../../../src/engine/integrations/change-integration.ts';
import { applyRoute, editRoute } from '../../../src/engine/integrations/change-route.ts';
import { changeNameAndIcon } from '../../../src/engine/integrations/name-and-icon.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { undecidedSources } from '../../../src/engine/requests/undecided.ts';
import type { Route } from '../../../src/engine/settings/route.ts';
import {
  defaultPolicy,
  type IntegrationSettings,
  settingsOf,
} from '../../../src/engine/settings/settings.ts';
import { DAY, type TestEngine, testEngine } from '../../support/engine.ts';
import { present } from '../../support/given/outcomes.ts';
import { fire } from '../../support/tick.ts';

let engine: TestEngine;
let ann: Person;
let app: Integration;
beforeEach(async () => {
  engine = await testEngine();
  ann = await engine.person({ email: 'ann@example.com' });
  const { id } = await engine.integration({ execute: [{ url: 'http://127.0.0.1:9/' }] });
  await engine.db('integrations').where({ id }).update({ settings: '{"policy":' });
  app = await now(id);
});

async function now(id: string): Promise<Integration> {
  return present(await engine.stores.integrations.find(id));
}

async function anImport(): Promise<Integration> {
  const { id } = await engine.integration(
    {
      action: 'create',
      schedule: '0 6 * * *',
      execute: [{ url: 'http://127.0.0.1:9/', method: 'GET' }],
      data_structure: { email: 'mail', first_name: 'first', last_name: 'last' },
    },
    {},
    'HR',
  );
  await engine.db('integrations').where({ id }).update({ settings: '{"policy":' });
  return now(id);
}

const stored = async ({ id }: Integration): Promise<unknown> =>
  (await engine.db('integrations').where({ id }).first<{ settings: unknown }>('settings')).settings;

const PLACE = { address: { platform: 'slack', key: 'C1' }, name: '#ops' } as const;

const ask = () =>
  engine.transact((tx) =>
    createRequest(tx, {
      actor: { kind: 'person', personId: ann.id, via: 'slack' },
      requester: ann,
      person: ann,
      integration: app,
      content: { reason: '', form: {}, answers: [], facts: {} },
    }),
  );

test('nobody requests it, and a change of its name leaves what is stored', async () => {
  expect((await ask()).kind).toBe('refused');
  await engine.transact((tx) => changeNameAndIcon(tx, app, { name: 'Zoom', actor: engine.actor }));
  const rows = engine.db('integrations').where({ id: app.id });
  expect(await rows.first('name', 'settings')).toEqual({ name: 'Zoom', settings: '{"policy":' });
});

test('an import that is turned on again leaves what is stored, and its schedule waits', async () => {
  const hr = await anImport();
  await engine.transact((tx) => turnOff(tx, hr, engine));
  const on = await engine.transact((tx) => turnOn(tx, hr, engine));
  expect(await stored(hr)).toBe('{"policy":');
  expect(settingsOf(on).schedule?.isPaused).toBe(true);
});

test('a new policy counts, and everything else stays closed until an admin says so', async () => {
  await engine.transact((tx) =>
    changeSettings(tx, app, { change: { policy: defaultPolicy }, actor: engine.actor }),
  );
  const { settings } = await now(app.id);
  expect(settings).toMatchObject({ policy: defaultPolicy, asksForCodes: true });
});

test.each<[string, IntegrationSettings]>([
  ['a place for notices', { notices: PLACE }],
  ['owners', { ownerIds: [] }],
  ['break-glass', { breakGlass: { longestHours: 4, withApprovalOptions: false } }],
])('%s can not be saved before its policy, and what is stored stays', async (_, change) => {
  const saved = await engine.transact((tx) =>
    changeSettings(tx, app, { change, actor: engine.actor }),
  );
  const why: unknown = expect.stringContaining('press "Settings…" on its card');
  expect(saved).toEqual({ ok: false, why });
  expect(await stored(app)).toBe('{"policy":');
});

test('who approves can not be edited before, since what is shown is not what is stored', async () => {
  const { id, version: seen } = app;
  const edit = { ...engine, seen, change: (route: Route) => route };
  expect(await engine.transact((tx) => editRoute(tx, id, edit))).toMatchObject({ ok: false });
  expect(await engine.transact((tx) => applyRoute(tx, id, edit))).toMatchObject({ ok: false });
  expect(await stored(app)).toBe('{"policy":');
});

test('an import goes on by its schedule when it was chosen again what it owns', async () => {
  const hr = await anImport();
  const deps = { actor: engine.actor };
  const resume = () => engine.transact((tx) => resumeSchedule(tx, hr, deps));
  const why: unknown = expect.stringContaining('press "Owned fields…" on its card');
  expect(await resume()).toEqual({ ok: false, why });
  expect(await stored(hr)).toBe('{"policy":');
  const fields = ['last_name'];
  await engine.transact((tx) => setOwnedFields(tx, hr, { ...deps, fields }));
  expect(settingsOf(await now(hr.id))).toMatchObject({
    owns: fields,
    schedule: { isPaused: true },
  });
  expect((await resume()).ok).toBe(true);
  expect(settingsOf(await now(hr.id))).toMatchObject({
    owns: fields,
    schedule: { isPaused: false },
  });
});

test('its open requests never expire by a time that its policy may not have', async () => {
  await engine.db('integrations').where({ id: app.id }).update({ settings: null });
  app = await now(app.id);
  expect((await ask()).kind).toBe('requested');
  await engine.db('integrations').where({ id: app.id }).update({ settings: '{"policy":' });
  engine.clock.advance(20 * DAY);
  await fire(engine, undecidedSources);
  const { requests } = await engine.stores.requests.list({}, { offset: 0, limit: 9 });
  expect(requests).toMatchObject([{ state: 'open' }]);
});

test('settings that others are alike share them, and no one changes them for all', async () => {
  const settings = { policy: { ...defaultPolicy, longestHours: 8 } };
  await engine.transact((tx) => changeSettings(tx, app, { change: settings, actor: engine.actor }));
  const { policy } = settingsOf(await now(app.id));
  expect(() => Object.assign(policy ?? {}, { longestHours: 9 })).toThrow(TypeError);
});
