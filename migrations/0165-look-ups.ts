import type { Knex } from 'knex';

const INDEXES = {
  // In place of one of `manager_id` alone: a list of reports is sorted by name.
  people_by_manager: 'people (manager_id, active, search_text, id)',
  // People are worked on page by page.
  people_by_id: 'people (active, id)',
  people_by_start: 'people (active, start_date)',
  access_requests_by_person: 'access_requests (person_id, state, created_at)',
  access_requests_by_integration: 'access_requests (integration_id, person_id)',
  verdicts_by_person: 'verdicts (person_id)',
  verdicts_for_person: 'verdicts (for_person_id)',
  tasks_by_integration: 'tasks (integration_id, person_id)',
  offboardings_by_person: 'offboardings (person_id, created_at)',
  sync_runs_by_state: 'sync_runs (state, created_at)',
  runs_unfinished_of_integration: 'runs (integration_id, created_at) where finished_at is null',
} as const;

/** What these were before. */
const BEFORE = {
  people_by_manager: 'people (manager_id)',
  access_requests_by_person: 'access_requests (person_id)',
  access_requests_by_integration: 'access_requests (integration_id)',
  tasks_by_integration: 'tasks (integration_id)',
} as const;

/** Look-ups that read all of a large table, or all that an app or a state has in it. */
export async function up(db: Knex): Promise<void> {
  for (const index of Object.keys(BEFORE)) await db.raw(`drop index ${index}`);
  for (const [index, columns] of Object.entries(INDEXES))
    await db.raw(`create index ${index} on ${columns}`);
}
