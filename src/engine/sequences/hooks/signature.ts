/**
 * The signature of a call, like Stripe's and Slack's: `Latchkey-Signature: t=1795511400,v1=<hex>`, where the hex is the
 * HMAC-SHA256 of the time in seconds, a dot, and the body as sent. Pure.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { MINUTE_MS } from '../../../core/hours.ts';

export const SIGNATURE_HEADER = 'latchkey-signature';
/** How far the caller's clock may differ from ours, in either direction. */
export const TOLERANCE_MS = 5 * MINUTE_MS;
/** Two are needed while a secret is replaced; a few more are harmless. */
const MAX_SIGNATURES = 5;

export type Signed =
  | { readonly ok: true /** The same for the same time and body. */; readonly fingerprint: string }
  | {
      readonly ok: false;
      readonly code:
        | 'signature-missing'
        | 'signature-malformed'
        | 'signature-too-old'
        | 'signature-wrong';
      /** A sentence for the developer of the caller. */
      readonly message: string;
    };

/** @param secrets any of them may have signed it */
export function checkSignature(
  { header, body }: { readonly header: string | undefined; readonly body: Uint8Array },
  secrets: readonly string[],
  now: Date,
): Signed {
  if (header === undefined || header.trim() === '')
    return refused('signature-missing', `Send the header Latchkey-Signature: ${FORM}.`);
  const read = readHeader(header);
  if (!read) return refused('signature-malformed', `Latchkey-Signature has to be ${FORM}.`);
  const { seconds, signatures } = read;
  const apart = Math.abs(now.getTime() - Number(seconds) * 1000);
  if (apart > TOLERANCE_MS)
    return refused(
      'signature-too-old',
      `The time in Latchkey-Signature is more than 5 minutes from ${now.toISOString()}, which is the time here. Sign each call when it is sent, and check the clock.`,
    );
  const isGood = secrets.map((secret) => {
    const wanted = hmac(secret, seconds, body);
    return signatures.map((given) => timingSafeEqual(given, wanted)).includes(true);
  });
  if (!isGood.includes(true))
    return refused(
      'signature-wrong',
      'The signature fits neither the time nor the body with any secret of this hook. Sign the time, a dot, and exactly the bytes that are sent.',
    );
  const fingerprint = createHash('sha256').update(`${seconds}.`).update(body).digest('hex');
  return { ok: true, fingerprint };
}

const FORM = 't=<seconds since 1970>,v1=<HMAC-SHA256 of "<t>.<body>" in hex>';

const hmac = (secret: string, seconds: string, body: Uint8Array): Buffer =>
  createHmac('sha256', secret).update(`${seconds}.`).update(body).digest();

interface ReadHeader {
  /** As written: this text was signed. */
  readonly seconds: string;
  readonly signatures: readonly Buffer[];
}

function readHeader(header: string): ReadHeader | undefined {
  const parts = header.split(',').map((part) => part.trim().split('='));
  const times = parts.filter(([key]) => key === 't').map(([, value = '']) => value);
  const hex = parts.filter(([key]) => key === 'v1').map(([, value = '']) => value);
  const [seconds = ''] = times;
  if (times.length !== 1 || !/^\d{1,12}$/.test(seconds)) return undefined;
  if (hex.length === 0 || hex.length > MAX_SIGNATURES) return undefined;
  if (!hex.every((value) => /^[\da-f]{64}$/i.test(value))) return undefined;
  return { seconds, signatures: hex.map((value) => Buffer.from(value, 'hex')) };
}

const refused = (
  code: Extract<Signed, { ok: false }>['code'],
  message: string,
): Extract<Signed, { ok: false }> => ({ ok: false, code, message });
