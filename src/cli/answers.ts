/** Answers to a form on the command line: `--set TEAM_ID=Design --set GROUPS=all,staff`. */
import { staticOptions } from '../engine/integrations/form.ts';
import { fetchOptions, optionsOf } from '../engine/integrations/form-options.ts';
import type { ManifestFormField } from '../engine/manifest/form-schema.ts';
import type { Manifest } from '../engine/manifest/schema.ts';
import type { Person, PersonAtApp } from '../engine/people/directory.ts';
import { knownFacts } from '../engine/people/stored-values.ts';
import type { Option } from '../engine/ports/chat-stores.ts';
import type { Signals } from '../engine/ports/jobs.ts';
import type { RunInputs } from '../engine/runs/run.ts';
import { CommandError } from './command-error.ts';
import type { Session } from './session.ts';

interface AnswersOf extends PersonAtApp {
  readonly session: Session;
}

/** How many options an error lists. */
const LISTED = 20;

export interface Questions {
  readonly fields: readonly ManifestFormField[];
  /** Facts about the person that are still missing. */
  readonly facts: readonly { readonly id: string; readonly name: string }[];
}

export const questionsOf = ({ form, extraUserInfo }: Manifest, person: Person): Questions => ({
  fields: form,
  facts: extraUserInfo.filter(({ id }) => !Object.hasOwn(knownFacts(person), id)),
});

/** @throws {CommandError} with every missing answer and every answer that is not an option */
export async function answers(
  { fields, facts: asked }: Questions,
  given: readonly string[],
  about: AnswersOf,
): Promise<{
  readonly form: RunInputs['form'];
  readonly facts: Readonly<Record<string, string>>;
}> {
  const values = grouped(given.map(split));
  const ids = [...fields, ...asked].map(({ id }) => id);
  const problems = [...values.keys()]
    .filter((id) => !ids.includes(id))
    .map((id) => `${id} is not in the form; it has ${ids.join(', ') || 'no fields'}`);
  const takesMany = fields.filter(({ type }) => type === 'multiple_choice').map(({ id }) => id);
  for (const [id, all] of values)
    if (all.length > 1 && !takesMany.includes(id))
      problems.push(`${id} is given twice; leave one of them out`);
  const facts: Record<string, string> = {};
  for (const { id, name } of asked) {
    const [value] = values.get(id) ?? [];
    if (value) facts[id] = value;
    else problems.push(`${id} (${name}) is missing; add --set ${id}=…`);
  }
  const form: Record<string, string | readonly string[]> = {};
  for (const field of fields) {
    const texts = (values.get(field.id) ?? []).filter((text) => text !== '');
    const [value] = texts;
    if (value === undefined) {
      if (field.required) problems.push(await describeMissing(field, about));
      continue;
    }
    if (field.type === 'input') {
      form[field.id] = value;
      continue;
    }
    const options = await optionsFor(field, about);
    const wanted =
      field.type === 'choice' ? [value] : texts.flatMap((text) => parts(text, options));
    const picked = wanted.map((text) => ({ text, option: pick(options, text) }));
    for (const { text, option } of picked)
      if (!option) problems.push(`${field.id}: "${text}" is not one of ${list(options)}`);
    const chosen = picked.flatMap(({ option }) => (option ? [option.value] : []));
    form[field.id] = field.type === 'choice' ? (chosen[0] ?? '') : [...new Set(chosen)];
  }
  if (problems.length > 0) throw new CommandError('nothing was granted', problems);
  return { form, facts };
}

function split(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new CommandError(`--set ${text}: write it as --set ID=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function grouped(
  given: readonly (readonly [id: string, value: string])[],
): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const [id, value] of given) values.set(id, [...(values.get(id) ?? []), value]);
  return values;
}

/** One option whose name may have commas, or several with commas between them. */
const parts = (text: string, options: readonly Option[]): readonly string[] =>
  pick(options, text) ? [text] : text.split(',').map((part) => part.trim());

/** By value, or by label without regard to case. */
const pick = (options: readonly Option[], text: string): Option | undefined =>
  options.find(({ value }) => value === text) ??
  options.find(({ label }) => label.toLowerCase() === text.toLowerCase());

function list(options: readonly Option[]): string {
  const shown = options.slice(0, LISTED).map(({ label }) => `"${label}"`); // Many have commas.
  const more = options.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

async function describeMissing(field: ManifestFormField, about: AnswersOf): Promise<string> {
  const add = `${field.id} (${field.name}) is missing; add --set ${field.id}=…`;
  return field.type === 'input'
    ? add
    : `${add} with one of ${list(await optionsFor(field, about))}`;
}

/** The options are fetched here, so this never waits for a worker. */
const noSignals: Signals = { announce: () => undefined, next: async () => undefined };

async function optionsFor(
  field: ManifestFormField,
  { person, integration, session }: AnswersOf,
): Promise<readonly Option[]> {
  const wanted = { personId: person.id, integrationId: integration.id, fieldId: field.id };
  const deps = {
    ...session,
    signals: noSignals,
    keyedHash: (text: string) => session.vault.keyedHash(text),
  };
  if (field.request) await fetchOptions(wanted, deps);
  const answer = field.request
    ? await optionsOf(wanted, deps)
    : (staticOptions(field) ?? { kind: 'options' as const, options: [] });
  if (answer.kind === 'problem') throw new CommandError(`${field.id}: ${answer.message}`);
  return answer.options;
}
