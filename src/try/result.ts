/** The result of a try. `latchkey try --json` prints exactly this. Everything in it is redacted. */
import { type Json, jsonIn } from '../core/json.ts';
import type { Context, Gathered } from '../engine/calls/context.ts';
import type { RunError } from '../engine/runs/run.ts';
import type { Words } from './words.ts';

export type TryStatus = 'succeeded' | 'failed' | 'blocked' | 'has' | 'none' | 'unknown';

export type TryStep = {
  readonly method: string;
  readonly url: string;
  /** HTTP status of the last answer. */
  readonly status: number | null;
  /** How often it was sent, including polls and retries. */
  readonly tries: number;
  /** From the first request to the last answer. */
  readonly ms: number;
  readonly request: {
    readonly headers: Readonly<Record<string, string>>;
    /** JSON as JSON, a form as text, null without a body. */
    readonly body: Json;
  };
  /** JSON as JSON, else the text. Null without an answer. */
  readonly response: Json;
};

export type TryDelivery = {
  readonly type: string;
  readonly to: string;
  readonly subject: string | null;
  readonly message: string;
};

export type TryPeople = {
  readonly created: readonly { email: string; first_name: string; last_name: string }[];
  readonly updated: readonly { email: string; stored: Readonly<Record<string, Json>> }[];
  readonly skipped: Readonly<Record<string, number>>;
};

export type TryAccounts = {
  readonly listed: readonly {
    readonly id: string;
    readonly email: string | null;
    readonly name: string;
    /** What is compared with the fact in `match`. */
    readonly match: string | null;
    readonly last_login: string | null;
  }[];
  /** Entries that `skip_if` leaves out. */
  readonly skipped: number;
  /** Entries that nothing names. */
  readonly unreadable: number;
  /** Only a complete list can show that an account is missing. */
  readonly complete: boolean;
};

export type TryResult = {
  readonly status: TryStatus;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly step: number | null;
  } | null;
  readonly warnings: readonly string[];
  readonly steps: readonly TryStep[];
  readonly stored: Readonly<Record<string, Json>>;
  readonly deliveries: readonly TryDelivery[];
  readonly people: TryPeople;
  /** Of each field of the form, by id. Only of the part `options`. */
  readonly options?: Readonly<
    Record<string, readonly { readonly label: string; readonly value: string }[]>
  >;
  /** Only of the part `accounts`. */
  readonly accounts?: TryAccounts;
  readonly oauth: { readonly refreshed: boolean };
};

export const nothingDone: Omit<TryResult, 'status' | 'error'> = {
  warnings: [],
  steps: [],
  stored: {},
  deliveries: [],
  people: { created: [], updated: [], skipped: {} },
  oauth: { refreshed: false },
};

/** The result of a try that ended before anything was sent. */
export const refused = (
  code: string,
  message: string,
  warnings: readonly string[] = [],
): TryResult => ({
  ...nothingDone,
  status: 'failed',
  error: { code, message, step: null },
  warnings,
});

/** The result of a try without something that an admin would set up in service. */
export const notReady = (
  { code, why }: Extract<Gathered, { ok: false }>,
  { noToken }: Pick<Words, 'noToken'>,
): TryResult => (code === 'no-token' ? refused('no-token', noToken) : refused('not-set-up', why));

/** Why a list was not read to its end: what the app said, and after a status, what to do about it. */
export const unreadPage = (
  { code, message, detail = message, step }: RunError,
  redact: Context['redact'],
): TryResult['error'] => ({
  code,
  message: redact(code === 'http-status' ? `${detail} ${message}` : detail),
  step: step ?? null,
});

/** `id  email  name  last login`; what the app doesn't say is left out. */
export const accountLines = ({ listed }: TryAccounts): readonly string[] =>
  listed.map(({ id, email, name, match, last_login: lastLogin }) =>
    [id, match, email, name, lastLogin]
      .filter((each, index, all) => each !== null && each !== '' && all.indexOf(each) === index)
      .join('  '),
  );

/** 0 when everything went as the manifest wants. For `exists` either answer is fine. */
export const exitCodeOf = ({ status }: TryResult): number =>
  status === 'succeeded' || status === 'has' || status === 'none' ? 0 : 1;

/** A body for display: JSON when it is still valid after redaction, else the text. */
export const shownBody = (text: string): Json => jsonIn(text) ?? text;
