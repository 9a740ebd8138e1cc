/** Tells owners a week before that a token expires. */
import type { Source } from '../work/due.ts';
import { everyDue } from '../work/paged.ts';
import { isLive, WARNING_MS } from './token.ts';

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
