import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const script = resolve('scripts/build-sqlite.js');
/** A Node of its own, since the script looks for headers beside the one that runs it. */
let installation: string;
let clone: string;

beforeAll(() => {
  installation = mkdtempSync(join(tmpdir(), 'latchkey-node-'));
  clone = join(installation, 'clone');
  mkdirSync(join(installation, 'bin'));
  mkdirSync(join(clone, 'node_modules/sqlite3'), { recursive: true });
  copyFileSync(process.execPath, join(installation, 'bin/node'));
  const compiler = '#!/bin/sh\necho "headers: $npm_config_nodedir" >&2\nexit 1\n';
  writeFileSync(join(installation, 'bin/node-gyp'), compiler, { mode: 0o755 });
});
afterAll(() => rmSync(installation, { recursive: true }));

function build(settings: Readonly<Record<string, string>> = {}) {
  const env = { PATH: `${join(installation, 'bin')}:/usr/bin:/bin`, ...settings };
  return spawnSync(join(installation, 'bin/node'), [script], { cwd: clone, env, encoding: 'utf8' });
}

test('a clone without a network is told where the headers of Node would come from', () => {
  const { status, stderr } = build();
  expect(status).toBe(1);
  expect(stderr).toMatch(/^headers: \n/);
  expect(stderr).toContain('fetches the headers of Node from nodejs.org');
});

test('SQLite is compiled with the headers beside Node, which no one has to fetch', () => {
  mkdirSync(join(installation, 'include/node'), { recursive: true });
  writeFileSync(join(installation, 'include/node/common.gypi'), '');
  const { stderr } = build();
  expect(stderr).toContain(`headers: ${installation}\n`);
  expect(stderr).not.toContain('nodejs.org');
  expect(build({ npm_config_nodedir: '/elsewhere' }).stderr).toContain('headers: /elsewhere\n');
});
