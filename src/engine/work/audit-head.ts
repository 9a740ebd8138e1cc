/**
 * Heads of the sealed audit log: one line of text that fits into a message, and that someone keeps elsewhere. It stands for
 * every entry up to its place, so someone who has it finds out when any of them was changed, or cut off, later.
 */
import { createPublicKey, verify } from 'node:crypto';
import type { AuditChainStore } from '../ports/upkeep-stores.ts';
import type { Link } from './audit-chain.ts';

export interface Head extends Pick<Link, 'seq' | 'sealedAt' | 'link'> {
  /** Ed25519, base64url. */
  readonly signature: string;
}

const PREFIX = 'latchkey-head.1';
const KEY_PREFIX = 'latchkey-key.1';
const HASH = String.raw`[\w-]{43}`;
const SIGNATURE = String.raw`[\w-]{86}`;
const LINE = new RegExp(
  String.raw`latchkey-head\.1\.(?<seq>\d{1,15})\.(?<sealedAt>\d{1,15})\.(?<link>${HASH})\.(?<signature>${SIGNATURE})(?![\w-])`,
  'g',
);
const KEY = new RegExp(String.raw`latchkey-key\.1\.(?<key>${HASH})(?![\w-])`);

const signedPart = ({ seq, sealedAt, link }: Omit<Head, 'signature'>): string =>
  [PREFIX, seq, sealedAt, link].join('.');

export const headLine = (head: Head): string => `${signedPart(head)}.${head.signature}`;

/** All heads in a text, such as a saved message or a mailbox of them. @param text at most some megabytes */
export const readHeads = (text: string): readonly Head[] =>
  [...text.matchAll(LINE)].map(({ groups: { seq, sealedAt, link = '', signature = '' } = {} }) => ({
    seq: Number(seq),
    sealedAt: Number(sealedAt),
    link,
    signature,
  }));

/** The first head in a text. Undefined: there is none. */
export const readHead = (text: string): Head | undefined => readHeads(text)[0];

/** @param key its 32 bytes, base64url */
export const keyLine = (key: string): string => `${KEY_PREFIX}.${key}`;

/** The first public key in a text. Undefined: there is none. @param text at most a few kilobytes */
export const readKey = (text: string): string | undefined => KEY.exec(text)?.groups?.['key'];

/** The newest link, signed. Undefined: nothing is sealed yet. */
export async function signedHead(chain: AuditChainStore): Promise<Head | undefined> {
  const link = await chain.head();
  if (!link) return undefined;
  return { ...link, signature: await chain.sign(signedPart(link)) };
}

export const isHeadOf = (head: Head, key: string): boolean =>
  isSigned(signedPart(head), head.signature, key);

/** @param signature and key, base64url */
export function isSigned(text: string | Uint8Array, signature: string, key: string): boolean {
  const bytes = Buffer.from(signature, 'base64url');
  if (bytes.toString('base64url') !== signature) return false; // Other texts stand for the same bytes.
  try {
    const publicKey = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: key },
      format: 'jwk',
    });
    return verify(null, Buffer.from(text), publicKey, bytes);
  } catch {
    return false; // It is no key.
  }
}
