/** Which file a thing has. */
import { type Thing } from './document.ts';
import { type ThingKind, thingKinds } from './managed.ts';

export const folders = {
  integration: 'integrations',
  bundle: 'bundles',
  rule: 'rules',
  sequence: 'sequences',
} as const satisfies Partial<Record<ThingKind, string>>;

const SETTINGS_FILE = 'settings.json';
/** Says that a folder is ours. */
export const MARK_FILE = 'latchkey.json';
export const README_FILE = 'README.md';
export const MANIFEST_SUFFIX = '.manifest.json';
const SUFFIX = '.json';

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

/** A path for a thing. Of names that fold to one, the later ones get a number. */
export function fileFor({ kind, name }: Thing, taken: ReadonlySet<string>): string {
  if (kind === 'settings') return SETTINGS_FILE;
  const slug = slugOf(name);
  for (let number = 1; ; number += 1) {
    const file = `${folders[kind]}/${number === 1 ? slug : `${slug}-${number}`}${SUFFIX}`;
    if (!taken.has(file)) return file;
  }
}

/** `integrations/figma.manifest.json` */
export const manifestFile = (file: string): string =>
  file.slice(0, -SUFFIX.length) + MANIFEST_SUFFIX;

/** Undefined: not a file with a document. */
export function kindOfFile(path: string): ThingKind | undefined {
  if (path === SETTINGS_FILE) return 'settings';
  const [folder, file = '', ...deeper] = path.split('/');
  if (deeper.length > 0 || !file.endsWith(SUFFIX) || file.endsWith(MANIFEST_SUFFIX))
    return undefined;
  return thingKinds.find((kind) => kind !== 'settings' && folders[kind] === folder);
}
