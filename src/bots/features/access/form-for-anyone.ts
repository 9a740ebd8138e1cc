/** An integration's form that is answered once for many people: in a sequence or a bundle. */
import { provisionOf } from '../../../engine/integrations/manifest-of.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import type { Answer, RunInputs } from '../../../engine/runs/run.ts';
import type { Turn } from '../../live/context.ts';
import { answerInWords, type Field, type Fields } from '../../view/form.ts';
import { answersTo, FORM, grantFields, optionsAt } from './grant-form.ts';

/**
 * Empty for a manual integration. Options are fetched for the actor, since no other person is known yet.
 * @param before the earlier answers, which the fields open with
 */
export async function fieldsForAnyone(
  integration: Integration,
  before: RunInputs['form'],
  turn: Pick<Turn, 'actor' | 'stores' | 'transact' | 'signals' | 'keyedHash' | 'now'>,
): Promise<Fields> {
  const provision = await provisionOf(turn.stores, integration);
  if (!provision) return {};
  const fields = await grantFields(
    { form: provision.form, extraUserInfo: [] },
    { stored: {} },
    optionsAt(integration, turn.actor, turn),
  );
  return openingWith(fields, before);
}

/** The fields open with these answers, as far as they still offer them. */
export const openingWith = (fields: Fields, answers: RunInputs['form']): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => {
      const id = name.startsWith(FORM) ? name.slice(FORM.length) : '';
      const value = Object.hasOwn(answers, id) ? answers[id] : undefined;
      return [name, value === undefined ? field : withInitial(field, value)];
    }),
  );

/** The fields as they were shown, now opening with these answers: nothing is fetched again. */
export const withAnswers = (shown: Fields, form: RunInputs['form']): Fields =>
  Object.fromEntries(
    Object.entries(shown).flatMap(([name, field]): [string, Field][] => {
      if (!name.startsWith(FORM)) return [];
      const id = name.slice(FORM.length);
      const value = Object.hasOwn(form, id) ? (form[id] ?? '') : '';
      return [[name, withInitial(withOptions(field, value), value)]];
    }),
  );

/** What an admin chose may be an option that came later. */
function withOptions(field: Field, value: string | readonly string[]): Field {
  if (field.kind !== 'choice' && field.kind !== 'choices') return field;
  const listed = new Set(field.options.map((option) => option.value));
  const later = [value].flat().filter((each) => each !== '' && !listed.has(each));
  return {
    ...field,
    options: [...field.options, ...later.map((each) => ({ value: each, label: each }))],
  };
}

function withInitial(field: Field, value: string | readonly string[]): Field {
  const values = [value].flat();
  if (field.kind === 'text') return { ...field, initial: values.join(', ') };
  if (field.kind !== 'choice' && field.kind !== 'choices') return field;
  const listed = values.filter((each) => field.options.some((option) => option.value === each));
  if (field.kind === 'choices') return { ...field, initial: listed };
  const [chosen] = listed;
  return chosen === undefined ? field : { ...field, initial: chosen };
}

/** The answers, as a run takes them and as people read them. @param shown the fields as they were shown */
export function answersForAnyone(
  values: Readonly<Record<string, string | readonly string[] | undefined>>,
  shown: Fields,
): { readonly form: RunInputs['form']; readonly answers: readonly Answer[] } {
  const form = answersTo(FORM, values);
  const answers = Object.entries(form).map(([id, value]) => {
    const field = shown[FORM + id];
    return { label: field?.label ?? id, value: answerInWords(field, value) };
  });
  return { form, answers };
}
