/**
 * Calls hosts that Latchkey itself names: Slack's and Microsoft's. Apps' addresses are what people typed, so they go through
 * `got-http.ts`, which guards them. Connections are kept, and lead through the proxy if there is one (`sdk-proxy.ts`). Node's own
 * `fetch` would take 9 MB of memory and three times the processor (decision 180).
 */
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';

export interface NamedCall {
  /** Left out: GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the call, and the reading of its answer. */
  readonly signal?: AbortSignal;
}

/**
 * Sends once, and follows no redirect.
 * @returns the answer as soon as its headers have come; read it with `readUpTo`, or destroy it
 * @throws when there is no answer
 */
export const callByName = (
  url: string | URL,
  { method = 'GET', headers = {}, body, signal }: NamedCall,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { protocol } = new URL(url);
    const { request } = protocol === 'https:' ? https : http;
    request(url, { method, headers, ...(signal && { signal }) }, resolve)
      .on('error', reject)
      .end(body);
  });

/** @returns undefined when there are more bytes; whatever the answer says about its size. @throws when it breaks off */
export async function readUpTo(
  answer: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Buffer<ArrayBuffer> | undefined> {
  const pieces: Uint8Array[] = [];
  const isWhole = await passUpTo(answer, maxBytes, (piece) => pieces.push(piece));
  return isWhole ? Buffer.concat(pieces) : undefined;
}

/** Hands on each piece. @returns false when there are more bytes */
export async function passUpTo(
  answer: AsyncIterable<Uint8Array>,
  maxBytes: number,
  take: (piece: Uint8Array) => unknown,
): Promise<boolean> {
  let size = 0;
  for await (const piece of answer) {
    size += piece.byteLength;
    if (size > maxBytes) return false; // Leaving the loop closes the connection.
    await take(piece);
  }
  return true;
}

export const isRedirect = ({ statusCode = 0 }: IncomingMessage): boolean =>
  statusCode >= 300 && statusCode < 400;
