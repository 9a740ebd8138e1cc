/** An export into a folder that has files: what says the same stays as someone wrote it. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { changeBundle, removeItem } from '../../../src/engine/bundles/change-bundle.ts';
import { editRule } from '../../../src/engine/rules/change-rule.ts';
import { changeStarts } from '../../../src/engine/sequences/events/change-starts.ts';
import { present } from '../../support/given/outcomes.ts';
import { type Installation, installation, manifest, type Texts } from './fixture.ts';

const DESK = { name: 'Desk', assignee: { kind: 'manager' } };

async function applied(files: Texts): Promise<Installation> {
  const latchkey = await installation();
  await latchkey.write({
    'latchkey.json': '{ "format": 1 }',
    'integrations/desk.json': DESK,
    'integrations/lamp.json': { ...DESK, name: 'Lamp' },
    ...files,
  });
  expect(await latchkey.apply({ yes: true })).toMatchObject({ code: 0 });
  latchkey.engine.clock.advance(60_000);
  return latchkey;
}

const rule = `# Who sits in Berlin.
overlapDays: 30 # As HR wants it.

conditions:
- {field: department, comparison: is, values: ["Berlin"]}
# The name comes last here.
name: 'Berlin'
`;

const bundle = `name: Office
description: What one needs # Asked by facilities.
apps:
  # Everyone sits.
  - integration: Desk
    hours: 24 # A day.
  # Not everyone reads.
  - integration: Lamp
tags: [office]
`;

async function changeRule(latchkey: Installation, overlapDays: number): Promise<void> {
  const { stores, transact, actor } = latchkey.engine;
  const found = await stores.rules.findByName('Berlin');
  const change = (definition: object) => ({ ...definition, overlapDays });
  await transact((tx) => editRule(tx, found?.id ?? '', { actor, change: change as never }));
}

test('a file that says the same stays byte for byte, as YAML and as JSON', async () => {
  const json = '{"name":"Bare",\r\n "overlapDays": 14}';
  const latchkey = await applied({ 'rules/berlin.yaml': rule, 'rules/bare.json': json });
  const before = await latchkey.files();
  expect((await latchkey.export()).out).toContain('Wrote 2 files to');
  const { 'README.md': _page, 'settings.json': _settings, ...after } = await latchkey.files();
  expect(after).toEqual(before);
});

test('what changed in chat is edited in place: comments, order and quotes of the YAML stay', async () => {
  const latchkey = await applied({ 'rules/berlin.yaml': rule });
  await changeRule(latchkey, 7);
  await latchkey.export({ yaml: true });
  const files = await latchkey.files();
  expect(files['rules/berlin.yaml']).toBe(rule.replace('overlapDays: 30', 'overlapDays: 7'));
  expect((await latchkey.apply({ dryRun: true })).out).not.toContain('rules/berlin.yaml\n  ');
});

test('an app that leaves a bundle takes its own comment with it, and no other', async () => {
  const latchkey = await applied({ 'bundles/office.yml': bundle });
  const { stores, transact, actor } = latchkey.engine;
  const [office, lamp] = [
    await stores.bundles.findByName('Office'),
    await stores.integrations.findByName('Lamp'),
  ];
  const of = { integrationId: lamp?.id ?? '', actor };
  await transact((tx) => removeItem(tx, office?.id ?? '', of));
  const typed = { name: 'Office', description: 'For all', tags: 'office, desk' };
  await transact((tx) => changeBundle(tx, office?.id ?? '', { typed, actor }));
  await latchkey.export({ yaml: true });
  expect((await latchkey.files())['bundles/office.yml']).toBe(`name: Office
description: For all # Asked by facilities.
apps:
  # Everyone sits.
  - integration: Desk
    hours: 24 # A day.
tags: [office, desk]
`);
});

test('a list whose order says nothing keeps the one that it has', async () => {
  const text = `name: Hello
anchor: start-date
startsOn:
  - {kind: run-failed, integration: Lamp} # Rare.
  - {kind: person-created} # Always.
  - {kind: access-granted, integration: Desk} # Often.
`;
  const latchkey = await applied({ 'sequences/hello.yaml': text });
  const { stores, transact, actor } = latchkey.engine;
  const hello = present(await stores.sequences.findByName('Hello'));
  const starts = await stores.sequenceStarts.of(hello.id);
  const occasions = starts.filter(({ kind }) => kind !== 'person-created');
  await transact((tx) => changeStarts(tx, hello, { occasions, actor }));
  await latchkey.export();
  expect((await latchkey.files())['sequences/hello.yaml']).toBe(
    text.replace('  - {kind: person-created} # Always.\n', ''),
  );
});

test('YAML that is read no longer is written whole', async () => {
  const latchkey = await applied({ 'rules/berlin.yaml': rule });
  await latchkey.write({ 'rules/berlin.yaml': `${rule}office: &berlin Berlin\n` });
  await latchkey.export();
  expect((await latchkey.files())['rules/berlin.yaml']).toMatch(/^name: Berlin\n/);
});

test('a file that stays is the same file on the disk', async () => {
  const latchkey = await applied({
    'rules/berlin.yaml': rule,
    'rules/bare.json': { name: 'Bare' },
  });
  const file = join(latchkey.folder, 'rules/bare.json');
  const before = await stat(file);
  await changeRule(latchkey, 7);
  expect((await latchkey.export()).out).toMatch(
    /Wrote \d files to .*, and left 4 files as they are/,
  );
  expect(await stat(file)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
});

test('a file that someone has renamed and not applied since keeps its comments where its thing is', async () => {
  const latchkey = await applied({ 'rules/berlin.yaml': rule });
  await latchkey.write({ 'rules/berlin.yaml': undefined, 'rules/capital.yaml': rule });
  const { err } = await latchkey.export();
  expect(err).toContain('Removed rules/capital.yaml: it is rules/berlin.yaml now.');
  expect((await latchkey.files())['rules/berlin.yaml']).toBe(rule);
});

test('JSON that becomes YAML is said to be there', async () => {
  const latchkey = await applied({ 'rules/bare.json': { name: 'Bare' } });
  const { err } = await latchkey.export({ yaml: true });
  expect(err).toContain('Removed rules/bare.json: it is rules/bare.yaml now.');
});

test('an export says of a comment that it has a secret, and writes nothing', async () => {
  const latchkey = await applied({
    'integrations/figma.json': { name: 'Figma' },
    'integrations/figma.manifest.json': manifest(),
    'rules/berlin.yaml': `${rule}# The token is s3cret-of-figma.\n`,
  });
  const { stores, transact } = latchkey.engine;
  const figma = await stores.integrations.findByName('Figma');
  await transact((tx) => tx.secrets.put(figma?.id ?? '', 'TOKEN', 's3cret-of-figma'));
  const before = await latchkey.files();
  const refused = await latchkey.export();
  expect(refused).toMatchObject({ code: undefined });
  expect(refused.err).toContain('rules/berlin.yaml: line 8: has the secret TOKEN of Figma');
  expect(refused.err).not.toContain('s3cret');
  expect(await latchkey.files()).toEqual(before);
  const written = await latchkey.export({ hardCoded: true });
  expect(written.err).toContain(
    'Written with what seems to be a secret: rules/berlin.yaml: line 8',
  );
});

test('line breaks of Windows stay, also in comments', async () => {
  const windows = rule.replaceAll('\n', '\r\n');
  const latchkey = await applied({ 'rules/berlin.yaml': windows });
  await changeRule(latchkey, 7);
  await latchkey.export();
  expect((await latchkey.files())['rules/berlin.yaml']).toBe(
    windows.replace('overlapDays: 30', 'overlapDays: 7'),
  );
});

test('an anchor that nothing names stays with what it is at', async () => {
  const text = rule.replace("'Berlin'", "&here 'Berlin'");
  const latchkey = await applied({ 'rules/berlin.yaml': text });
  await changeRule(latchkey, 7);
  await latchkey.export();
  expect((await latchkey.files())['rules/berlin.yaml']).toBe(
    text.replace('overlapDays: 30', 'overlapDays: 7'),
  );
});
