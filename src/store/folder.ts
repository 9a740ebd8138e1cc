import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder with those above it, where they are missing. Node's own way (`recursive`, up to 24 at least) never ends where
 * one exists that takes none: a link to a disk that isn't there, or `/proc`.
 * @param mode of each that is made
 * @throws what the system says: `ENOENT` there, `ENOTDIR` below a file, `EACCES`, …
 */
export function makeFolder(path: string, mode = 0o777): void {
  const above = dirname(path);
  if (existsSync(path) || above === path) return; // A disk that isn't there can't be made.
  makeFolder(above, mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another process was quicker; or it is a link that leads nowhere, which whoever uses the folder finds.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}
