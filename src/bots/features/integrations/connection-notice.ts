/** Tells admins once when an app refuses Latchkey's connection. The card follows until the connection works again. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { isConnected } from '../../../engine/calls/context.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import { integrationTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { note, withButtons } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { noLongerExists } from '../no-longer-exists.ts';
import { openPage } from './open-page.ts';

export const connectionNotice = liveCard({
  id: 'connection-notice',
  payload: z.object({ integrationId: z.string() }),
  topic: ({ integrationId }) => integrationTopic(integrationId),

  async render({ integrationId }, { stores, reader }: Reader) {
    const integration = await stores.integrations.find(integrationId);
    if (!integration || integration.deletedAt || !isAdmin(reader)) return noLongerExists();
    const { name } = integration;
    if (await isConnected(stores, integration))
      return note(t`${name} is connected again`, t`There is nothing more to do.`);
    return withButtons(
      note(
        t`${name} rejected Latchkey's sign-in`,
        t`The sign-in expired or was revoked. Until an admin reconnects it, Latchkey can't grant, check or revoke anything there.`,
      ),
      {
        label: t`Reconnect`,
        about: t`Reconnect: ${name}`,
        tone: 'primary',
        does: openPage.with({ purpose: 'connect', subject: integrationId }),
      },
    );
  },
});
