/** The questions on a try's page: the manifest's form, and the person's missing facts. Pure. */
import { compact } from '../../core/compact.ts';
import { t } from '../../core/translate.ts';
import { staticOptions } from '../../engine/integrations/form.ts';
import type { ManifestFormField } from '../../engine/manifest/form-schema.ts';
import type { Manifest } from '../../engine/manifest/schema.ts';
import type { Person } from '../../engine/people/directory.ts';
import { knownFacts } from '../../engine/people/stored-values.ts';
import type { OptionsAnswer } from '../../engine/ports/chat-stores.ts';
import type { RunInputs } from '../../engine/runs/run.ts';
import { ANSWER, type Typed } from '../../web/editor/typed.ts';

type Answers = Typed['answers'];

export interface Question {
  readonly inputId: string;
  readonly inputName: string;
  readonly label: string;
  readonly hint: string | undefined;
  /** Why the app gave no choices. */
  readonly problem?: string;
  /** The ids of both, where there are any. */
  readonly describedBy: string | undefined;
  readonly isText: boolean;
  readonly isList: boolean;
  readonly isMany: boolean;
  /** The answer so far, for a text. */
  readonly value: string;
  readonly options: readonly { value: string; label: string; isChosen: boolean }[];
}

/** The fields whose options come from the app. */
export const liveFields = ({ form }: Pick<Manifest, 'form'>): readonly ManifestFormField[] =>
  form.filter(({ type, request }) => type !== 'input' && request !== undefined);

export function questionsOf(
  { form, extraUserInfo }: Pick<Manifest, 'form' | 'extraUserInfo'>,
  {
    person,
    answers,
    fetched,
  }: {
    readonly person: Person;
    readonly answers: Answers;
    /** The options of live fields, by id, where they were fetched. */
    readonly fetched: Readonly<Record<string, OptionsAnswer>>;
  },
): readonly Question[] {
  const facts = extraUserInfo.filter(({ id }) => !Object.hasOwn(knownFacts(person), id));
  return [
    ...form.map((field, index) =>
      askField(field, index, {
        given: own(answers, field.id) ?? [],
        fetched: own(fetched, field.id),
      }),
    ),
    ...facts.map(({ id, name, description }, index) =>
      question(id, form.length + index, {
        label: name,
        hint: description,
        value: (own(answers, id) ?? []).join(', '),
      }),
    ),
  ];
}

function askField(
  field: ManifestFormField,
  index: number,
  {
    given,
    fetched,
  }: { readonly given: readonly string[]; readonly fetched: OptionsAnswer | undefined },
): Question {
  const label = field.required ? field.name : t`${field.name} (optional)`;
  const value = given.join(', ');
  if (field.type === 'input')
    return question(field.id, index, { label, hint: field.description, value });
  const options = field.request ? fetched : staticOptions(field);
  if (options?.kind === 'options')
    return question(field.id, index, {
      label,
      hint: field.description,
      isMany: field.type === 'multiple_choice',
      options: options.options.map((each) => ({ ...each, isChosen: given.includes(each.value) })),
    });
  const many = field.type === 'multiple_choice' ? t`Ids, with commas between them.` : t`An id.`;
  return question(field.id, index, {
    label,
    hint: t`${many} The options come from the app; get them below, or type what you know.`,
    ...(options?.kind === 'problem' && { problem: options.message }),
    value,
  });
}

function question(
  id: string,
  index: number,
  { options, ...rest }: Partial<Question> & Pick<Question, 'label' | 'hint'>,
): Question {
  const inputId = `answer-${index + 1}`;
  const describedBy = compact([
    rest.hint && `${inputId}-hint`,
    rest.problem && `${inputId}-problem`,
  ]).join(' ');
  return {
    inputId,
    describedBy: describedBy === '' ? undefined : describedBy,
    inputName: ANSWER + id,
    isText: options === undefined,
    isList: options !== undefined,
    isMany: false,
    value: '',
    options: options ?? [],
    ...rest,
  };
}

/** The answers, as a try takes them. Blank answers are left out. */
export function answersIn(
  { form, extraUserInfo }: Pick<Manifest, 'form' | 'extraUserInfo'>,
  answers: Answers,
): RunInputs['form'] {
  const read: Record<string, string | readonly string[]> = {};
  for (const { id, type, request } of form) {
    const given = (own(answers, id) ?? []).filter((each) => each.trim() !== '');
    if (given.length === 0) continue;
    // Without fetched options, people type a list with commas.
    if (type === 'multiple_choice') read[id] = request ? given.flatMap(separated) : given;
    else read[id] = given.join(', ');
  }
  for (const { id } of extraUserInfo) {
    const given = (own(answers, id) ?? []).join(', ');
    if (given.trim() !== '') read[id] = given;
  }
  return read;
}

const separated = (text: string): readonly string[] =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);

const own = <T>(values: Readonly<Record<string, T>>, id: string): T | undefined =>
  Object.hasOwn(values, id) ? values[id] : undefined;
