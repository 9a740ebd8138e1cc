/** What came of renewing a token that expires. */
export type Renewal =
  | {
      readonly kind: 'renewed';
      readonly token: string;
      /** Renews the new token, once. */
      readonly refreshToken: string;
      readonly expiresInMs: number;
    }
  /** The refresh token doesn't count any more: no renewal will work again. */
  | { readonly kind: 'lost' }
  /** @property why a sentence for an operator, without secrets */
  | { readonly kind: 'failed'; readonly why: string };
