/** Requests of a manifest: their schema, and what each of exists, execute, revoke and oauth adds to it. */
import type { Json } from '../../core/json.ts';
import type { Method } from '../ports/http.ts';
import {
  camelled,
  flag,
  headers,
  json,
  label,
  list,
  map,
  method,
  notation,
  numeric,
  object,
  scalar,
  url,
} from './schema-primitives.ts';

export const requestShape = {
  url: url('the address of the request, such as "https://api.example.com/users"'),
  method,
  headers: headers.meta({
    description: 'Sent with this request in place of the headers of the manifest.',
  }),
  data: json(
    'What is sent: JSON, or a form or XML where cast_data_to_json or the Content-Type says so. Values are sent as texts; { "$number": "{{LEVEL}}" } sends a number, and { "$boolean": "{{IS_ADMIN}}" } true or false.',
  ).optional(),
  cast_data_to_json: flag('Send data as a form (application/x-www-form-urlencoded).').default(
    false,
  ),
  status_code: list(
    numeric('a status code such as 200 or "204"', { min: 100, max: 599 }),
    'status codes such as [200, "204"]',
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
  /** Of `exists`, `execute` and `revoke`: a text that the answer has to contain. */
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

const expected = scalar('the text that the answer has to contain');

export const continueIfShape = {
  response_notation: notation('where in the response the value is'),
  value: json('the value that lets the run go on'),
};
export const pollingShape = {
  interval: numeric('the seconds between two requests, from 0 to 86400', {
    min: 0,
    max: 86_400,
    whole: false,
  }),
  amount: numeric('the most requests to send, from 1 to 100000', { min: 1, max: 100_000 }),
};

export const executeShape = {
  ...requestShape,
  expected: expected.optional(),
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
export const executeStep = object(executeShape, 'a request with its url').transform(
  (raw): ManifestRequest => ({
    ...camelled(raw),
    continueIf: raw.continue_if && camelled(raw.continue_if),
  }),
);

export const revokeShape = { ...requestShape, expected: expected.optional() };
export const revokeStep = object(revokeShape, 'a request with its url').transform(
  (raw): ManifestRequest => camelled(raw),
);

export const goneIfShape = {
  step: numeric('which request of revoke it is about, counted from 0', { min: 0, max: 1000 }),
  status: list(
    numeric('a status code such as 404 or "404"', { min: 100, max: 599 }),
    'status codes such as [404]',
  )
    .meta({
      description: 'The statuses that say so; without them, those that count as success do.',
    })
    .optional(),
  response_notation: notation('where in the response the value is').optional(),
  value: json('the value that says that the person has no account').optional(),
};
export const goneIf = object(goneIfShape, 'step, and status or value').transform(
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

export const existsShape = {
  ...requestShape,
  expected: expected.optional(),
  response_notation: notation(
    'where in the response expected is looked for; without it, in all of it',
  ).optional(),
  fail_when_4xx_response_code: flag('whether a 4xx answer is a failed request').default(true),
};
export const exists = object(
  existsShape,
  'the request that tells whether someone has access',
).transform(
  ({ fail_when_4xx_response_code: failWhen4xx, ...raw }): ManifestExists => ({
    ...camelled(raw),
    failWhen4xx,
  }),
);
/** The request that checks whether a person has access. */
export type ManifestExists = ManifestRequest & {
  /** Whether a 4xx answer means that the check failed, and not that there is no access. */
  readonly failWhen4xx: boolean;
  /** Where in the answer `expected` is looked for. Left out: in all of it. */
  readonly responseNotation?: string | undefined;
};

export const plainRequest = object(requestShape, 'a request with its url').transform(
  (raw): ManifestRequest => camelled(raw),
);
export const oauthShape = {
  authenticate_url: url('the address where an admin allows the connection'),
  access_token: plainRequest.meta({
    description: 'The request that gets the token. {{code}} is the code that the app gave.',
  }),
  refresh: plainRequest.optional().meta({
    description: 'The request that renews the token. Left out: it never expires.',
  }),
  without_code: flag('whether a valid callback brings no code').default(false),
  issuer: url(
    'the issuer that the service calls itself, which callbacks have to bring as `iss`',
  ).optional(),
  pkce: flag('whether the code is bound to the browser that asked for it').default(true),
};
export const oauth = object(oauthShape, 'authenticate_url and access_token').transform((raw) => ({
  ...camelled(raw),
  // Where no code comes back there is nothing to bind.
  pkce: raw.pkce && !raw.without_code,
}));
