/** What chat remembers: messages, conversations, open forms, cached options, handled events. */
import { OPTIONS_CACHE_MS } from '../../engine/calls/limits.ts';
import type {
  Conversation,
  ConversationStore,
  FormSession,
  FormSessionStore,
  InboxStore,
  LiveMessage,
  MessageStore,
  OptionsAnswer,
  OptionsStore,
} from '../../engine/ports/chat-stores.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import { createTable, type Journal, keyOf } from './table.ts';

export function createMessageStore(journal: Journal): MessageStore {
  const messages = createTable<LiveMessage>('messages', journal);
  return {
    find: async (id) => messages.get(id),
    findByAddress: async ({ platform, key }) =>
      messages.rows().find(({ address }) => address.platform === platform && address.key === key),
    bySubjects: async (subjects) =>
      messages
        .rows()
        .filter(({ card }) => subjects.includes(card.subject))
        .toSorted((a, b) => b.postedAt.getTime() - a.postedAt.getTime()),
    put: async (message) => messages.put(message.id, message),
    delete: async (id) => messages.delete(id),
    async deleteOf(readerId, platform) {
      for (const each of messages.rows())
        if (each.readerId === readerId && each.address.platform === platform)
          messages.delete(each.id);
    },
  };
}

export function createConversationStore(journal: Journal): ConversationStore {
  const conversations = createTable<Conversation>('conversations', journal);
  return {
    put: async (conversation) =>
      conversations.put(keyOf(conversation.personId, conversation.address.platform), conversation),
    latest: async (personId) =>
      conversations
        .rows()
        .filter((each) => each.personId === personId)
        .toSorted((a, b) => b.lastWroteAt.getTime() - a.lastWroteAt.getTime())[0],
    on: async (personId, platform) => conversations.get(keyOf(personId, platform)),
    delete: async (personId, platform) => conversations.delete(keyOf(personId, platform)),
  };
}

/** A form that lies open longer is opened again: what it offered may have changed. */
const FORM_LIFE_MS = 60 * 60 * 1000;

export function createFormSessionStore(journal: Journal, now: Clock): FormSessionStore {
  const sessions = createTable<{ readonly session: FormSession; readonly used: boolean }>(
    'form_sessions',
    journal,
  );
  function answerable(id: string): FormSession | undefined {
    const row = sessions.get(id);
    const oldest = now().getTime() - FORM_LIFE_MS;
    return row && !row.used && row.session.createdAt.getTime() >= oldest ? row.session : undefined;
  }
  return {
    insert: async (session) => sessions.insert(session.id, { session, used: false }),
    find: async (id) => answerable(id),
    async use(id) {
      const session = answerable(id);
      if (session) sessions.put(id, { session, used: true });
      return session !== undefined;
    },
    async reopen(id) {
      const row = sessions.get(id);
      if (row) sessions.put(id, { ...row, used: false });
    },
    async deleteOf(personId) {
      for (const { session } of sessions.rows())
        if (session.personId === personId) sessions.delete(session.id);
    },
  };
}

export function createOptionsStore(journal: Journal): OptionsStore {
  const cache = createTable<{ readonly answer: OptionsAnswer; readonly expiresAt: Date }>(
    'options_cache',
    journal,
  );
  return {
    async find(key, now) {
      const row = cache.get(key);
      const latest = new Date(now.getTime() + OPTIONS_CACHE_MS);
      return row && row.expiresAt > now && row.expiresAt <= latest ? row.answer : undefined;
    },
    put: async (key, answer, expiresAt) => cache.put(key, { answer, expiresAt }),
    delete: async (key) => cache.delete(key),
  };
}

export function createInboxStore(journal: Journal): InboxStore {
  const inbox = createTable<Date>('inbox', journal);
  return {
    async accept(key, now) {
      if (inbox.get(key)) return false;
      inbox.put(key, now);
      return true;
    },
  };
}
