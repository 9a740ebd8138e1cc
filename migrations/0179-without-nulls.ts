import type { Knex } from 'knex';

/** Each with its columns; the first is null in most rows. */
const INDEXES = {
  people_by_manager: 'people (manager_id, active, search_text, id)',
  people_by_buddy: 'people (buddy_id)',
  people_by_employee_id: 'people (employee_id)',
  audit_log_by_actor: 'audit_log (actor_person_id)',
  audit_log_by_integration: 'audit_log (integration_id)',
  runs_by_worker: 'runs (worker_id)',
  deliveries_by_worker: 'deliveries (worker_id)',
  deliveries_by_planned_item: 'deliveries (planned_item_id)',
} as const;

/** These indexes leave out rows that have nothing to find: an import wrote each of its people into all of them. */
export async function up(db: Knex): Promise<void> {
  await createEach(db, (column) => `where ${column} is not null`);
}

async function createEach(db: Knex, where: (column: string) => string): Promise<void> {
  for (const [index, columns] of Object.entries(INDEXES)) {
    const column = /\((\w+)/.exec(columns)?.[1] ?? '';
    await db.raw(`drop index ${index}`);
    await db.raw(`create index ${index} on ${columns} ${where(column)}`);
  }
}
