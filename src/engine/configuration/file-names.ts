/** Which file a thing has. */
import { type Thing } from './document.ts';
import { type ThingKind, thingKinds } from './managed.ts';

export const folders = {
  integration: 'integrations',
  bundle: 'bundles',
  rule: 'rules',
  sequence: 'sequences',
} as const satisfies Partial<Record<ThingKind, string>>;

const SETTINGS = 'settings';
/** Says that a folder is ours. */
export const MARK_FILE = 'latchkey.json';
export const README_FILE = 'README.md';
export const MANIFEST_SUFFIX = '.manifest.json';
/** Of documents. A manifest is JSON. */
const ENDINGS = ['.json', '.yaml', '.yml'] as const;
export type Ending = (typeof ENDINGS)[number];
/** A manifest that someone wrote as YAML. */
export const YAML_MANIFEST = /\.manifest\.ya?ml$/;

/** Of a file, without its ending. */
const LONGEST_SLUG = 60;
/** Windows opens a device for each of them, whatever the ending. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** What is left of a name in lower-case ASCII. Never empty, never a path. */
function slugOf(name: string): string {
  const slug = name
    .slice(0, 500)
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/g, '-')
    .slice(0, LONGEST_SLUG)
    .replaceAll(/^-+|-+$/g, '');
  if (slug === '') return 'unnamed';
  return DEVICE.test(slug) ? `${slug}-` : slug;
}

/** Undefined: it can't be ours. */
export const endingOf = (path: string): Ending | undefined =>
  ENDINGS.find((ending) => path.endsWith(ending));

/**
 * The one name under which it is read: `Figma.YAML` as `Figma.yaml`, and `Settings.json` as `settings.json`. Some file systems take
 * both for one file.
 */
export function nameMeant(path: string): string {
  const small = path.toLowerCase();
  return stemOf(small) === SETTINGS || small === MARK_FILE
    ? small
    : path.replace(/(\.manifest)?\.(json|ya?ml)$/i, (ending) => ending.toLowerCase());
}

export const isYaml = (path: string): boolean => (endingOf(path) ?? '.json') !== '.json';

/** `integrations/figma`: two files of one stem would have one manifest. */
export const stemOf = (path: string): string =>
  path.slice(0, -(endingOf(path) ?? '').length || undefined);

/** A path for a thing, without its ending. Of names that fold to one, the later ones get a number. */
export function stemFor({ kind, name }: Thing, taken: ReadonlySet<string>): string {
  if (kind === 'settings') return SETTINGS;
  const slug = slugOf(name);
  for (let number = 1; ; number += 1) {
    const stem = `${folders[kind]}/${number === 1 ? slug : `${slug}-${number}`}`;
    if (!taken.has(stem)) return stem;
  }
}

/** `integrations/figma.manifest.json` */
export const manifestFile = (file: string): string => stemOf(file) + MANIFEST_SUFFIX;

/** Undefined: not a file with a document. */
export function kindOfFile(path: string): ThingKind | undefined {
  if (endingOf(path) === undefined || YAML_MANIFEST.test(path)) return undefined;
  if (stemOf(path) === SETTINGS) return 'settings';
  const [folder, file = '', ...deeper] = path.split('/');
  if (deeper.length > 0 || file.endsWith(MANIFEST_SUFFIX)) return undefined;
  return thingKinds.find((kind) => kind !== 'settings' && folders[kind] === folder);
}
