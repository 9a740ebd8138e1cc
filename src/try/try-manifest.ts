/**
 * Tries a manifest for one person, or as a sync: as a dry run, or with real requests through the same engine as in
 * service. Everything that Latchkey would store is only in memory.
 */
import { t } from '../core/translate.ts';
import { unreachable } from '../core/unreachable.ts';
import { checkManifest } from '../engine/manifest/lint.ts';
import { type Problem, problemText } from '../engine/manifest/problem.ts';
import type { Manifest } from '../engine/manifest/schema.ts';
import { knownFacts } from '../engine/people/stored-values.ts';
import type { RunInputs } from '../engine/runs/run.ts';
import { dryRun, placeholder } from './dry-run.ts';
import type { SpokenEnv } from './env.ts';
import { beginConnected, type Fixture, withFixture } from './fixture.ts';
import { checkAnswers, withPlaceholders } from './form-answers.ts';
import type { Inputs } from './inputs.ts';
import { PARTS, type Part } from './parts.ts';
import { refused, type TryResult } from './result.ts';
import { tryAccounts } from './try-accounts.ts';
import { tryExists } from './try-exists.ts';
import { tryFormOptions } from './try-options.ts';
import { tryRun } from './try-run.ts';
import { trySync } from './try-sync.ts';
import { tryText } from './try-text.ts';
import type { Words } from './words.ts';

export interface TryOptions {
  /** One of `PARTS`. Default: the manifest's main part. */
  readonly part?: string;
  readonly dryRun?: boolean;
}

interface TryWish {
  readonly name: string;
  readonly manifestText: string;
  readonly options: TryOptions;
}

export async function tryManifest(
  { name, manifestText, options }: TryWish,
  inputs: Inputs,
  env: SpokenEnv,
): Promise<TryResult> {
  const checked = checkManifest(manifestText, namesUsedIn(manifestText));
  const lint = checked.warnings.map(problemText);
  if (!checked.ok) return refused('manifest', sentence(checked.errors), lint);
  const { manifest } = checked;
  const wanted = options.part ?? (manifest.kind === 'sync' ? 'sync' : 'execute');
  const part = PARTS.find((each) => each === wanted);
  if (!part) return refused('input', env.words.noSuchPart(wanted, PARTS), lint);
  const partWanted = { manifest, manifestText, part, inputs, options };
  const wrong = wrongPart(manifest, part, env.words) ?? missingInput(partWanted, env.words);
  if (wrong !== undefined) return refused('input', wrong, lint);

  const result = await withFixture({ name, manifestText, inputs }, env, (fixture) =>
    tryPart(partWanted, fixture, env),
  );
  const warnings = new Set([...lint, ...result.warnings]);
  return { ...result, warnings: [...warnings] };
}

interface PartWanted extends Pick<TryWish, 'manifestText' | 'options'> {
  readonly manifest: Manifest;
  readonly part: Part;
  readonly inputs: Inputs;
}

async function tryPart(wanted: PartWanted, fixture: Fixture, env: SpokenEnv): Promise<TryResult> {
  const { manifest, manifestText, part, inputs, options } = wanted;
  if (!options.dryRun) await beginConnected(manifest, fixture, env.now());
  const answered = await answerForm(wanted, fixture, env.words);
  if (!answered.ok) return refused('form', sentence(answered.problems));
  const ready = { part, manifest, manifestText, form: answered.form };
  const { unanswered } = answered;
  const result = options.dryRun
    ? await dryRun({ ...ready, unanswered }, fixture)
    : await send(ready, fixture, env);
  return { ...result, warnings: [...unusedSecrets(manifest, inputs), ...result.warnings] };
}

type Answered =
  | {
      readonly ok: true;
      readonly form: RunInputs['form'];
      /** Ids that have only a placeholder. */
      readonly unanswered: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Only a grant uses the form, and a dry run needs no answers. Facts are stored with the person. */
async function answerForm(
  { manifest, part, inputs, options }: PartWanted,
  { person, stores }: Fixture,
  words: Words,
): Promise<Answered> {
  if (manifest.kind !== 'provision' || part !== 'execute' || !person)
    return { ok: true, form: inputs.form, unanswered: [] };
  const checked = checkAnswers(manifest, { given: inputs.form, person }, words);
  const problems = options.dryRun ? checked.problems : [...checked.problems, ...checked.missing];
  if (problems.length > 0) return { ok: false, problems };
  const { form, facts } = withPlaceholders(manifest, checked, placeholder);
  await stores.people.save({ ...person, stored: { ...knownFacts(person), ...facts } });
  return { ok: true, form, unanswered: checked.missing.map(({ place }) => place) };
}

interface ReadyTry {
  readonly part: Part;
  readonly manifest: Manifest;
  readonly form: RunInputs['form'];
}

async function send(
  { part, manifest, form }: ReadyTry,
  fixture: Fixture,
  env: SpokenEnv,
): Promise<TryResult> {
  if (manifest.kind === 'sync') return trySync(manifest, fixture, env);
  if (manifest.kind === 'provision' && part === 'accounts' && manifest.accounts)
    return tryAccounts(manifest.accounts, fixture, env);
  const person = fixture.person && (await fixture.stores.people.find(fixture.person.id));
  if (!person) throw new Error('A part that needs a person was tried without one');
  if (manifest.kind === 'text') return tryText({ person, form }, fixture, env);
  switch (part) {
    case 'execute':
    case 'revoke':
      return tryRun({ kind: part, manifest, person, form }, fixture, env);
    case 'exists':
      return tryExists({ manifest, person, form }, fixture, env);
    case 'options':
      return tryFormOptions({ manifest, person }, fixture, env);
    case 'sync':
    case 'accounts':
      throw new Error('Only a list is read without a person');
    default:
      return unreachable(part);
  }
}

const sentence = (problems: readonly Problem[]): string => problems.map(problemText).join('\n');

/** All names count as defined. Rendering reports a missing value, and one report is enough. */
const namesUsedIn = (manifestText: string): readonly string[] =>
  [...manifestText.matchAll(/\{\{[{&#^/]?\s*([^\s{}]+)/g)].flatMap(([, name = '']) => [
    name,
    name.split('.')[0] ?? name,
  ]);

function wrongPart(manifest: Manifest, part: Part, words: Words): string | undefined {
  if (manifest.kind === 'sync') return part === 'sync' ? undefined : words.useSync;
  switch (part) {
    case 'sync':
      return words.useExecute;
    case 'exists':
      return manifest.exists ? undefined : t`The manifest has no exists. ${words.addPart}`;
    case 'accounts':
      return manifest.kind === 'provision' && manifest.accounts
        ? undefined
        : t`The manifest has no accounts. ${words.addPart}`;
    case 'options':
      return manifest.kind === 'provision' && manifest.form.some(({ request }) => request)
        ? undefined
        : t`The manifest's form has no data_from. ${words.addPart}`;
    case 'execute':
    case 'revoke':
      return manifest[part].length > 0
        ? undefined
        : t`The manifest has no ${part}. ${words.addPart}`;
    default:
      return unreachable(part);
  }
}

function missingInput(
  { manifest, part, inputs, options }: PartWanted,
  words: Words,
): string | undefined {
  if (part !== 'sync' && part !== 'accounts' && !inputs.person) return words.noPerson;
  return options.dryRun ? undefined : missingSecrets(manifest, inputs, words);
}

export function missingSecrets(
  { initialDataForm }: Manifest,
  { secrets }: Pick<Inputs, 'secrets'>,
  { noSecrets }: Pick<Words, 'noSecrets'>,
): string | undefined {
  const unset = initialDataForm.filter(
    ({ id, generate }) => !generate && !Object.hasOwn(secrets, id),
  );
  return unset.length === 0 ? undefined : noSecrets(unset);
}

const unusedSecrets = ({ initialDataForm }: Manifest, { secrets }: Inputs): readonly string[] =>
  Object.keys(secrets)
    .filter((id) => !initialDataForm.some((item) => item.id === id))
    .map(
      (id) =>
        `secrets: ${id} is not in initial_data_form, so Latchkey would let no one enter it; add it there.`,
    );
