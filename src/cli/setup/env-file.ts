/** The file `.env` of a data folder. */
import { access, chown, constants, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'dotenv';
import type { Environment } from '../../config/variables.ts';
import { codeOf } from '../../core/error-code.ts';
import { makeFolder, renameDurably } from '../../store/folder.ts';
import { CommandError } from '../command-error.ts';
import { whyUnwritable } from '../unwritable.ts';

/** Some lines of the file, under a comment. */
export interface Section {
  readonly title: string;
  /** By name. Undefined: still to be set, which the file says in a comment. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** @returns the file's variables; undefined where there is none */
export async function readEnvFile(folder: string): Promise<Environment | undefined> {
  try {
    return parse(await readFile(join(folder, '.env')));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/**
 * Writes the file for its owner alone, whole or not at all. A file that is there keeps its owner and group.
 * @param keepAs where a copy of a file that is there goes first
 * @returns whether owner and group could be kept
 * @throws {CommandError} when it can't be written
 */
export async function writeEnvFile(
  folder: string,
  sections: readonly Section[],
  keepAs: string | undefined,
): Promise<{ readonly keepsOwner: boolean }> {
  const content = sections.map(textOf).join('\n');
  try {
    return await replaceFile(folder, content, keepAs);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw new CommandError(
      `${join(folder, '.env')} ${whyUnwritable(error, 'look at who owns its folder, or name another one with --data')}`,
    );
  }
}

/**
 * Sets some variables in a file that is there, and leaves all other lines as they are. Changes nothing yet.
 * @returns what writes the changed file; `keepAs`: where a copy of the old one goes first
 * @throws {CommandError} when the file can't hold them, or this user may not change it
 */
export async function changedEnvFile(
  folder: string,
  changes: Readonly<Record<string, string>>,
): Promise<(keepAs: string) => Promise<unknown>> {
  let content = await readFile(join(folder, '.env'), 'utf8');
  for (const [name, value] of Object.entries(changes)) {
    const line = `${name}=${quoted(name, value)}`;
    const before = new RegExp(`^[ \\t]*(export[ \\t]+)?${name}[ \\t]*=.*$`, 'm');
    content = before.test(content)
      ? content.replace(before, () => line)
      : `${content.replace(/\n?$/, '\n')}${line}\n`;
    if (parse(content)[name] !== value)
      throw new CommandError(
        `${name} can't be changed in ${join(folder, '.env')}; set it yourself`,
      );
  }
  await access(folder, constants.W_OK).catch(() => {
    throw new CommandError(`nothing can be written in ${folder}; look at who owns it`);
  });
  return (keepAs) => replaceFile(folder, content, keepAs);
}

async function replaceFile(
  folder: string,
  content: string,
  keepAs: string | undefined,
): Promise<{ readonly keepsOwner: boolean }> {
  const [file, draft] = [join(folder, '.env'), join(folder, '.env.new')];
  makeFolder(folder, 0o700);
  await rm(draft, { force: true });
  const mine = { mode: 0o600, flag: 'wx', flush: true };
  try {
    await writeFile(draft, content, mine);
    const keepsOwner = keepAs === undefined || (await sameOwner(draft, file));
    if (keepAs !== undefined) {
      const copy = join(folder, keepAs);
      await writeFile(copy, await readFile(file), mine);
      await sameOwner(copy, file);
    }
    await renameDurably(draft, file);
    return { keepsOwner };
  } finally {
    await rm(draft, { force: true });
  }
}

/** @returns false where this user may not give files away */
async function sameOwner(file: string, as: string): Promise<boolean> {
  const [own, { uid, gid }] = [await stat(file), await stat(as)];
  if (own.uid === uid && own.gid === gid) return true;
  try {
    await chown(file, uid, gid);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EPERM') return false;
    throw error;
  }
}

function textOf({ title, variables }: Section): string {
  const lines = Object.entries(variables).map(([name, value]) =>
    value === undefined ? `# ${name}=` : `${name}=${quoted(name, value)}`,
  );
  return [`# ${title}`, ...lines, ''].join('\n');
}

/**
 * Docker takes quotation marks as part of a value, so only a value that needs them has some. Compose and a shell would
 * replace what follows a `$`.
 */
function quoted(name: string, value: string): string {
  if (!/[#$\s'"`\\]/.test(value)) return value;
  const mark = ["'", '`', '"'].find((each) => !value.includes(each));
  if (mark === undefined || (mark === '"' && value.includes('\\')))
    throw new CommandError(
      `${name} has every kind of quotation mark, which a .env file can't hold; set it in the environment`,
    );
  return `${mark}${value}${mark}`;
}
