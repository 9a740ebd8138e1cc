/** Folders that someone else wrote. */
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readFiles } from '../../../src/engine/configuration/read-files.ts';
import { installation } from './fixture.ts';

const mark = { 'latchkey.json': { format: 1 } };

test('every mistake is named at once, with its file, its place and the cure', async () => {
  const latchkey = await installation();
  await latchkey.write({
    ...mark,
    'integrations/a.json': { name: 'A', ownrs: [], policy: { approvers: { kind: 'manger' } } },
    'integrations/b.json': {
      name: 'B',
      turnedOn: 'yes',
      assignee: { kind: 'person', personId: 'x' },
    },
    'integrations/c.json': '{"name": "C", "name": "D", "assignee": {"kind": "manager"}}',
    'integrations/e.manifest.json': '{}',
    'rules/broken.json': '{"name": "R",\n  "conditions": [}',
    'rules/unknown.json': { name: 'U', overlapday: 3 },
    'bundles/list.json': [],
    'things.json': {},
  });
  const { code, err } = await latchkey.apply();
  expect(code).toBeUndefined();
  expect(
    err
      .split('\n  ')
      .slice(1)
      .map((line) => line.trim()),
  ).toEqual([
    'bundles/list.json: must be an object with keys, but is []',
    expect.stringMatching(
      /^integrations\/a\.json: policy\.approvers.*use "manager", "people", "admins", "automatic"|^integrations\/a\.json: policy\.approvers/,
    ),
    'integrations/b.json: turnedOn: must be a boolean, but is "yes"',
    'integrations/b.json: assignee.person: is missing; it is a string',
    'integrations/c.json: name: stands here twice, and only the last one counts; keep one',
    expect.stringContaining('rules/broken.json: line 2, column 18: not valid JSON'),
    'rules/unknown.json: overlapday: isn\'t known here; did you mean "overlapDays"?',
    'things.json: belongs to nothing here; remove it, or put it into integrations, bundles, rules or sequences',
    'integrations/e.manifest.json: has no integrations/e.json beside it; add one with {"name": "…"}',
  ]);
});

test('characters that a database would change are refused', async () => {
  const latchkey = await installation();
  await latchkey.write({
    ...mark,
    'bundles/b.json': { name: 'B', tags: ['a', 'b\u0000'] },
    'rules/r.json': { name: 'half \ud83c of one' },
    'rules/s.json': { name: 'whole 🎨' },
  });
  const { err } = await latchkey.apply();
  expect(err).toContain('bundles/b.json: tags[1]: has a character that no text has; remove it');
  expect(err).toContain('rules/r.json: name: has a character that no text has; remove it');
  expect(err).not.toContain('rules/s.json');
});

test('people and things that are not there are named with the nearest name', async () => {
  const latchkey = await installation();
  await latchkey.write({
    ...mark,
    'integrations/figma.json': {
      name: 'Figma',
      assignee: { kind: 'manager' },
      owners: ['no@example.com'],
    },
    'bundles/b.json': {
      name: 'B',
      apps: [{ integration: 'Figme' }, { integration: 'figma', form: { team: 'x' } }],
    },
    'bundles/c.json': { name: 'b' },
  });
  const doubled = await latchkey.apply();
  expect(doubled.err).toContain(
    'bundles/c.json: name: b is the bundle of bundles/b.json, too; keep one',
  );
  await latchkey.write({ 'bundles/c.json': undefined });
  const { err } = await latchkey.apply();
  expect(err).toContain(
    'integrations/figma.json: owners[0]: no one has the address no@example.com; add them with "latchkey people add --email no@example.com"',
  );
  expect(err).toContain(
    'bundles/b.json: apps[0].integration: no integration is called "Figme"; did you mean "Figma"?',
  );
});

test('another folder, and a later format, is not applied', async () => {
  const latchkey = await installation();
  await latchkey.write({ 'settings.json': {} });
  expect((await latchkey.apply()).err).toContain('latchkey.json: format: is missing');
  await latchkey.write({ 'latchkey.json': { format: 2 } });
  expect((await latchkey.apply()).err).toContain(
    'must be 1; these files may be for another version',
  );
});

test('links, bytes that are no text and files of a gigabyte are refused without being read', async () => {
  const latchkey = await installation();
  await latchkey.write({ ...mark, 'rules/large.json': '{}' });
  await truncate(join(latchkey.folder, 'rules/large.json'), 2 ** 30);
  await writeFile(join(latchkey.folder, 'rules/bytes.json'), Buffer.from([0x7b, 0xff, 0x7d]));
  await symlink('/etc/hostname', join(latchkey.folder, 'rules/link.json'));
  const { err } = await latchkey.apply();
  expect(err).toContain('rules/bytes.json: this is not UTF-8 text');
  expect(err).toContain('rules/link.json: it is a link; put the file itself here');
  await latchkey.write({ 'rules/bytes.json': undefined, 'rules/link.json': undefined });
  expect((await latchkey.apply()).err).toContain('rules/large.json: is longer than');
  await symlink('/etc', join(latchkey.folder, 'bundles'));
  expect((await latchkey.apply()).err).toContain('bundles is a link');
});

test('a pipe is not waited for', async () => {
  const latchkey = await installation();
  await latchkey.write({ ...mark, 'rules/r.json': {} });
  execFileSync('mkfifo', [join(latchkey.folder, 'rules/pipe.json')]);
  expect((await latchkey.apply()).err).toContain('rules/pipe.json: it is no file; put a file here');
});

test('a folder in one of ours is named, since its files would be passed over', async () => {
  const latchkey = await installation();
  await latchkey.write({ ...mark, 'rules/sales/r.json': { name: 'R' } });
  expect((await latchkey.apply()).err).toContain(
    'rules/sales: it is a folder; put its files into rules',
  );
});

test('more files than anyone has are refused before they are read', async () => {
  const latchkey = await installation();
  await latchkey.write(mark);
  await mkdir(join(latchkey.folder, 'rules'));
  execFileSync('sh', ['-c', 'seq -f %g.json 0 20000 | xargs touch'], {
    cwd: join(latchkey.folder, 'rules'),
  });
  expect((await latchkey.apply()).err).toContain('has 20002 files, and at most 20000 are read');
});

test('a folder with thousands of manifests is read in a time that grows with their number', () => {
  const files = new Map([['latchkey.json', '{"format": 1}']]);
  for (let index = 0; index < 9000; index += 1)
    files.set(`integrations/${index}.manifest.json`, '{}').set(`integrations/${index}.json`, '{}');
  const before = process.cpuUsage();
  expect(readFiles(files).problems).toHaveLength(9000);
  expect(process.cpuUsage(before).user).toBeLessThan(8_000_000); // It took 20 s when each was compared with each.
});

test('rules, bundles and sequences that could not be made are refused before anything is', async () => {
  const latchkey = await installation();
  await latchkey.write({
    ...mark,
    'integrations/figma.json': { name: 'Figma', icon: 'F', policy: { approvals: 2 } },
    'bundles/b.json': { name: 'B', tags: ['a,b'], apps: [] },
    'rules/r.json': { name: 'R', turnedOn: true, overlapDays: 1000 },
    'sequences/s.json': {
      name: 'S',
      anchor: 'end-date',
      forEveryHire: true,
      items: [
        {
          when: { kind: 'at-once' },
          does: { kind: 'message', channel: 'email', to: '{{email', text: '' },
          waitsFor: 1,
        },
      ],
    },
  });
  const { err } = await latchkey.apply();
  for (const line of [
    'integrations/figma.json: icon: ',
    'integrations/figma.json: policy.approvals: Everyone has only one manager',
    'integrations/figma.json: assignee: is needed where there is no manifest',
    'bundles/b.json: tags[0]: is empty or has a comma',
    'rules/r.json: conditions: has none',
    'rules/r.json: grants: has none',
    'rules/r.json: Days that access stays: a whole number from 0 to 365.',
    'sequences/s.json: forEveryHire: is not for sequences of the last day',
    'sequences/s.json: items[0].waitsFor: item 1 is no task of this list',
    'sequences/s.json: items[0].does.to: ',
    'sequences/s.json: items[0].does.subject: is empty; an email needs one',
  ])
    expect(err).toContain(line);
  expect(await latchkey.engine.stores.integrations.list()).toEqual([]);
});

test('more rules, apps and tags than there can be are refused before anything is applied', async () => {
  const latchkey = await installation();
  for (let index = 0; index < 500; index += 1)
    await latchkey.write({ [`rules/${index}.json`]: { name: `Rule ${index}` } });
  await latchkey.write({ ...mark, 'rules/last.json': { name: 'The last one' } });
  expect((await latchkey.apply()).err).toBe(
    'Error: nothing was applied\n  rules/last.json: is one more than the 500 rules that there can be; remove it, or delete another one in chat\n',
  );
  const apps = Array.from({ length: 21 }, (_, index) => ({ integration: `App ${index}` }));
  await latchkey.write({ 'bundles/b.json': { name: 'B', tags: ['x'.repeat(31)], apps } });
  const { err } = await latchkey.apply();
  expect(err).toContain('bundles/b.json: tags[0]: has at most 30 characters; shorten it');
  expect(err).toContain('bundles/b.json: apps: has at most 20 apps; put the others into a second');
  expect((await latchkey.engine.stores.rules.list('', { offset: 0, limit: 1 })).total).toBe(0);
});
