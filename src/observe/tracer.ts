/** Traces as the rest of Latchkey sees them: nothing here knows OpenTelemetry, which is loaded only where it is configured. */

export type SpanKind = 'server' | 'client' | 'internal';

export interface Span {
  set(name: string, value: string | number): void;
  /** @param error the code of what went wrong, where something did */
  end(error?: string): void;
}

export interface Tracer {
  start(
    name: string,
    kind: SpanKind,
    attributes: Readonly<Record<string, string | number>>,
    parent: Span | undefined,
  ): Span;
  /** Sends what is left. */
  stop(): Promise<void>;
}

/** Where spans go. */
export interface TracingConfig {
  /** Of the collector; `/v1/traces` is added. Without a final slash. */
  readonly endpoint: string;
  /** Sent along, mostly to say who we are; secret. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
}

const nothing: Span = { set() {}, end() {} };

/** Where no collector is configured. */
export const untraced: Tracer = {
  start: () => nothing,
  stop: () => Promise.resolve(),
};

/**
 * @param onLost called once when spans could not be sent, and again when that has worked in between; with a sentence
 */
export async function openTracer(
  config: TracingConfig | undefined,
  onLost: (why: string) => void,
): Promise<Tracer> {
  if (!config) return untraced;
  const { createOtlpTracer } = await import('./otlp.ts');
  return createOtlpTracer(config, onLost);
}
