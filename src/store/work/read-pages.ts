import type { Knex } from 'knex';

/** The addresses of pages that were read, as hashes: a list that leads back to one of them never ends. */
export const readPages = (
  db: Knex,
  { table, of }: { readonly table: string; readonly of: 'run_id' | 'round_id' },
) => ({
  async addPage(id: string, address: string): Promise<void> {
    await db(table)
      .insert({ [of]: id, address })
      .onConflict([of, 'address'])
      .ignore();
  },

  async hasPage(id: string, address: string): Promise<boolean> {
    const found: unknown = await db(table)
      .where({ [of]: id, address })
      .first('address');
    return found !== undefined;
  },
});
