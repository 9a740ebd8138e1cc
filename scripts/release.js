/**
 * Makes a release from a clean clone: the package, a list of everything in it (CycloneDX) beside it, and their checksums.
 * It publishes nothing.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { platform, stderr, stdout } from 'node:process';
import { bundledPackages } from './bundled-packages.js';

const own = JSON.parse(readFileSync('package.json', 'utf8'));
const { version } = own;
const [PACKAGE, SBOM] = ['tgz', 'cdx.json'].map((end) => `release/latchkey-${version}.${end}`);

const run = (program, args, stdio = ['ignore', 'pipe', 2]) =>
  execFileSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
    shell: platform === 'win32',
    stdio,
  });

function whyNot() {
  if (run('git', ['status', '--porcelain']).trim() !== '')
    return 'The clone has changes that are not committed; commit or stash them';
  const heading = new RegExp(`^## \\[?${version.replaceAll('.', '\\.')}\\b`, 'm');
  if (!heading.test(readFileSync('CHANGELOG.md', 'utf8')))
    return `CHANGELOG.md has no heading for ${version}; write "## [${version}] - DATE"`;
  return undefined;
}

/** npm's own list of what is installed here, less what is neither in the bundles nor installed with the package. */
function sbom() {
  const all = JSON.parse(run('npm', ['sbom', '--sbom-format', 'cyclonedx']));
  const refs = new Map(all.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn ?? []]));
  const idOf = ({ name, version: of }) => `${name}@${of}`;
  const bundled = new Set(bundledPackages().map((each) => `${each.name}@${each.version}`));
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
  const metadata = { ...all.metadata, component: { ...component, name: own.name } };
  const dependencies = all.dependencies
    .filter(({ ref }) => ref === root || kept.has(ref))
    .map((each) => ({ ...each, dependsOn: (each.dependsOn ?? []).filter((ref) => kept.has(ref)) }));
  return { ...all, metadata, components, dependencies };
}

const reason = whyNot();
if (reason === undefined) {
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
