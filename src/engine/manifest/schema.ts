/**
 * The only schema of the manifest language; its requests and forms are in `request-schema.ts` and `form-schema.ts`. The types, the
 * validation (`parse.ts`) and the published JSON Schema (`json-schema.ts`) come from it. The input is the JSON that admins write:
 * snake_case and lenient. The output is normalised: camelCase, methods in upper case, defaults applied, numbers as numbers. Rules
 * about several keys are in `rules.ts`.
 */
import { z } from 'zod';
import {
  extraInfoItem,
  extraInfoShape,
  formItem,
  formShape,
  initialDataItem,
  initialDataShape,
} from './form-schema.ts';
import {
  type ContinueIf,
  continueIfShape,
  executeShape,
  executeStep,
  exists,
  existsShape,
  goneIf,
  goneIfShape,
  oauth,
  oauthShape,
  plainRequest,
  pollingShape,
  requestShape,
  revokeShape,
  revokeStep,
} from './request-schema.ts';
import {
  camelled,
  flag,
  headers,
  id,
  json,
  label,
  list,
  map,
  notation,
  numeric,
  object,
  text,
  url,
  want,
} from './schema-primitives.ts';

/** Pages of a sync, the first included. */
const DEFAULT_PAGES = 5;
const MAX_PAGES = 1_000_000;
/** A person reads it in a task. Longer instructions belong in a document that the note links. */
const MAX_REVOKE_NOTE = 1000;

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

const nextPageOf = (raw: z.output<z.ZodObject<typeof nextPageShape>>) => ({
  nextPage: raw.next_page,
  nextPageTokenFrom: raw.next_page_token_from,
  nextPageFrom: raw.next_page_from,
  firstPage: raw.first_page,
});

const pageCount = numeric('the number of pages to read, 1 or more', { min: 1, max: MAX_PAGES });

// ---------------------------------------------------------------- accounts

const skipIfShape = {
  response_notation: notation('where in an entry of the list the value is'),
  value: json('the value that says that the entry is no account'),
};
const accountsShape = {
  execute: list(plainRequest, 'requests')
    .default([])
    .meta({ description: 'The requests that read the list; the last one answers with it.' }),
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
  ({ partial: isPartial, amount_pages_to_fetch: pages = MAX_PAGES, skip_if, ...raw }) => ({
    ...camelled(raw),
    ...nextPageOf(raw),
    skipIf: skip_if.map((each): ContinueIf => camelled(each)),
    isPartial,
    pages,
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
  form: list(formItem, 'fields').default([]).meta({
    description:
      'What someone is asked each time they grant or request the access: fields, each a {{variable}} by its id.',
  }),
  extra_user_info: list(extraInfoItem, 'questions about the person').default([]).meta({
    description:
      'Facts about the person that are asked once and kept, such as a username at the app.',
  }),
  initial_data_form: list(initialDataItem, 'values with id and name').default([]).meta({
    description:
      'What an admin enters once, such as a token. Secrets belong here and nowhere else in the manifest.',
  }),
  headers: headers.meta({ description: 'Sent with every request that has no headers of its own.' }),
  oauth: oauth.optional(),
  exists: exists.optional(),
  execute: list(executeStep, 'requests').default([]).meta({
    description:
      'The requests that grant access, or read people, in order. The first that fails ends the run.',
  }),
  revoke: list(revokeStep, 'requests').default([]).meta({
    description:
      'The requests that remove all access of a person, in order. exists is asked afterwards.',
  }),
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
      ...nextPageOf(raw),
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
  ['oauth.access_token', keysOf(requestShape)],
  ['oauth.refresh', keysOf(requestShape)],
  ['exists', keysOf(existsShape)],
  ['execute[]', keysOf(executeShape)],
  ['execute[].continue_if', keysOf(continueIfShape)],
  ['execute[].polling', keysOf(pollingShape)],
  ['revoke[]', keysOf(revokeShape)],
  ['gone_if[]', keysOf(goneIfShape)],
  ['accounts', keysOf(accountsShape)],
  ['accounts.execute[]', keysOf(requestShape)],
  ['accounts.skip_if[]', keysOf(skipIfShape)],
  ['post_execute_notification[]', keysOf(notificationShape)],
];
