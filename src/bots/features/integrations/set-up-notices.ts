/** Tell admins what an app lacks, until it is there: the cards follow. */
import { z } from 'zod';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { isConnected } from '../../../engine/calls/context.ts';
import { whyNotSetUp } from '../../../engine/integrations/integration-state.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import { integrationTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { type Card, note, withButtons } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { openButton } from '../list-card.ts';
import { noLongerExists } from '../no-longer-exists.ts';
import { openIntegration } from './integrations-list.ts';
import { openPage } from './open-page.ts';

const noticeOf = (
  id: string,
  render: (integration: Integration, stores: Reader['stores']) => Promise<Card>,
) =>
  liveCard({
    id,
    payload: z.object({ integrationId: z.string() }),
    topic: ({ integrationId }) => integrationTopic(integrationId),
    async render({ integrationId }, { stores, reader }: Reader) {
      const integration = await stores.integrations.find(integrationId);
      return integration && !integration.deletedAt && isAdmin(reader)
        ? render(integration, stores)
        : noLongerExists();
    },
  });

/** Once, when an app refuses Latchkey's connection. */
export const connectionNotice = noticeOf('connection-notice', async (integration, stores) => {
  const { id: integrationId, name } = integration;
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
});

/** When grants wait until someone sets up their app. */
export const waitingNotice = noticeOf('waiting-notice', async (integration, stores) => {
  const { id: integrationId, name } = integration;
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
});
