/**
 * Gives the changes under *Unreleased* a version: in package.json and its lock file, the chart, the documents that name the
 * package's file, and CHANGELOG.md. Then it commits and tags that, and pushes nothing.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PARTS = ['major', 'minor', 'patch'];
const UNRELEASED = /^## \[Unreleased\]\n+/m;

/** @returns what stands under *Unreleased*, `''` for nothing */
export function unreleasedIn(changelog) {
  const [, after = ''] = changelog.split(UNRELEASED);
  return after.split(/^## /m)[0].trim();
}

/**
 * @param wanted `major`, `minor`, `patch`, or the version itself
 * @returns the version after `version`, or undefined where `wanted` is none that is higher
 */
export function versionAfter(version, wanted) {
  const old = version.split('.').map(Number);
  const at = PARTS.indexOf(wanted);
  if (at >= 0) return old.map((part, n) => (n < at ? part : n === at ? part + 1 : 0)).join('.');
  if (!/^\d+\.\d+\.\d+$/.test(wanted)) return undefined;
  const next = wanted.split('.').map(Number);
  const first = next.findIndex((part, n) => part !== old[n]);
  return first >= 0 && next[first] > old[first] ? wanted : undefined;
}

/**
 * @param folder a clean clone with changes under *Unreleased*
 * @param date in ISO, without a time
 */
export function writeVersion(folder, { from, to, date }) {
  const git = (...args) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' });
  const change = (file, changed) => {
    const path = join(folder, file);
    writeFileSync(path, changed(readFileSync(path, 'utf8')));
  };
  const inJson = (text) => {
    const content = JSON.parse(text);
    content.version = to;
    if (content.packages) content.packages[''].version = to;
    return `${JSON.stringify(content, null, 2)}\n`;
  };
  for (const file of ['package.json', 'package-lock.json']) change(file, inJson);
  const old = from.replaceAll('.', '\\.');
  const inChart = new RegExp(`^((?:appV|v)ersion: "?)${old}(?="?$)`, 'gm');
  change('deploy/helm/latchkey/Chart.yaml', (text) => text.replace(inChart, `$1${to}`));
  const ofFile = new RegExp(`\\b(latchkey[-:])${old}\\b`, 'g'); // Of the package, its list, and the image.
  const naming = ['README.md', 'docs/*.md', 'deploy/helm/latchkey/values.yaml'];
  for (const file of git('ls-files', '-z', '--', ...naming)
    .split('\0')
    .filter(Boolean))
    change(file, (text) => text.replace(ofFile, `$1${to}`));
  change('CHANGELOG.md', (text) =>
    text.replace(UNRELEASED, `## [Unreleased]\n\n## [${to}] - ${date}\n\n`),
  );
  git('commit', '--quiet', '--all', '--message', `Release ${to}\n\nCHANGELOG.md says what is new.`);
  git('tag', '--annotate', `v${to}`, '--message', `Latchkey ${to}`);
}
