import type { Knex } from 'knex';

/**
 * Whether an approver can press now. 0.2.0 doesn't say it, so a row of it waits. Of those that are there, neither do those wait who
 * have responded, nor those in whose place someone has who is still here.
 */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('request_approvers', (table) => {
    table.boolean('waits').notNullable().defaultTo(true);
  });
  const responded = db('verdicts').where(
    'verdicts.request_id',
    db.ref('request_approvers.request_id'),
  );
  await db('request_approvers')
    .whereExists(
      responded
        .clone()
        .select('request_id')
        .where('verdicts.person_id', db.ref('request_approvers.person_id')),
    )
    .orWhereExists(
      responded
        .clone()
        .select('request_id')
        .where('verdicts.for_person_id', db.ref('request_approvers.person_id'))
        .whereIn('verdicts.person_id', db('people').where({ active: true }).select('id')),
    )
    .update({ waits: false });
}
