/** An owner hears that a token expires soon; admins hear of service tokens that ended with their owner. */
import { tellAdmins } from '../../../engine/messages/notices.ts';
import { notifyPerson } from '../../../engine/messages/notify-person.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { endedNotice, expiringNotice } from './token-notices.ts';

export const tokenEvents = {
  'token-expiring': (tx, { token }) =>
    notifyPerson(tx, token.ownerId, { card: expiringNotice.with({ tokenId: token.id }) }),

  'tokens-ended': (tx, { tokens }) =>
    tellAdmins(tx, endedNotice.with({ tokenIds: tokens.map(({ id }) => id) })),
} satisfies EventHandlers;
