/** The texts of all files, as `latchkey export` writes them. The same state gives the same bytes. */
import { isJsonObject, type Json, stringifyJson } from '../../core/json.ts';
import { askedIds } from '../integrations/integrations.ts';
import { manifestIn } from '../integrations/manifest-of.ts';
import { hardCodedSecrets } from '../manifest/lint-requests.ts';
import { readManifestJson } from '../manifest/parse.ts';
import { placeOf } from '../manifest/problem.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { FileProblem, FileThing, StoredThing } from './document.ts';
import {
  type Ending,
  isYaml,
  MARK_FILE,
  manifestFile,
  README_FILE,
  stemFor,
  stemOf,
} from './file-names.ts';
import { withFileKeys } from './named.ts';
import { textOf } from './normal-form.ts';
import { thingsByFile } from './plan.ts';
import { type Files, FORMAT } from './read-files.ts';
import { allThings } from './things.ts';
import { yamlOf } from './yaml.ts';

export interface Exported {
  readonly files: Files;
  /** Places where a manifest seems to hold a secret, or a file has one that is stored: the files should not be written. */
  readonly secrets: readonly FileProblem[];
  /** The same of comments, in files that keep what someone wrote. */
  readonly secretsInComments: (kept: Files) => readonly FileProblem[];
}

/** @param ending of what was not applied from a file before. With `.yaml`, also of what was applied from JSON. */
export async function exportFiles(stores: Stores, ending: Ending = '.json'): Promise<Exported> {
  const things = await withFiles(stores, await allThings(stores), ending);
  const files = new Map<string, string>([
    [MARK_FILE, `${stringifyJson({ format: FORMAT }, 2)}\n`],
    [README_FILE, readme(things)],
  ]);
  for (const { file, document, manifest } of things) {
    files.set(file, isYaml(file) ? yamlOf(withFileKeys(document)) : textOf(document));
    if (manifest !== undefined) files.set(manifestFile(file), manifest);
  }
  const byPath = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const known = await knownSecrets(stores, things);
  return {
    files: new Map(byPath),
    secrets: [...things.flatMap(secretPlaces), ...pastedSecrets(known, things)],
    secretsInComments: (kept) => inComments(known, files, kept),
  };
}

/** A shorter one is a word that may stand anywhere. */
const SHORTEST_SECRET = 8;

interface KnownSecret {
  readonly value: string;
  /** As it stands between the quotes of JSON. */
  readonly inJson: string;
  readonly key: string;
  /** Of its integration. */
  readonly name: string;
}

async function knownSecrets(
  { secrets }: Pick<Stores, 'secrets'>,
  things: readonly StoredThing[],
): Promise<readonly KnownSecret[]> {
  const stored = await secrets.allOf(
    things.flatMap(({ kind, id }) => (kind === 'integration' ? id : [])),
  );
  return things.flatMap(({ id, name, manifest }) => {
    const values = stored.get(id) ?? {};
    const form = manifest === undefined ? [] : (manifestIn({ manifest })?.initialDataForm ?? []);
    return form.flatMap(({ id: key, secret }) => {
      const value = Object.hasOwn(values, key) ? values[key] : undefined;
      return secret && value !== undefined && value.length >= SHORTEST_SECRET
        ? [{ value, inJson: JSON.stringify(value).slice(1, -1), key, name }]
        : [];
    });
  });
}

/** Values of secrets that stand in a file all the same: in a description, a message, an answer. */
function pastedSecrets(
  known: readonly KnownSecret[],
  things: readonly FileThing[],
): readonly FileProblem[] {
  const texts = things.flatMap(({ file, document, manifest = '' }) => [
    { file, text: textOf(document) },
    { file: manifestFile(file), text: manifest },
  ]);
  return texts.flatMap(({ file, text }) =>
    known
      .filter(({ inJson }) => text.includes(inJson))
      .map((secret) => ({
        file,
        place: placeWith(secret.value, text),
        message: hasSecret(secret),
      })),
  );
}

const hasSecret = ({ key, name }: KnownSecret): string =>
  `has the secret ${key} of ${name}; remove it there. If ${key} is no secret, write "secret": false beside it in the manifest of ${name}, and set it again`;

/** @param files as Latchkey would write them, without comments */
function inComments(
  known: readonly KnownSecret[],
  files: Files,
  kept: Files,
): readonly FileProblem[] {
  return [...kept].flatMap(([file, text]) => {
    const plain = files.get(file) ?? '';
    return text === plain
      ? []
      : known
          .filter(({ value }) => text.includes(value) && !plain.includes(value))
          .map((secret) => ({
            file,
            place: `line ${text.slice(0, text.indexOf(secret.value)).split('\n').length}`,
            message: hasSecret(secret),
          }));
  });
}

/** Where a text of the JSON has it; empty where only a key or a number has. */
function placeWith(value: string, json: string): string {
  const parsed = readManifestJson(json);
  const find = (inner: Json, path: readonly (string | number)[]): string | undefined => {
    if (typeof inner === 'string') return inner.includes(value) ? placeOf(path) : undefined;
    if (typeof inner !== 'object' || inner === null) return undefined;
    for (const [key, each] of Object.entries<Json>(inner)) {
      const place = find(each, [...path, Array.isArray(inner) ? Number(key) : key]);
      if (place !== undefined) return place;
    }
    return undefined;
  };
  return (parsed.ok ? find(parsed.value, []) : undefined) ?? '';
}

/** The file that a thing was applied from, else one by its name. Of names that fold to one, the later ones get a number. */
async function withFiles(
  stores: Stores,
  things: readonly StoredThing[],
  ending: Ending,
): Promise<readonly (StoredThing & FileThing)[]> {
  const byStem = thingsByFile(await stores.managedThings.list(), things);
  const known = new Map([...byStem.values()].map(({ stored, file }) => [stored, file]));
  const taken = new Set(byStem.keys());
  return things.map((thing) => {
    const file = known.get(thing);
    const stem = file === undefined ? stemFor(thing, taken) : stemOf(file);
    taken.add(stem);
    const stays = file !== undefined && (ending === '.json' || isYaml(file));
    return { ...thing, file: stays ? file : stem + ending };
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

\`latchkey export\` wrote these files, and \`latchkey apply\` reads them. Each export writes this page again, and apply doesn't read it.

People are named by email, everything else by name. There are no secrets here, and so no webhooks that start sequences: add those in chat. ${
    needed.length === 0
      ? 'No integration needs a secret.'
      : `The integrations need these secrets, set once for each Latchkey:\n\n${needed.join('\n')}`
  }
`;
}

/** A name can't end its line or its code. */
const inLine = (text: string): string => text.replaceAll(/[\r\n`"]/g, ' ');
