import type { Knex } from 'knex';
import type { ChatIdentity, ChatIdentityStore } from '../engine/ports/people-stores.ts';
import { oneOf, platforms, time } from './columns.ts';

interface IdentityRow {
  readonly platform: string;
  readonly tenant: string;
  readonly user_id: string;
  readonly person_id: string;
  readonly linked_at: number;
}

export function createIdentityStore(db: Knex): ChatIdentityStore {
  const identities = () => db<IdentityRow>('chat_identities');

  return {
    async find(platform, tenant, userId) {
      const row = await identities().where({ platform, tenant, user_id: userId }).first();
      return row && toIdentity(row);
    },

    async ofPerson(personId) {
      const rows = await identities().where({ person_id: personId }).orderBy('linked_at');
      return rows.map(toIdentity);
    },

    async insert(identity) {
      await identities()
        .insert({
          platform: identity.platform,
          tenant: identity.tenant,
          user_id: identity.userId,
          person_id: identity.personId,
          linked_at: identity.linkedAt.getTime(),
        })
        .onConflict(['platform', 'tenant', 'user_id'])
        .ignore();
    },

    async delete(platform, tenant, userId) {
      await identities().where({ platform, tenant, user_id: userId }).delete();
    },
  };
}

function toIdentity(row: IdentityRow): ChatIdentity {
  return {
    platform: oneOf(platforms, row.platform, 'chat_identities.platform'),
    tenant: row.tenant,
    userId: row.user_id,
    personId: row.person_id,
    linkedAt: time(row.linked_at),
  };
}
