/** Admins are told, once, when a third party no longer lets Latchkey in; the card then follows until it does again. */
import { z } from 'zod';
import { say } from '../../../core/say.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import { integrationSubject } from '../../../engine/work/subjects.ts';
import type { Reader } from '../../live/context.ts';
import { note } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { openPage } from './open-page.ts';

export const connectionNotice = liveCard({
  id: 'connection-notice',
  payload: z.object({ integrationId: z.string() }),
  subject: ({ integrationId }) => integrationSubject(integrationId),

  async render({ integrationId }, { stores, reader }: Reader) {
    const integration = await stores.integrations.find(integrationId);
    if (!integration || integration.deletedAt || !isAdmin(reader))
      return note(say`This is about something that is gone`, say`There is nothing to do.`);
    const { name } = integration;
    const token = await stores.oauth.find(integrationId);
    if (token?.state === 'connected')
      return note(say`${name} is connected again`, say`There is nothing more to do.`);
    return {
      title: say`${name} no longer lets Latchkey in`,
      blocks: [
        {
          kind: 'text',
          text: [
            say`It doesn't take the connection that an admin has allowed. Until one of you connects it again, nothing can be granted, checked or revoked there.`,
          ],
        },
        {
          kind: 'buttons',
          buttons: [
            {
              label: say`Reconnect`,
              about: say`Reconnect: ${name}`,
              tone: 'primary',
              does: openPage.with({ purpose: 'connect', subject: integrationId }),
            },
          ],
        },
      ],
    };
  },
});
