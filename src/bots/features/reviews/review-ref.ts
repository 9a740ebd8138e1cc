/** The references to a review's cards; a separate file avoids an import cycle with the cards. */
import { z } from 'zod';
import { campaignTopic } from '../../../engine/work/topics.ts';
import { type Reply, showCard } from '../../view/action.ts';
import { cardRefs } from '../../view/live-card.ts';
import { MAX_SEARCH } from '../list-card.ts';
import { pageShown } from '../paging.ts';

export const reviewPayload = pageShown.extend({
  reviewId: z.string(),
  /** Whose part it is; left out, as in cards from before: the reader's. */
  ofId: z.string().optional(),
  /** Only rows with these words. */
  text: z.string().max(MAX_SEARCH).optional(),
});

/** What a review's progress lists: its reviewers, what they revoked, or every access. */
export const reportParts = ['reviewers', 'revoked', 'all'] as const;

export const reportPayload = pageShown.extend({
  reviewId: z.string(),
  /** Left out: the reviewers while it is open, then what they revoked. */
  part: z.enum(reportParts).optional(),
});

export const campaignPayload = z.object({ campaignId: z.string() });

export const campaignRefs = cardRefs({
  id: 'review-campaign',
  payload: campaignPayload,
  topic: ({ campaignId }) => campaignTopic(campaignId),
});

export const showCampaign = (campaignId: string): Reply =>
  showCard(campaignRefs.with({ campaignId }));
