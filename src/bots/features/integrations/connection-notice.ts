/** Tells admins once when an app refuses Latchkey's connection. The card follows until the connection works again. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import { integrationTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { note } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { openPage } from './open-page.ts';

export const connectionNotice = liveCard({
  id: 'connection-notice',
  payload: z.object({ integrationId: z.string() }),
  topic: ({ integrationId }) => integrationTopic(integrationId),

  async render({ integrationId }, { stores, reader }: Reader) {
    const integration = await stores.integrations.find(integrationId);
    if (!integration || integration.deletedAt || !isAdmin(reader))
      return note(t`This is about something that is gone`, t`There is nothing to do.`);
    const { name } = integration;
    const token = await stores.oauth.find(integrationId);
    if (token?.state === 'connected')
      return note(t`${name} is connected again`, t`There is nothing more to do.`);
    return {
      title: t`${name} no longer lets Latchkey in`,
      blocks: [
        {
          kind: 'text',
          text: [
            t`It doesn't take the connection that an admin has allowed. Until one of you connects it again, nothing can be granted, checked or revoked there.`,
          ],
        },
        {
          kind: 'buttons',
          buttons: [
            {
              label: t`Reconnect`,
              about: t`Reconnect: ${name}`,
              tone: 'primary',
              does: openPage.with({ purpose: 'connect', subject: integrationId }),
            },
          ],
        },
      ],
    };
  },
});
