import type { Knex } from 'knex';
import type { WebSession, WebSessionStore } from '../../engine/ports/web-stores.ts';
import { type RowOf, time } from '../work/columns.ts';
import { type LaterPurpose, readPurpose, toStored } from './stored-purpose.ts';

type WebSessionRow = RowOf<typeof toRow>;

export const purposes: Record<Exclude<WebSession['purpose'], LaterPurpose>, true> = {
  secrets: true,
  manifest: true,
  connect: true,
  export: true,
};

export function createWebSessionStore(db: Knex): WebSessionStore {
  const sessions = () => db<WebSessionRow>('web_sessions');
  return {
    async insert(session) {
      await sessions().insert(toRow(session));
    },

    async find(id) {
      const row = await sessions().where({ id }).first();
      return (
        row && {
          id,
          personId: row.person_id,
          purpose: readPurpose(row, purposes, 'web_sessions.purpose'),
          subject: row.subject,
          browser: row.browser,
          createdAt: time(row.created_at),
          expiresAt: time(row.expires_at),
        }
      );
    },

    async delete(id) {
      return (await sessions().where({ id }).delete()) === 1;
    },

    async deleteExpired(before) {
      await sessions().where('expires_at', '<', before.getTime()).delete();
    },

    async deleteOf(personId) {
      await sessions().where({ person_id: personId }).delete();
    },
  };
}

const toRow = (session: WebSession) => ({
  id: session.id,
  person_id: session.personId,
  ...toStored(session),
  browser: session.browser,
  created_at: session.createdAt.getTime(),
  expires_at: session.expiresAt.getTime(),
});
