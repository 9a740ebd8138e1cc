import type { Draft, DraftStore } from '../../engine/ports/integration-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import type { FiringStore, SettingsStore } from '../../engine/ports/upkeep-stores.ts';
import type { WebSession, WebSessionStore } from '../../engine/ports/web-stores.ts';
import { createTable, type Journal, keyOf } from './table.ts';

export function createDraftStore(journal: Journal): DraftStore {
  const drafts = createTable<Draft>('drafts', journal);
  return {
    put: async (draft) => drafts.put(draft.id, draft),
    find: async (id) => drafts.get(id),
    async delete(id) {
      const was = drafts.get(id) !== undefined;
      drafts.delete(id);
      return was;
    },
    async deleteFor(integrationId) {
      for (const draft of drafts.rows())
        if (draft.integrationId === integrationId) drafts.delete(draft.id);
    },
    async deleteBefore(before) {
      for (const { id, createdAt } of drafts.rows()) if (createdAt < before) drafts.delete(id);
    },
  };
}

export function createWebSessionStore(journal: Journal): WebSessionStore {
  const sessions = createTable<WebSession>('web_sessions', journal);
  return {
    insert: async (session) => sessions.insert(session.id, session),
    find: async (id) => sessions.get(id),
    async delete(id) {
      const was = sessions.get(id) !== undefined;
      sessions.delete(id);
      return was;
    },
    async deleteExpired(before) {
      for (const { id, expiresAt } of sessions.rows()) if (expiresAt < before) sessions.delete(id);
    },
    async deleteOf(personId) {
      for (const session of sessions.rows())
        if (session.personId === personId) sessions.delete(session.id);
    },
  };
}

export function createSettingsStore(journal: Journal): SettingsStore {
  const settings = createTable<{ readonly version: number; readonly value: string }>(
    'settings',
    journal,
  );
  return {
    find: async (key) => settings.get(key),
    async save(key, version, value) {
      if ((settings.get(key)?.version ?? 0) !== version)
        throw new StaleWrite('setting', key, version);
      settings.put(key, { version: version + 1, value });
    },
  };
}

export function createFiringStore(journal: Journal): FiringStore {
  const firings = createTable<{ readonly subject: string; readonly at: Date }>('firings', journal);
  return {
    async claim(subject, at) {
      const key = keyOf(subject, at.getTime());
      if (firings.get(key)) return false;
      firings.put(key, { subject, at });
      return true;
    },
    isClaimed: async (subject, at) => firings.get(keyOf(subject, at.getTime())) !== undefined,
    async deleteBefore(before) {
      for (const { subject, at } of firings.rows())
        if (at < before) firings.delete(keyOf(subject, at.getTime()));
    },
  };
}
