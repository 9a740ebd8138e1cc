import type { Knex } from 'knex';
import type { RunFileStore } from '../../engine/ports/run-stores.ts';
import { identityOf, sealedColumns } from '../vault/sealed-columns.ts';
import type { Identity, Vault } from '../vault/vault.ts';
import { withoutNulls } from '../work/columns.ts';

interface PartRow {
  readonly run_id: string;
  readonly name: string;
  readonly part_index: number;
  readonly last: number;
  readonly size: number;
  readonly content_type: string | null;
  /** Sealed. */
  readonly content: string;
}

export function createRunFileStore(db: Knex, vault: Vault): RunFileStore {
  const parts = () => db<PartRow>('run_files');

  return {
    async putPart({ runId, name, index, last, bytes, contentType }) {
      const content = await vault.sealBytes(identityOfPart({ runId, name, index, last }), bytes);
      if (index === 0) await parts().where({ run_id: runId, name }).delete();
      await parts().insert({
        run_id: runId,
        name,
        part_index: index,
        last: Number(last),
        size: bytes.byteLength,
        content_type: contentType ?? null,
        content,
      });
    },

    async find(runId, name) {
      const last = await parts().where({ run_id: runId, name, last: 1 }).first('content_type');
      if (!last) return undefined;
      const [sum] = await parts()
        .where({ run_id: runId, name })
        .sum<{ readonly size: number | string }[]>({ size: 'size' });
      return withoutNulls({ size: Number(sum?.size ?? 0), contentType: last.content_type });
    },

    async part(runId, name, index) {
      const row = await parts().where({ run_id: runId, name, part_index: index }).first();
      if (!row) return undefined;
      const last = row.last === 1;
      return withoutNulls({
        runId,
        name,
        index,
        last,
        bytes: await vault.openBytes(identityOfPart({ runId, name, index, last }), row.content),
        contentType: row.content_type,
      });
    },
  };
}

interface PartKey {
  readonly runId: string;
  readonly name: string;
  readonly index: number;
  readonly last: boolean;
}

/** The identity includes whether the part is the last, so a cut-off file can't pass for a whole one. */
const identityOfPart = ({ runId, name, index, last }: PartKey): Identity =>
  identityOf(sealedColumns.filePart, runId, name, index, Number(last));
