/**
 * An API token lets a program use `/api/v1` for a person.
 *
 * Words. A *personal* token acts as its person. A *service* token belongs to a program, and an admin answers for it: its *owner*.
 * Both have the rights that this person has at that moment, and never more: a *scope* only narrows them. The *presented* form is
 * the text that the program sends (`token-text.ts`). It is shown once, and stored only as a hash.
 *
 * | what it is | what it means                                    | what ends it                             |
 * |------------|--------------------------------------------------|------------------------------------------|
 * | live       | it is accepted                                   | any of those below                       |
 * | expired    | `expiresAt` has passed                           | final                                    |
 * | revoked    | someone ended it                                 | final                                    |
 * | owner gone | its owner left, or may no longer have such a one | final: nobody gets it back with the role |
 *
 * Events: `token-expiring` to its owner, a week before; `tokens-ended` to admins, for service tokens whose owner is gone.
 *
 * Where to begin: `create-token.ts`, `authenticate-token.ts`, `end-tokens.ts`.
 */
import { DAY_MS } from '../../core/hours.ts';
import { t } from '../../core/translate.ts';

export const SCOPES = ['read', 'request', 'approve', 'access', 'audit'] as const;
export type Scope = (typeof SCOPES)[number];

/** What a token may do with each scope, as far as its person may. */
export const scopeWords = (): Readonly<Record<Scope, string>> => ({
  read: t`See people, integrations, bundles, access, requests, runs, removals, tasks and reviews.`,
  request: t`Request access, and withdraw requests.`,
  approve: t`Approve and deny requests.`,
  access: t`Grant and revoke access, retry runs, and mark tasks as done.`,
  audit: t`Read the audit log.`,
});

export const tokenKinds = { personal: true, service: true } as const;
export type TokenKind = keyof typeof tokenKinds;

export const tokenEnds = { revoked: true, 'owner-gone': true } as const;

/** Why it is over, for the audit log. */
export const whyOver = (): Readonly<Record<keyof typeof tokenEnds | 'expired', string>> => ({
  expired: t`it has expired`,
  revoked: t`it was revoked`,
  'owner-gone': t`its owner has left, or may no longer have such a token`,
});

export interface ApiToken {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly kind: TokenKind;
  /** Whose it is, or the admin who answers for it. */
  readonly ownerId: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** To the hour. */
  readonly lastUsedAt?: Date;
  /** When it ended, before its time. */
  readonly revokedAt?: Date;
  readonly ended?: keyof typeof tokenEnds;
  /** When its owner was notified that it expires soon. */
  readonly warnedAt?: Date;
}

export const isLive = (
  { revokedAt, expiresAt }: Pick<ApiToken, 'revokedAt' | 'expiresAt'>,
  now: Date,
): boolean => !revokedAt && expiresAt > now;

export const DEFAULT_DAYS = 90;
export const MAX_DAYS = 365;
/** How long before its end its owner is notified. */
export const WARNING_MS = 7 * DAY_MS;
/** That one person answers for at the same time. */
export const MAX_LIVE = 20;
export const MAX_NAME = 60;

export const expiryAfter = (days: number, now: Date): Date =>
  new Date(now.getTime() + days * DAY_MS);
