/** What was saved on a page that a link from chat opened: it takes the place of the question about the link. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { stateOf } from '../../../engine/integrations/integration-state.ts';
import type { PageResult } from '../../../engine/links/page-result.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import { integrationTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { note, withButtons } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { noLongerExists } from '../no-longer-exists.ts';
import { stateWords } from './integration-words.ts';
import { openIntegration } from './integrations-list.ts';

export const pageResult = liveCard({
  id: 'page-result',
  payload: z.object({
    done: z.enum(['secrets', 'manifest', 'connect']),
    integrationId: z.string(),
  }),
  topic: ({ integrationId }) => integrationTopic(integrationId),

  async render({ done, integrationId }, { stores, reader }: Reader) {
    const integration = await stores.integrations.find(integrationId);
    if (!integration || integration.deletedAt || !isAdmin(reader)) return noLongerExists();
    const { name } = integration;
    const state = stateWords(await stateOf(stores, integration));
    return withButtons(note(titleOf(done, name), state), {
      label: t`View`,
      does: openIntegration.with({ integrationId }),
    });
  },
});

function titleOf(done: PageResult['done'], name: string): string {
  switch (done) {
    case 'secrets':
      return t`Saved for ${name}`;
    case 'manifest':
      return t`The manifest of ${name} is saved`;
    case 'connect':
      return t`${name} is connected`;
    default:
      return unreachable(done);
  }
}
