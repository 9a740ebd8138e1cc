import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { inheritedEnvironment } from '../config/environment.ts';
import type { Environment } from '../config/variables.ts';

export interface Called {
  /** The folder that `--data` named: without it, a copied command would mean another one. */
  readonly data?: string | undefined;
  readonly environment?: Environment;
  /** Where this code is. */
  readonly file?: string;
}

/** How this command line was called, for commands that someone is to copy: by npx, by a script of a clone, or by its name. */
export function calledAs({
  data,
  environment = inheritedEnvironment(),
  file = import.meta.filename,
}: Called = {}): string {
  const folder = data === undefined ? '' : ` --data ${quoted(data)}`;
  return `${programOf(environment, file)}${folder}`;
}

function programOf(environment: Environment, file: string): string {
  const script = environment['npm_lifecycle_event'];
  if (script === 'latchkey' || script === 'demo') return 'npm run -s latchkey --';
  if (environment['npm_command'] !== 'exec') return 'latchkey';
  return `npx ${quoted(installedByNpx(file) ?? 'latchkey')}`;
}

const npxFolder = z.object({ _npx: z.object({ packages: z.tuple([z.string()]) }) });

/**
 * What npx was given where it installed that itself, such as `./latchkey-0.2.0.tgz`: for `latchkey` alone it would then run
 * whatever the registry has by that name.
 */
function installedByNpx(file: string): string | undefined {
  const [folder] = /^.*[\\/]_npx[\\/][^\\/]+(?=[\\/])/.exec(file) ?? [];
  if (folder === undefined) return undefined;
  try {
    const kept: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const { _npx: given } = npxFolder.parse(kept);
    return given.packages[0];
  } catch {
    return undefined;
  }
}

/** For a shell, where it needs that. */
const quoted = (text: string): string =>
  /^[\w@%+=:,./\\~-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
