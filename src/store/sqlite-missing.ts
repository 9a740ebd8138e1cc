/** SQLite's package, or its native part, is not installed. */
export class SqliteMissing extends Error {
  readonly code = 'sqlite-missing';
  /** How to install it. */
  readonly next: string;
  constructor(cause: unknown) {
    const next = `${toCompileSqlite()}, then run "npm install" again; npm 12 also wants "npm install-scripts approve sqlite3" and "npm rebuild sqlite3". PostgreSQL needs none of it`;
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
