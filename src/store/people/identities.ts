import type { Knex } from 'knex';
import type {
  ChatIdentity,
  ChatIdentityStore,
  KnownUser,
} from '../../engine/ports/people-stores.ts';
import { WORKSPACE } from '../../engine/settings/settings.ts';
import { type ConversationRow, toConversation } from '../live/conversations.ts';
import { platforms, type RowOf } from '../work/columns.ts';
import { date, rowMapper, text, word } from '../work/row-mapper.ts';
import { type PersonRow, toPerson } from './person-rows.ts';

type IdentityRow = RowOf<typeof toRow>;

type KnownRow = PersonRow & {
  readonly address_key: string | null;
  readonly last_wrote_at: number | null;
  readonly workspace: string | null;
};

export function createIdentityStore(db: Knex): ChatIdentityStore {
  const identities = () => db<IdentityRow>('chat_identities');

  return {
    async known(platform, tenant, userId) {
      const row: KnownRow | undefined = await db('chat_identities as who')
        .join('people', 'people.id', 'who.person_id')
        .leftJoin('conversations as direct', (on) =>
          on.on('direct.person_id', 'who.person_id').on('direct.platform', 'who.platform'),
        )
        .leftJoin('settings', (on) => on.onVal('settings.key', WORKSPACE))
        .where({ 'who.platform': platform, 'who.tenant': tenant, 'who.user_id': userId })
        .first('people.*', 'direct.address_key', 'direct.last_wrote_at', {
          workspace: 'settings.value',
        });
      return row && toKnown(row, platform);
    },

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
        .insert(toRow(identity))
        .onConflict(['platform', 'tenant', 'user_id'])
        .ignore();
    },

    async makeSure(platform, tenant, userId) {
      await identities().where({ platform, tenant, user_id: userId }).update({ is_unsure: null });
    },

    async delete(platform, tenant, userId) {
      const user = { platform, tenant, user_id: userId };
      const unlinked = await identities().where(user).first();
      if (!unlinked) return;
      await db<IdentityRow>('former_chat_identities')
        .insert(unlinked)
        .onConflict(['person_id', 'platform', 'tenant', 'user_id'])
        .merge(['linked_at', 'is_unsure']);
      await identities().where(user).delete();
    },
  };
}

function toKnown(row: KnownRow, platform: ConversationRow['platform']): KnownUser {
  const { id: person_id, address_key, last_wrote_at, workspace } = row;
  return {
    person: toPerson(row),
    conversation:
      address_key === null || last_wrote_at === null
        ? undefined
        : toConversation({ person_id, platform, address_key, last_wrote_at }),
    workspace: workspace ?? undefined,
  };
}

const { toRow: toColumns, fromRow: fromColumns } = rowMapper('chat_identities', {
  platform: word(platforms),
  tenant: text,
  userId: text,
  personId: text,
  linkedAt: date,
});

const toRow = (identity: ChatIdentity) => ({
  ...toColumns(identity),
  is_unsure: identity.isUnsure ?? null,
});

const toIdentity = (row: IdentityRow): ChatIdentity => ({
  ...fromColumns(row),
  ...(Boolean(row.is_unsure) && { isUnsure: true as const }),
});
