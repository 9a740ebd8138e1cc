/** Requests as Slack makes them: signed over their raw body, and given up after three seconds. */
import { createHmac } from 'node:crypto';

const ACKNOWLEDGE_MS = 3000;

export interface Delivery {
  readonly status: number;
  /** The raw answer; empty for a plain acknowledgement. */
  readonly body: string;
  /** Sends the very same request again, as a proxy or Slack's own retry does. */
  again(headers?: Readonly<Record<string, string>>): Promise<Delivery>;
}

export interface DeliveryOptions {
  readonly url: string;
  readonly signingSecret: string;
  readonly contentType: 'application/json' | 'application/x-www-form-urlencoded';
  readonly body: string;
  /** Seconds; the clock's own unless a test sends a stale one. */
  readonly timestamp?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Slack's three seconds, where a test doesn't say otherwise. */
  readonly acknowledgeMs?: number;
}

/** @throws when the app doesn't acknowledge in time, as Slack would show to the user. */
export async function deliver(options: DeliveryOptions): Promise<Delivery> {
  const { url, signingSecret, contentType, body, headers = {} } = options;
  const timestamp = options.timestamp ?? Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', signingSecret)
    .update(`v0:${timestamp}:${body}`)
    .digest('hex');
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': contentType,
      'X-Slack-Request-Timestamp': String(timestamp),
      'X-Slack-Signature': `v0=${signature}`,
      ...headers,
    },
    body,
    signal: AbortSignal.timeout(options.acknowledgeMs ?? ACKNOWLEDGE_MS),
  });
  return {
    status: response.status,
    body: await response.text(),
    again: (more = {}) => deliver({ ...options, headers: { ...headers, ...more } }),
  };
}
