/** The process's own variables, and those of the .env file in the data folder: nothing else reads them. */
import { isUtf8 } from 'node:buffer';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'dotenv';
import { codeOf } from '../core/error-code.ts';
import type { Environment, Problem } from './variables.ts';

/**
 * The process's variables, and those of the `.env` file in the data folder. The process's own take precedence. A SQLite
 * file with a relative name is in the data folder, too.
 * @throws {UnreadableEnvFile}
 */
export function loadEnvironment(): Environment {
  const folder = dataFolder();
  const environment = { ...readDotEnv(folder), ...process.env };
  return process.env[DATA_FOLDER] ? withDatabaseIn(folder, environment) : environment;
}

/** `LATCHKEY_HOME`, or the working directory, as an absolute path. */
export function dataFolder(): string {
  return resolve(process.env[DATA_FOLDER] || '.');
}

/** From here on, in this process and in its children, this is the data folder. */
export function setDataFolder(folder: string): void {
  process.env[DATA_FOLDER] = resolve(folder);
}

const DATA_FOLDER = 'LATCHKEY_HOME';

/**
 * The database that the data folder names, in its `.env` or by having one at the usual place, where the environment names
 * another one, which counts. Both may hold a password.
 * @throws {UnreadableEnvFile}
 */
export function outvotedDatabase(): { readonly own: string; readonly counts: string } | undefined {
  const folder = dataFolder();
  const addressIn = (environment: Environment): string | undefined =>
    environment['DATABASE_URL']?.trim() || undefined;
  const inFolder = (address: string | undefined): string =>
    addressIn(withDatabaseIn(folder, { DATABASE_URL: address })) ?? '';
  const [inherited, written] = [addressIn(process.env), addressIn(readDotEnv(folder))];
  if (inherited === undefined) return undefined;
  const [own, counts] = [inFolder(written), inFolder(inherited)];
  const isThere = written !== undefined || existsSync(own.replace('sqlite:', ''));
  return isThere && own !== counts ? { own, counts } : undefined;
}

/** Where `DATABASE_URL` is a SQLite file with a relative name, or left out, the file is in that folder. */
export function withDatabaseIn(folder: string, environment: Environment): Environment {
  const url = environment['DATABASE_URL']?.trim() || DEFAULT_DATABASE_URL;
  const file = /^sqlite:(?<file>[^/].*)$/.exec(url)?.groups?.['file'];
  return file === undefined
    ? environment
    : { ...environment, DATABASE_URL: `sqlite:${resolve(folder, file)}` };
}

/**
 * A child process's environment, from its parent. The child ignores `.env` files: the file may have changed, or the
 * parent may not have read it.
 */
export function inheritedEnvironment(): Environment {
  return process.env;
}

/** A `.env` file is there, and this process can't read it. Its message names the file and says how to fix it. */
export class UnreadableEnvFile extends Error {
  readonly code = 'unreadable-env-file';
  readonly problem: Problem;
  constructor(file: string, why: string) {
    super(`${file} ${why}`);
    this.name = 'UnreadableEnvFile';
    this.problem = { variable: file, message: why };
  }
}

function readDotEnv(folder: string): Environment {
  const file = join(folder, '.env');
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    const cure = "make it a file that Latchkey's user may read";
    throw new UnreadableEnvFile(file, `can't be read (${code}); ${cure}`);
  }
  // As UTF-16, which PowerShell writes, it would have no variable at all, and a new Latchkey would begin.
  // In another encoding a name with an accent would be another name.
  if (content.includes(0) || !isUtf8(content))
    throw new UnreadableEnvFile(file, 'is not UTF-8 text; save it as UTF-8');
  const doubled = doubledIn(content.toString().replaceAll(/\r\n?/g, '\n'));
  if (doubled.length > 0)
    throw new UnreadableEnvFile(
      file,
      `gives ${doubled.join(', and ')}, with different values; keep the line that counts`,
    );
  return parse(content);
}

/** How dotenv finds a variable: its name, and its value, which may be quoted and of several lines. */
const VARIABLE =
  /^\s*(?:export\s+)?(?<name>[\w.-]+)(?:\s*=\s*?|:\s+?)(?:\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/gm;

/** Variables with several values, of which dotenv takes the last: one that is meant to be gone, perhaps. Without the values. */
function doubledIn(content: string): readonly string[] {
  const found = new Map<string, { readonly lines: number[]; readonly values: Set<string> }>();
  for (const { 0: text, index, groups } of content.matchAll(VARIABLE)) {
    const name = groups?.['name'] ?? '';
    const before = content.slice(0, index + text.search(/\S/));
    const { lines, values } = found.get(name) ?? { lines: [], values: new Set() };
    lines.push(before.split('\n').length);
    values.add(parse(text)[name] ?? '');
    found.set(name, { lines, values });
  }
  return [...found].flatMap(([name, { lines, values }]) =>
    values.size > 1 ? [`${name} on the lines ${lines.join(' and ')}`] : [],
  );
}

export const DEFAULT_DATABASE_URL = 'sqlite:./data/latchkey.sqlite';
