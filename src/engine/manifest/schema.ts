/**
 * The only schema of the manifest language. The types below, the validation (`parse.ts`) and the published JSON Schema
 * (`json-schema.ts`) come from it. The input is the JSON that admins write: snake_case and lenient. The output is normalised:
 * camelCase, methods in upper case, defaults applied, numbers as numbers. Rules about several keys are in `rules.ts`.
 */
import { z } from 'zod';
import { isJsonObject, type Json } from '../../core/json.ts';
import type { Method } from '../ports/http.ts';
import { showValue } from './problem.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const satisfies Method[];
const DEFAULT_METHOD: Method = 'POST';
/** Pages of a sync, the first included. */
const DEFAULT_PAGES = 5;
const MAX_PAGES = 1_000_000;
/** A person reads it in a task. Longer instructions belong in a document that the note links. */
const MAX_REVOKE_NOTE = 1000;
/** Latchkey makes the value of an `initial_data_form` item with this name, once per run. */
const GENERATE = 'generate';

// ---------------------------------------------------------------- words

/** The error of a field: `is missing; give …` or `must be …, but is …`. */
const want =
  (what: string) =>
  ({ input }: { readonly input?: unknown }): string =>
    input === undefined
      ? `is missing; give ${what}`
      : `must be ${what}, but is ${showValue(input)}`;

const text = (what: string) => z.string({ error: want(what) }).meta({ description: what });

const label = (what: string) =>
  z
    .string({ error: want(what) })
    .refine((value) => value.trim() !== '', { error: `is empty; give ${what}` })
    .meta({ description: what });

const flag = (what: string) =>
  z.boolean({ error: want(`true or false (${what})`) }).meta({ description: what });

const list = <T extends z.ZodType>(item: T, what: string) =>
  z.array(item, { error: want(`a list of ${what}`) });

const map = <T extends z.ZodType>(value: T, what: string) =>
  z.record(z.string(), value, { error: want(what) }).meta({ description: what });

const object = <T extends z.ZodRawShape>(shape: T, what: string) =>
  z.looseObject(shape, { error: want(`an object (${what})`) }).meta({ description: what });

/** Any JSON, big integers included. */
const json = (what: string) =>
  z.custom<Json>((value) => value !== undefined, { error: want(what) }).meta({ description: what });

/** A text. Numbers and booleans become their text. */
const scalar = (what: string) =>
  z
    .union([z.string(), z.number(), z.bigint(), z.boolean()], { error: want(what) })
    .transform(String)
    .meta({ type: ['string', 'number', 'boolean'], description: what });

/** A number, or its digits as a text, as other tools for this format allow. */
const numeric = (
  what: string,
  {
    min,
    max,
    whole = true,
  }: { readonly min: number; readonly max: number; readonly whole?: boolean },
) =>
  z
    .custom<number | string>(
      (value) =>
        typeof value === 'number' || (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value)),
      { error: want(what), abort: true },
    )
    .transform(Number)
    .refine((value) => value >= min && value <= max && (!whole || Number.isInteger(value)), {
      error: want(what),
    })
    .meta({
      type: ['number', 'string'],
      minimum: min,
      maximum: max,
      pattern: '^\\d+(\\.\\d+)?$',
      description: what,
    });

const url = (what: string) =>
  z
    .string({ error: want(what) })
    .transform((value) => value.trim())
    .refine((value) => value === '' || /^(https?:\/\/|\{\{)/i.test(value), {
      error: ({ input }) =>
        `${showValue(input)} is not an address; begin it with https://, http:// or a {{variable}}`,
    })
    .refine((value) => value !== '', { error: `is empty; give ${what}` })
    .meta({ description: what });

const methodText = `use ${METHODS.slice(0, -1).join(', ')} or ${METHODS.at(-1)}`;
const notAMethod = ({ input }: { readonly input?: unknown }) =>
  `${showValue(input)} is not a request method; ${methodText}`;
const method = z
  .custom<string>((value) => typeof value === 'string' && METHODS.includes(upper(value)), {
    error: notAMethod,
    abort: true,
  })
  .transform(upper)
  .default(DEFAULT_METHOD)
  .meta({
    type: 'string',
    anyOf: [{ enum: METHODS }, { pattern: METHODS.map(anyCase).join('|') }],
    description: 'The request method, in any case.',
  });

// Whether it is one of the methods is for the schema to say.
function upper(value: string): Method {
  return value.trim().toUpperCase() as Method;
}

function anyCase(word: string): string {
  return `^${word
    .split('')
    .map((char) => `[${char}${char.toLowerCase()}]`)
    .join('')}$`;
}

const headers = map(
  scalar('the value of the header'),
  'the headers, by name; a value may use {{variables}}',
).default({});

const id = (what: string) =>
  z
    .string({ error: want(`the name by which {{…}} refers to ${what}`) })
    .transform((value) => value.trim())
    .refine((value) => value !== '' && !/[{}]/.test(value), {
      error: ({ input }) => `${showValue(input)} can't be used as {{…}}; use a single word`,
    })
    .meta({ description: `The name by which {{…}} refers to ${what}; a single word.` });

/** A path in JSON: `data.items.0.id`. Empty is the whole value. */
const notation = (what: string) => text(`${what}, as a path such as "data.items.0.id"`);

// ---------------------------------------------------------------- requests

const requestShape = {
  url: url('the address of the request, such as "https://api.example.com/users"'),
  method,
  headers: headers.meta({
    description: 'Sent with this request in place of the headers of the manifest.',
  }),
  data: json(
    'What is sent: JSON, or a form where cast_data_to_json or the Content-Type says so.',
  ).optional(),
  cast_data_to_json: flag('Send data as a form (application/x-www-form-urlencoded).').default(
    false,
  ),
  status_code: list(
    numeric('a status code such as 200 or "204"', { min: 100, max: 599 }),
    'status codes such as 200 or "204"',
  )
    .default([])
    .meta({ description: 'The statuses that count as success; without it, every one below 400.' }),
};

/** The place of a value in a response, and the value that it must have for the run to continue. */
export interface ContinueIf {
  readonly responseNotation: string;
  readonly value: Json;
}

export interface Polling {
  /** Seconds between two requests. */
  readonly interval: number;
  /** Requests at most, the first included. */
  readonly amount: number;
}

/** One HTTP request, with its templates, and what to do with its answer. */
export interface ManifestRequest {
  readonly method: Method;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly data?: Json;
  /** Send `data` as a form, whatever the headers say. */
  readonly castDataToJson: boolean;
  /** Statuses that count as success; empty: every one below 400. */
  readonly statusCode: readonly number[];
  /** Of `exists` and `revoke`: a text that the answer has to contain. */
  readonly expected?: string;
  /** From here on, only for `execute`. Values to store with the person: names, each with its notation. */
  readonly storeData?: Readonly<Record<string, string>>;
  readonly continueIf?: ContinueIf;
  readonly polling?: Polling;
  /** Keep the answer as a file under this name. */
  readonly saveAsFile?: string;
  /** Files to send: form fields, each with the name of a saved file. */
  readonly files?: Readonly<Record<string, string>>;
}

interface RawRequest {
  readonly url: string;
  readonly method: Method;
  readonly headers: Readonly<Record<string, string>>;
  readonly data?: Json;
  readonly cast_data_to_json: boolean;
  readonly status_code: readonly number[];
}

const toRequest = (raw: RawRequest): ManifestRequest => ({
  method: raw.method,
  url: raw.url,
  headers: raw.headers,
  data: raw.data,
  castDataToJson: raw.cast_data_to_json,
  statusCode: raw.status_code,
});

const expected = scalar('the text that the answer has to contain');

const continueIfShape = {
  response_notation: notation('where in the response the value is'),
  value: json('the value that lets the run go on'),
};
const pollingShape = {
  interval: numeric('the seconds between two requests, from 0 to 86400', {
    min: 0,
    max: 86_400,
    whole: false,
  }),
  amount: numeric('how many requests at most, from 1 to 100000', { min: 1, max: 100_000 }),
};

const executeShape = {
  ...requestShape,
  store_data: map(
    notation('where in the response the value is'),
    'what to keep with the person: names, each with its place in the response',
  ).default({}),
  continue_if: object(continueIfShape, 'response_notation and value').optional(),
  polling: object(pollingShape, 'interval and amount').optional(),
  save_as_file: label('the name under which the answer is kept as a file').optional(),
  files: map(
    label('the name of a saved file'),
    'the files to send: form fields, each with the name of a saved file',
  ).default({}),
};
const executeStep = object(executeShape, 'a request with its url').transform(
  (raw): ManifestRequest => ({
    ...toRequest(raw),
    storeData: raw.store_data,
    continueIf: raw.continue_if && {
      responseNotation: raw.continue_if.response_notation,
      value: raw.continue_if.value,
    },
    polling: raw.polling && { interval: raw.polling.interval, amount: raw.polling.amount },
    saveAsFile: raw.save_as_file,
    files: raw.files,
  }),
);

const revokeShape = { ...requestShape, expected: expected.optional() };
const revokeStep = object(revokeShape, 'a request with its url').transform(
  (raw): ManifestRequest => ({
    ...toRequest(raw),
    expected: raw.expected,
  }),
);

const goneIfShape = {
  step: numeric('which request of revoke it is about, counted from 0', { min: 0, max: 1000 }),
  status: list(
    numeric('a status code such as 404 or "404"', { min: 100, max: 599 }),
    'status codes such as 404',
  )
    .meta({
      description: 'The statuses that say so; without them, those that count as success do.',
    })
    .optional(),
  response_notation: notation('where in the response the value is').optional(),
  value: json('the value that says that the person has no account').optional(),
};
const goneIf = object(goneIfShape, 'step, and status or value').transform(
  (raw): GoneIf => ({
    step: raw.step,
    status: raw.status,
    ...(raw.value !== undefined && {
      found: { responseNotation: raw.response_notation ?? '', value: raw.value },
    }),
  }),
);
/** Which answer to a look-up of `revoke` means that the person has no account. */
export interface GoneIf {
  /** Which request of `revoke`, from 0. */
  readonly step: number;
  /** One of these. Left out: a status that counts as success. */
  readonly status?: readonly number[];
  /** The answer also has to hold this value, compared without rendering. Left out: the status is enough. */
  readonly found?: ContinueIf;
}

const existsShape = {
  ...requestShape,
  expected: expected.optional(),
  fail_when_4xx_response_code: flag('whether a 4xx answer is a failed request').default(true),
};
const exists = object(existsShape, 'the request that tells whether someone has access').transform(
  (raw): ManifestExists => ({
    ...toRequest(raw),
    expected: raw.expected,
    failWhen4xx: raw.fail_when_4xx_response_code,
  }),
);
/** The request that checks whether a person has access. */
export type ManifestExists = ManifestRequest & {
  /** Whether a 4xx answer means that the check failed, and not that there is no access. */
  readonly failWhen4xx: boolean;
};

const tokenShape = requestShape;
const tokenRequest = object(tokenShape, 'a request with its url').transform(toRequest);
const oauthShape = {
  authenticate_url: url('the address where an admin allows the connection'),
  access_token: tokenRequest,
  refresh: tokenRequest.optional(),
  without_code: flag('whether a valid callback brings no code').default(false),
  issuer: url(
    'the issuer that the service calls itself, which callbacks have to bring as `iss`',
  ).optional(),
  pkce: flag('whether the code is bound to the browser that asked for it').default(true),
};
const oauth = object(oauthShape, 'authenticate_url and access_token').transform((raw) => ({
  authenticateUrl: raw.authenticate_url,
  accessToken: raw.access_token,
  refresh: raw.refresh,
  withoutCode: raw.without_code,
  issuer: raw.issuer,
  // Where no code comes back there is nothing to bind.
  pkce: raw.pkce && !raw.without_code,
}));

// ---------------------------------------------------------------- forms

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

const formShape = {
  ...requestShape,
  url: requestShape.url.optional(),
  id: id('the answer'),
  name: label('the label of the field'),
  description: text('more about the field').optional(),
  type: z
    .enum(FORM_TYPES, { error: want('"choice", "multiple_choice" or "input"') })
    .meta({ description: 'One of a list, many of a list, or a text.' }),
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
const formItem = object(formShape, 'a field with id, name and type').transform((raw) => ({
  id: raw.id,
  name: raw.name,
  description: raw.description,
  type: raw.type,
  required: raw.required,
  /** Options that the manifest itself lists. */
  ...(Array.isArray(raw.items) && { items: raw.items }),
  /** The request for the options, when the manifest doesn't list them. */
  ...(raw.url !== undefined && { request: toRequest({ ...raw, url: raw.url }) }),
  dataFrom: raw.data_from ?? (typeof raw.items === 'string' ? raw.items : ''),
  choiceValue: raw.choice_value ?? raw.choice_id ?? 'id',
  choiceName: raw.choice_name,
}));
export type ManifestFormField = z.output<typeof formItem>;

const initialDataShape = {
  id: id('the value'),
  name: label('the label of the field, or "generate" for a value made once per run'),
  description: text('where to find the value').optional(),
  secret: flag('whether the value is a secret').default(true),
};
const initialDataItem = object(initialDataShape, 'a value with id and name').transform((raw) => ({
  id: raw.id,
  name: raw.name,
  description: raw.description,
  /** Latchkey makes it, once per run, and nobody enters it. */
  generate: raw.name.trim().toLowerCase() === GENERATE,
  secret: raw.secret,
}));

const extraInfoShape = {
  id: id('the fact'),
  name: label('the label of the question'),
  description: text('more about the question').optional(),
};
const extraInfoItem = object(extraInfoShape, 'a question with id and name').transform((raw) => ({
  id: raw.id,
  name: raw.name,
  description: raw.description,
}));

// ---------------------------------------------------------------- notifications

const NOTIFICATION_TYPES = ['email', 'text', 'chat'] as const;

export const RECIPIENT = 'who gets it: an email address, a phone number or a {{variable}}';

const notificationShape = {
  type: z
    .enum(NOTIFICATION_TYPES, { error: want('"email", "text" or "chat"') })
    .meta({ description: 'How it is sent.' }),
  to: label(RECIPIENT)
    .meta({ description: `${RECIPIENT}. Left out of a text: the person themselves.` })
    .optional(),
  subject: text('the subject of the email').optional(),
  message: label('the plain text to send'),
};
const notification = object(notificationShape, 'type, to and message').transform((raw) => ({
  type: raw.type,
  // Only a text may leave it out (`rules.ts`): then it goes to the person's phone, or to them in chat.
  to: raw.to ?? '{{email}}',
  ...(raw.subject !== undefined && { subject: raw.subject }),
  message: raw.message,
}));
export type ManifestNotification = z.output<typeof notification>;

// ---------------------------------------------------------------- pages

/** Where the next page of a list is: the same for the people of a sync and for the accounts of an app. */
const nextPageShape = {
  next_page: url(
    'the address of the next page, with {{NEXT_PAGE_TOKEN}}, {{NEXT_PAGE_NUMBER}} or {{NEXT_PAGE_OFFSET}}',
  ).optional(),
  next_page_token_from: notation('where in the response the token of the next page is').optional(),
  next_page_from: notation('where in the response the address of the next page is').optional(),
  first_page: numeric(
    '0 or 1: what {{NEXT_PAGE_NUMBER}} (else 1) or {{NEXT_PAGE_OFFSET}} (else 0) would be for the first page',
    { min: 0, max: 1 },
  ).optional(),
};

const pageCount = numeric('the number of pages to read, 1 or more', { min: 1, max: MAX_PAGES });

// ---------------------------------------------------------------- accounts

const skipIfShape = {
  response_notation: notation('where in an entry of the list the value is'),
  value: json('the value that says that the entry is no account'),
};
const accountsRequestShape = requestShape;
const accountsShape = {
  execute: list(
    object(accountsRequestShape, 'a request with its url').transform(toRequest),
    'requests',
  ).default([]),
  data_from: notation('where in the response the list of accounts is').default(''),
  data_structure: map(
    notation('where in an account the value is'),
    'where in an account its email, id, name and last_login are, each as a place in it',
  ).default({}),
  match: id('the fact about a person that names their account')
    .meta({
      description:
        'The name in data_structure that is compared with the fact of the same name that is stored with people, before their email addresses.',
    })
    .optional(),
  skip_if: list(object(skipIfShape, 'response_notation and value'), 'entries that are no accounts')
    .default([])
    .meta({
      description: 'Entries of the list that are no accounts of people: deleted ones, bots.',
    }),
  partial: flag(
    'whether the list lacks accounts that exists knows, such as people who are invited; then nobody counts as missing',
  ).default(false),
  ...nextPageShape,
  amount_pages_to_fetch: pageCount.optional(),
};
const accounts = object(accountsShape, 'the requests that list the accounts of an app').transform(
  (raw) => ({
    execute: raw.execute,
    dataFrom: raw.data_from,
    dataStructure: raw.data_structure,
    match: raw.match,
    skipIf: raw.skip_if.map(
      ({ response_notation: responseNotation, value }): ContinueIf => ({ responseNotation, value }),
    ),
    isPartial: raw.partial,
    pages: raw.amount_pages_to_fetch ?? MAX_PAGES,
    nextPage: raw.next_page,
    nextPageTokenFrom: raw.next_page_token_from,
    nextPageFrom: raw.next_page_from,
    firstPage: raw.first_page,
  }),
);
/** How the accounts of an app are listed. */
export type ManifestAccounts = z.output<typeof accounts>;

/** What Latchkey takes of an account, by its name in `data_structure`; beside these the name in `match`. */
export const ACCOUNT_KEYS = ['email', 'id', 'name', 'last_login'] as const;

// ---------------------------------------------------------------- the manifest

const SYNC_ACTIONS = ['create', 'update'] as const;
export const LEGACY_SYNC_TYPE = 'import_users';
/** The type that sends texts to phones. It gets a number and a message, and no person. */
export const TEXT_TYPE = 'send_text';

const topShape = {
  $schema: text('the address of the JSON Schema, for editors').optional(),
  type: z
    .enum([TEXT_TYPE, LEGACY_SYNC_TYPE], { error: want(`"${TEXT_TYPE}", or left out`) })
    .optional()
    .meta({
      description: `"${TEXT_TYPE}": sends texts, with {{to}} and {{message}}. "${LEGACY_SYNC_TYPE}": the older way to say action "create".`,
    }),
  form: list(formItem, 'fields').default([]),
  extra_user_info: list(extraInfoItem, 'questions about the person').default([]),
  initial_data_form: list(initialDataItem, 'values with id and name').default([]),
  headers: headers.meta({ description: 'Sent with every request that has no headers of its own.' }),
  oauth: oauth.optional(),
  exists: exists.optional(),
  execute: list(executeStep, 'requests').default([]),
  revoke: list(revokeStep, 'requests').default([]),
  gone_if: list(goneIf, 'answers that say that the person has no account').default([]).meta({
    description:
      'Answers to the look-ups of revoke that say that the person has no account: then it has ended well.',
  }),
  revoke_note: label('what someone should inherit before the access is removed by hand')
    .refine((value) => value.length <= MAX_REVOKE_NOTE, {
      error: ({ input }) =>
        `has ${typeof input === 'string' ? input.length : 'too many'} characters; at most ${MAX_REVOKE_NOTE} are shown in a task`,
    })
    .meta({
      description:
        'What someone should inherit, such as files: the task says it where the access has to be removed by hand. It may use facts about the person.',
      maxLength: MAX_REVOKE_NOTE,
    })
    .optional(),
  accounts: accounts
    .meta({
      description:
        'Lists who has an account. Every night Latchkey compares the list with what it granted.',
    })
    .optional(),
  post_execute_notification: z
    .preprocess(
      (value) => (value === undefined || Array.isArray(value) ? value : [value]),
      list(notification, 'notifications').default([]),
    )
    .meta({ description: 'Sent after a run has succeeded: a list, or one object.' }),
  action: z
    .enum(SYNC_ACTIONS, { error: want('"create" or "update"') })
    .optional()
    .meta({ description: 'What a sync does with the people it reads.' }),
  data_from: notation('where in the response the list of people is').default(''),
  data_structure: map(
    notation('where in a row the value is'),
    'what to take of every row: names, each with its place in the row',
  ).optional(),
  schedule: text('when the sync runs, as cron: "0 * * * *" is every hour').optional(),
  amount_pages_to_fetch: pageCount.default(DEFAULT_PAGES),
  ...nextPageShape,
  since: z
    .union([z.literal(true), z.string()], {
      error: want('true, or where in the response the mark for the next import is'),
    })
    .optional()
    .meta({
      description:
        'Imports read only what has changed: {{SINCE}} is what was found here in the last import, or with true the time when it began. It is empty the first time.',
    }),
};

export const manifestSchema = z
  .strictObject(topShape, { error: want('a JSON object') })
  .transform((raw) => {
    const common = {
      form: raw.form,
      extraUserInfo: raw.extra_user_info,
      initialDataForm: raw.initial_data_form,
      headers: raw.headers,
      ...(raw.oauth && { oauth: raw.oauth }),
      ...(raw.exists && { exists: raw.exists }),
      execute: raw.execute,
      revoke: raw.revoke,
      goneIf: raw.gone_if,
      ...(raw.revoke_note !== undefined && { revokeNote: raw.revoke_note }),
      notifications: raw.post_execute_notification,
    };
    if (isText(raw)) return { kind: 'text' as const, ...common };
    if (!isSync(raw))
      return {
        kind: 'provision' as const,
        ...common,
        ...(raw.accounts && { accounts: raw.accounts }),
      };
    return {
      kind: 'sync' as const,
      ...common,
      action: raw.action ?? ('create' as const),
      dataFrom: raw.data_from,
      dataStructure: raw.data_structure ?? {},
      schedule: raw.schedule,
      pages: raw.amount_pages_to_fetch,
      nextPage: raw.next_page,
      nextPageTokenFrom: raw.next_page_token_from,
      nextPageFrom: raw.next_page_from,
      firstPage: raw.first_page,
      since: raw.since,
    };
  });

/** A manifest as the engine uses it. */
export type Manifest = z.output<typeof manifestSchema>;
export type ProvisionManifest = Extract<Manifest, { kind: 'provision' }>;
export type SyncManifest = Extract<Manifest, { kind: 'sync' }>;

/** The list of accounts as pages that an import could read: one reader serves both. Undefined where the manifest lists none. */
export function accountListOf(manifest: Manifest): SyncManifest | undefined {
  if (manifest.kind !== 'provision' || !manifest.accounts) return undefined;
  const { accounts: listed, ...common } = manifest;
  const { match: _, skipIf: __, isPartial: ___, ...pages } = listed;
  return {
    ...common,
    ...pages,
    kind: 'sync',
    action: 'create',
    schedule: undefined,
    since: undefined,
  };
}

/** Whether it sends texts. */
export const isText = (raw: Readonly<Record<string, unknown>>): boolean =>
  raw['type'] === TEXT_TYPE;

/** What a create takes of a row, by its name in `data_structure`. Every other name is a stored key. */
export const CREATE_KEYS = [
  'email',
  'first_name',
  'last_name',
  'phone',
  'position',
  'department',
  'manager',
  /** The older name of `manager`. */
  'manager_email',
  /** Their employee ID. */
  'manager_id',
  'start',
  'end',
  'time_zone',
  'employee_id',
] as const;
export type CreateKey = (typeof CREATE_KEYS)[number];

export const isCreateKey = (name: string): name is CreateKey =>
  CREATE_KEYS.some((key) => key === name);

/** The names of a `data_structure` under which values are kept with people. */
export const storedKeysIn = (
  names: readonly string[],
  action: SyncManifest['action'],
): readonly string[] =>
  names.filter((name) => (action === 'create' ? !isCreateKey(name) : name !== 'email'));

/** A manifest with `action` or `data_structure`, or of the older type, is a sync. All others provision access. */
export const isSync = (raw: Readonly<Record<string, unknown>>): boolean =>
  raw['action'] !== undefined ||
  raw['data_structure'] !== undefined ||
  raw['type'] === LEGACY_SYNC_TYPE;

const keysOf = (shape: Readonly<Record<string, unknown>>): readonly string[] => Object.keys(shape);

export const TOP_LEVEL_KEYS = keysOf(topShape);

/** The known keys at each place of a manifest. `[]` is every item of a list, or a single object. */
export const KNOWN_KEYS: readonly (readonly [place: string, keys: readonly string[]])[] = [
  ['form[]', keysOf(formShape)],
  ['extra_user_info[]', keysOf(extraInfoShape)],
  ['initial_data_form[]', keysOf(initialDataShape)],
  ['oauth', keysOf(oauthShape)],
  ['oauth.access_token', keysOf(tokenShape)],
  ['oauth.refresh', keysOf(tokenShape)],
  ['exists', keysOf(existsShape)],
  ['execute[]', keysOf(executeShape)],
  ['execute[].continue_if', keysOf(continueIfShape)],
  ['execute[].polling', keysOf(pollingShape)],
  ['revoke[]', keysOf(revokeShape)],
  ['gone_if[]', keysOf(goneIfShape)],
  ['accounts', keysOf(accountsShape)],
  ['accounts.execute[]', keysOf(accountsRequestShape)],
  ['accounts.skip_if[]', keysOf(skipIfShape)],
  ['post_execute_notification[]', keysOf(notificationShape)],
];
