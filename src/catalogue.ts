/** Reads the ready-made integrations: Latchkey's own manifests, with their notes. */
import { readdir, readFile } from 'node:fs/promises';
import { compact } from './core/compact.ts';
import { codeOf } from './core/error-code.ts';
import { type ReadyMade, readReadyMade } from './engine/integrations/catalogue.ts';

/** Beside the sources, and beside the compiled code in the build. */
const MANIFESTS = new URL('../manifests/', import.meta.url);

/**
 * All of them, by name. Unreadable manifests are left out; a test keeps ours readable.
 * @param more a second folder, beside Latchkey's own
 * @throws {Error} when a file can't be read
 */
export async function readCatalogue(more?: URL): Promise<readonly ReadyMade[]> {
  const folders = compact([MANIFESTS, more]);
  const read = await Promise.all(folders.map((folder) => readFolder(folder)));
  return read.flat().toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
}

/**
 * Reads them when they are first asked for: parsing every manifest is an eighth of what a start takes, and few people add an
 * integration. What could not be read is read again the next time.
 */
export function catalogueWhenAsked(more?: URL): () => Promise<readonly ReadyMade[]> {
  let reading: Promise<readonly ReadyMade[]> | undefined;
  return () => {
    reading ??= readCatalogue(more).catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    return reading;
  };
}

async function readFolder(folder: URL): Promise<readonly ReadyMade[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const read = await Promise.all(
    files.map(async (file) => {
      const [manifest, notes] = await Promise.all([
        readFile(new URL(file, folder), 'utf8'),
        readFile(new URL(file.replace(/\.json$/, '.md'), folder), 'utf8').catch(without),
      ]);
      return readReadyMade(file.replace(/\.json$/, ''), manifest, notes);
    }),
  );
  return read.filter((one) => one !== undefined);
}

/** A manifest may have no notes. */
function without(error: unknown): string {
  if (codeOf(error) === 'ENOENT') return '';
  throw error;
}
