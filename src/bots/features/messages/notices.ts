/** Messages about the channel for notices: its first notice, its loss, and a button that ends an integration's own channel. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { chooseNoticePlace } from '../../../engine/messages/notices.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import type { Reader } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { change, unlessFailed } from '../change.ts';
import { targetOf, targetPayload } from '../integrations/integration-target.ts';

/** The first notice in a channel, which proves that Latchkey can write there. */
export const noticesComeHere = liveCard({
  id: 'notices-come-here',
  payload: z.object({ integrationId: z.string().optional(), byId: z.string(), id: z.string() }),
  topic: ({ id }) => `notice:${id}`, // Nothing changes this message later.

  async render({ integrationId, byId }, { stores, reader }: Reader) {
    const [integration, by] = await Promise.all([
      integrationId === undefined ? undefined : stores.integrations.find(integrationId),
      stores.people.find(byId),
    ]);
    if (!isAdmin(reader)) return forAdmins();
    const who = by ? fullName(by) : t`An admin`;
    return note(
      t`Notices now come here`,
      integration
        ? t`${who} chose this place for notices of ${integration.name}. To move them, write "@Latchkey notices ${integration.name}" in another channel.`
        : t`${who} chose this place for notices of all integrations. To move them, write "@Latchkey notices" in another channel.`,
    );
  },
});

/** Tells admins that Latchkey can't write to the channel for notices any more. */
export const placeLost = liveCard({
  id: 'notice-place-lost',
  payload: z.object({ place: z.string(), id: z.string() }),
  topic: ({ id }) => `notice:${id}`,

  render: async ({ place }, { reader }: Reader) =>
    isAdmin(reader)
      ? note(
          t`I can't post notices in ${place}`,
          t`It no longer exists, or I'm not in it. Notices come to you until one of you adds me to a channel and writes "@Latchkey notices" there.`,
        )
      : forAdmins(),
});

const forAdmins = () => note(t`This was for Latchkey admins`, t`You don't need to do anything.`);

/** The integration's notices then go where those of other integrations go. */
export const noOwnNotices = buttonAction({
  id: 'integration.no-notices',
  payload: targetPayload,
  admit: targetOf(() => t`choose where notices go`),

  async handle(_payload, { integration, ...turn }): Promise<Reply> {
    const chosen = await change(turn, (tx, by) =>
      chooseNoticePlace(tx, { ...by, integrationId: integration.id }),
    );
    // The integration's card shows it.
    return unlessFailed(chosen, t`Nothing changed`);
  },
});
