import type { Knex } from 'knex';
import type { Draft, DraftStore } from '../../engine/ports/integration-stores.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { oneOf, type RowOf, time, withoutNulls } from '../work/columns.ts';
import { putRows } from '../work/put-rows.ts';

export const kinds: Record<Draft['kind'], true> = { manifest: true, people: true, request: true };

export function createDraftStore(db: Knex, vault: Vault): DraftStore {
  const drafts = () => db<DraftRow>('drafts');
  const contents = sealedTexts(vault, sealedColumns.draft);
  const toRow = async (draft: Draft) => ({
    id: draft.id,
    person_id: draft.personId,
    kind: draft.kind,
    integration_id: draft.integrationId ?? null,
    name: draft.name,
    /** Sealed, since people may paste secrets, and reasons are. */
    content: await contents.seal(draft, draft.text),
    created_at: draft.createdAt.getTime(),
  });
  type DraftRow = RowOf<typeof toRow>;
  return {
    async put(draft) {
      await putRows(drafts(), [await toRow(draft)], ['id']);
    },

    async find(id) {
      const row = await drafts().where({ id }).first();
      return (
        row &&
        withoutNulls({
          id,
          personId: row.person_id,
          kind: oneOf(kinds, row.kind, 'drafts.kind'),
          integrationId: row.integration_id,
          name: row.name,
          text: await contents.open(row),
          createdAt: time(row.created_at),
        })
      );
    },

    async delete(id) {
      return (await drafts().where({ id }).delete()) === 1;
    },

    async deleteFor(integrationId) {
      await drafts().where({ integration_id: integrationId }).delete();
    },

    async deleteBefore(before) {
      await drafts().where('created_at', '<', before.getTime()).delete();
    },
  };
}
