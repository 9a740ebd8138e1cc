import type { ApiToken } from '../tokens/token.ts';
import type { Page } from './store.ts';

export interface TokenFilter {
  /** Undefined: everyone's. */
  readonly ownerId?: string;
  /** Every word of it is in the name. */
  readonly text?: string;
}

export interface ApiTokenStore {
  /** @param hash of its presented form */
  insert(token: ApiToken, hash: string): Promise<void>;
  find(id: string): Promise<ApiToken | undefined>;
  /** With the hash, to compare, and when its use was last noted as refused. */
  findWithHash(
    id: string,
  ): Promise<
    | { readonly token: ApiToken; readonly hash: string; readonly lastRefusedAt: Date | undefined }
    | undefined
  >;
  /** Those of this person that nobody revoked and that have not expired. */
  liveOf(ownerId: string, now: Date): Promise<readonly ApiToken[]>;
  /** Those that are not over first, and of these the newest. `total` counts all. */
  list(
    filter: TokenFilter,
    page: Page & { readonly now: Date },
  ): Promise<{ readonly tokens: readonly ApiToken[]; readonly total: number }>;
  /** Live tokens that expire until then, and whose owner was not told; the first to expire first. */
  toWarn(now: Date, until: Date, offset: number): Promise<readonly ApiToken[]>;
  /** Compare-and-set on `version`; gives back the token with the next version. The last use stays. @throws {StaleWrite} */
  save(token: ApiToken): Promise<ApiToken>;
  /** @returns false where that was noted since `before` already */
  noteUse(id: string, what: 'used' | 'refused', at: { now: Date; before: Date }): Promise<boolean>;
}
