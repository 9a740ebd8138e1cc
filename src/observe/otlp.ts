/** Sends traces to an OpenTelemetry collector, as OTLP over HTTP with JSON. It uses no globals, so it has only our own spans. */
import http from 'node:http';
import https from 'node:https';
import {
  SpanKind as OtelKind,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { VERSION } from '../version.ts';
import type { Span, SpanKind, Tracer, TracingConfig } from './tracer.ts';

/** A slower collector has its own problems. A shutdown doesn't wait for it. */
const EXPORT_MS = 5000;

const KINDS: Readonly<Record<SpanKind, OtelKind>> = {
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  internal: OtelKind.INTERNAL,
};

/** @param onLost called with a sentence when spans couldn't be sent; again only after a success in between */
export function createOtlpTracer(
  { endpoint, headers, serviceName }: TracingConfig,
  onLost: (why: string) => void,
): Tracer {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint}/v1/traces`,
    headers: { ...headers },
    timeoutMillis: EXPORT_MS,
    // This process's agents, which use the proxy, if there is one.
    httpAgentOptions: (protocol) => (protocol === 'https:' ? https.globalAgent : http.globalAgent),
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': serviceName,
      'service.version': VERSION,
      'process.pid': process.pid,
    }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: reporting(exporter, onLost),
        exportTimeoutMillis: EXPORT_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('latchkey');
  const spans = new WeakMap<Span, OtelSpan>();

  return {
    start({ name, kind, attributes, parent }) {
      const above = parent && spans.get(parent);
      const context = above ? trace.setSpan(ROOT_CONTEXT, above) : ROOT_CONTEXT;
      const begun = tracer.startSpan(
        name,
        { kind: KINDS[kind], attributes: prefixed(attributes) },
        context,
      );
      const span: Span = {
        set: (key, value) => void begun.setAttribute(keyOf(key), value),
        end(error) {
          if (error !== undefined) begun.setStatus({ code: SpanStatusCode.ERROR, message: error });
          begun.end();
        },
      };
      spans.set(span, begun);
      return span;
    },
    stop: () => provider.shutdown().catch(() => undefined), // `onLost` has already reported it.
  };
}

/** Names with a dot are OpenTelemetry's, such as `http.request.method`. The others are Latchkey's. */
const keyOf = (name: string): string => (name.includes('.') ? name : `latchkey.${name}`);

const prefixed = (facts: Readonly<Record<string, string | number>>) =>
  Object.fromEntries(Object.entries(facts).map(([name, value]) => [keyOf(name), value]));

/** The library doesn't report what it couldn't send. */
function reporting(exporter: SpanExporter, onLost: (why: string) => void): SpanExporter {
  let isReported = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined;
        if (failed && !isReported)
          onLost(
            'Traces could not be sent to OTEL_EXPORTER_OTLP_ENDPOINT; everything else goes on.',
          );
        isReported = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush && { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() }),
  };
}
