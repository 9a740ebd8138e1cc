/**
 * Reads the settings once. The result is parsed and complete: nothing else in Latchkey checks a setting again. `environment.ts`
 * finds the variables.
 *
 * A *problem* is one wrong or missing variable. All are found at once, and none repeats a value that may be secret.
 */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { parseProxyRange } from '../core/network/client-address.ts';
import { type AllowList, parseAllowList } from '../http/address-guard.ts';
import { type Proxy, parseNoProxy } from '../http/proxy.ts';
import type { TracingConfig } from '../observe/tracer.ts';
import { readSlack, readTeams } from './config-chat.ts';
import {
  DEFAULT_DATABASE_URL,
  dataFolder,
  loadEnvironment,
  UnreadableEnvFile,
} from './environment.ts';
import {
  type Environment,
  type Expected,
  isDecodable,
  type Misspelt,
  type Problem,
  Variables,
  webAddress,
} from './variables.ts';

export type Config = Readonly<ReturnType<typeof settingsIn>>;

export interface ProxyConfig extends Proxy {
  /** The text of `NO_PROXY`, for libraries that parse it themselves. */
  readonly noProxy: string;
}

export interface MailConfig {
  readonly smtpUrl: string;
  readonly from: string;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const SECRETS_IN_CHAT = ['fallback', 'never'] as const;

/** `PORT: "80a" is not a port number; use one like PORT=3000` */
export function problemText({ variable, message }: Problem): string {
  return `${variable}: ${message}`;
}

/** The whole configuration, or all its problems. */
export type ReadConfig =
  | { readonly ok: true; readonly config: Config; readonly misspelt: readonly Misspelt[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Of this process. That `.env` can't be read is a problem, too. */
export function readSettings(load: () => Environment = loadEnvironment): ReadConfig {
  try {
    return readConfig(load());
  } catch (error) {
    if (!(error instanceof UnreadableEnvFile)) throw error;
    return { ok: false, problems: [error.problem] };
  }
}

export function readConfig(env: Environment): ReadConfig {
  const vars = new Variables(env);
  const config = settingsIn(vars);
  const { problems } = vars;
  return problems.length === 0
    ? { ok: true, config, misspelt: vars.misspelt }
    : { ok: false, problems };
}

function settingsIn(vars: Variables) {
  const port = vars.wholeNumber('PORT', { least: 1, most: 65_535, what: 'a port number' }, 3000);
  const publicUrl = vars.read('PUBLIC_URL', PUBLIC_URL, readPublicUrl);
  return {
    host: vars.read('HOST', HOST, readHost) ?? '127.0.0.1',
    port,
    /** The public address for browsers and apps, without a final slash. */
    publicUrl: publicUrl ?? `http://localhost:${port}`,
    /** False when `publicUrl` is only the default, which works only on this machine. */
    publicUrlIsSet: publicUrl !== undefined,
    /** `sqlite:` and a file, or `postgres://…`. */
    databaseUrl: vars.read('DATABASE_URL', DATABASE_URL, readDatabaseUrl) ?? DEFAULT_DATABASE_URL,
    /** Keys of 32 bytes; the first encrypts. Empty (SQLite only): a key file beside the database. */
    keys: readKeys(vars),
    /** In lower case. */
    adminEmails: vars.list('ADMIN_EMAILS', ADMIN_EMAIL, readEmail),
    /** IANA name. */
    timeZone: vars.read('TIME_ZONE', TIME_ZONE, readTimeZone) ?? 'UTC',
    slack: readSlack(vars),
    teams: readTeams(vars, publicUrl),
    mail: readMail(vars),
    allowPrivateHosts: readAllowPrivateHosts(vars),
    /** Proxies in front of Latchkey whose `X-Forwarded-For` we trust. */
    trustProxy: vars.list('TRUST_PROXY', TRUST_PROXY, parseProxyRange),
    /** The proxy for every call to apps, Slack and Teams. */
    proxy: readProxy(vars),
    /** Concurrent runs of each process. */
    workerConcurrency: vars.wholeNumber('WORKER_CONCURRENCY', { least: 1, most: 256 }, 16),
    metricsToken: vars.read('METRICS_TOKEN', METRICS_TOKEN, readToken),
    /** The audit log is also written to this file, as JSON lines (OCSF). An absolute path. */
    auditFile: readAuditFile(vars),
    /** Undefined: no traces. */
    tracing: readTracing(vars),
    logLevel: vars.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    /** Whether people may type secrets into a chat form when no web page is reachable. */
    secretsInChat: vars.oneOf('SECRETS_IN_CHAT', SECRETS_IN_CHAT, 'fallback'),
    retentionDays: vars.wholeNumber('RETENTION_DAYS', { least: 1, most: MAX_DAYS }, 90),
    /** Of holds, requests and the apps' answers: what evidence is made of. */
    evidenceDays: vars.wholeNumber('EVIDENCE_DAYS', { least: 1, most: MAX_DAYS }, 400),
    /** Of entries of the audit log; 0: for good. */
    auditDays: vars.wholeNumber('AUDIT_DAYS', { least: 0, most: MAX_DAYS }, 0),
  };
}

/** A hundred years. More is a typing mistake. */
const MAX_DAYS = 36_500;

const HOST: Expected = { what: 'an address or host name of this machine', example: '0.0.0.0' };

function readHost(text: string): string | undefined {
  return isIP(text) !== 0 || /^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(text) ? text : undefined;
}

const PUBLIC_URL: Expected = {
  what: 'a web address without user, query or fragment',
  example: 'https://latchkey.example.com',
  secret: true, // It may hold a password, if only by mistake.
};

function readPublicUrl(text: string): string | undefined {
  const url = webAddress(text);
  if (!url || url.username || url.password || /[?#]/.test(text)) return undefined;
  return url.href.replace(/\/+$/, '');
}

const DATABASE_URL: Expected = {
  what: 'sqlite: and a file, or a postgres:// address (a % in its password is written %25)',
  example: 'sqlite:./data/latchkey.sqlite or DATABASE_URL=postgres://user:password@host/latchkey',
  secret: true,
};

function readDatabaseUrl(text: string): string | undefined {
  if (POSTGRES.test(text)) return isReadable(text) ? text : undefined;
  // `sqlite://data/x` looks relative but isn't. In memory, the worker process would have another database.
  const isFile = /^sqlite:(?!\/\/[^/])./.test(text) && !text.includes(':memory:');
  return isFile ? text : undefined;
}

const POSTGRES = /^postgres(ql)?:\/\/./;

/** What pg reads, or repairs first: where a % begins no code, it takes every % as itself. */
function isReadable(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password, hostname, pathname } = new URL(text);
  const isRepaired = / |%[^a-f\d]|%[a-f\d][^a-f\d]/i.test(text);
  return isRepaired || [username, password, hostname, pathname].every(isDecodable);
}

const KEY_BYTES = 32;
const KEY: Expected = {
  what: 'base64url keys of 32 bytes, comma-separated',
  example: '<key>, and make a key with: openssl rand -base64 32 | tr +/ -_ | tr -d =',
  secret: true,
};

function readKeys(vars: Variables): readonly Uint8Array[] {
  const keys = vars.list('LATCHKEY_KEYS', KEY, readKey);
  const isSet = /[^,\s]/.test(vars.text('LATCHKEY_KEYS') ?? '');
  if (!isSet && POSTGRES.test(vars.text('DATABASE_URL') ?? ''))
    vars.refuse(
      'LATCHKEY_KEYS',
      `is missing, and several processes that share PostgreSQL need the same keys; set it like LATCHKEY_KEYS=${KEY.example}`,
    );
  return keys;
}

function readKey(text: string): Uint8Array | undefined {
  if (!/^[\w-]+={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === KEY_BYTES ? new Uint8Array(bytes) : undefined;
}

/** Relative to the data folder. */
function readAuditFile(vars: Variables): string | undefined {
  const file = vars.text('AUDIT_FILE');
  return file === undefined ? undefined : resolve(dataFolder(), file);
}

const METRICS_TOKEN: Expected = {
  what: 'a text that a header can carry: letters without accents, digits and signs',
  example: '<token>, and make a token with: openssl rand -hex 32',
  secret: true,
};

/** Printable ASCII: clients differ in how they encode anything else. */
const readToken = (text: string): string | undefined => (/^[ -~]+$/.test(text) ? text : undefined);

const OTLP_ENDPOINT: Expected = {
  what: 'a web address',
  example: 'http://localhost:4318',
  secret: true, // It may hold a password.
};
const OTLP_HEADERS: Expected = {
  what: 'name=value pairs, comma-separated, with values encoded as in a URL',
  example: 'Authorization=Bearer%20<token>',
  secret: true,
};

/** OpenTelemetry defines these names and their meaning. */
function readTracing(vars: Variables): TracingConfig | undefined {
  const endpoint = vars.read('OTEL_EXPORTER_OTLP_ENDPOINT', OTLP_ENDPOINT, (text) =>
    webAddress(text)?.href.replace(/\/+$/, ''),
  );
  const headers = vars.list('OTEL_EXPORTER_OTLP_HEADERS', OTLP_HEADERS, readHeader);
  const serviceName = vars.text('OTEL_SERVICE_NAME') ?? 'latchkey';
  return endpoint === undefined
    ? undefined
    : { endpoint, headers: Object.fromEntries(headers), serviceName };
}

/** What fetch sends as the value of a header. */
const HEADER_VALUE = /^[\t -~\u0080-\u00FF]*$/;

function readHeader(text: string): readonly [name: string, value: string] | undefined {
  const { name, value } = /^(?<name>[\w-]+)\s*=(?<value>.*)$/.exec(text)?.groups ?? {};
  if (name === undefined || value === undefined) return undefined;
  if (!isDecodable(value)) return undefined;
  const decoded = decodeURIComponent(value.trim());
  return HEADER_VALUE.test(decoded) ? [name, decoded] : undefined;
}

const ADMIN_EMAIL: Expected = { what: 'an email address', example: 'ann@example.com' };

function readEmail(text: string): string | undefined {
  return z.email().safeParse(text.toLowerCase()).data;
}

const TIME_ZONE: Expected = { what: 'a known time zone', example: 'Europe/Berlin' };

function readTimeZone(text: string): string | undefined {
  try {
    Intl.DateTimeFormat('en', { timeZone: text });
    return text;
  } catch {
    return undefined; // Intl throws for an unknown zone.
  }
}

const SMTP_URL: Expected = {
  what: 'an smtp:// or smtps:// address (smtp:// with ?tls=off for a relay of your own network that can not encrypt)',
  example: 'smtps://user:password@mail.example.com',
  secret: true,
};
const MAIL_FROM: Expected = {
  what: 'a sender',
  example: 'latchkey@example.com or MAIL_FROM="Latchkey <latchkey@example.com>"',
};

function readMail(vars: Variables): MailConfig | undefined {
  const smtpUrl = vars.read('SMTP_URL', SMTP_URL, readSmtpUrl);
  const from = vars.read('MAIL_FROM', MAIL_FROM, readSender);
  if (vars.text('SMTP_URL') !== undefined && vars.text('MAIL_FROM') === undefined)
    vars.refuse(
      'MAIL_FROM',
      `is missing, and SMTP_URL needs a sender; set it like MAIL_FROM=${MAIL_FROM.example}`,
    );
  return smtpUrl === undefined || from === undefined ? undefined : { smtpUrl, from };
}

function readSmtpUrl(text: string): string | undefined {
  if (!/^smtps?:\/\/./.test(text) || !URL.canParse(text)) return undefined;
  const tls = new URL(text).searchParams.getAll('tls');
  const isKnown = tls.length === 0 || (tls.join() === 'off' && text.startsWith('smtp:'));
  return isKnown ? text : undefined;
}

function readSender(text: string): string | undefined {
  const address = /^[^<>\r\n]*<([^<>]+)>$/.exec(text)?.[1] ?? text;
  return readEmail(address.trim()) === undefined ? undefined : text;
}

const HTTPS_PROXY: Expected = {
  what: 'the http:// or https:// address of a proxy, without a path, and with %25 for a % in its password (NO_PROXY=* goes without one)',
  example: 'http://proxy.example.com:3128',
  secret: true, // It may hold a password.
};

function readProxy(vars: Variables): ProxyConfig | undefined {
  const noProxy = vars.text(eitherCase('NO_PROXY', vars)) ?? '';
  // Without any use of the proxy its kind doesn't matter. The machine's proxy may be of another kind.
  if (noProxy === '*') return undefined;
  const url = vars.read(eitherCase('HTTPS_PROXY', vars), HTTPS_PROXY, (text) => {
    const read = webAddress(text.includes('://') ? text : `http://${text}`);
    if (read?.pathname !== '/' || read.search !== '' || read.hash !== '') return undefined;
    return isDecodable(read.username) && isDecodable(read.password) ? read : undefined;
  });
  return url && { url, noProxy, except: parseNoProxy(noProxy) };
}

/** Most machines set these in lower case, as curl reads them. Upper case is for Latchkey and comes first. */
function eitherCase(variable: 'HTTPS_PROXY' | 'NO_PROXY', vars: Variables): string {
  const lower = variable.toLowerCase();
  return vars.text(variable) === undefined && vars.text(lower) !== undefined ? lower : variable;
}

const TRUST_PROXY: Expected = {
  what: 'an address or a CIDR that leaves anyone out',
  example: '10.0.0.5 or TRUST_PROXY=10.0.0.0/8,fd00::/8',
};

function readAllowPrivateHosts(vars: Variables): AllowList {
  const read = parseAllowList(vars.text('ALLOW_PRIVATE_HOSTS') ?? '');
  if (read.ok) return read.list;
  vars.refuse('ALLOW_PRIVATE_HOSTS', read.error);
  return [];
}
