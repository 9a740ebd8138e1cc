/** Where the documents are that sentences to operators name: in a clone, in the package, in the image. */
import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Each has to be in the package and in the image. */
type Document = 'backup' | 'configuration' | 'upgrading' | 'manifest/reference';

/** Seen from the sources, and from the build, which is a folder deeper. */
const FOLDERS = ['../../docs/', '../../../docs/'].map((path) => new URL(path, import.meta.url));

/** Its path, to open it. */
export const documentAt = (name: Document): string => findDocument(name) ?? `docs/${name}.md`;

/** Undefined where this installation lacks it. */
export function findDocument(name: Document): string | undefined {
  const files = FOLDERS.map((folder) => fileURLToPath(new URL(`${name}.md`, folder)));
  const file = files.find((each) => existsSync(each));
  return file && (inThisFolder(file) ?? file);
}

/** A file's path from the folder where the command runs. Undefined where it isn't in there. */
export function inThisFolder(file: string): string | undefined {
  const path = relative(resolve('.'), file).replaceAll('\\', '/');
  return /^(\.\.|\/|\w:)/.test(path) ? undefined : path;
}
