/** Whose call of the API it is. Asked at each call, since people leave and roles change. */
import { HOUR_MS } from '../../core/hours.ts';
import { same } from '../links/links.ts';
import { type Actor, type Person, SYSTEM } from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { Database } from '../ports/unit-of-work.ts';
import { endOrphan } from './end-tokens.ts';
import { mayHaveToken } from './may-have.ts';
import { type ApiToken, isLive, whyOver } from './token.ts';
import { idIn, tokenHash } from './token-text.ts';

/** Of each token so many uses are stored, and so many refusals, so that a busy program writes little. */
const NOTED_EVERY_MS = HOUR_MS;

export type TokenRefusal = 'malformed' | 'unknown' | 'expired' | 'revoked' | 'owner-gone';

export type Authenticated =
  | {
      readonly ok: true;
      readonly token: ApiToken;
      /** Whose rights count: its person, or the admin who answers for it. Active. */
      readonly person: Person;
      /** For all that it does. */
      readonly actor: Extract<Actor, { readonly kind: 'person' }>;
    }
  /** `expired`, `revoked` and `owner-gone` are said only to someone who has the secret. */
  | { readonly ok: false; readonly reason: TokenRefusal };

/** @param presented as the program sent it; untrusted, of any length */
export async function authenticateToken(
  presented: string,
  { stores, transact, now }: Database,
): Promise<Authenticated> {
  const id = idIn(presented);
  if (id === undefined) return { ok: false, reason: 'malformed' };
  const found = await stores.apiTokens.findWithHash(id);
  if (!found || !same(tokenHash(presented), found.hash)) return { ok: false, reason: 'unknown' };
  const { token, lastRefusedAt } = found;
  const at = now();
  const before = new Date(at.getTime() - NOTED_EVERY_MS);

  const refuse = async (reason: keyof ReturnType<typeof whyOver>): Promise<Authenticated> => {
    // A program that goes on with it costs no transaction each time.
    if (!isLive(token, at) && lastRefusedAt && lastRefusedAt > before) return { ok: false, reason };
    await transact(async (tx) => {
      if (reason === 'owner-gone') await endOrphan(tx, id);
      if (!(await tx.apiTokens.noteUse(id, 'refused', { now: at, before }))) return;
      const why = await inWorkspaceLocale(tx, async () => whyOver()[reason]);
      const detail = { tokenId: id, name: token.name, why };
      await tx.audit('token.refused', { actor: SYSTEM, personId: token.ownerId, detail });
    });
    return { ok: false, reason };
  };
  if (token.revokedAt) return refuse(token.ended ?? 'revoked');
  if (token.expiresAt <= at) return refuse('expired');
  const person = await stores.people.find(token.ownerId);
  if (!person || !(await mayHaveToken(stores, person, token.kind))) return refuse('owner-gone');

  if (!token.lastUsedAt || token.lastUsedAt <= before)
    await transact((tx) => tx.apiTokens.noteUse(id, 'used', { now: at, before }));
  return {
    ok: true,
    token,
    person,
    actor: { kind: 'person', personId: person.id, via: 'web', tokenId: id },
  };
}
