import type { Knex } from 'knex';
import type { Draft, DraftStore } from '../../engine/ports/integration-stores.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import type { RowOf } from '../work/columns.ts';
import { putRows } from '../work/put-rows.ts';
import { date, optional, rowMapper, text, word } from '../work/row-mapper.ts';

export const kinds: Record<Draft['kind'], true> = { manifest: true, people: true, request: true };

export function createDraftStore(db: Knex, vault: Vault): DraftStore {
  const drafts = () => db<DraftRow>('drafts');
  const contents = sealedTexts(vault, sealedColumns.draft);
  const toRow = async (draft: Draft) => ({
    ...toColumns(draft),
    /** Sealed, since people may paste secrets, and reasons are. */
    content: await contents.seal(draft, draft.text),
  });
  type DraftRow = RowOf<typeof toRow>;
  return {
    async put(draft) {
      await putRows(drafts(), [await toRow(draft)], ['id']);
    },

    async find(id) {
      const row = await drafts().where({ id }).first();
      return row && { ...fromColumns(row), text: await contents.open(row) };
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

const { toRow: toColumns, fromRow: fromColumns } = rowMapper('drafts', {
  id: text,
  personId: text,
  kind: word(kinds),
  integrationId: optional(text),
  name: text,
  createdAt: date,
});
