import { createHmac } from 'node:crypto';

/** What a caller of a webhook sends, made as `docs/messages-and-events.md` says. @param at when it is sent */
export function signatureHeader(secret: string, body: Uint8Array, at: Date): string {
  const seconds = String(Math.floor(at.getTime() / 1000));
  const signed = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex');
  return `t=${seconds},v1=${signed}`;
}
