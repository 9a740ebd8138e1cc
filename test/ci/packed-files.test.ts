import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
// @ts-expect-error: a script without types.
import { filesOf } from '../../scripts/packed-files.js';

const SECRET = ['.env', '.env.2026-12-01T100000.000Z', '.env.new', 'latchkey.sqlite'];

test('what git ignores is not packed, whatever of a .env it is', () => {
  const clone = mkdtempSync(join(tmpdir(), 'latchkey-packed-'));
  onTestFinished(() => rmSync(clone, { recursive: true }));
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: clone });
  git('init', '--quiet');
  copyFileSync('.gitignore', join(clone, '.gitignore'));
  for (const folder of ['demo', 'src']) mkdirSync(join(clone, folder));
  for (const name of [...SECRET, 'a page.json']) writeFileSync(join(clone, 'demo', name), '');
  writeFileSync(join(clone, 'src', 'other.json'), '');
  git('add', '.');
  writeFileSync(join(clone, 'demo', 'secrets.json'), ''); // Someone's own, of which git knows nothing.
  expect(filesOf(['demo'], clone)).toEqual(['demo/a page.json']);
});
