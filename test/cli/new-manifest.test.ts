import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chdir, cwd } from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkManifest } from '../../src/engine/manifest/lint.ts';
import { runCommand } from '../support/command-line.ts';

const home = cwd();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-new-'));
  chdir(folder);
});
afterEach(async () => {
  chdir(home);
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

test('a file that is there stays', async () => {
  await runCommand(['new', 'manifest'], {});
  const again = await runCommand(['new', 'manifest'], {});
  expect(again.code).toBe(1);
  expect(again.err).toContain('app.json exists; give another name');
});
