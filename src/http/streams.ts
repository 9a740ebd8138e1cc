/** Wraps the caller's streams. Their errors are no network failures, so we throw them again. */
import type { BodySink } from '../engine/ports/http.ts';
import type { StreamedBody } from './redirect.ts';

export interface StreamWatch {
  readonly body: (body: StreamedBody) => StreamedBody;
  readonly sink: (sink: BodySink) => BodySink;
  /** @throws the error of a stream, if there was one */
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
