import type { Knex } from 'knex';
import { StaleWrite } from '../../engine/ports/store.ts';
import type { SettingsStore } from '../../engine/ports/upkeep-stores.ts';

interface SettingRow {
  readonly key: string;
  readonly version: number;
  readonly value: string;
}

export function createSettingsStore(db: Knex): SettingsStore {
  const settings = () => db<SettingRow>('settings');

  /** @returns whether the row was written */
  async function write(key: string, version: number, value: string): Promise<boolean> {
    if (version > 0)
      return (
        (await settings()
          .where({ key, version })
          .update({ version: version + 1, value })) === 1
      );
    const inserted = await settings()
      .insert({ key, version: 1, value })
      .onConflict('key')
      .ignore()
      .returning('key');
    return inserted.length === 1;
  }

  return {
    async find(key) {
      const row = await settings().where({ key }).first();
      return row && { version: row.version, value: row.value };
    },

    async save(key, version, value) {
      if (!(await write(key, version, value))) throw new StaleWrite('setting', key, version);
    },
  };
}
