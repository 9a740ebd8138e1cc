import type { Knex } from 'knex';
import type { CampaignStore } from '../../engine/ports/review-stores.ts';
import { campaignStates, recurrences } from '../../engine/reviews/campaign.ts';
import {
  type ReviewScope,
  reviewerKinds,
  reviewScope,
  undecidedWays,
} from '../../engine/reviews/review.ts';
import { jsonColumn, type RowOf } from '../work/columns.ts';
import { newestFirst } from '../work/newest-first.ts';
import {
  date,
  json,
  jsonOrUnread,
  number,
  optional,
  rowMapper,
  text,
  word,
} from '../work/row-mapper.ts';
import { pageOf } from '../work/total.ts';
import { versionedRows } from '../work/versioned-rows.ts';
import { ids } from './review-rows.ts';

type CampaignRow = RowOf<typeof toRow>;

export const reviewerIdsColumn = jsonColumn('review_campaigns.reviewer_ids', ids);
export const scopeColumn = jsonColumn<ReviewScope>('review_campaigns.scope', reviewScope);

export function createCampaignStore(db: Knex): CampaignStore {
  const campaigns = () => db<CampaignRow>('review_campaigns');
  return {
    async list(page) {
      const { rows, total } = await pageOf(campaigns, page, newestFirst());
      return { campaigns: rows.map(toCampaign), total };
    },

    async on() {
      const rows = await campaigns().where({ state: 'on' }).orderBy(['created_at', 'id']);
      return rows.map(toCampaign);
    },

    ...versionedRows(campaigns, 'review campaign', { toRow, fromRow: toCampaign }),
  };
}

const { toRow, fromRow: toCampaign } = rowMapper('review_campaigns', {
  id: text,
  version: number,
  name: text,
  createdById: text,
  createdAt: date,
  state: word(campaignStates),
  every: word(recurrences),
  firstOn: text,
  fromOn: text,
  lastOn: optional(text),
  days: number,
  reviewers: word(reviewerKinds),
  undecided: word(undecidedWays),
  reviewerIds: json<readonly string[]>(reviewerIdsColumn, []),
  scope: jsonOrUnread(scopeColumn),
  lastReviewId: optional(text),
});
