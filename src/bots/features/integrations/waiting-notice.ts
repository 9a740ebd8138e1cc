/** Tells admins that grants wait until someone sets up their app. The card follows until none waits for that. */
import { z } from 'zod';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { whyNotSetUp } from '../../../engine/integrations/integration-state.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import { integrationTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { note, withButtons } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { openButton } from '../list-card.ts';
import { noLongerExists } from '../no-longer-exists.ts';
import { openIntegration } from './integrations-list.ts';

export const waitingNotice = liveCard({
  id: 'waiting-notice',
  payload: z.object({ integrationId: z.string() }),
  topic: ({ integrationId }) => integrationTopic(integrationId),

  async render({ integrationId }, { stores, reader }: Reader) {
    const integration = await stores.integrations.find(integrationId);
    if (!integration || integration.deletedAt || !isAdmin(reader)) return noLongerExists();
    const { name } = integration;
    const notSetUp = await whyNotSetUp(stores, integration);
    const waiting = (await stores.runs.deferredByIntegration()).find(
      (each) => each.integrationId === integrationId,
    );
    if (!waiting || notSetUp === undefined)
      return note(t`No grant of ${name} is waiting any more`, t`There is nothing more to do.`);
    const title = plural(waiting.grants, {
      one: t`1 grant of ${name} is waiting`,
      other: t`${sayNumber(waiting.grants)} grants of ${name} are waiting`,
    });
    return withButtons(
      note(title, t`${notSetUp} Then access is granted.`),
      openButton(name, openIntegration.with({ integrationId })),
    );
  },
});
