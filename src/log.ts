/**
 * The log: one JSON object a line, on stdout. Whoever logs passes ids (`runId`, `personId`), never what people wrote
 * or what third parties answered.
 */
import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogLevel } from './config/config.ts';

export type Log = Logger;

/**
 * Names under which a secret or a body might be logged by mistake, at the top of a line or one object deep. This
 * is the second line of defence; the first is not to log them.
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
 * Makes the process's log.
 * @param options.destination where the lines go; stdout when left out
 */
export function createLog(options: {
  readonly level: LogLevel;
  readonly destination?: DestinationStream;
  /** Of what the line belongs to: a request, a run. */
  readonly ids?: () => Readonly<Record<string, string | number>>;
}): Log {
  const { ids } = options;
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
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}

const describeThrown = (error: unknown): DescribedError => describeError(error, 0);

/** How an error is logged: SDKs hang whole requests and responses on theirs, so only these fields are taken. */
interface DescribedError {
  readonly type: string;
  readonly message: string;
  readonly code?: unknown;
  readonly stack?: string;
  readonly cause?: DescribedError;
}

/** Causes are followed this far: deeper ones say little, and a cause may be its own. */
const DEEPEST_CAUSE = 5;

function describeError(error: unknown, depth: number): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { cause } = error;
  return {
    type: error.name,
    message: error.message,
    ...('code' in error ? { code: error.code } : {}),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(cause instanceof Error && depth < DEEPEST_CAUSE
      ? { cause: describeError(cause, depth + 1) }
      : {}),
  };
}
