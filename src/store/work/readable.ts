import { VaultError } from '../vault/vault.ts';
import { CorruptRow } from './columns.ts';

/**
 * Reads what falls due. A row that is damaged, or whose key is lost, is left out: it must not keep the others from their time.
 * `latchkey doctor` finds it.
 */
export async function readable<R, T>(
  rows: readonly R[],
  read: (row: R) => T | Promise<T>,
): Promise<readonly T[]> {
  const found = await Promise.all(
    rows.map(async (row): Promise<readonly T[]> => {
      try {
        return [await read(row)];
      } catch (error) {
        if (error instanceof VaultError || error instanceof CorruptRow) return [];
        throw error;
      }
    }),
  );
  return found.flat();
}
