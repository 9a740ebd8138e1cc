/** Ends tokens: someone revokes one, or its owner leaves or loses the role. Their owners hear a week before they expire. */
import { type Actor, SYSTEM } from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { Source } from '../work/due.ts';
import { everyDue } from '../work/paged.ts';
import { invalidate, tokensTopic } from '../work/topics.ts';
import { type ApiToken, isLive, WARNING_MS, whyOver } from './token.ts';

/** @returns undefined where it was over already */
export async function revokeToken(
  tx: Transaction,
  id: string,
  { actor }: { readonly actor: Actor },
): Promise<ApiToken | undefined> {
  const token = await tx.apiTokens.find(id);
  if (!token || !isLive(token, tx.now)) return undefined;
  return end(tx, token, { ended: 'revoked', actor });
}

/** For someone who leaves, or who is no admin any more. What they get back later doesn't bring a token back. */
export async function endTokensOf(
  tx: Transaction,
  ownerId: string,
  { actor }: { readonly actor: Actor },
): Promise<void> {
  const ended: ApiToken[] = [];
  for (const token of await tx.apiTokens.liveOf(ownerId, tx.now))
    ended.push(await end(tx, token, { ended: 'owner-gone', actor }));
  await noteServiceTokens(tx, ended);
}

/** For the setting that only admins may have personal ones. Those of others don't come back with it. */
export async function endPersonalTokens(
  tx: Transaction,
  { actor }: { readonly actor: Actor },
): Promise<void> {
  const admins = new Set((await tx.people.admins()).map(({ id }) => id));
  for (const token of await tx.apiTokens.livePersonal(tx.now))
    if (!admins.has(token.ownerId)) await end(tx, token, { ended: 'revoked', actor });
}

/** One whose owner is gone, and that nothing has ended yet. @returns undefined where something has by now */
export async function endOrphan(tx: Transaction, id: string): Promise<ApiToken | undefined> {
  const token = await tx.apiTokens.find(id);
  if (!token || !isLive(token, tx.now)) return undefined;
  const ended = await end(tx, token, { ended: 'owner-gone', actor: SYSTEM });
  await noteServiceTokens(tx, [ended]);
  return ended;
}

/** A program stops with its token, and its owner can't tell anyone any more. */
async function noteServiceTokens(tx: Transaction, ended: readonly ApiToken[]): Promise<void> {
  const tokens = ended.filter(({ kind }) => kind === 'service');
  if (tokens.length > 0) await tx.emit({ kind: 'tokens-ended', tokens });
}

async function end(
  tx: Transaction,
  token: ApiToken,
  { ended, actor }: { readonly ended: NonNullable<ApiToken['ended']>; readonly actor: Actor },
): Promise<ApiToken> {
  const saved = await tx.apiTokens.save({ ...token, revokedAt: tx.now, ended });
  const why = await inWorkspaceLocale(tx, async () => whyOver()[ended]);
  const detail = { tokenId: token.id, name: token.name, why };
  await tx.audit('token.revoked', { actor, personId: token.ownerId, detail });
  await invalidate(tx, tokensTopic);
  return saved;
}

export const tokenSource: Source = {
  name: 'token-expiring',
  async *due({ apiTokens }, now) {
    const until = new Date(now.getTime() + WARNING_MS);
    const soon = everyDue(
      (offset) => apiTokens.toWarn(now, until, offset),
      ({ id }) => id,
    );
    for await (const { id, expiresAt } of soon)
      yield { subject: id, at: new Date(expiresAt.getTime() - WARNING_MS) };
  },
  async fire(tx, { subject }, now) {
    const token = await tx.apiTokens.find(subject);
    if (!token || !isLive(token, now) || token.warnedAt) return;
    const warned = await tx.apiTokens.save({ ...token, warnedAt: now });
    await tx.emit({ kind: 'token-expiring', token: warned });
  },
};
