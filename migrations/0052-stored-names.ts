import type { Knex } from 'knex';

/** Which integration stores a value with people under which name: the first one that did, from before this migration, too. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('stored_names', (table) => {
    // One owner of each name: of two integrations that are saved at once the database refuses one.
    table.text('name').primary();
    table
      .text('integration_id')
      .notNullable()
      .references('id')
      .inTable('integrations')
      .onDelete('CASCADE');
    table.bigInteger('since').notNullable();
    table.index(['integration_id'], 'stored_names_by_integration');
  });
  const integrations: readonly Row[] = await db('integrations')
    .join('manifest_versions', 'manifest_versions.id', 'integrations.current_version_id')
    .whereNull('integrations.deleted_at')
    .orderBy(['integrations.created_at', 'integrations.id'])
    .select('integrations.id', 'integrations.created_at', 'manifest_versions.manifest');
  const taken = new Set<string>();
  for (const { id, created_at, manifest } of integrations)
    for (const name of storedBy(manifest)) {
      if (taken.has(name)) continue; // `latchkey doctor` names who stores it, too.
      taken.add(name);
      await db('stored_names').insert({ name, integration_id: id, since: created_at });
    }
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('stored_names');
}

interface Row {
  readonly id: string;
  readonly created_at: number;
  readonly manifest: string;
}

/**
 * More than a name may have that is saved today. A longer one doesn't fit into PostgreSQL's index, nor one with U+0000 into its
 * texts: an upgrade is no moment to stop over a name that nobody can use, so it has no owner.
 */
const MAX_NAME = 500;
const isName = (name: string): boolean => name.length <= MAX_NAME && !name.includes('\u0000');

/** Names as manifests had them when this was written; of one that can't be read there are none. */
function storedBy(text: string): readonly string[] {
  const manifest = objectIn(text);
  const steps: readonly unknown[] = [manifest['execute']].flat();
  const kept = steps.flatMap((step) => Object.keys(asObject(asObject(step)['store_data'])));
  const updated =
    manifest['action'] === 'update' ? Object.keys(asObject(manifest['data_structure'])) : [];
  return [...kept, ...updated.filter((name) => name !== 'email')].filter(isName);
}

const asObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    // Manifests are read past a byte order mark.
    return asObject(JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text));
  } catch {
    return {};
  }
}
