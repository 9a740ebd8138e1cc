/** A collector of traces: takes OTLP over HTTP with JSON, and gives the spans back. */
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const attribute = z.object({
  key: z.string(),
  value: z.looseObject({
    stringValue: z.string().optional(),
    intValue: z.union([z.number(), z.string()]).optional(),
  }),
});
const span = z.looseObject({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  attributes: z.array(attribute),
});
const traces = z.object({
  resourceSpans: z.array(
    z.looseObject({ scopeSpans: z.array(z.looseObject({ spans: z.array(span) })) }),
  ),
});
export type CollectedSpan = z.infer<typeof span>;

export interface Collector {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** Everything that came in, as it came. */
  text(): string;
  /** Headers of the requests. */
  readonly authorizations: readonly (string | undefined)[];
  next(predicate: (span: CollectedSpan) => boolean): Promise<CollectedSpan>;
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const authorizations: (string | undefined)[] = [];
  const emitter = new EventEmitter();
  let text = '';
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      authorizations.push(request.headers.authorization);
      text += body;
      for (const { scopeSpans } of traces.parse(JSON.parse(body)).resourceSpans)
        for (const scope of scopeSpans) spans.push(...scope.spans);
      response.setHeader('Content-Type', 'application/json').end('{}');
      emitter.emit('spans');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // Only a pipe's address is a string.
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    authorizations,
    text: () => text,
    async next(predicate) {
      for (;;) {
        const found = spans.find(predicate);
        if (found) return found;
        await once(emitter, 'spans');
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A span's attribute as text. */
export function attributeOf({ attributes }: CollectedSpan, key: string): string | undefined {
  const value = attributes.find((each) => each.key === key)?.value;
  const said = value?.stringValue ?? value?.intValue;
  return said === undefined ? undefined : String(said);
}
