/** The texts of all files, as `latchkey export` writes them. The same state gives the same bytes. */
import { isJsonObject, stringifyJson } from '../../core/json.ts';
import { askedIds } from '../integrations/integrations.ts';
import { manifestIn } from '../integrations/manifest-of.ts';
import { hardCodedSecrets } from '../manifest/lint-requests.ts';
import { readManifestJson } from '../manifest/parse.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { FileProblem, FileThing, StoredThing } from './document.ts';
import { fileFor, MARK_FILE, manifestFile, README_FILE } from './file-names.ts';
import { textOf } from './normal-form.ts';
import { thingsByFile } from './plan.ts';
import { FORMAT } from './read-files.ts';
import { allThings } from './things.ts';

export interface Exported {
  /** By path. */
  readonly files: ReadonlyMap<string, string>;
  /** Places where a manifest seems to hold a secret: the files should not be written. */
  readonly secrets: readonly FileProblem[];
}

export async function exportFiles(stores: Stores): Promise<Exported> {
  const things = await withFiles(stores, await allThings(stores));
  const files = new Map<string, string>([
    [MARK_FILE, `${stringifyJson({ format: FORMAT }, 2)}\n`],
    [README_FILE, readme(things)],
  ]);
  for (const { file, document, manifest } of things) {
    files.set(file, textOf(document));
    if (manifest !== undefined) files.set(manifestFile(file), manifest);
  }
  const byPath = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { files: new Map(byPath), secrets: things.flatMap(secretPlaces) };
}

/** The file that a thing was applied from, else one by its name. Of names that fold to one, the later ones get a number. */
async function withFiles(
  stores: Stores,
  things: readonly StoredThing[],
): Promise<readonly (StoredThing & FileThing)[]> {
  const byFile = thingsByFile(await stores.managedThings.list(), things);
  const known = new Map([...byFile].map(([file, thing]) => [thing, file]));
  const taken = new Set(byFile.keys());
  return things.map((thing) => {
    const file = known.get(thing) ?? fileFor(thing, taken);
    taken.add(file);
    return { ...thing, file };
  });
}

function secretPlaces({ file, manifest }: FileThing): readonly FileProblem[] {
  const json = manifest === undefined ? undefined : readManifestJson(manifest);
  if (!json?.ok || !isJsonObject(json.value)) return [];
  return hardCodedSecrets(json.value).map((each) => ({ file: manifestFile(file), ...each }));
}

function readme(things: readonly FileThing[]): string {
  const needed = things.flatMap(({ name, manifest }) => {
    const parsed = manifest === undefined ? undefined : manifestIn({ manifest });
    const ids = parsed ? askedIds(parsed) : [];
    return ids.length === 0
      ? []
      : `- ${inLine(name)}: ${ids.map((id) => `\`${inLine(id)}\``).join(', ')}. Set them with \`latchkey integration secrets "${inLine(name)}" FILE\``;
  });
  return `# The configuration of Latchkey

\`latchkey export\` wrote these files, and \`latchkey apply\` reads them. It leaves this page alone, and writes it anew with the next export.

People are named by email, everything else by name. There are no secrets here. ${
    needed.length === 0
      ? 'No integration needs one.'
      : `These are needed beside the files, once for each Latchkey:\n\n${needed.join('\n')}`
  }
`;
}

/** A name can't end its line or its code. */
const inLine = (text: string): string => text.replaceAll(/[\r\n`"]/g, ' ');
