/**
 * Runs the tests under every version of Node that Latchkey supports, one after the other. The runtimes come from the npm
 * package `node` and are fetched once, beside the other packages, by this script alone: `npm ci` stays as quick as it is.
 * Usage: npm run test:nodes [-- [MAJOR…] [--] [arguments for vitest…]], such as `npm run test:nodes -- 24 -- test/store`
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** The one that `package.json` asks for at least, and every later one that gets long-term support. */
const MAJORS = ['20', '22', '24'];

const given = process.argv.slice(2);
const majors = given.filter((each, index) => isMajor(each) && given.slice(0, index).every(isMajor));
const forVitest = given.slice(majors.length).filter((each) => each !== '--');

const failed = (majors.length > 0 ? majors : MAJORS).filter((major) => !passesUnder(major));
if (failed.length > 0) process.stderr.write(`Tests failed under Node ${failed.join(', ')}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;

function passesUnder(major) {
  const folder = fetched(major);
  const bin = join(folder, 'node_modules', 'node', 'bin');
  // Processes that a test starts are to run on the same Node, whether they name it or find it.
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` };
  const node = join(bin, process.platform === 'win32' ? 'node.exe' : 'node');
  run(node, ['-p', '`Node ${process.version}, sqlite3 ${require("sqlite3").VERSION}`'], env);
  return run(node, ['node_modules/vitest/vitest.mjs', 'run', ...forVitest], env);
}

/** @returns the folder that the runtime is in */
function fetched(major) {
  const folder = resolve('node_modules', '.cache', `node-${major}`);
  if (existsSync(join(folder, 'node_modules', 'node', 'bin'))) return folder;
  mkdirSync(folder, { recursive: true });
  // The package's script picks the build for this machine.
  const own = { private: true, allowScripts: { node: true } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(own));
  const install = ['install', '--no-audit', '--no-fund', '--no-package-lock', `node@${major}`];
  if (run('npm', [...install, '--prefix', folder], process.env)) return folder;
  throw new Error(`npm could not install node@${major}; what it said stands above`);
}

function run(command, args, env) {
  return spawnSync(command, args, { env, stdio: 'inherit' }).status === 0;
}

function isMajor(text) {
  return /^\d+$/.test(text);
}
