/** Answers to a manifest's form, by id. They are checked as in chat, but without fetching options. */
import type { Json } from '../core/json.ts';
import { staticOptions } from '../engine/integrations/form.ts';
import type { ManifestFormField } from '../engine/manifest/form-schema.ts';
import type { Problem } from '../engine/manifest/problem.ts';
import type { ProvisionManifest } from '../engine/manifest/schema.ts';
import type { Person } from '../engine/people/directory.ts';
import { knownFacts } from '../engine/people/stored-values.ts';
import type { RunInputs } from '../engine/runs/run.ts';
import type { Words } from './words.ts';

type Answers = RunInputs['form'];

export interface CheckedAnswers {
  readonly form: Answers;
  /** Answers to `extra_user_info`, which are stored with the person. */
  readonly facts: Readonly<Record<string, Json>>;
  readonly problems: readonly Problem[];
  /** Required answers that are missing, each with its message. */
  readonly missing: readonly Problem[];
}

/** Options that a form would fetch are unknown here, so such an answer isn't checked. */
export function checkAnswers(
  manifest: ProvisionManifest,
  { given, person }: { readonly given: Answers; readonly person: Person },
  { noAnswer, noFact }: Pick<Words, 'noAnswer' | 'noFact'>,
): CheckedAnswers {
  const problems: Problem[] = [];
  const missing: Problem[] = [];
  const form: Record<string, string | readonly string[]> = {};
  const facts: Record<string, Json> = {};
  const known = [...manifest.form, ...manifest.extraUserInfo].map(({ id }) => id);
  for (const id of Object.keys(given).filter((each) => !known.includes(each)))
    problems.push({
      place: id,
      message: `is not in the form; it has ${known.join(', ') || 'no fields'}`,
    });

  for (const field of manifest.form) {
    const answer = own(given, field.id);
    if (answer === undefined || answer.length === 0) {
      if (field.required) missing.push({ place: field.id, message: `(${field.name}) ${noAnswer}` });
      // An empty answer is an explicit answer: a stored value of the person doesn't replace it.
      else if (answer !== undefined) form[field.id] = field.type === 'multiple_choice' ? [] : '';
      continue;
    }
    const read = readAnswer(field, answer);
    if (read.ok) form[field.id] = read.value;
    else problems.push({ place: field.id, message: read.message });
  }
  for (const { id, name } of manifest.extraUserInfo) {
    const answer = own(given, id);
    if (answer !== undefined) facts[id] = answer;
    else if (!Object.hasOwn(knownFacts(person), id))
      missing.push({ place: id, message: `(${name}) ${noFact}` });
  }
  return { form, facts, problems, missing };
}

const own = (answers: Answers, id: string): Answers[string] | undefined =>
  Object.hasOwn(answers, id) ? answers[id] : undefined;

type ReadAnswer =
  | { readonly ok: true; readonly value: string | readonly string[] }
  | { readonly ok: false; readonly message: string };

function readAnswer(field: ManifestFormField, answer: string | readonly string[]): ReadAnswer {
  const many = typeof answer === 'string' ? [answer] : answer;
  if (field.type !== 'multiple_choice' && typeof answer !== 'string')
    return { ok: false, message: 'takes one text, not a list' };
  const options = field.type === 'input' ? undefined : staticOptions(field);
  if (options?.kind === 'options') {
    const values = options.options.map(({ value }) => value);
    const wrong = many.find((each) => !values.includes(each));
    if (wrong !== undefined)
      return {
        ok: false,
        message: `"${wrong}" is not one of ${values.map((each) => `"${each}"`).join(', ')}`,
      };
  }
  return { ok: true, value: field.type === 'multiple_choice' ? many : answer };
}

/** The form with a placeholder for every missing answer, since a dry run doesn't need them. */
export function withPlaceholders(
  { form }: ProvisionManifest,
  checked: CheckedAnswers,
  placeholder: (id: string) => string,
): Pick<CheckedAnswers, 'form' | 'facts'> {
  const filled: Record<string, string | readonly string[]> = { ...checked.form };
  const facts: Record<string, Json> = { ...checked.facts };
  for (const { place: id } of checked.missing) {
    const field = form.find((each) => each.id === id);
    if (!field) facts[id] = placeholder(id);
    else filled[id] = field.type === 'multiple_choice' ? [placeholder(id)] : placeholder(id);
  }
  return { form: filled, facts };
}
