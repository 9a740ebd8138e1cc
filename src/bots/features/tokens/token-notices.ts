/** Tells an owner that a token expires soon, and admins which service tokens ended with their owner. */
import { z } from 'zod';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { nameOrDeleted } from '../../../engine/people/directory.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import { mayEndToken } from '../../../engine/tokens/may-have.ts';
import { isLive, MAX_LIVE } from '../../../engine/tokens/token.ts';
import { tokensTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { note, withButtons } from '../../view/card.ts';
import { showDate } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { noLongerExists } from '../no-longer-exists.ts';
import { wordButton } from '../word-button.ts';

export const expiringNotice = liveCard({
  id: 'token-expiring',
  payload: z.object({ tokenId: z.string() }),
  topic: () => tokensTopic,

  async render({ tokenId }, reading: Reader) {
    const { stores, reader, now } = reading;
    const token = await stores.apiTokens.find(tokenId);
    if (!token || !mayEndToken(reader, token)) return noLongerExists();
    const { name, expiresAt } = token;
    if (!isLive(token, now()))
      return note(t`The API token ${name} has ended`, t`Programs that use it are refused.`);
    return withButtons(
      note(
        t`The API token ${name} expires soon`,
        t`It works until ${showDate(expiresAt, reading)}. Create a new one before that, and put it where the program has this one.`,
      ),
      wordButton(t`API tokens`, 'tokens'),
    );
  },
});

export const endedNotice = liveCard({
  id: 'tokens-ended',
  payload: z.object({ tokenIds: z.array(z.string()).max(MAX_LIVE) }),
  topic: () => tokensTopic,

  async render({ tokenIds }, { stores, reader }: Reader) {
    if (!isAdmin(reader)) return noLongerExists();
    const found = await Promise.all(tokenIds.map((id) => stores.apiTokens.find(id)));
    const tokens = found.filter((token) => token !== undefined);
    const [first] = tokens;
    if (!first) return noLongerExists();
    const owner = await stores.people.find(first.ownerId);
    const names = tokens.map(({ name }) => name).join(', ');
    const who = nameOrDeleted(owner);
    return withButtons(
      note(
        plural(tokens.length, {
          one: t`A service token ended`,
          other: t`${sayNumber(tokens.length)} service tokens ended`,
        }),
        t`${who} answered for ${names} and is no admin any more. If a program still needs it, create a new token for it.`,
      ),
      wordButton(t`API tokens`, 'tokens'),
    );
  },
});
