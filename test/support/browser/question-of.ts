/** The question about a link, as it stands in chat. */
import { cards } from '../../../src/bots/features/features.ts';
import { linkQuestion } from '../../../src/bots/features/messages/confirm-link.ts';
import { textOf } from '../chat.ts';
import { present } from '../given/outcomes.ts';
import type { TestWeb } from './web.ts';

/** @returns what it says whenever that is asked */
export async function questionOf(
  { chat, admin }: TestWeb,
  path: string,
): Promise<() => Promise<string>> {
  const { stores, transact, now } = chat.services;
  const [linkId = ''] = path.slice(path.lastIndexOf('/') + 1).split('.');
  const id = `question-${linkId}`;
  await transact((tx) =>
    tx.messages.put({
      id,
      card: linkQuestion.with({ linkId, opening: 1 }),
      readerId: admin.id,
      address: { platform: 'slack', key: id },
      shown: '',
      postedAt: now(),
    }),
  );
  return async () => {
    const { card } = present(await stores.messages.find(id));
    const times = { timeZone: 'UTC', scheduleZone: 'UTC' };
    const reader = { reader: admin, stores, now, ...times };
    return textOf(await cards.find(card.view).render(card.payload, reader));
  };
}
