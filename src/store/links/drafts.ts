import type { Knex } from 'knex';
import type { Draft, DraftStore } from '../../engine/ports/integration-stores.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { oneOf, time, withoutNulls } from '../work/columns.ts';

interface DraftRow {
  readonly id: string;
  readonly person_id: string;
  readonly kind: string;
  readonly integration_id: string | null;
  readonly name: string;
  /** Sealed, since people may paste secrets, and reasons are. */
  readonly content: string;
  readonly created_at: number;
}

export const kinds: Record<Draft['kind'], true> = { manifest: true, people: true, request: true };

export function createDraftStore(db: Knex, vault: Vault): DraftStore {
  const drafts = () => db<DraftRow>('drafts');
  const contents = sealedTexts(vault, sealedColumns.draft);
  return {
    async put(draft) {
      const row: DraftRow = {
        id: draft.id,
        person_id: draft.personId,
        kind: draft.kind,
        integration_id: draft.integrationId ?? null,
        name: draft.name,
        content: await contents.seal(draft, draft.text),
        created_at: draft.createdAt.getTime(),
      };
      await drafts().insert(row).onConflict('id').merge();
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
