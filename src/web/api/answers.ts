/** Answers to the form of an integration, by the rules of its manifest: the same that chat's form keeps. */
import { z } from 'zod';
import { staticOptions } from '../../engine/integrations/form.ts';
import { optionsOf } from '../../engine/integrations/form-options.ts';
import type { ManifestFormField } from '../../engine/manifest/form-schema.ts';
import type { Manifest } from '../../engine/manifest/schema.ts';
import type { Integration, Person, PersonAtApp } from '../../engine/people/directory.ts';
import { maySeeSetUp } from '../../engine/people/permission.ts';
import { knownFacts } from '../../engine/people/stored-values.ts';
import type { Option } from '../../engine/ports/chat-stores.ts';
import type { RequestContent } from '../../engine/requests/access-request.ts';
import type { Turn } from './endpoint.ts';
import { invalid, type Place, type Problem, pointerOf } from './problems.ts';

/** As long as chat's fields take. */
const MAX_TEXT = 3000;
/** As many as chat's fields take (`MAX_CHOSEN`). */
const MAX_CHOICES = 100;
const MAX_ANSWERS = 100;

const text = z.string().max(MAX_TEXT);
const few = (given: object): boolean => Object.keys(given).length <= MAX_ANSWERS;

export const answersBody = {
  answers: z
    .record(z.string(), z.union([text, z.array(text).max(MAX_CHOICES)]))
    .refine(few, 'Too many answers.')
    .default({})
    .describe('By the ids of the form; values of options, and a list where a field takes several'),
  facts: z
    .record(z.string(), text)
    .refine(few, 'Too many answers.')
    .default({})
    .describe('Answers to fields of the kind `fact`'),
};

export interface GivenAnswers {
  readonly answers: Readonly<Record<string, string | readonly string[]>>;
  readonly facts: Readonly<Record<string, string>>;
}

export type ReadAnswers =
  | ({ readonly ok: true } & Pick<RequestContent, 'form' | 'answers' | 'facts'>)
  | { readonly ok: false; readonly problem: Problem };

export async function readAnswers(
  { answers: given, facts: givenFacts }: GivenAnswers,
  about: {
    readonly manifest: Pick<Manifest, 'form' | 'extraUserInfo'>;
    readonly person: Person;
    readonly integration: Integration;
  },
  turn: Turn,
): Promise<ReadAnswers> {
  const { form: fields, extraUserInfo: questions } = about.manifest;
  const errors: Place[] = [];
  const wrong = (path: readonly string[], detail: string) =>
    errors.push({ detail, pointer: pointerOf(path) });
  for (const id of Object.keys(given))
    if (!fields.some((field) => field.id === id))
      wrong(['answers', id], 'The form has no such field.');
  const form: Record<string, string | readonly string[]> = {};
  const inWords: { label: string; value: string }[] = [];
  for (const field of fields) {
    const answer = Object.hasOwn(given, field.id) ? given[field.id] : undefined;
    const read = await readField(field, answer, (asked) => offeredAt(asked, about, turn));
    if ('problem' in read) return { ok: false, problem: read.problem };
    if ('wrong' in read) wrong(['answers', field.id], read.wrong);
    else if (read.value !== undefined) {
      form[field.id] = read.value;
      inWords.push({ label: field.name, value: read.words });
    }
  }
  const read = readFacts(givenFacts, questions, about.person);
  errors.push(...read.errors);
  if (errors.length > 0) return { ok: false, problem: invalid(errors) };
  return { ok: true, form, answers: [...inWords, ...read.inWords], facts: read.facts };
}

/** What is asked about the person and isn't known yet. */
export function readFacts(
  givenFacts: GivenAnswers['facts'],
  questions: Manifest['extraUserInfo'],
  person: Person,
) {
  const stored = knownFacts(person);
  const errors: Place[] = [];
  const wrong = (id: string, detail: string) =>
    errors.push({ detail, pointer: pointerOf(['facts', id]) });
  for (const id of Object.keys(givenFacts)) {
    if (!questions.some((question) => question.id === id))
      wrong(id, 'The form does not ask for it.');
    else if (Object.hasOwn(stored, id)) wrong(id, 'It is known already. Leave it out.');
  }
  const facts: Record<string, string> = {};
  const inWords: { label: string; value: string }[] = [];
  for (const { id, name } of questions) {
    if (Object.hasOwn(stored, id)) continue;
    const value = (Object.hasOwn(givenFacts, id) ? (givenFacts[id] ?? '') : '').trim();
    if (value === '') wrong(id, `It is needed: ${name}`);
    else {
      facts[id] = value;
      inWords.push({ label: name, value });
    }
  }
  return { facts, inWords, errors };
}

type ReadField =
  | { readonly value: string | readonly string[]; readonly words: string }
  /** It needs no answer, and has none. */
  | { readonly value: undefined }
  | { readonly wrong: string }
  | { readonly problem: Problem };

async function readField(
  field: ManifestFormField,
  answer: string | readonly string[] | undefined,
  offer: (field: ManifestFormField) => Promise<Offered>,
): Promise<ReadField> {
  const several = field.type === 'multiple_choice';
  if (answer !== undefined && Array.isArray(answer) !== several)
    return { wrong: several ? 'It takes a list of values.' : 'It takes one value.' };
  const values = [...new Set([answer ?? []].flat())].filter((value) => value.trim() !== '');
  const [value] = values;
  if (value === undefined)
    return field.required ? { wrong: `It is needed: ${field.name}` } : { value: undefined };
  if (field.type === 'input') return { value, words: value };
  const offered = await offer(field);
  if ('problem' in offered) return offered;
  const labels = new Map(offered.options.map((option) => [option.value, option.label]));
  const other = values.find((each) => !labels.has(each));
  if (other !== undefined) return { wrong: 'It is not one of the options.' };
  const words = values.map((each) => labels.get(each) ?? each).join(', ');
  return { value: several ? values : value, words };
}

type Offered = { readonly options: readonly Option[] } | { readonly problem: Problem };

export async function offeredAt(
  field: ManifestFormField,
  { person, integration }: PersonAtApp,
  turn: Turn,
): Promise<Offered> {
  const wanted = { personId: person.id, integrationId: integration.id, fieldId: field.id };
  const answer = field.request
    ? await optionsOf(wanted, turn)
    : (staticOptions(field) ?? { kind: 'options' as const, options: [] });
  if (answer.kind === 'options') return answer;
  const detail =
    answer.isPlain || maySeeSetUp(turn.reader)
      ? answer.message
      : `Latchkey could not get the options from ${integration.name}. Send it again in a moment.`;
  return { problem: { kind: 'conflict', detail } };
}
