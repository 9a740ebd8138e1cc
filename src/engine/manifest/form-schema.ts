/** Forms of a manifest: what a grant asks, the values that an admin enters, and the facts about a person. */
import { z } from 'zod';
import { isJsonObject } from '../../core/json.ts';
import { type ManifestRequest, requestShape } from './request-schema.ts';
import {
  camelled,
  flag,
  id,
  json,
  label,
  notation,
  object,
  text,
  want,
} from './schema-primitives.ts';

/** Latchkey makes the value of an `initial_data_form` item with this name, once per run. */
const GENERATE = 'generate';

const FORM_TYPES = ['input', 'choice', 'multiple_choice'] as const;

export const NEEDS_APPROVAL = 'needs_approval';

/** Any JSON. `needs_approval` in an object says that a manager can't grant the option alone. */
const formOption = json('an option')
  .superRefine((option, context) => {
    const mark = isJsonObject(option) ? option[NEEDS_APPROVAL] : undefined;
    if (mark === undefined || typeof mark === 'boolean') return;
    const message = want('true or false (whether an approver has to agree)')({ input: mark });
    context.addIssue({ code: 'custom', path: [NEEDS_APPROVAL], message, input: mark });
  })
  .meta({
    description: 'An option, with id and name.',
    properties: {
      [NEEDS_APPROVAL]: {
        type: 'boolean',
        description:
          'Whether an approver has to agree to it: then a manager can only request it. Admins grant it alone.',
      },
    },
  });

export const formShape = {
  ...requestShape,
  url: requestShape.url.optional(),
  id: id('the answer'),
  name: label('the label of the field'),
  description: text('more about the field').optional(),
  type: z
    .enum(FORM_TYPES, { error: want('"choice", "multiple_choice" or "input"') })
    .meta({ description: '"input": a text. "choice": one of a list. "multiple_choice": several.' }),
  required: flag('whether an answer is needed').default(true),
  items: z
    .union([z.array(formOption), z.string()], {
      error: want('a list of options, each with id and name'),
    })
    .optional()
    .meta({
      description:
        'The options, each with id and name. A text beside a "url" is the older form of "data_from".',
    }),
  data_from: notation('where in the response the list of options is').optional(),
  choice_value: notation('where in an option its value is').optional(),
  choice_id: notation('the same as choice_value').optional(),
  choice_name: notation('where in an option its label is').default('name'),
  options_source: json('accepted for older manifests, without effect').optional(),
};
const requestIn = (raw: z.output<z.ZodObject<typeof requestShape>>): ManifestRequest => {
  const { url, method, headers, data, cast_data_to_json, status_code } = raw;
  return camelled({ url, method, headers, data, cast_data_to_json, status_code });
};

export const formItem = object(formShape, 'a field with id, name and type').transform((raw) => ({
  id: raw.id,
  name: raw.name,
  description: raw.description,
  type: raw.type,
  required: raw.required,
  /** Options that the manifest itself lists. */
  ...(Array.isArray(raw.items) && { items: raw.items }),
  /** The request for the options, when the manifest doesn't list them. */
  ...(raw.url !== undefined && { request: requestIn({ ...raw, url: raw.url }) }),
  dataFrom: raw.data_from ?? (typeof raw.items === 'string' ? raw.items : ''),
  choiceValue: raw.choice_value ?? raw.choice_id ?? 'id',
  choiceName: raw.choice_name,
}));
export type ManifestFormField = z.output<typeof formItem>;

export const initialDataShape = {
  id: id('the value'),
  name: label('the label of the field, or "generate" for a value made once per run'),
  description: text('where to find the value').optional(),
  secret: flag('whether the value is a secret').default(true),
};
export const initialDataItem = object(initialDataShape, 'a value with id and name').transform(
  (raw) => ({
    ...raw,
    /** Latchkey makes it, once per run, and nobody enters it. */
    generate: raw.name.trim().toLowerCase() === GENERATE,
  }),
);

export const extraInfoShape = {
  id: id('the fact'),
  name: label('the label of the question'),
  description: text('more about the question').optional(),
};
export const extraInfoItem = object(extraInfoShape, 'a question with id and name');
