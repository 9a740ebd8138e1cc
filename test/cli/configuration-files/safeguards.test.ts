/** What needs an OK since chat would ask for one, beside what `apply.test.ts` has. */
import { describe, expect, test } from 'vitest';
import { type Installation, installation, type Texts } from './fixture.ts';

const MANAGER = { assignee: { kind: 'manager' } };
const CROWD = 21;

/** 21 people in Sales, and what `texts` says applied. */
async function applied(texts: Texts): Promise<Installation> {
  const latchkey = await installation();
  await latchkey.engine.person({ email: 'ann@example.com', department: 'Design' });
  for (let index = 0; index < CROWD; index += 1)
    await latchkey.engine.person({ email: `s${index}@example.com`, department: 'Sales' });
  await latchkey.write({ 'latchkey.json': { format: 1 }, ...texts });
  const said = await latchkey.apply({ yes: true });
  expect(said.err).not.toContain('Error');
  return latchkey;
}

/** What is refused without an OK, and changes nothing. */
async function refusedPlan(latchkey: Installation): Promise<string> {
  const said = await latchkey.apply();
  expect(said.code).toBeUndefined();
  expect(said.err).toContain('your OK');
  return said.out;
}

const rule = (department: string, ...grants: object[]) => ({
  name: 'Department',
  turnedOn: true,
  conditions: [{ field: 'department', comparison: 'is', values: [department] }],
  grants,
});

const manifest = (url: string, option: object = {}) =>
  JSON.stringify({
    form: [
      {
        id: 'role',
        name: 'Role',
        type: 'choice',
        items: [
          { id: 'admin', name: 'Administrator', ...option },
          { id: 'user', name: 'User' },
        ],
      },
    ],
    initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
    headers: { Authorization: 'Bearer {{TOKEN}}' },
    execute: [{ url, data: { email: '{{email}}', role: '{{role}}' } }],
  });
const URL = 'https://figma.example.com/members';
const MARKED = { needs_approval: true };
const figma = (text: string): Texts => ({
  'integrations/figma.json': { name: 'Figma' },
  'integrations/figma.manifest.json': text,
});

describe('a rule counts whom it touches', () => {
  test('with a bundle that is new in the same plan', async () => {
    const latchkey = await applied({ 'integrations/desk.json': { name: 'Desk', ...MANAGER } });
    await latchkey.write({
      'bundles/sales.json': { name: 'Sales', apps: [{ integration: 'Desk' }] },
      'rules/sales.json': rule('Sales', { bundle: 'Sales' }),
    });
    expect(await refusedPlan(latchkey)).toContain('21 people gain access.');
  });

  test('with the apps that its bundle gets in the same plan', async () => {
    const latchkey = await applied({
      'integrations/desk.json': { name: 'Desk', ...MANAGER },
      'bundles/sales.json': { name: 'Sales' },
    });
    await latchkey.write({
      'bundles/sales.json': { name: 'Sales', apps: [{ integration: 'Desk' }] },
      'rules/sales.json': rule('Sales', { bundle: 'Sales' }),
    });
    expect(await refusedPlan(latchkey)).toContain('21 people gain access.');
  });

  test('with an app that the same plan turns on', async () => {
    const off = { name: 'Desk', turnedOn: false, ...MANAGER };
    const latchkey = await applied({ 'integrations/desk.json': off });
    await latchkey.write({
      'integrations/desk.json': { ...off, turnedOn: true },
      'rules/sales.json': rule('Sales', { integration: 'Desk' }),
    });
    expect(await refusedPlan(latchkey)).toContain('21 people gain access.');
  });

  test('and nobody twice, where the same plan renames its app', async () => {
    const latchkey = await applied({
      'integrations/desk.json': { name: 'Desk', ...MANAGER },
      'rules/sales.json': rule('Sales', { integration: 'Desk' }),
    });
    await latchkey.engine.runJobs();
    await latchkey.write({
      'integrations/desk.json': { name: 'Helpdesk', ...MANAGER },
      'rules/sales.json': { ...rule('Sales', { integration: 'Helpdesk' }), overlapDays: 3 },
    });
    expect((await latchkey.apply()).out).not.toContain('gain access');
  });
});

describe('options that need approval need an OK', () => {
  test('where a rule grants them, and are named', async () => {
    const latchkey = await applied(figma(manifest(URL, MARKED)));
    const grant = { integration: 'Figma', form: { role: 'admin' } };
    await latchkey.write({ 'rules/design.json': rule('Nowhere', grant) });
    expect(await refusedPlan(latchkey)).toContain(
      '! Its options that need approval are approved for everyone who matches, now and later: Administrator.',
    );
  });

  test('where the bundle of a rule gets them', async () => {
    const latchkey = await applied({
      ...figma(manifest(URL, MARKED)),
      'bundles/b.json': { name: 'B', apps: [{ integration: 'Figma', form: { role: 'user' } }] },
      'rules/design.json': rule('Nowhere', { bundle: 'B' }),
    });
    const apps = [{ integration: 'Figma', form: { role: 'admin' } }];
    await latchkey.write({ 'bundles/b.json': { name: 'B', apps } });
    expect(await refusedPlan(latchkey)).toContain('now and later: Administrator.');
  });

  test('where the manifest says so no longer', async () => {
    const latchkey = await applied(figma(manifest(URL, MARKED)));
    await latchkey.write(figma(manifest(URL)));
    expect(await refusedPlan(latchkey)).toContain(
      '! Options that needed approval need none any more: Administrator.',
    );
  });
});

test('a manifest that would show a secret, which is then deleted, needs an OK', async () => {
  const latchkey = await applied(figma(manifest(URL)));
  const { stores, transact } = latchkey.engine;
  const stored = await stores.integrations.findByName('Figma');
  await transact((tx) => tx.secrets.put(stored?.id ?? '', 'TOKEN', 'xyz-very-secret'));
  const shown = manifest(URL).replace('"name":"Token"', '"name":"Token","secret":false');
  await latchkey.write(figma(shown));
  expect(await refusedPlan(latchkey)).toContain('! Its secrets are deleted for good: TOKEN.');
  expect((await latchkey.apply({ yes: true })).err).toContain("can't be used before TOKEN is set");
  expect(await stores.secrets.names(stored?.id ?? '')).toEqual([]);
});

test('a manifest that calls another host with secrets that are set needs an OK', async () => {
  const latchkey = await applied(figma(manifest(URL)));
  const { stores, transact } = latchkey.engine;
  const stored = await stores.integrations.findByName('Figma');
  await transact((tx) => tx.secrets.put(stored?.id ?? '', 'TOKEN', 'xyz-very-secret'));
  await latchkey.write(figma(manifest('https://figma.example.com/v2/members')));
  expect((await latchkey.apply()).code).toBe(0);
  await latchkey.write(figma(manifest('https://evil.example.net/members')));
  expect(await refusedPlan(latchkey)).toContain(
    '! It calls https://evil.example.net, which it did not call before, and may send its secrets there.',
  );
});

test('an app that is to ask for codes needs an OK', async () => {
  const latchkey = await applied(figma(manifest(URL)));
  await latchkey.write({ 'integrations/figma.json': { name: 'Figma', asksForCodes: true } });
  expect(await refusedPlan(latchkey)).toContain('! It is a sensitive app');
});

test('a rule that --prune turns off says who loses what', async () => {
  const latchkey = await applied({
    'integrations/desk.json': { name: 'Desk', ...MANAGER },
    'rules/sales.json': rule('Sales', { integration: 'Desk' }),
  });
  await latchkey.engine.runJobs();
  await latchkey.write({ 'rules/sales.json': undefined });
  const said = await latchkey.apply({ prune: true });
  expect(said.out).toContain(
    'no file names it any more\n  ! 0 of 23 people match. 21 people lose access',
  );
});

const people = (...keys: string[]) =>
  JSON.stringify({
    action: 'create',
    data_structure: {
      email: '{{mail}}',
      ...Object.fromEntries(keys.map((key) => [key, `{{${key}}}`])),
    },
    execute: [{ url: 'https://hr.example.com/people', response_notation: 'people' }],
  });

test('two imports never own one field, and a field goes from one to the other', async () => {
  const two = (a: readonly string[], b: readonly string[]): Texts => ({
    'integrations/a.json': { name: 'A', owns: a },
    'integrations/a.manifest.json': people('position', 'department'),
    'integrations/b.json': { name: 'B', owns: b },
    'integrations/b.manifest.json': people('position', 'department'),
  });
  const latchkey = await applied(two([], ['position']));
  await latchkey.write(two(['position', 'start'], ['position']));
  const { err } = await latchkey.apply({ yes: true });
  expect(err).toContain(
    'integrations/a.json: owns[0]: B owns position, too; keep it in one of them',
  );
  expect(err).toContain(
    'integrations/a.json: owns[1]: its import brings no start that it could own',
  );
  await latchkey.write(two(['position'], []));
  expect((await latchkey.apply({ yes: true })).code).toBe(0);
});

const owning = (owns: Readonly<Record<string, readonly string[]>>): Texts =>
  Object.fromEntries(
    Object.entries(owns).flatMap(([name, fields]): [string, unknown][] => [
      [`integrations/${name}.json`, { name, owns: fields }],
      [`integrations/${name}.manifest.json`, people('position', 'department', 'phone')],
    ]),
  );

test('imports swap the fields that they own, and pass them on in a row', async () => {
  const latchkey = await applied(owning({ a: ['position'], b: ['department'], c: ['phone'] }));
  await latchkey.write(owning({ a: ['department'], b: ['position'], c: ['phone'] }));
  expect(await latchkey.apply({ yes: true })).toMatchObject({ code: 0 });
  await latchkey.write(owning({ a: [], b: ['phone'], c: ['position', 'department'] }));
  expect(await latchkey.apply({ yes: true })).toMatchObject({ code: 0 });
  expect((await latchkey.apply()).out).toBe('Nothing to change.\n');
});

describe('before anything is applied, a file is refused that', () => {
  test('names someone who has left, unless it did so before', async () => {
    const desk = (owner: string, icon = '🪑') => ({
      'integrations/desk.json': { name: 'Desk', icon, owners: [owner], ...MANAGER },
    });
    const latchkey = await applied(desk('s0@example.com'));
    for (const email of ['s0@example.com', 's1@example.com']) {
      const person = await latchkey.engine.stores.people.findByEmail(email);
      if (person)
        await latchkey.engine.transact((tx) => tx.people.save({ ...person, active: false }));
    }
    await latchkey.write(desk('s1@example.com'));
    expect((await latchkey.apply()).err).toContain(
      'integrations/desk.json: owners[0]: s1@example.com has left; name someone else',
    );
    await latchkey.write(desk('s0@example.com', '🏠'));
    expect(await latchkey.apply()).toMatchObject({ code: 0 });
  });

  test('pauses what no schedule starts', async () => {
    const latchkey = await applied({});
    await latchkey.write({
      'integrations/desk.json': { name: 'Desk', paused: true, ...MANAGER },
      'integrations/hr.json': { name: 'HR', paused: true },
      'integrations/hr.manifest.json': people('position'),
    });
    const { err } = await latchkey.apply({ yes: true });
    expect(err).toContain('integrations/desk.json: paused: is for imports with a schedule');
    expect(err).toContain('integrations/hr.json: paused: is for imports with a schedule');
  });

  test('has texts sent by what sends none', async () => {
    const latchkey = await applied({ 'integrations/desk.json': { name: 'Desk', ...MANAGER } });
    await latchkey.write({ 'settings.json': { textProvider: 'Desk' } });
    expect((await latchkey.apply()).err).toContain(
      'settings.json: textProvider: Desk sends no texts; name an integration whose manifest',
    );
  });
});
