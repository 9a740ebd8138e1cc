/**
 * The Bot Framework's keys, which verify its tokens. Its metadata says where they are. We fetch them when the first one
 * is needed, and keep them for a day.
 */
import { type CryptoKey, importJWK } from 'jose';
import { z } from 'zod';
import { DAY_MS, MINUTE_MS } from '../../core/hours.ts';
import { callByName, isRedirect, readUpTo } from '../../http/call-by-name.ts';

export interface SigningKey {
  readonly key: CryptoKey;
  /** The channels that this key may sign for. */
  readonly endorsements: readonly string[];
}

export type FoundKey =
  | { readonly kind: 'found'; readonly key: SigningKey }
  | { readonly kind: 'unknown' }
  /** No fetch has succeeded so far. */
  | { readonly kind: 'unavailable' };

/** @throws when the fetch fails */
export type FetchJson = (url: string) => Promise<unknown>;

interface SigningKeysDeps {
  readonly fetchJson: FetchJson;
  /** In milliseconds. */
  readonly now: () => number;
  readonly onError: (error: unknown, where: string) => void;
}

const METADATA_URL = 'https://login.botframework.com/v1/.well-known/openidconfiguration';
/** "Authentication with the Bot Connector API": the keys are stable, so we fetch them once a day. */
const FRESH_MS = DAY_MS;
/** While Microsoft is unreachable, old keys are better than none. But a withdrawn key must not stay valid for ever. */
const USABLE_MS = 5 * FRESH_MS;
/** An unknown key makes us fetch again, and a forger can name unknown keys without end. */
const COOL_DOWN_MS = 5 * MINUTE_MS;
/** Without any key nobody in Teams gets an answer, so we retry sooner. */
const WITHOUT_KEYS_MS = 15 * 1000;
/** There are a dozen keys, some 50 KB with their certificates. */
const MAX_BYTES = 1_000_000;
/** Teams waits 15 s for an answer, and two fetches may precede it. */
const TIMEOUT_MS = 5000;

const metadata = z.looseObject({ jwks_uri: z.url({ protocol: /^https$/ }) });
const keySet = z.looseObject({ keys: z.array(z.unknown()) });
const signingKey = z.looseObject({
  kty: z.literal('RSA'),
  kid: z.string(),
  n: z.string(),
  e: z.string(),
  endorsements: z.array(z.string()).default([]),
});

type Keys = ReadonlyMap<string, SigningKey>;

export class SigningKeys {
  readonly #deps: SigningKeysDeps;
  #kept: { readonly keys: Keys; readonly at: number } | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(deps: SigningKeysDeps) {
    this.#deps = deps;
  }

  async find(id: string): Promise<FoundKey> {
    const known = this.#usable()?.get(id);
    if (known) {
      if (!this.#isFresh()) void this.#askUnlessJustAsked(); // No request waits for that.
      return { kind: 'found', key: known };
    }
    await this.#askUnlessJustAsked();
    const keys = this.#usable();
    const key = keys?.get(id);
    if (key) return { kind: 'found', key };
    return { kind: keys ? 'unknown' : 'unavailable' };
  }

  #usable(): Keys | undefined {
    const kept = this.#kept;
    return kept && this.#deps.now() - kept.at < USABLE_MS ? kept.keys : undefined;
  }

  #isFresh(): boolean {
    return this.#kept !== undefined && this.#deps.now() - this.#kept.at < FRESH_MS;
  }

  /** Callers during a fetch wait for the same fetch. */
  #askUnlessJustAsked(): Promise<void> {
    if (this.#asking) return this.#asking;
    const now = this.#deps.now();
    if (now - this.#askedAt < (this.#usable() ? COOL_DOWN_MS : WITHOUT_KEYS_MS))
      return Promise.resolve();
    this.#askedAt = now;
    this.#asking = this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    const { fetchJson, now, onError } = this.#deps;
    try {
      const { jwks_uri: url } = metadata.parse(await fetchJson(METADATA_URL));
      const { keys } = keySet.parse(await fetchJson(url));
      const read = await readKeys(keys);
      if (read.size === 0) throw new Error('There is no key for signatures among them');
      this.#kept = { keys: read, at: now() };
    } catch (error) {
      onError(error, "the Bot Framework's keys");
    }
  }
}

const MAX_REDIRECTS = 3;

/** We call Microsoft by its host name, also through a proxy. */
export async function fetchByName(url: string): Promise<unknown> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  let at = new URL(url);
  let answer = await callByName(at, { signal });
  for (let left = MAX_REDIRECTS; left > 0 && isRedirect(answer); left -= 1) {
    answer.destroy();
    at = new URL(answer.headers.location ?? '', at);
    if (at.protocol !== 'https:') throw new Error('The answer leads to another protocol');
    answer = await callByName(at, { signal });
  }
  if (answer.statusCode !== 200) {
    answer.destroy();
    throw new Error(`The answer was HTTP ${answer.statusCode}`);
  }
  const bytes = await readUpTo(answer, MAX_BYTES);
  if (!bytes) throw new Error('The answer is too large');
  return JSON.parse(bytes.toString());
}

/** Skips a key that we can't read. It may be of a newer kind. */
async function readKeys(all: readonly unknown[]): Promise<Keys> {
  const read = new Map<string, SigningKey>();
  for (const one of all) {
    const { data: jwk } = signingKey.safeParse(one);
    if (!jwk) continue;
    const { kty, n, e, endorsements } = jwk;
    const key = await importJWK({ kty, n, e }, 'RS256').catch(() => undefined);
    if (key && !(key instanceof Uint8Array)) read.set(jwk.kid, { key, endorsements });
  }
  return read;
}
