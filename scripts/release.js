/**
 * Makes a release from a clean clone: the package, a list of everything in it (CycloneDX) beside it, and their checksums.
 * With an argument it first gives the changes under *Unreleased* a version, and commits and tags that. It publishes nothing.
 * Usage: npm run release [-- major|minor|patch|VERSION]
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { argv, platform, stderr, stdout } from 'node:process';
import { bundledPackages } from './bundled-packages.js';
import { unreleasedIn, versionAfter, writeVersion } from './new-version.js';

const { name, version: from } = JSON.parse(readFileSync('package.json', 'utf8'));
const [, , wanted] = argv;
const version = wanted === undefined ? from : versionAfter(from, wanted);
const [PACKAGE, SBOM] = ['tgz', 'cdx.json'].map((end) => `release/latchkey-${version}.${end}`);

const run = (program, args, stdio = ['ignore', 'pipe', 2]) =>
  execFileSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
    shell: platform === 'win32',
    stdio,
  });

function whyNot() {
  if (version === undefined)
    return `${wanted} is no version after ${from}; write major, minor, patch, or the version itself`;
  if (run('git', ['status', '--porcelain']).trim() !== '')
    return 'The clone has changes that are not committed; commit or stash them';
  const changelog = readFileSync('CHANGELOG.md', 'utf8');
  const isNew = wanted !== undefined;
  if ((unreleasedIn(changelog) !== '') !== isNew)
    return isNew
      ? 'CHANGELOG.md has nothing under "Unreleased"; write there what is new'
      : 'CHANGELOG.md has changes under "Unreleased"; say which version they are, as in "npm run release -- minor"';
  if (!isNew && !changelog.includes(`\n## [${version}] - `))
    return `CHANGELOG.md has no heading for ${version}; write "## [${version}] - DATE"`;
  return undefined;
}

/** npm's own list of what is installed here, less what is neither in the bundles nor installed with the package. */
function sbom() {
  const all = JSON.parse(
    run('npm', ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application']),
  );
  const refs = new Map(all.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn ?? []]));
  const idOf = (each) => `${each.name}@${each.version}`;
  const bundled = new Set(bundledPackages().map(idOf));
  const kept = new Set();
  const keep = (ref) => {
    if (kept.has(ref)) return;
    kept.add(ref);
    for (const next of refs.get(ref) ?? []) keep(next);
  };
  for (const each of all.components) {
    if (each.name === 'sqlite3') keep(each['bom-ref']);
    if (bundled.has(idOf(each))) kept.add(each['bom-ref']);
  }
  const components = all.components.filter((each) => kept.has(each['bom-ref']));
  const missing = [...bundled].filter((id) => !components.some((each) => idOf(each) === id));
  if (missing.length > 0) throw new Error(`The list lacks ${missing.join(', ')}`);
  const { component } = all.metadata;
  const root = component['bom-ref'];
  // npm names it after the folder of the clone.
  const metadata = { ...all.metadata, component: { ...component, name } };
  const dependencies = all.dependencies
    .filter(({ ref }) => ref === root || kept.has(ref))
    .map((each) => ({ ...each, dependsOn: (each.dependsOn ?? []).filter((ref) => kept.has(ref)) }));
  return { ...all, metadata, components, dependencies };
}

const reason = whyNot();
if (reason === undefined) {
  if (wanted !== undefined)
    writeVersion('.', { from, to: version, date: new Date().toISOString().slice(0, 10) });
  run('npm', ['run', '-s', 'package'], ['ignore', 2, 2]);
  writeFileSync(SBOM, `${JSON.stringify(sbom(), null, 2)}\n`);
  for (const file of [PACKAGE, SBOM]) {
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
    stdout.write(`${hash}  ${file}\n`);
  }
} else {
  stderr.write(`${reason}.\n`);
  process.exitCode = 1;
}
