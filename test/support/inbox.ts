import { StoredInbox } from '../../src/bots/live/inbox.ts';
import type { TestChat } from './chat.ts';

/** The stored inbox of a process that has nothing else to do and no limits; what fails is thrown. */
export const idleInbox = ({ services }: Pick<TestChat, 'services'>): StoredInbox =>
  new StoredInbox({
    store: services.stores.inbox,
    processId: 'p1',
    now: services.now,
    later(_ms, work) {
      setImmediate(work);
      return () => undefined;
    },
    afterTimeAwake: () => () => undefined,
    isFree: () => true,
    rateLimit: () => ({ ok: true }),
    onError: (error) => {
      throw error;
    },
  });
