import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
// @ts-expect-error: a script without types.
import * as scripts from '../../scripts/new-version.js';

const { unreleasedIn, versionAfter, writeVersion } = scripts as {
  readonly unreleasedIn: (changelog: string) => string;
  readonly versionAfter: (version: string, wanted: string) => string | undefined;
  readonly writeVersion: (folder: string, change: object) => void;
};

test.each([
  ['patch', '0.2.4'],
  ['minor', '0.3.0'],
  ['major', '1.0.0'],
  ['0.2.10', '0.2.10'],
  ['0.2.3', undefined],
  ['0.1.9', undefined],
  ['next', undefined],
])('after 0.2.3, %s is %s', (wanted, version) => {
  expect(versionAfter('0.2.3', wanted)).toBe(version);
});

const CHANGELOG = `# Changelog

## [Unreleased]

### Added

- Bundles.

## [0.2.0] - 2026-11-28

The first release.
`;

test('what is unreleased ends where the last release begins', () => {
  expect(unreleasedIn(CHANGELOG)).toBe('### Added\n\n- Bundles.');
  expect(unreleasedIn(CHANGELOG.replace('### Added\n\n- Bundles.\n\n', ''))).toBe('');
});

const CHART = 'deploy/helm/latchkey/Chart.yaml';

/** A clone with the files of this one that name the version. */
function scratchClone() {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-version-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const git = (...args: readonly string[]) =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
  for (const file of [
    'package.json',
    'package-lock.json',
    'README.md',
    'docs/install.md',
    CHART,
    'deploy/helm/latchkey/values.yaml',
  ]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(file, join(folder, file));
  }
  writeFileSync(join(folder, 'CHANGELOG.md'), CHANGELOG);
  git('init', '--quiet');
  for (const [key, value] of [
    ['user.name', 'Ada'],
    ['user.email', 'ada@example.com'],
  ] as const)
    git('config', key, value);
  git('add', '.');
  git('commit', '--quiet', '--message', 'Begin');
  return { git, read: (file: string) => readFileSync(join(folder, file), 'utf8'), folder };
}

test('a version is written everywhere, committed and tagged', () => {
  const { folder, git, read } = scratchClone();
  const { version: from } = JSON.parse(read('package.json')) as { readonly version: string };

  writeVersion(folder, { from, to: '7.8.9', date: '2027-01-31' });

  const version = '7.8.9';
  expect(JSON.parse(read('package.json'))).toMatchObject({ version });
  const packages = { '': { version } };
  expect(JSON.parse(read('package-lock.json'))).toMatchObject({ version, packages });
  expect(parse(read(CHART))).toMatchObject({ version, appVersion: version });
  for (const file of ['README.md', 'docs/install.md', 'deploy/helm/latchkey/values.yaml']) {
    expect(read(file)).toMatch(/latchkey[-:]7\.8\.9\b/);
    expect(read(file)).not.toMatch(new RegExp(`latchkey[-:]${from}\\b`));
  }
  expect(read('CHANGELOG.md')).toContain(
    '## [Unreleased]\n\n## [7.8.9] - 2027-01-31\n\n### Added\n\n- Bundles.',
  );
  expect(git('status', '--porcelain')).toBe('');
  expect(git('log', '-1', '--format=%s')).toBe('Release 7.8.9');
  expect(git('describe')).toBe('v7.8.9');
  // One line a place: nothing else of a file is written anew.
  const changed = git('show', '--numstat', '--format=', '--', 'package.json', 'package-lock.json');
  expect(changed).toBe('2\t2\tpackage-lock.json\n1\t1\tpackage.json');
});
