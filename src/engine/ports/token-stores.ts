import type { ApiToken } from '../tokens/token.ts';
import type { Page, VersionedStore } from './store.ts';

export interface TokenFilter {
  /** Undefined: everyone's. */
  readonly ownerId?: string;
  /** Every word of it is in the name. */
  readonly text?: string;
}

/** A save leaves the time of the last use as it is. */
export interface ApiTokenStore extends VersionedStore<ApiToken> {
  /** @param hash of its presented form */
  insert(token: ApiToken, hash: string): Promise<void>;
  /** With the hash, to compare, and when its use was last noted as refused. */
  findWithHash(
    id: string,
  ): Promise<
    | { readonly token: ApiToken; readonly hash: string; readonly lastRefusedAt: Date | undefined }
    | undefined
  >;
  /** Those of this person that nobody revoked and that have not expired. */
  liveOf(ownerId: string, now: Date): Promise<readonly ApiToken[]>;
  /** Personal ones that nobody revoked and that have not expired. */
  livePersonal(now: Date): Promise<readonly ApiToken[]>;
  /** Those that are not over first, and of these the newest. `total` counts all. */
  list(
    filter: TokenFilter,
    page: Page & { readonly now: Date },
  ): Promise<{ readonly tokens: readonly ApiToken[]; readonly total: number }>;
  /** Live tokens that expire until then, and whose owner was not notified; the first to expire first. */
  toWarn(now: Date, until: Date, offset: number): Promise<readonly ApiToken[]>;
  /** @returns false where that was noted since `before` already */
  noteUse(id: string, what: 'used' | 'refused', at: { now: Date; before: Date }): Promise<boolean>;
}

/** The key that a program chose for a write, among those of its token. */
export interface AnswerKey {
  readonly tokenId: string;
  readonly key: string;
}

/** What writes of programs were answered. A write, its claim and its answer are one transaction. */
export interface ApiAnswerStore {
  /** @param notBefore earlier ones don't count any more */
  find(
    key: AnswerKey,
    notBefore: Date,
  ): Promise<{ readonly asked: string; readonly answer: string } | undefined>;
  /**
   * Takes the key for this write. In a transaction it waits for another one that takes the same.
   * @param asked keyed hash of the write
   * @returns false where something had taken it since `notBefore`
   */
  claim(
    key: AnswerKey,
    write: { readonly asked: string; readonly now: Date; readonly notBefore: Date },
  ): Promise<boolean>;
  /** @param answer JSON without anything personal but ids */
  put(key: AnswerKey, answer: string): Promise<void>;
  /** Nothing was done, so it may be sent again. */
  release(key: AnswerKey): Promise<void>;
}
