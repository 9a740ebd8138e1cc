import type { Knex } from 'knex';
import type { WebSession, WebSessionStore } from '../../engine/ports/web-stores.ts';
import type { RowOf } from '../work/columns.ts';
import { date, rowMapper, text } from '../work/row-mapper.ts';
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
          ...fromColumns(row),
          purpose: readPurpose(row, purposes, 'web_sessions.purpose'),
          subject: row.subject,
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

const { toRow: toColumns, fromRow: fromColumns } = rowMapper('web_sessions', {
  id: text,
  personId: text,
  browser: text,
  createdAt: date,
  expiresAt: date,
});

const toRow = (session: WebSession) => ({ ...toColumns(session), ...toStored(session) });
