/** Signs as Standard Webhooks says (standardwebhooks.com, version 1): HMAC-SHA256 of `id.timestamp.body`, in base64. */
import { createHmac } from 'node:crypto';

/** Shows people and secret scanners what it is. */
const PREFIX = 'whsec_';
/** Within the 24 to 64 bytes that the standard asks for. */
export const SECRET_BYTES = 32;

/** @param bytes random ones */
export const secretOf = (bytes: Uint8Array): string =>
  PREFIX + Buffer.from(bytes).toString('base64');

/** What signs, in base64. */
export const keyOf = (secret: string): string => secret.slice(PREFIX.length);

/** @param secrets each signs @param at when it is sent */
export function signedHeaders(
  { id, body }: { readonly id: string; readonly body: string },
  secrets: readonly string[],
  at: Date,
): Readonly<Record<string, string>> {
  const seconds = String(Math.floor(at.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(keyOf(secret), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': signatures.join(' '),
  };
}
