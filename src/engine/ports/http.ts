/** HTTP out: one request, sent once, and what came of it. */

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';

/** One request, fully rendered; nothing in it is a template any more. */
export interface HttpRequest {
  readonly method: Method;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
}

export type HttpBody =
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'form'; readonly fields: readonly (readonly [string, string])[] }
  /** `fields`, then the run's saved files by name. */
  | {
      readonly kind: 'multipart';
      readonly fields: readonly (readonly [string, string])[];
      readonly files: readonly { readonly field: string; readonly file: string }[];
    };

export interface HttpLimits {
  /** Milliseconds for the whole exchange, redirects included. */
  readonly timeoutMs: number;
  /** Bytes of the decoded response body. */
  readonly maxBytes: number;
}

export type HttpAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** Names in lower case; repeated headers are comma-joined. */
      readonly headers: Readonly<Record<string, string>>;
      readonly text: string;
      /** Of a write that was answered with a redirect and became a GET: the status of that redirect. */
      readonly redirectedBy?: number;
    }
  | HttpFailure;

export interface HttpFailure {
  readonly kind: 'failed';
  readonly code:
    | 'bad-url'
    | 'private-address'
    | 'unknown-host'
    | 'no-connection'
    | 'connection-lost'
    | 'timeout'
    | 'too-large'
    | 'bad-redirect'
    /** This process has as many requests under way there as it allows itself. */
    | 'host-busy'
    /** It failed so often in a row that it is left alone for a while. */
    | 'circuit-open';
  /** A sentence for people, without secrets: what happened and, where there is one, the cure. */
  readonly message: string;
  /** Whether the other side may have received the request: then a write's outcome is unknown. */
  readonly maySent: boolean;
  /** Milliseconds after which asking again makes sense, where that is known. */
  readonly retryAfterMs?: number;
}

/** Where the body of an answer goes that is too large for memory. */
export interface BodySink {
  /** Whether the body of an answer with this status goes here; else it is the answer's text. */
  takes(status: number): boolean;
  /** Bytes of the decoded body, in place of the limits' own. */
  readonly maxBytes: number;
  /** Called piece by piece; the next piece is read when it resolves. */
  write(piece: Uint8Array): Promise<void>;
}

/** A file that is sent as a part of a multipart body. */
export interface FileToSend {
  /** Bytes. */
  readonly size: number;
  readonly contentType?: string;
  /** Begins at the start each time that it is called. */
  readonly pieces: () => AsyncIterable<Uint8Array>;
}

/** Bodies that are never in memory as a whole. */
export interface HttpStreams {
  readonly sink?: BodySink;
  /** Needed for a multipart body: the saved file with this name. */
  readonly fileNamed?: (name: string) => Promise<FileToSend>;
}

/**
 * Sends once: no retry is hidden in it. Never throws for what the network or the other side does; what the streams
 * throw is thrown on.
 */
export interface Http {
  /** @returns an answer whose text is empty where the sink took its body and that is larger than the limits allow. */
  send(request: HttpRequest, limits: HttpLimits, streams?: HttpStreams): Promise<HttpAnswer>;
}

/**
 * Looks on while the request of a step is under way, for figures and traces: it does nothing but call `send`, once.
 * @param step `integration` is its name
 */
export type WatchStep = <T>(
  step: {
    readonly runId: string;
    readonly kind: 'execute' | 'revoke';
    readonly index: number;
    readonly integration: string;
  },
  send: () => Promise<T>,
) => Promise<T>;
