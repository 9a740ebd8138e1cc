/** How the card of an import from an integration is named: by its buttons too, which the card itself stands on. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { syncTopic } from '../../../engine/work/topics.ts';
import { pageShown } from '../paging.ts';

export const SYNC_CARD = 'sync';

/** Which rows are listed: those that came to the same. */
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

/** Of a search: every button of the card carries it, and the card has to stay one message. */
export const LONGEST_SEARCH = 40;

export const shownSync = pageShown.extend({
  runId: z.string(),
  /** Left out: the first one that has anybody in it. */
  list: z.enum(syncLists).optional(),
  text: z.string().max(LONGEST_SEARCH),
});
export type ShownSync = z.infer<typeof shownSync>;

export const syncRef = (shown: ShownSync): LiveCardRef => ({
  view: SYNC_CARD,
  payload: JSON.stringify(shown),
  subject: syncTopic(shown.runId),
});

/** The card as it opens. */
export const openedSync = (runId: string): LiveCardRef => syncRef({ runId, text: '', page: 0 });
