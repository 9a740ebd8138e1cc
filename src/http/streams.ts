/** Watches over streams that are handed in: what they throw is no failure of the network, and is thrown on. */
import type { BodySink } from '../engine/ports/http.ts';
import type { StreamedBody } from './redirect.ts';

export interface StreamWatch {
  readonly body: (body: StreamedBody) => StreamedBody;
  readonly sink: (sink: BodySink) => BodySink;
  /** @throws what a stream has thrown, if one has */
  readonly rethrow: () => void;
}

export function watchStreams(): StreamWatch {
  let broken: { readonly error: unknown } | undefined;
  const note = (error: unknown): never => {
    broken ??= { error };
    throw error;
  };
  return {
    body: ({ size, pieces }) => ({
      size,
      async *pieces() {
        try {
          yield* pieces();
        } catch (error) {
          note(error);
        }
      },
    }),
    sink: (sink) => ({
      maxBytes: sink.maxBytes,
      takes: (status) => sink.takes(status),
      write: (piece) => sink.write(piece).catch(note),
    }),
    rethrow() {
      if (broken) throw broken.error;
    },
  };
}
