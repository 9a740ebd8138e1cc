/** Forms. `Fields` are the questions, `Values<F>` the answers. */
import { z } from 'zod';
import { dayProblem, isDay, MAX_YEAR, MIN_YEAR } from '../../core/day.ts';
import { fold, hasWords } from '../../core/fold.ts';
import { shorten } from '../../core/shorten.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Text } from './card.ts';
import { sizeOf } from './file-size.ts';

export type Fields = Readonly<Record<string, Field>>;

export type Field = {
  readonly label: string;
  /** Small print below the field. */
  readonly hint?: string;
  readonly optional?: boolean;
} & (
  | {
      readonly kind: 'text';
      readonly multiline?: boolean;
      /** In characters. Left out: what reads the answer checks that. */
      readonly maxLength?: number;
      readonly initial?: string;
      /** What is typed is hidden from then on. */
      readonly secret?: boolean;
      /** It is optional only beside the list of people of a `person`, which not every platform shows. */
      readonly neededAlone?: boolean;
    }
  | {
      readonly kind: 'choice';
      readonly options: readonly Option[];
      /** The value that is chosen when the form opens. */
      readonly initial?: string;
    }
  | {
      readonly kind: 'choices';
      readonly options: readonly Option[];
      readonly initial?: readonly string[];
    }
  /** `initial` and the answer are ISO dates, `2026-11-24`. */
  | { readonly kind: 'date'; readonly initial?: string }
  /**
   * A file's text. On platforms whose forms take no files, it is a field to paste the text into. The field refuses files
   * larger than `maxBytes`.
   */
  | { readonly kind: 'file'; readonly endings: readonly string[]; readonly maxBytes: number }
  /**
   * A chat user of the platform that shows the form. The answer is their id, as in `ChatUser`. On platforms whose forms
   * can't pick a user, it is a field for the id.
   */
  | { readonly kind: 'user' }
  /**
   * Like `user`, where the form has another field for those whom the platform's list lacks. Platforms whose forms can't pick
   * a user show only who is chosen when the form opens, to keep or to take out. `initial` is a user's id.
   */
  | ({ readonly kind: 'person'; readonly initial?: string } & Chosen)
  /** Like `person`, for up to `MAX_PICKED` users. */
  | ({ readonly kind: 'people'; readonly initial?: readonly string[] } & Chosen)
  /** A field that can't be shown now, because its options couldn't be fetched; it shows why. */
  | { readonly kind: 'problem'; readonly message: string }
);

interface Chosen {
  readonly optional: true;
  /** The names of the users of `initial`, in its order. */
  readonly names?: readonly string[];
}

export interface Option<Value extends string = string> {
  readonly label: string;
  readonly value: Value;
  /** A few words behind the label, which aren't part of the answer. */
  readonly note?: string;
}

/** Shortens the label so that the note stays whole: Slack shows 75 characters. */
const MAX_LABEL_BEFORE_NOTE = 50;

/** The text of an option in a list: `Owner (needs approval)`. */
export function optionText({ label, note }: Pick<Option, 'label' | 'note'>): string {
  if (note === undefined) return label;
  return `${shorten(label, MAX_LABEL_BEFORE_NOTE)} (${note})`;
}

/** A form with a `problem` field has Try again in place of its submit button; that fetches the fields again. */
export interface Form {
  readonly title: string;
  readonly submitLabel: string;
  readonly tone?: 'danger';
  /** Paragraphs above the fields. */
  readonly intro: readonly Text[];
  readonly fields: Fields;
  /** The language of the person to whom it is shown, as a BCP 47 tag. */
  readonly locale?: string;
}

export const hasProblem = (form: Form): boolean =>
  Object.values(form.fields).some((field) => field.kind === 'problem');

/**
 * A platform's answers, without blank fields. A choice is the position of its option in the list that was shown, since an
 * app's id may be longer than a platform allows.
 */
export type RawValues = Readonly<Record<string, string | readonly string[]>>;

type OptionValue<F> = F extends { options: readonly Option<infer V>[] } ? V : never;
type ValueOf<F extends Field> = F extends { kind: 'choice' }
  ? OptionValue<F>
  : F extends { kind: 'choices' }
    ? readonly OptionValue<F>[]
    : F extends { kind: 'people' }
      ? readonly string[]
      : string;

export type Values<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends { optional: infer IsOptional }
    ? ValueOf<F[K]> | (true extends IsOptional ? undefined : never)
    : ValueOf<F[K]>;
};

/** Messages by field name; shown beside the field on Slack, on the re-opened card on Teams. */
export type FieldErrors<F extends Fields = Fields> = { readonly [K in keyof F]?: string };

export const errorsIn = (errors: FieldErrors): FieldErrors =>
  Object.fromEntries(Object.entries(errors).filter(([, error]) => error !== undefined));

export const hasErrors = (errors: FieldErrors): boolean => Object.keys(errorsIn(errors)).length > 0;

/** What was read from answers, or what is wrong with them. */
export type OrErrors<T, E = Readonly<Record<string, string>>> =
  | (T & { readonly ok: true })
  | { readonly ok: false; readonly errors: E };

/** The errors of what was read; none where it is right, or was not asked for. */
export const errorsOf = <E extends FieldErrors>(
  read: { readonly ok: true } | { readonly ok: false; readonly errors: E } | undefined,
): Partial<E> => (read && !read.ok ? read.errors : {});

export type ReadValues<F extends Fields> =
  | { readonly ok: true; readonly values: Values<F> }
  | { readonly ok: false; readonly errors: FieldErrors<F> };

/** Checks an answer against the fields that were shown; nothing is fetched again. */
export function readValues<const F extends Fields>(shown: F, raw: RawValues): ReadValues<F> {
  const values: Record<string, string | readonly string[] | undefined> = {};
  const errors: Record<string, string> = {};
  for (const [name, field] of Object.entries(shown)) {
    const answer = readField(field, Object.hasOwn(raw, name) ? raw[name] : undefined);
    if (answer.ok) values[name] = answer.value;
    else errors[name] = answer.error;
  }
  return Object.keys(errors).length === 0
    ? { ok: true, values: values as Values<F> } // Read field by field above.
    : { ok: false, errors };
}

type Answer =
  | { readonly ok: true; readonly value: string | readonly string[] | undefined }
  | { readonly ok: false; readonly error: string };

function readField(field: Field, raw: string | readonly string[] | undefined): Answer {
  if (field.kind === 'problem')
    return { ok: false, error: t`This couldn't be loaded. Try again, then answer.` };
  if (raw === undefined || raw.length === 0 || (typeof raw === 'string' && raw.trim() === ''))
    return field.optional
      ? { ok: true, value: undefined }
      : { ok: false, error: t`Needs an answer.` };
  switch (field.kind) {
    case 'text':
      return readText(field, String(raw));
    case 'date':
      return readDay(String(raw));
    case 'file':
      return Buffer.byteLength(String(raw)) <= field.maxBytes
        ? { ok: true, value: String(raw) }
        : { ok: false, error: t`Longer than ${sizeOf(field.maxBytes)}. Make it shorter.` };
    case 'user':
    case 'person':
      return USER_ID.test(String(raw).trim())
        ? { ok: true, value: String(raw).trim() }
        : { ok: false, error: notAnId() };
    case 'people':
      return readPeople([raw].flat());
    case 'choice':
    case 'choices':
      return readChoice(field, raw);
    default:
      return unreachable(field);
  }
}

const readText = ({ maxLength = Infinity }: { maxLength?: number }, text: string): Answer =>
  text.length <= maxLength
    ? { ok: true, value: text }
    : {
        ok: false,
        error: t`This has ${text.length} characters; the limit is ${maxLength}. Please shorten it.`,
      };

/** Slack's `U0123ABCD`, Entra's `8a0f…-…`; no platform has longer ones. */
const USER_ID = /^[\w-]{1,100}$/;
const notAnId = () => t`Not a chat user ID. IDs have letters, digits and dashes.`;

/** Each may cost a request to the platform. */
export const MAX_PICKED = 20;

function readPeople(ids: readonly string[]): Answer {
  if (ids.length > MAX_PICKED) return { ok: false, error: t`Choose at most ${MAX_PICKED} people.` };
  return ids.every((id) => USER_ID.test(id))
    ? { ok: true, value: ids }
    : { ok: false, error: notAnId() };
}

/**
 * In one field, or as many as the form opened with: what someone didn't change can be saved. So many still fit a message of Teams, where
 * each is listed with its label. The REST API takes as many (`MAX_CHOICES`).
 */
export const MAX_CHOSEN = 100;

type ChoiceField = Extract<Field, { kind: 'choice' | 'choices' }>;

function readChoice(field: ChoiceField, raw: string | readonly string[]): Answer {
  const count = [raw].flat().length;
  const most = Math.max(MAX_CHOSEN, [field.initial ?? []].flat().length);
  if (count > most) return { ok: false, error: t`Choose at most ${most}; you chose ${count}.` };
  const picked = [raw].flat().map((position) => optionAt(field.options, position)?.value);
  const known = picked.filter((value) => value !== undefined);
  if (known.length !== picked.length) return { ok: false, error: t`Not one of the options.` };
  return { ok: true, value: field.kind === 'choices' ? known : known[0] };
}

function readDay(text: string): Answer {
  const problem = dayProblem(text);
  switch (problem) {
    case undefined:
      return { ok: true, value: text };
    case 'no-day':
      return { ok: false, error: t`Not a date. Write it like 2026-11-24.` };
    case 'out-of-reach':
      return { ok: false, error: t`Choose a day between the years ${MIN_YEAR} and ${MAX_YEAR}.` };
    default:
      return unreachable(problem);
  }
}

/** An answer in words: for a choice, the labels of its options. */
export function answerInWords(
  field: Field | undefined,
  answer: string | readonly string[],
): string {
  const options = field && 'options' in field ? field.options : [];
  const inWords = (value: string): string =>
    options.find((option) => option.value === value)?.label ?? value;
  return [answer].flat().map(inWords).join(', ');
}

/**
 * The initial answers of a form, in the format of a platform's answers. Leaves out choices that aren't among the options
 * and invalid dates, since platforms refuse forms with those.
 */
export function initialAnswers(fields: Fields): RawValues {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) => {
      const answer = initialAnswer(field);
      return answer === undefined || answer.length === 0 ? [] : [[name, answer] as const];
    }),
  );
}

/** The texts that forms open with and that have more than `most` characters: some platforms can't show these in a field. */
export const longTexts = (fields: Fields, most: number): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) =>
      field.kind === 'text' && field.initial !== undefined && field.initial.length > most
        ? [[name, field.initial]]
        : [],
    ),
  );

function initialAnswer(field: Field): string | readonly string[] | undefined {
  switch (field.kind) {
    case 'text':
    case 'person':
    case 'people':
      return field.initial;
    case 'date':
      return field.initial !== undefined && isDay(field.initial) ? field.initial : undefined;
    case 'choice':
      return field.initial === undefined ? undefined : positionsOf(field, [field.initial])[0];
    case 'choices':
      return positionsOf(field, field.initial ?? []);
    case 'user':
    case 'file':
    case 'problem':
      return undefined;
    default:
      return unreachable(field);
  }
}

/** In the order of the options, without duplicates. */
function positionsOf({ options }: ChoiceField, values: readonly string[]): readonly string[] {
  const chosen = new Set(values);
  return options.flatMap(({ value }, position) => (chosen.delete(value) ? [String(position)] : []));
}

const optionAt = (options: readonly Option[], position: string): Option | undefined =>
  /^\d{1,7}$/.test(position) ? options[Number(position)] : undefined;

/**
 * The options that match `typed`, each with its position in the whole list. A label must contain every word, ignoring
 * case and accents. Labels that begin with the text come first.
 */
export function suggest(
  options: readonly Option[],
  typed: string,
  limit: number,
): readonly { readonly label: string; readonly position: number }[] {
  const begins = fold(typed).trim();
  return options
    .map((option, position) => {
      const label = optionText(option);
      return { label, position, folded: fold(label) };
    })
    .filter(({ label }) => hasWords(label, typed))
    .toSorted(
      (a, b) =>
        Number(b.folded.startsWith(begins)) - Number(a.folded.startsWith(begins)) ||
        a.position - b.position,
    )
    .slice(0, limit)
    .map(({ label, position }) => ({ label, position }));
}

const options = z.array(
  z.object({ label: z.string(), value: z.string(), note: z.string().optional() }),
);
const common = { label: z.string(), hint: z.string().optional(), optional: z.boolean().optional() };
const fieldSchema = z.discriminatedUnion('kind', [
  z.object({
    ...common,
    kind: z.literal('text'),
    multiline: z.boolean().optional(),
    maxLength: z.number().optional(),
    initial: z.string().optional(),
    secret: z.boolean().optional(),
    neededAlone: z.boolean().optional(),
  }),
  z.object({ ...common, kind: z.literal('choice'), options, initial: z.string().optional() }),
  z.object({
    ...common,
    kind: z.literal('choices'),
    options,
    initial: z.array(z.string()).optional(),
  }),
  z.object({ ...common, kind: z.literal('date'), initial: z.string().optional() }),
  z.object({
    ...common,
    kind: z.literal('file'),
    endings: z.array(z.string()),
    maxBytes: z.number(),
  }),
  z.object({ ...common, kind: z.literal('user') }),
  z.object({
    ...common,
    kind: z.literal('person'),
    optional: z.literal(true),
    initial: z.string().optional(),
    names: z.array(z.string()).optional(),
  }),
  z.object({
    ...common,
    kind: z.literal('people'),
    optional: z.literal(true),
    initial: z.array(z.string()).optional(),
    names: z.array(z.string()).optional(),
  }),
  z.object({ ...common, kind: z.literal('problem'), message: z.string() }),
]);
const span = z.union([
  z.string(),
  z.object({ kind: z.enum(['strong', 'code']), text: z.string() }),
  z.object({ kind: z.literal('link'), text: z.string(), url: z.string() }),
]);
/** A form that was stored as JSON. */
export const formSchema = z.object({
  title: z.string(),
  submitLabel: z.string(),
  tone: z.literal('danger').optional(),
  intro: z.array(z.array(span)),
  fields: z.record(z.string(), fieldSchema),
  locale: z.string().optional(),
});
