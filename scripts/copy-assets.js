/**
 * Copies what the compiler leaves behind (pages, manifests, schemas) into `dist`, at the same place
 * relative to the code that reads it, so that one `new URL('../x', import.meta.url)` finds a file both in
 * the sources and in the build.
 */
import { cpSync, existsSync } from 'node:fs';
import { extname, join } from 'node:path';

/** Folders with something to copy; those of `tsconfig.build.json`, and those without code. */
const FOLDERS = ['src', 'migrations', 'demo', 'bench', 'manifests', 'schemas', 'docs/manifest'];

for (const folder of FOLDERS.filter((each) => existsSync(each))) {
  cpSync(folder, join('dist', folder), {
    recursive: true,
    filter: (source) => extname(source) !== '.ts',
  });
}
