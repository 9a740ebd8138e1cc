/** The key that signs heads of the audit log and packs of evidence: Ed25519, made once, sealed beside our other secrets. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import type { Knex } from 'knex';
import { secretOfOurs } from './pepper.ts';
import type { Vault } from './vault.ts';

export const SIGNING_KEY = 'audit-key';

export interface SigningKey {
  /** Its 32 bytes, base64url. */
  readonly publicKey: string;
  /** Base64url. */
  sign(text: string): string;
}

export async function signingKey(db: Knex, vault: Vault): Promise<SigningKey> {
  const text = await secretOfOurs(db, vault, { name: SIGNING_KEY, make: newKey });
  const key = createPrivateKey({
    key: Buffer.from(text, 'base64url'),
    format: 'der',
    type: 'pkcs8',
  });
  return {
    publicKey: bytesOf(createPublicKey(key)),
    sign: (signed) => sign(null, Buffer.from(signed), key).toString('base64url'),
  };
}

const newKey = (): string =>
  generateKeyPairSync('ed25519')
    .privateKey.export({ format: 'der', type: 'pkcs8' })
    .toString('base64url');

const bytesOf = (key: KeyObject): string => key.export({ format: 'jwk' }).x ?? '';
