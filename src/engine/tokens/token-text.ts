/**
 * The presented form of a token: `lk_`, its id, a secret and a checksum, all in letters and digits, so that one double-click
 * selects it. As with GitHub's tokens, the prefix and the checksum let secret scanners find one without false alarms:
 * `lk_[0-9A-Za-z]{71}`, whose last six are a checksum of the rest.
 */
import { createHash } from 'node:crypto';
import type { RandomBytes } from '../ports/time-and-chance.ts';

const PREFIX = 'lk_';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_BYTES = 32;
/** How many digits 16, 32 and 4 bytes need. */
const ID_LENGTH = 22;
const SECRET_LENGTH = 43;
const CHECK_LENGTH = 6;
const CHECK_BYTES = 4;
const FORM = new RegExp(`^${PREFIX}[${DIGITS}]{${ID_LENGTH + SECRET_LENGTH + CHECK_LENGTH}}$`);

/** @param id a UUID */
export function newTokenText(id: string, randomBytes: RandomBytes): string {
  const hex = id.replaceAll('-', '');
  const secret = Buffer.from(randomBytes(SECRET_BYTES)).toString('hex');
  const text = `${PREFIX}${inDigits(hex, ID_LENGTH)}${inDigits(secret, SECRET_LENGTH)}`;
  return `${text}${checkOf(text)}`;
}

/** The id in it. Undefined for what was never a token, or was cut off or mistyped: no database is asked then. */
export function idIn(presented: string): string | undefined {
  if (!FORM.test(presented)) return undefined;
  if (checkOf(presented.slice(0, -CHECK_LENGTH)) !== presented.slice(-CHECK_LENGTH))
    return undefined;
  let value = 0n;
  for (const digit of presented.slice(PREFIX.length, PREFIX.length + ID_LENGTH))
    value = value * BigInt(DIGITS.length) + BigInt(DIGITS.indexOf(digit));
  const hex = value.toString(16).padStart(32, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * What is stored. Nobody guesses one of 2^256 secrets, however fast they hash, so it needs no salt and no slow hash, which would
 * cost every call of the API.
 */
export const tokenHash = (presented: string): string =>
  createHash('sha256').update(presented).digest('base64url');

const checkOf = (text: string): string =>
  inDigits(
    createHash('sha256').update(text).digest().subarray(0, CHECK_BYTES).toString('hex'),
    CHECK_LENGTH,
  );

function inDigits(hex: string, length: number): string {
  let digits = '';
  for (let value = BigInt(`0x${hex}`); value > 0n; value /= BigInt(DIGITS.length))
    digits = `${DIGITS[Number(value % BigInt(DIGITS.length))]}${digits}`;
  return digits.padStart(length, '0');
}
