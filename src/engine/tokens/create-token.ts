/** Makes a token. Its presented form is given back once, and nobody can find it out later. */
import { t } from '../../core/translate.ts';
import type { Actor } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidate, tokensTopic } from '../work/topics.ts';
import { mayHaveToken } from './may-have.ts';
import {
  type ApiToken,
  expiryAfter,
  MAX_DAYS,
  MAX_LIVE,
  MAX_NAME,
  SCOPES,
  type Scope,
  type TokenKind,
  WARNING_MS,
} from './token.ts';
import { newTokenText, tokenHash } from './token-text.ts';

export interface TokenWish {
  readonly name: string;
  readonly kind: TokenKind;
  readonly ownerId: string;
  readonly scopes: readonly Scope[];
  readonly days: number;
}

export type Created =
  | { readonly ok: true; readonly token: ApiToken; readonly presented: string }
  /** A sentence for people, and the field that it is about, if any. */
  | { readonly ok: false; readonly why: string; readonly field?: 'name' | 'scopes' | 'days' };

type Problem = Extract<Created, { readonly ok: false }>;

export async function createToken(
  tx: Transaction,
  wish: TokenWish,
  { actor }: { readonly actor: Actor },
): Promise<Created> {
  await tx.people.hold(wish.ownerId); // Two at once don't make one too many, and no one leaves meanwhile.
  const problem = await problemOf(tx, wish);
  if (problem) return problem;
  const createdAt = tx.now;
  const expiresAt = expiryAfter(wish.days, createdAt);
  const token: ApiToken = {
    id: tx.newId(),
    version: 1,
    name: wish.name.trim(),
    kind: wish.kind,
    ownerId: wish.ownerId,
    scopes: SCOPES.filter((scope) => wish.scopes.includes(scope)),
    createdAt,
    expiresAt,
    // Its owner knows already.
    ...(expiresAt.getTime() - createdAt.getTime() <= WARNING_MS && { warnedAt: createdAt }),
  };
  const presented = newTokenText(token.id, tx.randomBytes);
  await tx.apiTokens.insert(token, tokenHash(presented));
  await tx.audit('token.created', { actor, personId: token.ownerId, detail: tokenDetail(token) });
  await invalidate(tx, tokensTopic);
  return { ok: true, token, presented };
}

/** Why it can't be made, as it is now. */
export async function problemOf(
  tx: Pick<Transaction, 'people' | 'apiTokens' | 'settings' | 'now'>,
  { name, kind, ownerId, scopes, days }: TokenWish,
): Promise<Problem | undefined> {
  const no = (why: string, field?: Problem['field']): Problem => ({
    ok: false,
    why,
    ...(field && { field }),
  });
  const given = name.trim();
  if (given === '' || given.length > MAX_NAME || /\p{Cc}/u.test(given))
    return no(t`Give it a name of at most ${MAX_NAME} characters.`, 'name');
  if (scopes.length === 0) return no(t`Choose what it may do.`, 'scopes');
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS)
    return no(t`A token lasts between 1 and ${MAX_DAYS} days.`, 'days');
  const owner = await tx.people.find(ownerId);
  if (!owner || !(await mayHaveToken(tx, owner, kind)))
    return no(
      kind === 'service'
        ? t`Only an admin can answer for a service token.`
        : t`Only admins may have API tokens here. An admin can change that in the settings.`,
    );
  const live = await tx.apiTokens.liveOf(ownerId, tx.now);
  if (live.length >= MAX_LIVE)
    return no(t`That would be more than ${MAX_LIVE} tokens. Revoke one that no one needs first.`);
  return live.some((each) => each.name === given)
    ? no(t`There is a token with this name already. Choose another name.`, 'name')
    : undefined;
}

/** For the audit log. */
const tokenDetail = ({ id, name, kind, scopes, expiresAt }: ApiToken) => ({
  tokenId: id,
  name,
  kind,
  scopes: scopes.join(', '),
  until: expiresAt.toISOString().slice(0, 10),
});
