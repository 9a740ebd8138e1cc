import type { Knex } from 'knex';
import { z } from 'zod';
import { OPTIONS_CACHE_MS } from '../../engine/calls/limits.ts';
import type { OptionsAnswer, OptionsStore } from '../../engine/ports/chat-stores.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { putRows } from '../work/put-rows.ts';

interface OptionsRow {
  readonly key: string;
  /** Sealed JSON. */
  readonly answer: string;
  readonly expires_at: number;
}

const optionsAnswer: z.ZodType<OptionsAnswer> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('options'),
    options: z.array(z.object({ value: z.string(), label: z.string() })),
  }),
  z.object({ kind: z.literal('problem'), message: z.string() }),
]);

export function createOptionsStore(db: Knex, vault: Vault): OptionsStore {
  const cache = () => db<OptionsRow>('options_cache');
  const answers = sealedTexts(vault, sealedColumns.options);

  return {
    async find(key, at) {
      const latest = at.getTime() + OPTIONS_CACHE_MS;
      const row = await cache()
        .where({ key })
        .where('expires_at', '>', at.getTime())
        .where('expires_at', '<=', latest)
        .first();
      return row && answers.openJson(optionsAnswer, row);
    },

    async put(key, answer, { at, expiresAt }) {
      // An index finds the few expired rows, so the table needs no clean-up job.
      await cache().where('expires_at', '<=', at.getTime()).delete();
      const row = {
        key,
        answer: await answers.sealJson({ key }, answer),
        expires_at: expiresAt.getTime(),
      };
      await putRows(cache(), [row], ['key']);
    },

    async delete(key) {
      await cache().where({ key }).delete();
    },
  };
}
