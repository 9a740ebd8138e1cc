/**
 * The log: one JSON object on each line, on stdout. Callers log ids (`runId`, `personId`), never people's texts or apps'
 * answers.
 */
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import type { LogLevel } from './config/config.ts';

export type Log = Logger;

/**
 * Names that a secret or a body might be logged with by mistake, at the top of a line or one object deep. This is the
 * second protection. The first is not to log them.
 */
const NEVER_LOGGED = [
  'authorization',
  'cookie',
  'password',
  'appPassword',
  'secret',
  'secrets',
  'signingSecret',
  'token',
  'botToken',
  'appToken',
  'refreshToken',
  'clientSecret',
  'metricsToken',
  'keys',
  'headers',
  'body',
  'data',
  'text',
  'request',
  'response',
];

/**
 * Creates the process's log.
 * @param options.destination where the lines go; default: stdout
 */
export function createLog(options: {
  readonly level: LogLevel;
  readonly destination?: DestinationStream;
  /** The ids of the line's request or run. */
  readonly ids?: () => Readonly<Record<string, string | number>>;
  /** Called for each line at level error and above. */
  readonly onError?: () => void;
}): Log {
  const { ids, onError } = options;
  const settings = {
    level: options.level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: NEVER_LOGGED.flatMap((name) => [name, `*.${name}`]),
      censor: '•••',
    },
    serializers: { error: describeThrown, err: describeThrown },
    ...(ids && { mixin: () => ({ ...ids() }) }),
    ...(onError && { hooks: { logMethod: countingErrors(onError) } }),
  };
  return pino(settings, options.destination ?? linesTo(STDOUT));
}

/** Pino's number of it. */
const ERROR = 50;

function countingErrors(onError: () => void): NonNullable<LoggerOptions['hooks']>['logMethod'] {
  return function write(args, method, level) {
    if (level >= ERROR) onError();
    method.apply(this, args);
  };
}

const STDOUT = 1;

/** What waits for a disk that is full. Lines beyond it are lost. */
const MAX_WAITING_BYTES = 1024 ** 2;

/**
 * Writes each line at once, so a process that dies loses none. Where the disk is full, Latchkey works on: the lines wait for
 * the next one that can be written.
 */
export function linesTo(fd: number): ReturnType<typeof pino.destination> {
  const lines = pino.destination({ fd, sync: true, maxLength: MAX_WAITING_BYTES });
  lines.on('error', () => undefined);
  // Only what can't be written is left, and the library would try that again and again until it can.
  lines.flushSync = () => undefined;
  return lines;
}

const describeThrown = (error: unknown): DescribedError => describeError(error, 0);

/** The logged fields of an error. SDKs attach whole requests and responses to theirs, so we take only these fields. */
interface DescribedError {
  readonly type: string;
  readonly message: string;
  readonly code?: unknown;
  readonly stack?: string;
  readonly cause?: DescribedError;
}

/** How many causes we follow. Deeper ones say little, and a cause may be its own cause. */
const DEEPEST_CAUSE = 5;

function describeError(error: unknown, depth: number): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { cause } = error;
  return {
    type: error.name,
    message: error.message,
    ...('code' in error ? { code: error.code } : {}),
    stack: error.stack,
    ...(cause instanceof Error && depth < DEEPEST_CAUSE
      ? { cause: describeError(cause, depth + 1) }
      : {}),
  };
}
