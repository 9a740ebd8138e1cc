import {
  chmod,
  cp,
  lstat,
  mkdir,
  readdir,
  rename,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { makeBundle } from '../../../src/engine/bundles/change-bundle.ts';
import { makeRule } from '../../../src/engine/rules/change-rule.ts';
import { ok } from '../../support/given/outcomes.ts';
import { type Installation, installation, manifest } from './fixture.ts';

const definition = { matching: 'all', conditions: [], daysBefore: 0, overlapDays: 14 } as const;

async function withRules(...names: readonly string[]): Promise<Installation> {
  const latchkey = await installation();
  const { transact, actor } = latchkey.engine;
  for (const name of names) {
    ok(await transact((tx) => makeRule(tx, { name, definition }, { actor })));
  }
  return latchkey;
}

test('the same state gives the same bytes, and the folder stays as it is', async () => {
  const latchkey = await withRules('Everyone');
  expect((await latchkey.export()).out).toContain('Wrote 4 files');
  const { ino } = await stat(latchkey.folder);
  latchkey.engine.clock.advance(86_400_000);
  expect((await latchkey.export()).out).toContain('Nothing has changed');
  expect((await stat(latchkey.folder)).ino).toBe(ino);
});

test('only the owner reads the files, and nothing is left beside the folder', async () => {
  const latchkey = await withRules('Everyone');
  await latchkey.export();
  const { transact, actor } = latchkey.engine;
  const typed = { name: 'Basics', description: '', tags: '' };
  await transact((tx) => makeBundle(tx, typed, { actor }));
  await latchkey.export();
  const modeOf = async (path: string) => (await stat(join(latchkey.folder, path))).mode & 0o777;
  expect(await modeOf('.')).toBe(0o700);
  expect(await modeOf('rules')).toBe(0o700);
  expect(await modeOf('bundles/basics.json')).toBe(0o600);
  expect(await readdir(dirname(latchkey.folder))).toEqual(['config']);
});

test('what an export that was killed left beside the folder goes, and nothing of others', async () => {
  const latchkey = await withRules('Everyone');
  await latchkey.export();
  const beside = (name: string) => join(dirname(latchkey.folder), name);
  await cp(latchkey.folder, beside('.config-aB3xYz-before'), { recursive: true });
  await mkdir(beside('.config-cD4xYz')); // Killed before its first file.
  await mkdir(beside('.config-eF5xYz'));
  await writeFile(beside('.config-eF5xYz/mine.txt'), 'mine');
  await cp(latchkey.folder, beside('.config-old'), { recursive: true });
  expect((await latchkey.export()).out).toContain('Nothing has changed');
  expect(await readdir(dirname(latchkey.folder))).toEqual([
    '.config-eF5xYz',
    '.config-old',
    'config',
  ]);
});

test('an export that was killed before its folder took the place loses nothing of what people wrote', async () => {
  const latchkey = await withRules('Everyone');
  await latchkey.export({ yaml: true });
  const { 'rules/everyone.yaml': rule } = await latchkey.files();
  await latchkey.write({ 'rules/everyone.yaml': `# Ours.\n${rule}` });
  const files = await latchkey.files();
  await rename(latchkey.folder, join(dirname(latchkey.folder), '.config-aB3xYz-before'));
  await mkdir(join(dirname(latchkey.folder), '.config-aB3xYz'));
  expect((await latchkey.export({ yaml: true })).out).toContain('Nothing has changed');
  expect(await latchkey.files()).toEqual(files);
  expect(await readdir(dirname(latchkey.folder))).toEqual(['config']);
});

test('so does one to a link, which stays a link', async () => {
  const latchkey = await withRules('Everyone');
  const place = join(dirname(latchkey.folder), 'place');
  await mkdir(place);
  await symlink('place', latchkey.folder);
  await latchkey.export({ yaml: true });
  const { 'rules/everyone.yaml': rule } = await latchkey.files();
  await latchkey.write({ 'rules/everyone.yaml': `# Ours.\n${rule}` });
  const files = await latchkey.files();
  await rename(place, join(dirname(place), '.place-aB3xYz-before'));
  expect((await latchkey.export({ yaml: true })).out).toContain('Nothing has changed');
  expect(await latchkey.files()).toEqual(files);
  expect((await lstat(latchkey.folder)).isSymbolicLink()).toBe(true);
  expect((await readdir(dirname(place))).toSorted()).toEqual(['config', 'place']);
});

test('the page beside the files says what they leave out', async () => {
  const latchkey = await withRules('Everyone');
  await latchkey.export();
  const page = (await latchkey.files())['README.md'];
  expect(page).toContain("Each export writes this page again, and apply doesn't read it.");
  expect(page).toContain('no webhooks that start sequences: add those in chat');
});

test('names become names of files: bounded, safe everywhere, and each of its own', async () => {
  const names = [
    '../../etc/passwd',
    'CON',
    'Größe',
    'a'.repeat(79),
    '日本',
    '日本語',
    'Gro / ße',
    'gro-sse?',
  ];
  const latchkey = await withRules(...names);
  await latchkey.export();
  const files = await readdir(join(latchkey.folder, 'rules'));
  expect(files.toSorted()).toEqual([
    `${'a'.repeat(60)}.json`,
    'con-.json',
    'etc-passwd.json',
    'gro-e-2.json',
    'gro-e.json',
    'gro-sse.json',
    'unnamed-2.json',
    'unnamed.json',
  ]);
  await latchkey.apply();
  await latchkey.engine.transact((tx) =>
    makeRule(tx, { name: '日', definition }, { actor: latchkey.engine.actor }),
  );
  const before = await latchkey.files();
  await latchkey.export();
  expect(await latchkey.files()).toMatchObject(before); // A name that comes first takes no file away.
});

test("a folder with other people's files is left alone", async () => {
  const latchkey = await withRules('Everyone');
  await mkdir(latchkey.folder);
  await writeFile(join(latchkey.folder, 'notes.txt'), 'mine');
  expect((await latchkey.export()).err).toContain(
    "has files that aren't an export, such as notes.txt",
  );
  expect(await readdir(latchkey.folder)).toEqual(['notes.txt']);
});

test('an export with a file or a link of someone else in it is left alone, too', async () => {
  const latchkey = await withRules('Everyone');
  await latchkey.export();
  await symlink('/etc/hostname', join(latchkey.folder, 'rules/mine.json'));
  const { transact, actor } = latchkey.engine;
  await transact((tx) => makeRule(tx, { name: 'Second', definition }, { actor }));
  expect((await latchkey.export()).err).toContain('such as rules/mine.json');
});

test('a folder that may not be written is named, and nothing is left', async () => {
  const latchkey = await withRules('Everyone');
  const parent = dirname(latchkey.folder);
  await writeFile(latchkey.folder, 'a file');
  expect((await latchkey.export()).err).toContain('it is no folder that can be read');
  await chmod(parent, 0o700);
  expect(await readdir(parent)).toEqual(['config']);
});

test('a manifest that holds a secret is not written, unless it is none', async () => {
  const latchkey = await installation();
  const withSecret = JSON.parse(manifest()) as Record<string, unknown>;
  withSecret['headers'] = { Authorization: 'Bearer abcdef123456' };
  await latchkey.engine.integration(withSecret, {}, 'Figma');
  const { err } = await latchkey.export();
  expect(err).toContain(
    'integrations/figma.manifest.json: headers.Authorization: looks like a secret; put it into initial_data_form',
  );
  expect(err).not.toContain('abcdef123456');
  expect(await latchkey.export({ hardCoded: true })).toMatchObject({
    code: 0,
    err: 'Written with what seems to be a secret: integrations/figma.manifest.json: headers.Authorization\n',
  });
});

test('a stored secret that someone pasted into a text keeps the files from being written', async () => {
  const latchkey = await installation();
  const { transact, actor } = latchkey.engine;
  await latchkey.engine.integration(JSON.parse(manifest()), { TOKEN: 'hidden-"value"-1' }, 'Figma');
  const typed = { name: 'Basics', description: 'Use hidden-"value"-1 there', tags: '' };
  await transact((tx) => makeBundle(tx, typed, { actor }));
  const { err } = await latchkey.export();
  expect(err).toContain(
    'bundles/basics.json: description: has the secret TOKEN of Figma; remove it there. If TOKEN is no secret, write "secret": false beside it in the manifest of Figma, and set it again',
  );
  expect(err).not.toContain('hidden');
  expect((await latchkey.export({ yaml: true })).err).toContain(
    'bundles/basics.yaml: description: has the secret',
  );
});

test('values of secrets are in no file, and their names and the command are', async () => {
  const latchkey = await installation();
  await latchkey.engine.integration(JSON.parse(manifest()), { TOKEN: 'hidden-value-1' }, 'Figma');
  await latchkey.export();
  const files = await latchkey.files();
  expect(JSON.stringify(files)).not.toContain('hidden-value-1');
  expect(files['README.md']).toContain(
    'Figma: `TOKEN`. Set them with `latchkey integration secrets "Figma" FILE`',
  );
});
