import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execPath } from 'node:process';

/** SQLite's package, or its native part, is not installed. */
export class SqliteMissing extends Error {
  readonly code = 'sqlite-missing';
  /** How to install it. */
  readonly next: string;
  constructor(cause: unknown) {
    const install = `${nodeHeaders() ? `npm_config_nodedir=${nodeHeaders()} ` : ''}npm install`;
    const next = `${toCompileSqlite()}, then run "${install}"; npm 12 also wants "npm install-scripts approve sqlite3" and "npm rebuild sqlite3". PostgreSQL needs none of it`;
    super(`SQLite is not installed here. ${next}`, { cause });
    this.name = 'SqliteMissing';
    this.next = next;
  }
}

/**
 * What compiling SQLite needs. It ends without full stop.
 * @param folder where Latchkey is installed: the Makefiles of node-gyp can't name one with a space
 */
export const toCompileSqlite = (folder: string = import.meta.dirname): string =>
  folder.includes(' ')
    ? `Install Latchkey in a folder without a space in its name, since SQLite can't be compiled in ${folder} (--data names the folder of its data, which may have spaces)`
    : 'Install Python 3, make and a C++ compiler (Debian: "apt install python3 make g++", macOS: "xcode-select --install")';

/**
 * Where Node's own headers are, for npm's `nodedir`: an installation of Node mostly has them. Without that, node-gyp fetches
 * them from nodejs.org.
 */
export function nodeHeaders(node: string = execPath): string | undefined {
  const root = dirname(dirname(node));
  return existsSync(join(root, 'include/node/common.gypi')) ? root : undefined;
}
