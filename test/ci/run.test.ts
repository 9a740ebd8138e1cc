/** `.ci/run`, with a package manager that does nothing but say how it was called. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-ci-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** @param npm what the package manager does, as a shell script */
function run(npm: string) {
  const bin = mkdtempSync(join(folder, 'bin-'));
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\n${npm}\n`, { mode: 0o755 });
  const temporary = mkdtempSync(join(folder, 'temporary-'));
  const { status, stdout } = spawnSync(resolve('.ci', 'run'), {
    encoding: 'utf8',
    env: { PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, TMPDIR: temporary },
  });
  return { status, lines: stdout.trim().split('\n'), left: readdirSync(temporary) };
}

test('everything runs with an empty temporary folder of its own, which is gone afterwards', () => {
  const { lines, left } = run('echo "in $TMPDIR with $(ls "$TMPDIR" | wc -l)"');
  const [first, ...others] = lines.filter((line) => line.startsWith('in '));
  const [, own = '', found] = /^in (.+) with +(\d+)$/.exec(first ?? '') ?? [];
  expect(others).toHaveLength(2);
  expect(others.every((line) => line.includes(own))).toBe(true);
  expect(found).toBe('0');
  expect(existsSync(own)).toBe(false);
  expect(left).toEqual([]);
});

test('its last line says what failed, also where nothing could be installed', () => {
  const { status, lines } = run('exit 1');
  expect([status, lines.at(-1)]).toEqual([1, '0 passed, 1 failed']);
});
