/** The same files as YAML. */
import { expect, test } from 'vitest';
import { type Installation, installation, manifest, type Texts } from './fixture.ts';

const mark = { 'latchkey.json': { format: 1 } };

async function written(files: Texts): Promise<Installation> {
  const latchkey = await installation();
  await latchkey.write({ ...mark, ...files });
  return latchkey;
}

test('YAML says the same as JSON, and is exported under its name again', async () => {
  const latchkey = await written({
    'settings.yml': 'quietHours: # At night.\n  from: 20:00\n  until: "07:00"\n',
    'integrations/figma.yaml': '\uFEFFname: Figma\r\nturnedOn: false\r\n',
    'integrations/figma.manifest.json': manifest(),
    'rules/no.yaml':
      'name: no\nconditions:\n- {field: department, comparison: is, values: [Sales]}\n',
    'bundles/b.json': { name: 'B', apps: [{ integration: 'Figma', form: { team: 'd' } }] },
  });
  const said = await latchkey.apply({ yes: true });
  expect(said).toMatchObject({ code: 0 });
  await latchkey.export();
  const files = await latchkey.files();
  expect(Object.keys(files)).toEqual([
    'README.md',
    'bundles/b.json',
    'integrations/figma.manifest.json',
    'integrations/figma.yaml',
    'latchkey.json',
    'rules/no.yaml',
    'settings.yml',
  ]);
  expect(files['integrations/figma.yaml']).toBe('\uFEFFname: Figma\r\nturnedOn: false\r\n');
  expect(await latchkey.apply()).toMatchObject({ code: 0, out: 'Nothing to change.\n' });
});

test('--yaml writes documents as YAML, and what is YAML keeps its ending', async () => {
  const latchkey = await written({
    'rules/r.json': { name: 'R: "no" #1', conditions: [] },
    'bundles/b.yml': 'name: B\ndescription: |-\n  one\n  two\n',
  });
  await latchkey.apply({ yes: true });
  await latchkey.export({ yaml: true });
  const files = await latchkey.files();
  expect(files['rules/r.yaml']).toMatch(/^name: 'R: "no" #1'\n/);
  expect(files['bundles/b.yml']).toContain('description: |-\n  one\n  two\n');
  expect(Object.keys(files)).not.toContain('rules/r.json');
  expect((await latchkey.apply()).out).toContain('      - rules/r.json\n      + rules/r.yaml\n');
  await latchkey.export();
  expect(await latchkey.files()).toEqual(files);
});

test('a file that moves from JSON to YAML with a new name is the same thing', async () => {
  const latchkey = await written({ 'rules/r.json': { name: 'R' } });
  await latchkey.apply({ yes: true });
  await latchkey.write({ 'rules/r.json': undefined, 'rules/r.yaml': 'name: S' });
  expect((await latchkey.apply()).out).toContain('- "R"\n      + "S"');
});

test('what JSON has no word for is refused, with its line', async () => {
  const latchkey = await written({
    'bundles/a.yaml': 'name: &n A\ndescription: *n\n',
    'bundles/b.yaml': 'name: B\nname: C\n',
    'bundles/c.yaml': 'name: C\n---\nname: D\n',
    'bundles/d.yaml': 'name: !secret D\n',
    'bundles/e.yaml': 'name: E\ntags:\n\t- x\n',
    'bundles/f.yaml': '- name: F\n',
    'bundles/g.yaml': '? [name]\n: G\n',
    'bundles/h.yaml': 'name: H\n__proto__: {description: x}\n',
    'bundles/i.yaml': 'name: !!binary aGVsbG8=\n',
    'bundles/j.yaml': '!!set {name}\n',
    'bundles/k.yaml': 'name: 12345678901234567890\n',
    'bundles/l.yaml': 'name: .inf\n',
    'bundles/m.yaml': 'name: 1e999\n',
    'integrations/i.manifest.yaml': 'execute: []\n',
    'rules/r.json': { name: 'R' },
    'rules/r.yaml': 'name: S\n',
  });
  const { err } = await latchkey.apply();
  for (const line of [
    'bundles/a.yaml: line 2, column 14: not valid YAML: Aliases are not read; write the value here',
    'bundles/b.yaml: line 2, column 1: not valid YAML: name stands here twice; keep one',
    'bundles/c.yaml: line 2, column 1: not valid YAML: More than one document; keep one',
    'bundles/d.yaml: line 1, column 7: not valid YAML: Tags are not read; remove it',
    'bundles/e.yaml: line 3, column 1: not valid YAML: Tabs are not allowed',
    'bundles/f.yaml: must be an object with keys, but is a list of 1',
    'bundles/g.yaml: line 1, column 3: not valid YAML: A key that is no text; write a text',
    "bundles/h.yaml: __proto__: isn't known here; remove it",
    'bundles/i.yaml: line 1, column 16: not valid YAML: Tags are not read; remove it',
    'bundles/j.yaml: line 1, column 7: not valid YAML: Tags are not read; remove it',
    'bundles/l.yaml: line 1, column 7: not valid YAML: A number that JSON has no word for; write a text',
    'bundles/m.yaml: line 1, column 7: not valid YAML: A number that JSON has no word for; write a text',
    'bundles/k.yaml: name: must be a string, but is 12345678901234567890; put what you wrote in quotes',
    'integrations/i.manifest.yaml: is a manifest, and those are JSON; write it as integrations/i.manifest.json',
    'rules/r.yaml: stands beside rules/r.json; keep one',
  ])
    expect(err).toContain(line);
});

test('an ending or a folder in capitals is named with its cure, and never passed over', async () => {
  const latchkey = await written({
    'bundles/Basics.YAML': 'name: B\n',
    'integrations/figma.Manifest.json': manifest(),
    'Settings.JSON': {},
    'rules/r.Yml': 'name: R\n',
    'README.MD': 'Mine',
  });
  expect((await latchkey.apply()).err).toBe(
    [
      "Error: these files can't be read",
      '  Settings.JSON: it is read only as settings.json; rename it',
      '  bundles/Basics.YAML: it is read only as bundles/Basics.yaml; rename it',
      '  integrations/figma.Manifest.json: it is read only as integrations/figma.manifest.json; rename it',
      '  rules/r.Yml: it is read only as rules/r.yml; rename it',
      '',
    ].join('\n'),
  );
  const other = await written({ 'Rules/r.yaml': 'name: R\n' });
  expect((await other.apply()).err).toContain('Rules has capitals; rename this folder to rules');
});

test('nesting that would end the process, and bombs, are refused', async () => {
  const levels = Array.from(
    { length: 9 },
    (_, at) => `l${at}: &l${at} [${`*l${at - 1},`.repeat(9)}]`,
  );
  const latchkey = await written({
    'bundles/flow.yaml': '['.repeat(250_000),
    'bundles/block.yaml': '- '.repeat(125_000),
    'bundles/bomb.yaml': `l: &l-1 [x]\n${levels.join('\n')}\n`,
    'bundles/long.yaml': `name: ${'x'.repeat(300_000)}`,
  });
  const { err } = await latchkey.apply();
  expect(err).toContain('bundles/flow.yaml: line 1, column 201: not valid YAML: Nested too deeply');
  expect(err).toContain('not valid YAML: Nested too deeply');
  expect(err).toContain(
    'bundles/bomb.yaml: line 2, column 10: not valid YAML: Aliases are not read',
  );
  expect(err).toContain('bundles/long.yaml: is longer than');
});
