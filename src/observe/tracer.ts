/** Traces without OpenTelemetry, which is loaded only when it is configured. */

export type SpanKind = 'server' | 'client' | 'internal';

export interface Span {
  set(name: string, value: string | number): void;
  /** @param error the error's code, if there was one */
  end(error?: string): void;
}

export interface Tracer {
  start(span: {
    readonly name: string;
    readonly kind: SpanKind;
    readonly attributes: Readonly<Record<string, string | number>>;
    readonly parent: Span | undefined;
  }): Span;
  /** Sends the remaining spans. */
  stop(): Promise<void>;
}

/** Where spans are sent. */
export interface TracingConfig {
  /** The collector's address, without a final slash. We add `/v1/traces`. */
  readonly endpoint: string;
  /** Sent with each request, usually to authenticate. Secret. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
}

const nothing: Span = { set() {}, end() {} };

/** For a setup without a collector. */
export const untraced: Tracer = {
  start: () => nothing,
  stop: () => Promise.resolve(),
};

/**
 * @param onLost called with a sentence when spans couldn't be sent; again only after a success in between
 */
export async function openTracer(
  config: TracingConfig | undefined,
  onLost: (why: string) => void,
): Promise<Tracer> {
  if (!config) return untraced;
  const { createOtlpTracer } = await import('./otlp.ts');
  return createOtlpTracer(config, onLost);
}
