/** The ready-made integrations: manifests that come with Latchkey, each with notes for admins. */
import { hasWords } from '../../core/fold.ts';
import { sayReadyMade } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { parseManifest } from '../manifest/parse.ts';
import type { Manifest } from '../manifest/schema.ts';

export interface ReadyMade {
  /** The manifest's file name without its ending: `google-workspace`. */
  readonly id: string;
  readonly name: string;
  /** A sentence or two. */
  readonly description: string;
  /** `import` adds people; `update` adds values to people in the directory; `texts` sends SMS. */
  readonly kind: 'access' | 'import' | 'update' | 'texts';
  /** JSON text. */
  readonly manifest: string;
  readonly notes: ReadyMadeNotes;
}

/** Plain text, without markup. */
export interface ReadyMadeNotes {
  /** Permissions that the app has to grant. */
  readonly permissions: readonly string[];
  /** The values that an admin enters, by id, and where to find them. */
  readonly values: readonly {
    readonly id: string;
    readonly what: string;
    readonly where: string;
  }[];
  /** What it can't do, or does in an unexpected way. */
  readonly limits: readonly string[];
}

/**
 * Reads a manifest and its notes.
 * @param notes Markdown: a heading with the name, a description, and sections as `manifests/*.md` have them
 * @returns undefined for a manifest that can't be read
 */
export function readReadyMade(id: string, manifest: string, notes: string): ReadyMade | undefined {
  const parsed = parseManifest(manifest);
  if (!parsed.ok) return undefined;
  const [head = '', ...sections] = notes.split(/^## /m);
  const [heading = '', ...description] = head.trim().split('\n');
  const section = (title: string): string =>
    sections.find((text) => text.startsWith(`${title}\n`))?.slice(title.length) ?? '';
  return {
    id,
    name: plain(heading.replace(/^#\s*/, '')) || id,
    description: plain(description.join(' ')),
    kind: kindOf(parsed.manifest),
    manifest,
    notes: {
      permissions: bulletsOf(section('Permissions')),
      values: rowsOf(section('Values to enter')),
      limits: bulletsOf(section('Limits')),
    },
  };
}

const kinds = { create: 'import', update: 'update' } as const;

function kindOf(manifest: Manifest): ReadyMade['kind'] {
  switch (manifest.kind) {
    case 'provision':
      return 'access';
    case 'text':
      return 'texts';
    case 'sync':
      return kinds[manifest.action];
    default:
      return unreachable(manifest);
  }
}

/** Integrations whose name or description has every typed word, ignoring case and accents. Matches by name come first. */
export function searchCatalogue(
  catalogue: readonly ReadyMade[],
  typed: string,
): readonly ReadyMade[] {
  const named = catalogue.filter(({ name }) => hasWords(name, typed));
  const described = catalogue.filter(
    (one) =>
      !named.includes(one) &&
      hasWords(`${one.name} ${sayReadyMade(one.description)} ${one.description} ${one.id}`, typed),
  );
  return [...named, ...described];
}

const bulletsOf = (section: string): readonly string[] =>
  section
    .split(/^- /m)
    .slice(1)
    .map((text) => plain(text));

/** The rows of a table of three columns, without its heading. */
const rowsOf = (section: string): ReadyMadeNotes['values'] =>
  section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => {
      const [id = '', what = '', where = ''] = line
        .slice(1)
        .split(/(?<!\\)\|/)
        .map((cell) => plain(cell.replaceAll('\\|', '|')));
      return { id, what, where };
    });

/** Markdown's bold, code and links as plain text on one line, and what is in italics in quotes: cards don't render Markdown. */
const plain = (markdown: string): string =>
  markdown
    .replace(/\[([^\]]*)\]\(([^)]*)\)/g, '$1 ($2)')
    .replace(/<(https?:[^>]*)>/g, '$1')
    .replace(/\*\*([^*]*)\*\*/g, '$1')
    .replace(/(^|[\s(])\*([^*]+)\*/g, '$1"$2"')
    .replace(/`([^`]*)`/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
