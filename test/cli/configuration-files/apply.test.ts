import { describe, expect, test } from 'vitest';
import {
  changeSettings,
  saveManifest,
} from '../../../src/engine/integrations/change-integration.ts';
import { editRule, makeRule } from '../../../src/engine/rules/change-rule.ts';
import { present } from '../../support/given/outcomes.ts';
import { everything, type Installation, installation, manifest } from './fixture.ts';

async function withPeople(): Promise<Installation> {
  const latchkey = await installation();
  await latchkey.engine.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    department: 'Design',
  });
  await latchkey.engine.person({ email: 'bo@example.com', firstName: 'Bo' });
  return latchkey;
}

async function applied(): Promise<Installation> {
  const latchkey = await withPeople();
  await latchkey.write(everything);
  expect((await latchkey.apply({ yes: true })).code).toBe(0);
  latchkey.engine.clock.advance(60_000);
  return latchkey;
}

const figma = everything['integrations/figma.json'] as Record<string, unknown>;
const design = everything['rules/design.json'] as Record<string, unknown>;

test('an empty Latchkey gets everything that files say, and a second apply finds nothing to change', async () => {
  const latchkey = await withPeople();
  await latchkey.write(everything);
  const first = await latchkey.apply({ yes: true });
  expect(first.err).not.toContain('Error');
  expect(first.code).toBe(0);
  expect(first.out).toContain('5 to create, 1 to change, 0 unchanged.');
  expect(first.err).toContain(
    'can\'t be used before TOKEN is set: latchkey integration secrets "Figma" FILE',
  );
  expect(await latchkey.apply()).toMatchObject({ code: 0, out: 'Nothing to change.\n' });
});

test('what was exported is applied to another Latchkey, whose export is the same', async () => {
  const [one, other] = [await applied(), await withPeople()];
  await one.export();
  const exported = await one.files();
  expect(await one.apply()).toMatchObject({ code: 0, out: 'Nothing to change.\n' });
  await other.write(exported);
  expect((await other.apply({ yes: true })).code).toBe(0);
  await other.export();
  expect(await other.files()).toEqual(exported);
  expect(exported['integrations/figma.manifest.json']).toBe(manifest());
});

test('a dry run shows what would change, changes nothing, and says so by its exit code', async () => {
  const latchkey = await applied();
  await latchkey.write({ 'rules/design.json': { ...design, overlapDays: 30 } });
  const before = await latchkey.engine.audited();
  const dry = await latchkey.apply({ dryRun: true });
  expect(dry.code).toBe(2);
  expect(dry.out).toContain(
    '~ rules/design.json: the rule Everyone in Design\n    overlapDays\n      - 7\n      + 30\n',
  );
  expect(dry.out).toContain('0 to create, 1 to change, 5 unchanged.');
  expect(await latchkey.engine.audited()).toEqual(before);
});

test('what differs far behind the beginning of a long text is in the plan', async () => {
  const latchkey = await applied();
  const sequence = (...texts: readonly [string, string]) => ({
    name: 'Letters',
    anchor: 'assignment',
    items: texts.map((text) => ({
      when: { kind: 'at-once' },
      does: { kind: 'message', channel: 'direct', to: '{{email}}', text },
    })),
  });
  const long = 'All is well. '.repeat(99);
  await latchkey.write({ 'sequences/letters.json': sequence(`${long}Go.`, 'Hi') });
  await latchkey.apply();
  await latchkey.write({ 'sequences/letters.json': sequence(`${long}Pay. ${long}`, 'Hi') });
  const { out } = await latchkey.apply({ dryRun: true });
  expect(out).toContain('All is well. Go.');
  expect(out).toContain(`All is well. Pay. ${long}`);
});

test('only what changed gets a new version, by the user of the operating system', async () => {
  const latchkey = await applied();
  await latchkey.write({ 'integrations/figma.json': { ...figma, owners: ['bo@example.com'] } });
  await latchkey.apply();
  const [entry] = await latchkey.engine.stores.auditLog.list({ offset: 0, limit: 9 });
  expect(entry).toMatchObject({ what: 'integration.settings', actor: { kind: 'operator' } });
  expect(JSON.stringify(entry?.actor)).toContain(', by files');
  const stored = await latchkey.engine.stores.integrations.findByName('Figma');
  expect(await latchkey.engine.stores.integrations.versions(stored?.id ?? '')).toHaveLength(1);
});

test('a name that changes in its file renames the thing, and what refers to it follows', async () => {
  const latchkey = await applied();
  const text = (path: string) => JSON.stringify(everything[path]).replaceAll('Figma', 'Figma Pro');
  const paths = [
    'integrations/figma.json',
    'bundles/designer.json',
    'rules/design.json',
    'sequences/new-hire.json',
  ];
  await latchkey.write(Object.fromEntries(paths.map((path) => [path, text(path)])));
  const renamed = await latchkey.apply();
  expect(renamed.out).toContain('0 to create, 1 to change, 5 unchanged.');
  expect(renamed.out).toContain('- "Figma"\n      + "Figma Pro"');
  expect(await latchkey.apply()).toMatchObject({ out: 'Nothing to change.\n' });
});

test('what is in no file stays, and is named', async () => {
  const latchkey = await applied();
  await latchkey.engine.integration(JSON.parse(manifest()), {}, 'Extra');
  const said = await latchkey.apply();
  expect(said).toMatchObject({ code: 0, out: 'Nothing to change.\n' });
  expect(said.err).toContain('the integration Extra is in no file. It stays as it is.');
});

test('a dry run finds what the files would begin to manage, or leave to chat', async () => {
  const latchkey = await applied();
  const { transact, stores } = latchkey.engine;
  const rule = await stores.rules.findByName('Everyone in Design');
  await transact((tx) => tx.managedThings.delete('rule', rule?.id ?? ''));
  expect(await latchkey.apply({ dryRun: true })).toMatchObject({
    code: 2,
    out: '0 to create, 0 to change, 6 unchanged.\n1 thing that these files name is not managed by files yet.\n',
  });
  expect((await latchkey.apply()).out).toContain('is managed by files now.');
  await latchkey.write({ 'sequences/new-hire.json': undefined });
  const dry = await latchkey.apply({ release: true, dryRun: true });
  expect(dry).toMatchObject({ code: 2, err: '' });
  expect(dry.out).toContain('~ the sequence New hire is managed in chat again: no file names it');
});

test('what files begin to manage is counted, whether they change it or not', async () => {
  const latchkey = await applied();
  const { transact, stores } = latchkey.engine;
  const rule = await stores.rules.findByName('Everyone in Design');
  const app = await stores.integrations.findByName('Figma');
  await transact(async (tx) => {
    await tx.managedThings.delete('rule', rule?.id ?? '');
    await tx.managedThings.delete('integration', app?.id ?? '');
  });
  await latchkey.write({ 'integrations/figma.json': { ...figma, owners: [] } });
  expect((await latchkey.apply({ dryRun: true })).out).toContain(
    '0 to create, 1 to change, 5 unchanged.\n2 things that these files name are not managed by files yet.\n',
  );
  expect((await latchkey.apply()).out).toContain(
    '2 things that these files name are managed by files now.',
  );
});

test('a plan says which file moves where, beside what changes, and applying makes it so', async () => {
  const latchkey = await applied();
  await latchkey.write({
    'rules/design.json': undefined,
    'rules/designers.json': design,
    'integrations/figma.json': undefined,
    'integrations/figma.manifest.json': undefined,
    'integrations/tools.json': { ...figma, owners: [] },
    'integrations/tools.manifest.json': manifest(),
  });
  const before = await latchkey.engine.stores.managedThings.list();
  const dry = await latchkey.apply({ dryRun: true });
  expect(dry).toMatchObject({ code: 2, err: '' });
  expect(dry.out).toContain(
    '~ integrations/tools.json: the integration Figma\n    file\n      - integrations/figma.json\n      + integrations/tools.json\n    owners\n',
  );
  expect(dry.out).toContain(
    '~ rules/designers.json: the rule Everyone in Design\n    file\n      - rules/design.json\n      + rules/designers.json\n0 to create, 1 to change, 1 to move, 4 unchanged.\n',
  );
  expect(await latchkey.engine.stores.managedThings.list()).toEqual(before);
  const done = await latchkey.apply();
  expect(done.out).toContain('Moved the rule Everyone in Design to rules/designers.json.');
  expect(await latchkey.apply({ dryRun: true })).toMatchObject({
    code: 0,
    out: 'Nothing to change.\n',
  });
  await latchkey.export();
  expect(Object.keys(await latchkey.files())).toEqual(
    expect.arrayContaining(['integrations/tools.manifest.json', 'rules/designers.json']),
  );
});

test('two files that change places are two moves', async () => {
  const latchkey = await applied();
  const other = { name: 'Other', overlapDays: 3 };
  await latchkey.write({ 'rules/other.json': other });
  await latchkey.apply();
  await latchkey.write({ 'rules/other.json': design, 'rules/design.json': other });
  expect((await latchkey.apply()).out).toContain('0 to create, 0 to change, 2 to move');
  expect((await latchkey.apply()).out).toBe('Nothing to change.\n');
});

describe('a bundle that loses all of its apps', () => {
  const empty = { name: 'Designer', apps: [] };

  test('is found by the plan where a rule still grants it, in its file or in none', async () => {
    const latchkey = await applied();
    await latchkey.write({ 'bundles/designer.json': empty });
    const why = (...rules: readonly string[]) =>
      `bundles/designer.json: apps: has none, and the bundle is still granted by ${rules.join(', ')}; keep an app, or take the bundle out of the rule`;
    expect((await latchkey.apply({ dryRun: true })).err).toContain(why('Everyone in Design'));
    await latchkey.write({ 'rules/design.json': undefined });
    expect((await latchkey.apply({ yes: true })).err).toContain(why('Everyone in Design'));
    await latchkey.write({ 'rules/design.json': { ...design, overlapDays: 3 } });
    expect((await latchkey.apply({ yes: true })).err).toContain(
      'rules/design.json: grants[0].bundle: Designer has no apps to grant; add one to the bundle, or remove it here',
    );
  });

  test('is applied after the rule that grants it no longer', async () => {
    const latchkey = await applied();
    await latchkey.write({
      'bundles/designer.json': empty,
      'rules/design.json': { ...design, grants: [{ integration: 'Badge' }] },
    });
    expect(await latchkey.apply({ yes: true })).toMatchObject({ code: 0 });
    expect((await latchkey.apply()).out).toBe('Nothing to change.\n');
  });

  test('is refused where a new rule grants it', async () => {
    const latchkey = await applied();
    await latchkey.write({
      'bundles/none.json': { name: 'None' },
      'rules/none.json': { name: 'All', grants: [{ bundle: 'none' }] },
    });
    expect((await latchkey.apply({ dryRun: true })).err).toContain(
      'rules/none.json: grants[0].bundle: None has no apps to grant',
    );
  });
});

test('of two who apply at once, the later one is told to look again', async () => {
  const latchkey = await withPeople();
  await latchkey.write(everything);
  const meanwhile = async () => (await latchkey.apply({ yes: true })).code === 0;
  expect((await latchkey.apply({ confirm: meanwhile })).err).toContain(
    'name: has the name of one that is there by now, or is still being deleted; run it again',
  );
  expect(await latchkey.apply()).toMatchObject({ code: 0, out: 'Nothing to change.\n' });
});

async function withoutFiles(): Promise<Installation> {
  const latchkey = await applied();
  const paths = ['integrations/badge.json', 'bundles/designer.json', 'sequences/new-hire.json'];
  await latchkey.write({
    ...Object.fromEntries(paths.map((path) => [path, undefined])),
    'integrations/figma.json': { name: 'Figma' },
    'rules/design.json': { ...design, turnedOn: false, grants: [] },
  });
  return latchkey;
}

describe('what earlier files named and none does any more', () => {
  test('is turned off by --prune, bundles are deleted, and integrations never', async () => {
    const latchkey = await withoutFiles();
    const refused = await latchkey.apply({ prune: true });
    expect(refused.code).toBeUndefined();
    expect(refused.err).toContain('need your OK');
    expect(refused.out).toContain('2 to change, 3 to prune, ');
    const pruned = await latchkey.apply({ prune: true, yes: true });
    expect(pruned.err).not.toContain('Error');
    expect(pruned.out).toContain('- the bundle Designer is deleted: no file names it any more');
    const { bundles, sequences, integrations } = latchkey.engine.stores;
    expect(await bundles.findByName('Designer')).toBeUndefined();
    expect(await sequences.findByName('New hire')).toMatchObject({ isOn: false });
    expect(await integrations.findByName('Badge')).toMatchObject({ enabled: false });
    expect((await latchkey.apply({ prune: true })).out).toBe('Nothing to change.\n');
  });

  test('is not pruned where someone changed it since the plan was made', async () => {
    const latchkey = await applied();
    await latchkey.write({ 'rules/design.json': undefined });
    const { stores, transact, actor } = latchkey.engine;
    const meanwhile = async () => {
      const rule = await stores.rules.findByName('Everyone in Design');
      await transact((tx) => editRule(tx, rule?.id ?? '', { name: 'Everyone', actor }));
      return true;
    };
    const said = await latchkey.apply({ prune: true, confirm: meanwhile });
    expect(said.err).toContain('Everyone in Design: has changed since the plan was made');
    expect(await stores.rules.findByName('Everyone')).toMatchObject({ isOn: true });
  });

  test('is left to chat by --release', async () => {
    const latchkey = await withoutFiles();
    const said = await latchkey.apply({ yes: true });
    expect(said.err).toContain(
      'the bundle Designer was managed by bundles/designer.json, which is gone.',
    );
    await latchkey.apply({ release: true });
    const { bundles, managedThings } = latchkey.engine.stores;
    const bundle = await bundles.findByName('Designer');
    expect(await managedThings.find('bundle', bundle?.id ?? '')).toBeUndefined();
  });

  test('is kept where it is a bundle that a rule grants, with what to do', async () => {
    const latchkey = await applied();
    await latchkey.write({ 'bundles/designer.json': undefined, 'rules/design.json': undefined });
    const said = await latchkey.apply({ prune: true, yes: true });
    expect(said.code).toBe(0);
    expect(said.out).not.toContain('- the bundle Designer');
    expect(said.err).toContain('It stays while Everyone in Design grants it: delete that rule');
  });

  test('is left to chat where it is the settings', async () => {
    const latchkey = await applied();
    await latchkey.write({ 'settings.json': undefined });
    expect((await latchkey.apply()).err).toContain(
      'the settings were managed by settings.json, which is gone. They stay as they are;',
    );
    const isManaged = () => latchkey.engine.stores.managedThings.find('settings', 'workspace');
    expect(await isManaged()).toBeDefined();
    expect(await latchkey.apply({ release: true })).toMatchObject({ code: 0 });
    expect(await isManaged()).toBeUndefined();
  });
});

test('two things whose file was the same one, one after the other, are both exported', async () => {
  const latchkey = await applied();
  const { transact, actor, clock } = latchkey.engine;
  const definition = { matching: 'all', conditions: [], daysBefore: 0, overlapDays: 14 } as const;
  await transact((tx) => makeRule(tx, { name: 'Other', definition }, { actor }));
  await latchkey.write({ 'rules/design.json': { name: 'Other', overlapDays: 3 } });
  expect((await latchkey.apply({ yes: true })).code).toBe(0);
  clock.advance(60_000);
  await latchkey.write({ 'rules/design.json': { name: 'Renamed', overlapDays: 3 } });
  expect((await latchkey.apply({ yes: true })).out).toContain('- "Other"\n      + "Renamed"');
  await latchkey.export();
  const files = Object.entries(await latchkey.files());
  const rules = files.filter(([path]) => path.startsWith('rules/'));
  expect(rules).toMatchObject([
    ['rules/design.json', expect.stringContaining('"Renamed"')],
    ['rules/everyone-in-design.json', expect.stringContaining('"Everyone in Design"')],
  ]);
});

test('no name adds a line to the plan', async () => {
  const latchkey = await withPeople();
  await latchkey.write({
    'latchkey.json': { format: 1 },
    'integrations/a\nNothing to change..json': {
      name: 'A\nNothing to change.',
      assignee: { kind: 'manager' },
    },
  });
  const { out } = await latchkey.apply({ dryRun: true });
  expect(out).not.toMatch(/^Nothing to change/m);
});

test('a change in chat is put back, after the plan said whose it was', async () => {
  const latchkey = await applied();
  const { stores, transact, actor } = latchkey.engine;
  const rule = await stores.rules.findByName('Everyone in Design');
  await transact((tx) => editRule(tx, rule?.id ?? '', { name: 'Designers', actor }));
  const said = await latchkey.apply({ yes: true });
  expect(said.out).toContain(
    'It was changed on 2026-11-24 by Ada, after these files were applied.',
  );
  expect(await stores.rules.findByName('Everyone in Design')).toMatchObject({ id: rule?.id });
});

test('a draft that waits in chat is discarded by a file that changes the rule', async () => {
  const latchkey = await applied();
  const { stores, transact, actor } = latchkey.engine;
  const rule = await stores.rules.findByName('Everyone in Design');
  const change = (definition: { overlapDays: number }) => ({ ...definition, overlapDays: 99 });
  await transact((tx) => editRule(tx, rule?.id ?? '', { actor, change: change as never }));
  await latchkey.write({ 'rules/design.json': { ...design, overlapDays: 30 } });
  await latchkey.apply({ yes: true });
  const now = await stores.rules.find(rule?.id ?? '');
  expect(now).toMatchObject({ definition: { overlapDays: 30 } });
  expect(now?.draft).toBeUndefined();
});

describe('an OK', () => {
  test('is needed for a rule that touches many people, as in chat', async () => {
    const latchkey = await applied();
    for (let index = 0; index < 21; index += 1)
      await latchkey.engine.person({ email: `d${index}@example.com`, department: 'Sales' });
    const conditions = [{ field: 'department', comparison: 'is', values: ['Sales'] }];
    await latchkey.write({ 'rules/design.json': { ...design, conditions } });
    const asked: string[] = [];
    const no = await latchkey.apply({ confirm: async (message) => asked.push(message) === 0 });
    expect(no.code).toBeUndefined();
    expect(no.err).toContain('nothing was applied');
    expect(no.out).toContain('! This is a large change.');
    expect(asked).toEqual(['Apply all of this?']);
    expect((await latchkey.apply({ dryRun: true })).code).toBe(2);
    expect((await latchkey.apply({ confirm: async () => true })).code).toBe(0);
  });

  test('is needed where a change would delete secrets or let requests through', async () => {
    const latchkey = await applied();
    const { stores, transact } = latchkey.engine;
    const stored = await stores.integrations.findByName('Figma');
    await transact((tx) => tx.secrets.put(stored?.id ?? '', 'TOKEN', 'xyz-very-secret'));
    const policy = { approvers: { kind: 'automatic' } };
    const bare = { execute: [{ url: 'https://figma.example.com/members' }] };
    await latchkey.write({
      'integrations/figma.json': { ...figma, policy },
      'integrations/figma.manifest.json': bare,
      'bundles/designer.json': { name: 'Designer', apps: [{ integration: 'Badge' }] },
      'rules/design.json': { ...design, grants: [{ bundle: 'Designer' }] },
      'sequences/new-hire.json': { name: 'New hire', anchor: 'start-date' },
    });
    const said = await latchkey.apply();
    expect(said.code).toBeUndefined();
    expect(said.out).toContain('! Its secrets are deleted for good: TOKEN.');
    expect(said.out).toContain(
      '! Some requests that someone had to approve are now approved automatically.',
    );
    expect(`${said.out}${said.err}`).not.toContain('xyz-very-secret');
  });

  test('is needed for an app that asks for codes', async () => {
    const latchkey = await applied();
    await latchkey.write({ 'integrations/figma.json': { ...figma, asksForCodes: true } });
    await latchkey.apply({ yes: true });
    await latchkey.write({ 'integrations/figma.json': figma });
    expect((await latchkey.apply()).out).toContain('! It is a sensitive app');
  });
});

test('what someone changes between the plan and its OK is refused, and the next apply goes on', async () => {
  const latchkey = await applied();
  const { stores, transact, actor } = latchkey.engine;
  await latchkey.write({
    'integrations/badge.json': {
      name: 'Badge',
      assignee: { kind: 'manager' },
      policy: { approvers: { kind: 'automatic' } },
    },
    'integrations/figma.json': { ...figma, owners: [] },
  });
  const meanwhile = async () => {
    const stored = present(await stores.integrations.findByName('Figma'));
    await transact((tx) => changeSettings(tx, stored, { actor, change: { owns: ['office'] } }));
    return true;
  };
  const said = await latchkey.apply({ confirm: meanwhile });
  expect(said.err).toContain(
    'integrations/figma.json: has changed since the plan was made; run it again',
  );
  expect(await stores.integrations.findByName('Badge')).toMatchObject({ enabled: true });
  expect((await latchkey.apply({ yes: true })).code).toBe(0);
  expect((await latchkey.apply()).out).toBe('Nothing to change.\n');
});

test('a manifest that someone saves meanwhile is not overwritten', async () => {
  const latchkey = await applied();
  const { stores, transact, actor } = latchkey.engine;
  await latchkey.write({
    'integrations/figma.manifest.json': manifest('https://figma.example.com/v2'),
    'integrations/figma.json': { ...figma, policy: { approvers: { kind: 'automatic' } } },
  });
  const meanwhile = async () => {
    const stored = present(await stores.integrations.findByName('Figma'));
    const text = manifest('https://figma.example.com/v3');
    return (await transact((tx) => saveManifest(tx, stored, { text, actor }))).ok;
  };
  expect((await latchkey.apply({ confirm: meanwhile })).err).toContain('has changed since');
});
