import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkManifest } from '../../src/engine/manifest/lint.ts';
import { runCommand } from '../support/command-line.ts';

// graceful-fs, which another file in the same worker may load, remembers the folder until process.chdir: a chdir by name goes past it.
const home = process.cwd();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-new-'));
  process.chdir(folder);
});
afterEach(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true, force: true });
});

test('a new manifest has twelve lines and nothing to complain about', async () => {
  const { code, out } = await runCommand(['new', 'manifest', 'Fern Board'], {});
  expect(code).toBe(0);
  expect(out).toContain('latchkey try fern-board.json');
  expect(out).toContain('latchkey integration add "Fern Board" fern-board.json');
  const text = await readFile('fern-board.json', 'utf8');
  expect(text.trim().split('\n')).toHaveLength(12);
  expect(checkManifest(text)).toMatchObject({ ok: true, warnings: [] });
});

test('names the reference by a path that is there, also from another folder', async () => {
  const { out } = await runCommand(['new', 'manifest'], {});
  const [, path = ''] =
    /Every key is in (.+), or the page \/manifest-guide\/reference of/.exec(out) ?? [];
  expect(await readFile(path, 'utf8')).toContain('# Manifest');
});

test('its revoke also succeeds for someone who is gone already', async () => {
  await runCommand(['new', 'manifest'], {});
  const manifest: unknown = JSON.parse(await readFile('app.json', 'utf8'));
  expect(manifest).toMatchObject({ revoke: [{ status_code: [200, 204, 404] }] });
});

test('a name that is given as a file names that file', async () => {
  const { out } = await runCommand(['new', 'manifest', 'mine.json'], {});
  expect(out).toContain('Wrote mine.json.');
  expect(out).toContain('integration add "mine" mine.json');
  expect(JSON.parse(await readFile('mine.json', 'utf8'))).toHaveProperty('execute');
});

test('a file that is there stays', async () => {
  await runCommand(['new', 'manifest'], {});
  const again = await runCommand(['new', 'manifest'], {});
  expect(again.code).toBe(1);
  expect(again.err).toContain('app.json exists; give another name');
});
