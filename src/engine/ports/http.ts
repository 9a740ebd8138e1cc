/** Outgoing HTTP: one request, sent once, and its result. */

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';

/** One fully rendered request. It holds no templates. */
export interface HttpRequest {
  readonly method: Method;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
}

export type HttpBody =
  | { readonly kind: 'json'; readonly text: string }
  /** The request's own Content-Type says which kind of XML, such as SOAP. */
  | { readonly kind: 'xml'; readonly text: string }
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
  /** False: a redirect is a `bad-redirect`. */
  readonly followsRedirects?: boolean;
}

export type HttpAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** Names in lower case; repeated headers are comma-joined. */
      readonly headers: Readonly<Record<string, string>>;
      readonly text: string;
      /** Set when a redirect turned a write into a GET: the status of that redirect. */
      readonly redirectedBy?: number;
    }
  | HttpFailure;

/** What came of an answer before its body. */
export interface BegunAnswer {
  readonly status: number;
  /** Names in lower case; repeated headers are comma-joined. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpFailure {
  readonly kind: 'failed';
  readonly code:
    | 'bad-url'
    | 'private-address'
    | 'unknown-host'
    | 'no-connection'
    /** Nothing was sent, and waiting doesn't help. */
    | 'bad-certificate'
    | 'connection-lost'
    | 'timeout'
    | 'too-large'
    | 'bad-redirect'
    /** This process already has as many requests to that host as it allows. */
    | 'host-busy'
    /** The host failed so often in a row that Latchkey sends it nothing for a while. */
    | 'circuit-open';
  /** A sentence for people, without secrets: what happened, and what to do if anything helps. */
  readonly message: string;
  /** Whether the app may have received the request. If so, the outcome of a write is unknown. */
  readonly maySent: boolean;
  /** Of an answer that broke off behind its headers. Left out behind a redirect. */
  readonly begun?: BegunAnswer;
  /** Milliseconds until a retry makes sense, if known. */
  readonly retryAfterMs?: number;
}

/** Receives the body of an answer that may be too large for memory. */
export interface BodySink {
  /** Whether the body of an answer with this status goes here. Otherwise it is the answer's text. */
  takes(status: number): boolean;
  /** Bytes of the decoded body. Replaces `maxBytes` of the limits. */
  readonly maxBytes: number;
  /** The next piece is read when this resolves. */
  write(piece: Uint8Array): Promise<void>;
}

/** A file in a multipart body. */
export interface FileToSend {
  /** Bytes. */
  readonly size: number;
  readonly contentType?: string;
  /** Each call begins at the start of the file. */
  readonly pieces: () => AsyncIterable<Uint8Array>;
}

/** For bodies that are never in memory as a whole. */
export interface HttpStreams {
  readonly sink?: BodySink;
  /** Needed for a multipart body: the saved file with this name. */
  readonly fileNamed?: (name: string) => Promise<FileToSend>;
}

/**
 * Sends once, without a hidden retry; only a GET or HEAD is sent again, when the kept connection that it took turns out to be
 * closed. It never throws for errors of the network or the app, only for errors of the streams.
 */
export interface Http {
  /** @returns an answer with an empty text when the sink took its body */
  send(request: HttpRequest, limits: HttpLimits, streams?: HttpStreams): Promise<HttpAnswer>;
}

/**
 * Measures and traces the request of a step. It must call `send` exactly once, and change nothing.
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
