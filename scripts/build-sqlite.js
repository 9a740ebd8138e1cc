/**
 * After npm has installed the packages: compiles SQLite from the source that its package brings, which the lock file
 * covers. The package itself would rather download a binary, which nothing covers; one that is there is replaced.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cwd, platform } from 'node:process';

const folder = 'node_modules/sqlite3';
/** Only compiling leaves the second one. */
const compiled = ['build/Release/node_sqlite3.node', 'build/config.gypi'];

// The Makefiles of node-gyp can't name a folder with a blank.
const cure = cwd().includes(' ')
  ? "Move the clone to a folder without a blank in its name, since it can't be compiled here"
  : 'Install Python 3, make and a C++ compiler (Debian: "apt install python3 make g++", macOS: "xcode-select --install")';

if (existsSync(folder) && !compiled.every((file) => existsSync(`${folder}/${file}`))) {
  // npm puts its own node-gyp into the path of scripts; on Windows that is a file that only a shell runs.
  const { status } = spawnSync('node-gyp', ['rebuild'], {
    cwd: folder,
    shell: platform === 'win32',
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) {
    process.stderr.write(`SQLite could not be built. ${cure}, and run "npm ci" again.\n`);
    process.exitCode = 1;
  }
}
