/**
 * After npm has installed the packages: compiles SQLite from the source that its package brings, which the lock file
 * covers. The package itself would rather download a binary, which nothing covers; one that is there is replaced.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { cwd, env, execPath, platform } from 'node:process';

const folder = 'node_modules/sqlite3';
/** Only compiling leaves the second one. */
const compiled = ['build/Release/node_sqlite3.node', 'build/config.gypi'];

// The Makefiles of node-gyp can't name a folder with a blank.
const cure = cwd().includes(' ')
  ? "Move the clone to a folder without a blank in its name, since it can't be compiled here"
  : 'Install Python 3, make and a C++ compiler (Debian: "apt install python3 make g++", macOS: "xcode-select --install")';

// This Node's own headers, where it has them beside it: else node-gyp fetches them from nodejs.org, which no lock file covers.
const root = dirname(dirname(execPath));
const withHeaders = existsSync(`${root}/include/node/common.gypi`);

if (existsSync(folder) && !compiled.every((file) => existsSync(`${folder}/${file}`))) {
  // npm puts its own node-gyp into the path of scripts; on Windows that is a file that only a shell runs.
  const { status } = spawnSync('node-gyp', ['rebuild'], {
    cwd: folder,
    env: withHeaders ? { npm_config_nodedir: root, ...env } : env,
    shell: platform === 'win32',
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) {
    const fetched = withHeaders
      ? ''
      : ' It also fetches the headers of Node from nodejs.org, unless npm_config_nodedir names a folder that has them.';
    process.stderr.write(`SQLite could not be built. ${cure}, and run "npm ci" again.${fetched}\n`);
    process.exitCode = 1;
  }
}
