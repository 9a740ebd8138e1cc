/** What the driver `direct` asks of the HTTP client. `http/got-http.ts` answers it. */
export interface ConnectorHttp {
  /** Sends once. It never throws for errors of the network. */
  send(request: ConnectorRequest, limits: ConnectorLimits): Promise<ConnectorAnswer>;
}

export interface ConnectorRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?:
    | { readonly kind: 'json'; readonly text: string }
    | { readonly kind: 'form'; readonly fields: readonly (readonly [string, string])[] };
}

interface ConnectorLimits {
  readonly timeoutMs: number;
  /** Of the answer's body. */
  readonly maxBytes: number;
}

export type ConnectorAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>;
      readonly text: string;
      /** The status of a redirect that turned a write into a GET. */
      readonly redirectedBy?: number;
    }
  /** `code` says why there is no answer, in a word. */
  | { readonly kind: 'failed'; readonly code: string };
