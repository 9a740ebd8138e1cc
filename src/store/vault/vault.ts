/**
 * Encryption at rest. Words: a *sealed* text is a compact JWE (`dir`, `A256GCM`). `node:crypto` makes it at once, which takes
 * microseconds. A library over the Web Crypto API makes the same text, but waits for another thread each time. The *key ring* is the list of keys: the first
 * seals, all open. The *identity* is the one place where a sealed text belongs.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import { Unreadable } from '../../engine/ports/store.ts';

/** Bytes of a key. A256GCM requires exactly these. */
export const KEY_BYTES = 32;

/** Bytes of a key's name in the header. They tell a few keys apart and reveal nothing of the key. */
const KEY_ID_BYTES = 6;

/** Where a sealed text is stored. The ciphertext includes it, so a text that was copied elsewhere doesn't open. */
export interface Identity {
  readonly table: string;
  /** The row's primary key; parts are joined with `/`. */
  readonly row: string;
  readonly column: string;
}

export interface Vault {
  seal(identity: Identity, plain: string): Promise<string>;
  /** @throws {VaultError} when it can't be opened, or belongs elsewhere */
  open(identity: Identity, sealed: string): Promise<string>;
  sealBytes(identity: Identity, plain: Uint8Array): Promise<string>;
  /** @throws {VaultError} as `open` does. */
  openBytes(identity: Identity, sealed: string): Promise<Uint8Array>;
  /** Whether another key than the first has sealed it. Then it should be resealed. */
  isOutdated(sealed: string): boolean;
  /** A fingerprint of a text that may hold a secret. Without the first key nobody can test a guess against it. */
  keyedHash(text: string): string;
  /** Whether that is the fingerprint of the text, by whichever key of the ring. */
  isKeyedHash(hash: string, text: string): boolean;
}

export class VaultError extends Unreadable {
  readonly code: 'no-key' | 'bad-key' | 'not-sealed' | 'unknown-key' | 'wrong-row' | 'altered';
  /** For `unknown-key`: the name of the missing key. */
  readonly keyId: string | undefined;
  constructor(code: VaultError['code'], message: string, keyId?: string) {
    super(message);
    this.name = 'VaultError';
    this.code = code;
    this.keyId = keyId;
  }
}

const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];

interface RingKey {
  readonly id: string;
  readonly key: KeyObject;
}

/**
 * @param keys the key ring; the first seals
 * @throws {VaultError} `no-key` for an empty ring, `bad-key` for a key that doesn't have 32 bytes
 */
export function createVault(keys: readonly Uint8Array[]): Vault {
  const ring = keys.map(ringKey);
  const [first] = ring;
  const [hashKey, ...olderHashKeys] = keys.map((key) =>
    derive(key, 'latchkey keyed hash', KEY_BYTES),
  );
  if (first === undefined || hashKey === undefined) {
    throw new VaultError('no-key', 'There is no encryption key; give at least one of 32 bytes');
  }
  const hashed = (text: string, key: Buffer): string =>
    createHmac('sha256', key).update(text).digest('base64url');

  const sealBytes: Vault['sealBytes'] = async (identity, plain) =>
    encrypt(plain, { alg: 'dir', enc: 'A256GCM', kid: first.id, row: place(identity) }, first.key);

  const opened = (identity: Identity, sealed: string): Uint8Array => {
    const header = readHeader(sealed);
    if (header.row !== place(identity)) {
      throw new VaultError(
        'wrong-row',
        `A sealed text was found in ${place(identity)}, where it does not belong`,
      );
    }
    const owner = ring.find(({ id }) => id === header.kid);
    if (owner === undefined) {
      throw new VaultError(
        'unknown-key',
        `${place(identity)} was sealed with key ${header.kid}, which is not among the keys given; add that key back`,
        header.kid,
      );
    }
    return decrypt(sealed, owner.key, identity);
  };

  return {
    seal: (identity, plain) => sealBytes(identity, encoder.encode(plain)),
    open: async (identity, sealed) => decoder.decode(opened(identity, sealed)),
    sealBytes,
    openBytes: async (identity, sealed) => opened(identity, sealed),

    isOutdated: (sealed) => readHeader(sealed).kid !== first.id,

    keyedHash: (text) => hashed(text, hashKey),

    isKeyedHash: (hash, text) =>
      [hashKey, ...olderHashKeys].some((key) => hashed(text, key) === hash),
  };
}

function ringKey(bytes: Uint8Array): RingKey {
  if (bytes.length !== KEY_BYTES) {
    throw new VaultError(
      'bad-key',
      `An encryption key has ${bytes.length} bytes; it must have ${KEY_BYTES}`,
    );
  }
  return {
    id: derive(bytes, 'latchkey key id', KEY_ID_BYTES).toString('base64url'),
    key: createSecretKey(bytes),
  };
}

function derive(key: Uint8Array, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, new Uint8Array(), purpose, bytes));
}

const place = ({ table, row, column }: Identity): string => `${table}/${row}/${column}`;

function readHeader(sealed: string): { readonly kid: string; readonly row: string } {
  let header: { readonly kid?: unknown; readonly row?: unknown };
  try {
    header = decodeProtectedHeader(sealed);
  } catch {
    throw new VaultError('not-sealed', 'A text that should be sealed is not');
  }
  if (typeof header.kid !== 'string' || typeof header.row !== 'string') {
    throw new VaultError(
      'not-sealed',
      'A sealed text does not say which key sealed it and where it belongs',
    );
  }
  return { kid: header.kid, row: header.row };
}

/** Bytes that A256GCM prescribes (RFC 7518, 5.3). */
const IV_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

function encrypt(plain: Uint8Array, header: object, key: KeyObject): string {
  const protectedHeader = Buffer.from(JSON.stringify(header)).toString('base64url');
  const iv = randomBytes(IV_BYTES); // One by one: a machine that is restored with its memory has none left of a block.
  const cipher = createCipheriv(CIPHER, key, iv);
  cipher.setAAD(Buffer.from(protectedHeader));
  const content = Buffer.concat([cipher.update(plain), cipher.final()]);
  const parts = [iv, content, cipher.getAuthTag()].map((part) => part.toString('base64url'));
  return [protectedHeader, '', ...parts].join('.'); // With `dir` there is no encrypted key.
}

function decrypt(sealed: string, key: KeyObject, identity: Identity): Uint8Array {
  try {
    const [header = '', , ...parts] = sealed.split('.');
    const [iv, content, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
    if (!iv || !content || tag?.length !== TAG_BYTES) throw new Error('It is cut');
    const decipher = createDecipheriv(CIPHER, key, iv);
    decipher.setAAD(Buffer.from(header));
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(content), decipher.final()]);
  } catch {
    throw new VaultError(
      'altered',
      `The sealed text in ${place(identity)} was altered and can't be opened`,
    );
  }
}
