/** `latchkey try FILE …`: runs a manifest with no server and no database, for whoever writes one. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Config, loadEnvironment, readConfig, problemText as settingText } from '../config.ts';
import { newId } from '../core/ids.ts';
import { unreachable } from '../core/unreachable.ts';
import { checkManifest } from '../engine/manifest/lint.ts';
import { type Problem, problemText } from '../engine/manifest/problem.ts';
import type { Manifest } from '../engine/manifest/schema.ts';
import type { RunInputs } from '../engine/run.ts';
import { createHttp } from '../http/got-http.ts';
import { unreadable } from './check.ts';
import type { Output } from './output.ts';
import { dryRun, type Part, placeholder } from './try/dry-run.ts';
import { checkAnswers, withPlaceholders } from './try/form-answers.ts';
import { type Files, type Inputs, readInputs } from './try/inputs.ts';
import { printDryRun, printResult } from './try/print.ts';
import { exitCodeOf, refused, type TryResult } from './try/result.ts';
import { type Stage, setStage } from './try/stage.ts';
import { tryExists } from './try/try-exists.ts';
import { tryRun } from './try/try-run.ts';
import { trySync } from './try/try-sync.ts';
import type { World } from './try/world.ts';

export const PARTS: readonly Part[] = ['execute', 'exists', 'revoke', 'sync'];

export interface TryOptions extends Files {
  /** One of `PARTS`. */
  readonly part?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** @returns the exit code: 0 where it succeeded or the access is known, else 1 */
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

/** @throws what is broken in Latchkey itself, unless JSON was asked for: then one object is printed in any case. */
async function resultOf(file: string, options: TryOptions, output: Output): Promise<TryResult> {
  const settings = settingsOfTry();
  if (!settings.ok) return refused('configuration', settings.problems.map(settingText).join('\n'));
  try {
    return await tryFile(file, options, worldOf(options, settings.config, output));
  } catch (error) {
    if (!options.json) throw error;
    return refused(
      'internal',
      'Something went wrong inside Latchkey, not at the other side. Run it without --json to see what.',
    );
  }
}

/** As it is documented: what it came to is said first. */
const inOrder = ({ status, error, ...rest }: TryResult) => ({ status, error, ...rest });

/** Reads the files and tries the manifest; what is wrong with a file is a failed result with its place and cure. */
export async function tryFile(file: string, options: TryOptions, world: World): Promise<TryResult> {
  let manifestText: string;
  try {
    manifestText = await readFile(file, 'utf8');
  } catch (error) {
    return refused('manifest', `${file}: ${unreadable(error).message}`);
  }
  const inputs = await readInputs(options, world.newId);
  if (!inputs.ok) return refused('input', sentence(inputs.problems));
  return tryManifest(
    { name: basename(file).replace(/\.json$/i, ''), manifestText, options },
    inputs.value,
    world,
  );
}

interface Wanted {
  readonly name: string;
  readonly manifestText: string;
  readonly options: Pick<TryOptions, 'part' | 'dryRun'>;
}

export async function tryManifest(
  { name, manifestText, options }: Wanted,
  inputs: Inputs,
  world: World,
): Promise<TryResult> {
  const checked = checkManifest(manifestText, namesUsedIn(manifestText));
  const lint = checked.warnings.map(problemText);
  if (!checked.ok) return refused('manifest', sentence(checked.errors), lint);
  const { manifest } = checked;
  const wanted = options.part ?? (manifest.kind === 'sync' ? 'sync' : 'execute');
  const part = PARTS.find((each) => each === wanted);
  if (!part) return refused('input', `--part ${wanted} is no part; use ${PARTS.join(', ')}.`, lint);
  const wrong = wrongPart(manifest, part) ?? missingInput(manifest, part, inputs, options);
  if (wrong !== undefined) return refused('input', wrong, lint);

  const stage = await setStage(name, manifestText, inputs, world);
  const answered = await answerForm(manifest, part, { inputs, options }, stage);
  if (!answered.ok) return refused('form', sentence(answered.problems), lint);
  const ready = { part, manifest, manifestText, form: answered.form };
  const { unanswered } = answered;
  const result = options.dryRun
    ? await dryRun({ ...ready, unanswered }, stage)
    : await send(ready, stage, world);
  const warnings = new Set([...lint, ...unusedSecrets(manifest, inputs), ...result.warnings]);
  return { ...result, warnings: [...warnings] };
}

type Answered =
  | {
      readonly ok: true;
      readonly form: RunInputs['form'];
      /** Ids of what has only a placeholder. */
      readonly unanswered: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The form is asked for a grant alone, and a dry run needs no answers; facts are kept with the person. */
async function answerForm(
  manifest: Manifest,
  part: Part,
  { inputs, options }: { readonly inputs: Inputs; readonly options: Wanted['options'] },
  { person, stores }: Stage,
): Promise<Answered> {
  if (manifest.kind !== 'provision' || part !== 'execute' || !person)
    return { ok: true, form: inputs.form, unanswered: [] };
  const checked = checkAnswers(manifest, inputs.form, person);
  const problems = options.dryRun ? checked.problems : [...checked.problems, ...checked.missing];
  if (problems.length > 0) return { ok: false, problems };
  const { form, facts } = withPlaceholders(manifest, checked, placeholder);
  await stores.people.save({ ...person, stored: { ...person.stored, ...facts } });
  return { ok: true, form, unanswered: checked.missing.map(({ place }) => place) };
}

interface Ready {
  readonly part: Part;
  readonly manifest: Manifest;
  readonly form: RunInputs['form'];
}

async function send(
  { part, manifest, form }: Ready,
  stage: Stage,
  world: World,
): Promise<TryResult> {
  if (manifest.kind === 'sync') return trySync(manifest, stage, world);
  const person = stage.person && (await stage.stores.people.find(stage.person.id));
  if (!person) throw new Error('A part that needs a person was tried without one');
  switch (part) {
    case 'execute':
    case 'revoke':
      return tryRun({ kind: part, manifest, person, form }, stage, world);
    case 'exists':
      return tryExists({ manifest, person, form }, stage, world);
    case 'sync':
      throw new Error('Only a sync is synced');
    default:
      return unreachable(part);
  }
}

const sentence = (problems: readonly Problem[]): string => problems.map(problemText).join('\n');

/** All of them count as defined: one that has no value is noted where it is rendered, and once is enough. */
const namesUsedIn = (manifestText: string): readonly string[] =>
  [...manifestText.matchAll(/\{\{[{&#^/]?\s*([^\s{}]+)/g)].flatMap(([, name = '']) => [
    name,
    name.split('.')[0] ?? name,
  ]);

function wrongPart(manifest: Manifest, part: Part): string | undefined {
  if (manifest.kind === 'sync')
    return part === 'sync' ? undefined : 'The manifest is a sync: try it with --part sync.';
  switch (part) {
    case 'sync':
      return 'The manifest imports nobody: it has no action and no data_structure. Try --part execute.';
    case 'exists':
      return manifest.exists
        ? undefined
        : 'The manifest has no exists. Add one, or try another --part.';
    case 'execute':
    case 'revoke':
      return manifest[part].length > 0
        ? undefined
        : `The manifest has no ${part}. Add one, or try another --part.`;
    default:
      return unreachable(part);
  }
}

function missingInput(
  manifest: Manifest,
  part: Part,
  inputs: Inputs,
  { dryRun: isDry = false }: Wanted['options'],
): string | undefined {
  if (part !== 'sync' && !inputs.person)
    return `Who is it about? Give a file with --person, such as {"email": "ann@example.com", "first_name": "Ann"}.`;
  const unset = manifest.initialDataForm
    .filter(({ id, generate }) => !generate && !Object.hasOwn(inputs.secrets, id))
    .map(({ id }) => id);
  if (isDry || unset.length === 0) return undefined;
  const [is, them] = unset.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return `${unset.join(', ')} of initial_data_form ${is} missing; put ${them} into the file given with --secrets.`;
}

const unusedSecrets = ({ initialDataForm }: Manifest, { secrets }: Inputs): readonly string[] =>
  Object.keys(secrets)
    .filter((id) => !initialDataForm.some((item) => item.id === id))
    .map(
      (id) =>
        `secrets: ${id} is not in initial_data_form, so nobody would be asked for it; add it there.`,
    );

function worldOf(
  { json = false, dryRun: isDry = false }: TryOptions,
  settings: Config,
  output: Output,
): World {
  const watched = !json && !isDry && process.stderr.isTTY;
  return {
    http: createHttp({ allowPrivateHosts: settings.allowPrivateHosts, userAgent: 'Latchkey' }),
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

/** Only these: a try needs no database, and a broken setting of another part is no reason not to run. */
function settingsOfTry(): ReturnType<typeof readConfig> {
  const { ALLOW_PRIVATE_HOSTS, PUBLIC_URL, PORT } = loadEnvironment();
  return readConfig({ ALLOW_PRIVATE_HOSTS, PUBLIC_URL, PORT });
}
