/** What was done on the page of a link, where chat asked about it. */
import type { LiveCardRef } from '../../core/message.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidate, linkTopic } from '../work/topics.ts';

/** What a page has done for an integration. */
export interface PageResult {
  readonly done: 'secrets' | 'manifest' | 'connect';
  readonly integrationId: string;
}

/**
 * The questions about the link, in chat, become that card: they no longer send anyone to the page.
 * @param linkId also the id of the session that it opened
 */
export async function showResult(
  tx: Transaction,
  linkId: string,
  card: LiveCardRef,
): Promise<void> {
  for (const message of await tx.messages.byTopics([linkTopic(linkId)]))
    await tx.messages.put({ ...message, card });
  await invalidate(tx, card.topic);
}
