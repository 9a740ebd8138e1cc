/** An app as its owners see it: how it stands, who has access and who approves, without anything that only admins set up. */
import { t } from '../../../core/translate.ts';
import { stateOf } from '../../../engine/integrations/integration-state.ts';
import { fullName, type Integration, labelOf } from '../../../engine/people/directory.ts';
import { policyInWords } from '../../../engine/requests/policy-words.ts';
import { policyOf, settingsOf } from '../../../engine/settings/settings.ts';
import type { Reader } from '../../live/context.ts';
import { buttonRow, type Card, factList } from '../../view/card.ts';
import { turnHoldersPage } from '../access/holders-list.ts';
import { codesWords, holdersCount } from '../integrations/integration-facts.ts';
import { stateForOwners } from '../integrations/integration-words.ts';
import { showRequests } from '../requests/request-list.ts';
import { turnReviewsPage } from '../reviews/review-list.ts';
import { turnHistoryPage } from '../runs/run-history.ts';
import { someNames } from '../some-names.ts';
import { openPolicy } from './apply-policy.ts';

/** How many owners are named. */
const NAMED = 5;

export async function ownedApp(integration: Integration, { stores }: Reader): Promise<Card> {
  const { id: integrationId } = integration;
  const owners = await stores.people.findMany(settingsOf(integration).ownerIds ?? []);
  const policy = await policyInWords(policyOf(integration), stores);
  return {
    title: labelOf(integration),
    blocks: [
      factList([
        [t`State`, stateForOwners(await stateOf(stores, integration))],
        [t`Owners`, someNames(owners.map(fullName), NAMED)],
        [t`Has access`, await holdersCount(integration, stores)],
        [t`Requests`, [...policy, ...codesWords(integration)].join(' ')],
      ]),
      ...buttonRow(
        [
          { label: t`Who approves`, does: openPolicy.with({ integrationId }) },
          { label: t`Who has access`, does: turnHoldersPage.with({ integrationId, page: 0 }) },
          { label: t`Reviews`, does: turnReviewsPage.with({ page: 0 }) },
        ],
        [
          {
            label: t`Requests`,
            does: showRequests.with({ scope: 'all', integrationId, page: 0 }),
          },
          {
            label: t`Activity`,
            does: turnHistoryPage.with({ scope: 'all', integrationId, page: 0 }),
          },
        ],
      ),
    ],
  };
}
