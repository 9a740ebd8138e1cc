/** The reference to an import's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { syncTopic } from '../../../engine/work/topics.ts';
import { cardRefs } from '../../view/live-card.ts';
import { pageShown } from '../paging.ts';

/** The lists of rows, by outcome. */
export const syncLists = [
  'new',
  'added',
  'updated',
  'filled',
  'left',
  'existing',
  'unchanged',
  'ignored',
  'invalid',
  'duplicate',
  'unknown',
  'missing',
] as const;
export type SyncList = (typeof syncLists)[number];

/** Longest search text. Every button of the card carries it, and the card has to stay one message. */
export const LONGEST_SEARCH = 40;

export const shownSync = pageShown.extend({
  runId: z.string(),
  /** Left out: the first list with any rows. */
  list: z.enum(syncLists).optional(),
  text: z.string().max(LONGEST_SEARCH),
});
export type ShownSync = z.infer<typeof shownSync>;

export const syncRefs = cardRefs({
  id: 'sync',
  payload: shownSync,
  topic: ({ runId }) => syncTopic(runId),
});
export const syncRef = syncRefs.with;

export const openedSync = (runId: string): LiveCardRef => syncRef({ runId, text: '', page: 0 });
