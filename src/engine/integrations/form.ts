/** The options of a form field, from the manifest or from an app's answer. */
import { beginningOfJson, isJsonObject, type Json } from '../../core/json.ts';
import { shorten } from '../../core/shorten.ts';
import { sayNumber, sayReadyMade, t } from '../../core/translate.ts';
import type { ManifestFormField } from '../manifest/form-schema.ts';
import type { Option, OptionsAnswer } from '../ports/chat-stores.ts';
import type { Answer, RunInputs } from '../runs/run.ts';
import { readNotation } from '../templates/notation.ts';
import { toText } from '../templates/render.ts';

type Shape = Pick<ManifestFormField, 'dataFrom' | 'choiceValue' | 'choiceName'>;

/** More than anyone scrolls through; larger lists need the app's search. */
const MAX_OPTIONS = 20_000;

/**
 * The options in an app's answer, or a problem that says what was expected and what came.
 * @param redact removes secrets from what is quoted
 */
export function optionsFrom(
  field: Shape,
  response: Json,
  redact: (text: string) => string,
): OptionsAnswer {
  const list = readNotation(response, field.dataFrom);
  const place = field.dataFrom.trim() === '' ? t`the answer` : t`"${field.dataFrom}" of the answer`;
  if (!list.found) return wrongShape(t`a list in ${place}`, response, redact);
  if (!Array.isArray(list.value)) return wrongShape(t`a list in ${place}`, list.value, redact);
  if (list.value.length > MAX_OPTIONS)
    return {
      kind: 'problem',
      message: t`The list of options has ${sayNumber(list.value.length)} entries, but the limit is ${sayNumber(MAX_OPTIONS)}. Ask an admin to request fewer in the manifest.`,
    };
  const options: Option[] = [];
  for (const item of list.value as readonly Json[]) {
    const option = textOption(item) ?? optionFrom(field, item);
    if (!option) {
      const keys = t`"${field.choiceValue}" and "${field.choiceName}"`;
      return wrongShape(t`objects with ${keys} in ${place}`, item, redact);
    }
    options.push(option);
  }
  return { kind: 'options', options };
}

/** The options that the manifest itself lists; undefined if it lists none. */
export function staticOptions(
  field: Shape & Pick<ManifestFormField, 'items'>,
): OptionsAnswer | undefined {
  if (!field.items) return undefined;
  const options: Option[] = [];
  for (const item of field.items) {
    const option = ownOption(field, item);
    if (!option)
      return wrongShape(t`objects with "id" and "name" in the items of the manifest`, item);
    options.push(option);
  }
  return { kind: 'options', options };
}

/** An item of a manifest has `id` and `name`, or the keys that its field names. */
export const ownOption = (field: Omit<Shape, 'dataFrom'>, item: Json): Option | undefined =>
  optionFrom(field, item) ?? optionFrom({ choiceValue: 'id', choiceName: 'name' }, item);

/** Whether a form could offer that item of a manifest. */
export const isOption = (field: Omit<Shape, 'dataFrom'>, item: Json): boolean =>
  ownOption(field, item) !== undefined;

/** Answers with labels, if the form's labels were not stored: choices from the manifest's own items get their names. */
export function answersByName(
  form: readonly ManifestFormField[],
  values: RunInputs['form'],
): readonly Answer[] {
  return form.flatMap((field) => {
    const value = Object.hasOwn(values, field.id) ? values[field.id] : undefined;
    if (value === undefined) return [];
    const known = staticOptions(field);
    const options = known?.kind === 'options' ? known.options : [];
    const nameOf = (each: string): string =>
      options.find((option) => option.value === each)?.label ?? each;
    return [{ label: field.name, value: [value].flat().map(nameOf).join(', ') }];
  });
}

/** `Team to join: Design` */
export const answerLine = ({ label, value }: Answer): string => `${sayReadyMade(label)}: ${value}`;

/** Some apps list only names. */
const textOption = (item: Json): Option | undefined =>
  typeof item === 'string' && item.trim() !== '' ? { value: item, label: item.trim() } : undefined;

function optionFrom(
  { choiceValue, choiceName }: Omit<Shape, 'dataFrom'>,
  item: Json,
): Option | undefined {
  if (!isJsonObject(item)) return undefined;
  const value = readNotation(item, choiceValue);
  const label = readNotation(item, choiceName);
  if (!value.found || !isScalar(value.value)) return undefined;
  if (!label.found || (label.value !== null && !isScalar(label.value))) return undefined;
  // An option without a label shows its value.
  return { value: toText(value.value), label: toText(label.value).trim() || toText(value.value) };
}

const isScalar = (value: Json): boolean =>
  value !== null && typeof value !== 'object' && value !== '';

const SHOWN_CHARACTERS = 200;

/** Of a quoted answer, before redaction. Longer than what is shown, so that redaction finds a whole secret. */
const QUOTED_CHARACTERS = 2000;

function wrongShape(
  expected: string,
  came: Json,
  redact: (text: string) => string = (text) => text,
): OptionsAnswer {
  const json = redact(beginningOfJson(came, QUOTED_CHARACTERS));
  const shown = shorten(json, SHOWN_CHARACTERS);
  return {
    kind: 'problem',
    message: t`The options don't have the shape given in the manifest. Expected: ${expected}. Received: ${shown}`,
  };
}
