import type { Knex } from 'knex';
import { expect, onTestFinished, test } from 'vitest';
import { statementsOf } from '../../support/database/plans.ts';
import { addedPerson } from '../../support/given/added.ts';
import { firstOf } from '../../support/given/outcomes.ts';
import { postgresOfItsOwn } from '../../support/peers/postgres.ts';

const MANY = 20_000;

/** Plain rows, as after years, whose statistics PostgreSQL has yet to gather. */
async function fill(db: Knex, readerId: string): Promise<void> {
  await db.raw('alter table messages set (autovacuum_enabled = false)');
  await db.raw(
    `insert into messages (id, view, payload, topic, reader_id, platform, address_key, shown, posted_at, for_everybody)
    select 'm' || i, 'run', '{}', 'run:r' || i, ?, 'slack', '{}', '', i, false from generate_series(1, ?::int) i`,
    [readerId, MANY],
  );
}

test('cards about access are found by their topics where PostgreSQL has yet to count the rows', async () => {
  const { db, stores, transact, cleanup } = await postgresOfItsOwn();
  onTestFinished(cleanup);
  const { id: personId } = await addedPerson(transact, { email: 'ann@example.com' });
  await fill(db, personId);
  const access = { personId, integrationId: 'app' };
  const { sql, bindings } = firstOf(
    await statementsOf(db, () => stores.messages.about([access, { ...access, personId: 'bo' }])),
  );
  const asked = sql.replaceAll(/\$\d+/g, '?');
  const { rows } = await db.raw<{ readonly rows: readonly { readonly 'QUERY PLAN': string }[] }>(
    `explain ${asked}`,
    bindings,
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).not.toContain('Seq Scan on messages');
});
