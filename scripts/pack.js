/**
 * Makes the package that people install, `release/latchkey-VERSION.tgz`, from the build in `dist`. npm installs SQLite alone
 * with it, which is native: all other packages are in the bundles. See docs/decisions/0076-one-package.md.
 * Usage: node scripts/pack.js [folder to write to]
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { argv, platform, stdout } from 'node:process';
import { bundledPackages, noticesOf } from './bundled-packages.js';
import { withoutDeadLinks } from './packed-documents.js';
import { filesOf } from './packed-files.js';

const [RELEASE = 'release'] = argv.slice(2);
const STAGE = resolve(RELEASE, 'package');
const CLIENT = '@microsoft/m365agentsplayground';

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const own = readJson('package.json');
const { packages: locked } = readJson('package-lock.json');

/** `dist` has them, too, beside the compiler's files. */
function copyAssets() {
  const assets = filesOf(['src', 'demo', 'manifests', 'schemas', 'docs/manifest']).filter(
    (file) => extname(file) !== '.ts' && !file.startsWith('src/web/assets/'),
  );
  for (const file of assets) copy(file, join('dist', file));
  for (const file of ['editor.js', 'editor.css']) copy(`dist/src/web/assets/${file}`);
}

function copyPrograms() {
  for (const file of Object.keys(readJson('dist/programs.json').outputs)) copy(file);
}

function copy(file, to = file) {
  mkdirSync(join(STAGE, dirname(to)), { recursive: true });
  cpSync(file, join(STAGE, to));
}

function copyDocuments() {
  const pages = filesOf(['docs']).filter((file) => /^docs\/(manifest\/)?[^/]+\.md$/.test(file));
  const documents = ['README.md', 'CHANGELOG.md', 'SECURITY.md', ...pages];
  const packed = new Set(['LICENSE', ...documents]);
  copy('LICENSE');
  for (const file of documents) {
    copy(file);
    const text = withoutDeadLinks(readFileSync(file, 'utf8'), { file, packed });
    writeFileSync(join(STAGE, file), text);
  }
  writeFileSync(join(STAGE, 'THIRD-PARTY-NOTICES.md'), noticesOf(bundledPackages()));
}

/** The installed package's own: it runs, and is neither built nor tested. */
function packageJson() {
  const { name, version, description, license, type, engines, bin } = own;
  return {
    name,
    version,
    description,
    license,
    type,
    engines,
    bin,
    // Optional, so that PostgreSQL needs no compiler. Latchkey says what SQLite lacks when someone uses it.
    optionalDependencies: { sqlite3: locked['node_modules/sqlite3'].version },
  };
}

/** A project of its own for `npm ci`, with which the demo fetches Microsoft's client: this version and content alone. */
function clientProject() {
  const { version, integrity, license, bin } = locked[`node_modules/${CLIENT}`];
  const root = { name: 'latchkey-teams-client', version, dependencies: { [CLIENT]: version } };
  const packages = { '': root, [`node_modules/${CLIENT}`]: { version, integrity, license, bin } };
  return {
    'package.json': { ...root, private: true },
    'package-lock.json': { name: root.name, version, lockfileVersion: 3, packages },
  };
}

const writeJson = (file, value) => {
  mkdirSync(dirname(join(STAGE, file)), { recursive: true });
  writeFileSync(join(STAGE, file), `${JSON.stringify(value, null, 2)}\n`);
};

rmSync(STAGE, { recursive: true, force: true });
mkdirSync(STAGE, { recursive: true });
copyAssets();
copyPrograms();
copyDocuments();
writeJson('package.json', packageJson());
for (const [file, content] of Object.entries(clientProject()))
  writeJson(join('dist/demo/teams-client', file), content);
// Here, and not with the folder's name: a shell would split a name with blanks.
const name = execFileSync(
  'npm',
  ['pack', '.', '--pack-destination', '..', '--ignore-scripts', '--silent'],
  {
    cwd: STAGE,
    shell: platform === 'win32',
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  },
);
stdout.write(join(RELEASE, name));
