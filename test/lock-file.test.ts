/** What is installed comes from the public registry, whole, and runs nothing on the way that nobody allowed. */
import { readFileSync } from 'node:fs';
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
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};
/** Without the project itself. */
const locked = Object.entries(lock.packages).filter(([place]) => place !== '');
const nameOf = (place: string): string => place.split('node_modules/').at(-1) ?? place;

test('the lock file names many packages, or nothing below is looked at', () => {
  expect(locked.length).toBeGreaterThan(300);
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

test('only packages that are allowed to run something when they are installed', () => {
  const scripted = locked
    .filter(([, each]) => each.hasInstallScript)
    .map(([place]) => nameOf(place));
  const allowed = Object.entries(own.allowScripts).flatMap(([name, may]) => (may ? [name] : []));
  expect(scripted.filter((name) => !allowed.includes(name))).toEqual([]);
});

test('no dependency of ours is an address, a branch or "whatever is newest"', () => {
  const wanted = Object.entries({ ...own.dependencies, ...own.devDependencies });
  const loose = wanted.filter(([, range]) => !/^[\^~]?\d+\.\d+\.\d+[\w.-]*$/.test(range));
  expect(loose).toEqual([]);
});
