/** Codes of authenticator apps, and recovery codes. The only file that knows the library `otpauth`. */
import { createHash } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import type { RandomBytes } from '../ports/time-and-chance.ts';

/** What all authenticator apps take (RFC 6238, and the key URI format of Google Authenticator). */
const SECONDS = 30;
const DIGITS = 6;
/** RFC 4226 wants 20 bytes for SHA-1. */
const KEY_BYTES = 20;
/** One before and one after: clocks differ, and typing takes time (RFC 6238, 5.2 and 6). */
const WINDOW = 1;

const RECOVERY_CODES = 8;
/** 50 bits: nobody guesses one in five tries. */
const RECOVERY_CHARACTERS = 10;
/** Crockford's base 32: none is mistaken for another, and 32 divides a byte, so all are equally likely. */
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';

const appOf = (key: string, email = ''): TOTP =>
  new TOTP({
    issuer: 'Latchkey',
    label: email,
    algorithm: 'SHA1',
    digits: DIGITS,
    period: SECONDS,
    secret: Secret.fromBase32(key),
  });

export const newKey = (randomBytes: RandomBytes): string =>
  new Secret({ buffer: new Uint8Array(randomBytes(KEY_BYTES)).buffer }).base32;

/** `otpauth://totp/…`, which a QR code shows. */
export const keyUri = (key: string, email: string): string => appOf(key, email).toString();

/** As it was typed: people put a space in the middle. */
const digitsOf = (typed: string): string => typed.replaceAll(/\s/g, '');

/** Which 30 seconds since 1970 it is the code of; undefined for a wrong one. */
export function stepOf(key: string, typed: string, now: Date): number | undefined {
  const token = digitsOf(typed);
  if (!/^\d{6}$/.test(token)) return undefined;
  const delta = appOf(key).validate({ token, window: WINDOW, timestamp: now.getTime() });
  return delta === null ? undefined : Math.floor(now.getTime() / 1000 / SECONDS) + delta;
}

/** `abcde-fghjk`, each of them once. They are stored as hashes only, so they can't be shown again. */
export function newRecoveryCodes(randomBytes: RandomBytes): readonly string[] {
  const codes = new Set<string>();
  while (codes.size < RECOVERY_CODES) {
    const letters = Array.from(
      randomBytes(RECOVERY_CHARACTERS),
      (byte) => LETTERS[byte % LETTERS.length],
    );
    codes.add(`${letters.slice(0, 5).join('')}-${letters.slice(5).join('')}`);
  }
  return [...codes];
}

/** 25 bits: nobody makes keys until one has the same. */
const CHECK_CHARACTERS = 5;

/**
 * What the page of a proven key shows, and its person reads out to the admin who confirms it. Someone else's key has another one.
 * It says nothing about the key.
 */
export const checkOf = (key: string): string =>
  Array.from(
    createHash('sha256').update(`check of ${key}`).digest().subarray(0, CHECK_CHARACTERS),
    (byte) => LETTERS[byte % LETTERS.length],
  ).join('');

/** As it was typed. O and I are heard as 0 and 1. */
export const isCheckOf = (key: string, typed: string): boolean =>
  typed
    .slice(0, MAX_CHECK)
    .toLowerCase()
    .replaceAll(/[^a-z\d]/g, '')
    .replaceAll('o', '0')
    .replaceAll(/[il]/g, '1') === checkOf(key);

const MAX_CHECK = 40;

/** Of a long random text, so it needs no salt. Case, spaces and the hyphen don't matter. */
export const recoveryHash = (typed: string): string =>
  createHash('sha256')
    .update(typed.toLowerCase().replaceAll(/[^a-z\d]/g, ''))
    .digest('base64url');
