/** The fields of a grant: those of the integration's form, and facts about the person that aren't known yet. */
import { compact } from '../../../core/compact.ts';
import { sayStored } from '../../../core/stored-sentence.ts';
import { sayReadyMade, t } from '../../../core/translate.ts';
import { answerLine, staticOptions } from '../../../engine/integrations/form.ts';
import { optionsOf } from '../../../engine/integrations/form-options.ts';
import type { ManifestFormField } from '../../../engine/manifest/form-schema.ts';
import type { Manifest } from '../../../engine/manifest/schema.ts';
import {
  type Facts,
  fullName,
  type Integration,
  type Person,
} from '../../../engine/people/directory.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import { knownFacts } from '../../../engine/people/stored-values.ts';
import type { OptionsAnswer } from '../../../engine/ports/chat-stores.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { approvalMark } from '../../../engine/requests/needs-approval.ts';
import type { Answer, RunInputs } from '../../../engine/runs/run.ts';
import type { Turn } from '../../live/context.ts';
import { type Card, note, rich, strong, type Text } from '../../view/card.ts';
import { answerInWords, type Field, type Fields } from '../../view/form.ts';

/**
 * One form has both the integration's fields and facts about the person. A manifest chooses the ids of both freely, so
 * each kind has its own prefix and they can't collide.
 */
export const FORM = 'form.';
export const FACT = 'fact.';

/** Fetches the options of a field that the manifest doesn't list itself. */
export type LiveOptions = (field: ManifestFormField) => Promise<OptionsAnswer>;

type OptionsTurn = Pick<Turn, 'actor' | 'keyedHash' | 'now' | 'signals' | 'stores' | 'transact'>;

/** As an app has them now. What is wrong with a request to it is said to those who see how it is set up. */
export const optionsAt =
  (
    { id: integrationId, name }: Pick<Integration, 'id' | 'name'>,
    person: Pick<Person, 'id'>,
    turn: OptionsTurn,
  ): LiveOptions =>
  async ({ id: fieldId }) => {
    const answer = await optionsOf({ personId: person.id, integrationId, fieldId }, turn);
    return answer.kind === 'options' || answer.isPlain || maySeeSetUp(turn.actor)
      ? answer
      : {
          kind: 'problem',
          message: t`Latchkey couldn't get the options from ${name}. Try again in a moment. If it happens again, tell a Latchkey admin.`,
        };
  };

/** What is known of a person. */
export interface KnownFacts {
  /** Confirmed: the form doesn't ask for these. */
  readonly stored: Facts;
  /** Entered but not confirmed: the form asks for these and opens with the value. */
  readonly claimed?: Readonly<Record<string, string>>;
}

export async function knownOf(
  person: Person,
  { factClaims }: Pick<Stores, 'factClaims'>,
): Promise<Required<KnownFacts>> {
  const claims = await factClaims.of(person.id);
  return {
    stored: knownFacts(person),
    claimed: Object.fromEntries(claims.map(({ name, value }) => [name, value])),
  };
}

export async function grantFields(
  { form, extraUserInfo }: Pick<Manifest, 'form' | 'extraUserInfo'>,
  known: KnownFacts,
  liveOptions: LiveOptions,
): Promise<Fields> {
  const fields = await Promise.all(
    form.map(
      async (field): Promise<[string, Field]> => [
        FORM + field.id,
        await askFor(field, liveOptions),
      ],
    ),
  );
  return { ...Object.fromEntries(fields), ...factFields(extraUserInfo, known) };
}

/** Marks each option that needs approval, for an actor who can't grant it alone. */
export function markApprovals(form: readonly ManifestFormField[], fields: Fields): Fields {
  const marked = form.flatMap((asked): [string, Field][] => {
    const field = fields[FORM + asked.id];
    if (field?.kind !== 'choice' && field?.kind !== 'choices') return [];
    const isMarked = approvalMark(asked);
    const options = field.options.map((option) =>
      isMarked(option.value) ? { ...option, note: t`needs approval` } : option,
    );
    return [[FORM + asked.id, { ...field, options }]];
  });
  return { ...fields, ...Object.fromEntries(marked) };
}

/** A field for each fact that isn't confirmed yet. */
export function factFields(
  questions: readonly Manifest['extraUserInfo'][number][],
  { stored, claimed = {} }: KnownFacts,
): Fields {
  const asked = questions.filter(({ id }) => !Object.hasOwn(stored, id));
  return Object.fromEntries(
    asked.map(({ id, name, description }): [string, Field] => [
      FACT + id,
      {
        kind: 'text',
        label: sayReadyMade(name),
        hint: description && sayReadyMade(description),
        initial: Object.hasOwn(claimed, id) ? (claimed[id] ?? '') : undefined,
      },
    ]),
  );
}

export const grantTitle = (integration: string): string => t`Grant ${integration}`;

/** For whom and for which integration the form is. */
export const whoGetsWhat = (person: Person, integration: string, questions: number): Text =>
  compact([
    ...rich`${strong(fullName(person))} (${person.email}) gets ${strong(integration)}.`,
    questions === 0 && ` ${t`Nothing to fill in.`}`,
  ]);

async function askFor(field: ManifestFormField, liveOptions: LiveOptions): Promise<Field> {
  const common = {
    label: sayReadyMade(field.name),
    hint: field.description && sayReadyMade(field.description),
    optional: !field.required,
  };
  if (field.type === 'input') return { ...common, kind: 'text' };
  const answer = field.request
    ? await liveOptions(field)
    : (staticOptions(field) ?? { kind: 'options' as const, options: [] });
  if (answer.kind === 'problem')
    return { kind: 'problem', label: common.label, message: sayStored(answer.message) };
  if (answer.options.length === 0 && field.required)
    return {
      kind: 'problem',
      label: common.label,
      message: t`There are no options to choose from. Add one in the app, then try again.`,
    };
  return {
    ...common,
    kind: field.type === 'choice' ? 'choice' : 'choices',
    options: answer.options,
  };
}

/** The answers with the labels that the form had. @param shown the fields as they were shown */
export function answersInWords(
  { form, extraUserInfo }: Pick<Manifest, 'form' | 'extraUserInfo'>,
  values: Readonly<Record<string, string | readonly string[] | undefined>>,
  shown: Fields,
): readonly Answer[] {
  const answer = (name: string, label: string): readonly Answer[] => {
    const value = values[name];
    return value === undefined ? [] : [{ label, value: answerInWords(shown[name], value) }];
  };
  return [
    ...form.flatMap(({ id, name }) => answer(FORM + id, name)),
    ...extraUserInfo.flatMap(({ id, name }) => answer(FACT + id, name)),
  ];
}

/** The answers of one kind, by the manifest's ids; without blank ones. */
export function answersTo(
  prefix: string,
  values: Readonly<Record<string, string | readonly string[] | undefined>>,
): RunInputs['form'] {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      name.startsWith(prefix) && value !== undefined ? [[name.slice(prefix.length), value]] : [],
    ),
  );
}

/** The facts about the person, by the manifest's ids. */
export const factsIn = (
  values: Readonly<Record<string, string | readonly string[] | undefined>>,
): Readonly<Record<string, string>> => {
  const facts = Object.entries(answersTo(FACT, values));
  return Object.fromEntries(facts.map(([id, value]): [string, string] => [id, String(value)]));
};

/** The form stays open, and says at the field why the fact isn't taken. */
export const refuseFact = ({ name, why }: { readonly name: string; readonly why: string }) =>
  ({ kind: 'invalid', errors: { [FACT + name]: why } }) as const;

/** @param nothing what did not happen */
export const changedForm = (nothing: string, { name }: Integration): Card =>
  note(nothing, t`The form for ${name} has changed since you opened it. Open it again.`);

/** The earlier answers that a renewed or extended grant keeps. */
export const keptWords = (answers: readonly Answer[]): readonly Text[] =>
  answers.length === 0
    ? []
    : [[t`Keeps the earlier answers: ${answers.map(answerLine).join('; ')}.`]];
