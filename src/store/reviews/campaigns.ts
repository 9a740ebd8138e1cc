import type { Knex } from 'knex';
import type { CampaignStore } from '../../engine/ports/access-stores.ts';
import { type Campaign, campaignStates, recurrences } from '../../engine/reviews/campaign.ts';
import { reviewerKinds, undecidedWays } from '../../engine/reviews/review.ts';
import {
  jsonColumn,
  oneOf,
  type RowOf,
  readColumnOr,
  readOrUnread,
  time,
  withoutNulls,
} from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { newestFirst } from '../work/newest-first.ts';
import { saveVersioned } from '../work/save-versioned.ts';
import { pageOf } from '../work/total.ts';
import { ids, scopeSchema } from './review-rows.ts';

type CampaignRow = RowOf<typeof toRow>;

export const reviewerIdsColumn = jsonColumn('review_campaigns.reviewer_ids', ids);
export const scopeColumn = jsonColumn('review_campaigns.scope', scopeSchema);

export function createCampaignStore(db: Knex): CampaignStore {
  const campaigns = () => db<CampaignRow>('review_campaigns');
  return {
    async insert(campaign) {
      await campaigns().insert(toRow(campaign));
    },

    find: findBy('id', campaigns, toCampaign),

    save: (campaign) => saveVersioned(campaigns(), 'review campaign', campaign, toRow),

    async list(page) {
      const { rows, total } = await pageOf(campaigns, page, newestFirst());
      return { campaigns: rows.map(toCampaign), total };
    },

    async on() {
      const rows = await campaigns().where({ state: 'on' }).orderBy(['created_at', 'id']);
      return rows.map(toCampaign);
    },
  };
}

const toRow = (campaign: Campaign) => ({
  id: campaign.id,
  version: campaign.version,
  name: campaign.name,
  created_by_id: campaign.createdById,
  created_at: campaign.createdAt.getTime(),
  state: campaign.state,
  every: campaign.every,
  first_on: campaign.firstOn,
  from_on: campaign.fromOn,
  last_on: campaign.lastOn ?? null,
  days: campaign.days,
  reviewers: campaign.reviewers,
  undecided: campaign.undecided,
  reviewer_ids: JSON.stringify(campaign.reviewerIds),
  // What can't be read stays as it is.
  ...(campaign.scope !== 'unread' && { scope: JSON.stringify(campaign.scope) }),
  last_review_id: campaign.lastReviewId ?? null,
});

function toCampaign(row: CampaignRow): Campaign {
  return withoutNulls({
    id: row.id,
    version: row.version,
    name: row.name,
    createdById: row.created_by_id,
    createdAt: time(row.created_at),
    state: oneOf(campaignStates, row.state, 'review_campaigns.state'),
    every: oneOf(recurrences, row.every, 'review_campaigns.every'),
    firstOn: row.first_on,
    fromOn: row.from_on,
    lastOn: row.last_on,
    days: row.days,
    reviewers: oneOf(reviewerKinds, row.reviewers, 'review_campaigns.reviewers'),
    undecided: oneOf(undecidedWays, row.undecided, 'review_campaigns.undecided'),
    reviewerIds: readColumnOr(reviewerIdsColumn, row.reviewer_ids, []),
    scope: readOrUnread(scopeColumn, row.scope),
    lastReviewId: row.last_review_id,
  });
}
