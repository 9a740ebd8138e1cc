/** `latchkey try FILE …`: runs a manifest without a server or a database, for its author. */
import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Config, readSettings, problemText as settingText } from '../config/config.ts';
import { loadEnvironment } from '../config/environment.ts';
import { newId } from '../core/ids.ts';
import { problemText } from '../engine/manifest/problem.ts';
import { createHttp } from '../http/got-http.ts';
import { type Files, readInputs } from '../try/command/inputs.ts';
import { printDryRun, printResult } from '../try/command/print.ts';
import { terminalWords } from '../try/command/words.ts';
import type { TryEnv } from '../try/env.ts';
import { exitCodeOf, refused, type TryResult } from '../try/result.ts';
import { tryManifest } from '../try/try-manifest.ts';
import { readManifestFile } from './beginning-of.ts';
import { unreadable } from './check.ts';
import { CommandError } from './command-error.ts';
import type { Output } from './output.ts';
import { readySqlite } from './setup/ready-sqlite.ts';

export interface TryOptions extends Files {
  /** One of `PARTS`. */
  readonly part?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** @returns the exit code: 0 when it succeeded or the access is known, else 1 */
export async function tryCommand(
  file: string,
  options: TryOptions,
  output: Output,
): Promise<number> {
  const result = await resultOf(file, options, output);
  if (options.json) output.json(inOrder(result));
  else if (options.dryRun) printDryRun(result, output);
  else printResult(result, output);
  return exitCodeOf(result);
}

/** @throws Latchkey's own bugs, except with JSON, which always prints one object */
async function resultOf(file: string, options: TryOptions, output: Output): Promise<TryResult> {
  const settings = settingsOfTry();
  if (!settings.ok) return refused('configuration', settings.problems.map(settingText).join('\n'));
  try {
    await readySqlite(output); // A try keeps everything in memory, in SQLite.
    return await tryFile(file, options, envOf(options, settings.config, output));
  } catch (error) {
    if (!options.json) throw error;
    if (error instanceof CommandError) return refused('sqlite', error.message);
    return refused(
      'internal',
      'Something went wrong in Latchkey, not in the app. Run it without --json to see what.',
    );
  }
}

/** In the documented order: the outcome comes first. */
const inOrder = ({ status, error, ...rest }: TryResult) => ({ status, error, ...rest });

/** Reads the files and tries the manifest. A problem in a file becomes a failed result with its place and fix. */
export async function tryFile(file: string, options: TryOptions, env: TryEnv): Promise<TryResult> {
  let manifestText: string;
  try {
    manifestText = await readManifestFile(file);
  } catch (error) {
    return refused('manifest', `${file}: ${unreadable(error).message}`);
  }
  const inputs = await readInputs(options);
  if (!inputs.ok) return refused('input', inputs.problems.map(problemText).join('\n'));
  return tryManifest(
    { name: basename(file).replace(/\.json$/i, ''), manifestText, options },
    inputs.value,
    { ...env, words: terminalWords },
  );
}

function envOf(
  { json = false, dryRun: isDry = false }: TryOptions,
  settings: Config,
  output: Output,
): TryEnv {
  const watched = !json && !isDry && process.stderr.isTTY;
  return {
    http: createHttp({
      allowPrivateHosts: settings.allowPrivateHosts,
      userAgent: 'Latchkey',
      proxy: settings.proxy,
    }),
    now: () => new Date(),
    newId,
    publicUrl: settings.publicUrl,
    randomBytes: (size) => randomBytes(size),
    pause: async (ms) => {
      await sleep(ms);
    },
    progress: (text) => {
      if (watched) output.note(text);
    },
  };
}

/** Reads only these settings. A try needs no database, and a wrong setting elsewhere must not stop it. */
const settingsOfTry = () =>
  readSettings(() => {
    const { ALLOW_PRIVATE_HOSTS, PUBLIC_URL, PORT, ...all } = loadEnvironment();
    const { HTTPS_PROXY, https_proxy, NO_PROXY, no_proxy } = all;
    return { ALLOW_PRIVATE_HOSTS, PUBLIC_URL, PORT, HTTPS_PROXY, https_proxy, NO_PROXY, no_proxy };
  });
