import type { Knex } from 'knex';
import * as people from '../../migrations/0001-people.ts';
import * as integrations from '../../migrations/0002-integrations.ts';
import * as runs from '../../migrations/0003-runs.ts';
import * as chat from '../../migrations/0004-chat.ts';
import * as operations from '../../migrations/0005-operations.ts';
import * as oauthTokens from '../../migrations/0006-oauth-tokens.ts';
import * as runFiles from '../../migrations/0007-run-files.ts';
import * as deliveries from '../../migrations/0008-deliveries.ts';
import * as sending from '../../migrations/0009-sending.ts';
import * as settingUp from '../../migrations/0010-setting-up.ts';
import * as joinsAndFileImports from '../../migrations/0011-joins-and-file-imports.ts';
import * as accessLife from '../../migrations/0012-access-life.ts';
import * as sync from '../../migrations/0014-sync.ts';
import * as sealedSentences from '../../migrations/0015-sealed-sentences.ts';
import * as syncMarks from '../../migrations/0018-sync-marks.ts';
import * as sequences from '../../migrations/0019-sequences.ts';
import * as eventsAndHooks from '../../migrations/0020-events-and-hooks.ts';
import * as sequencesForMany from '../../migrations/0021-sequences-for-many.ts';
import * as erasure from '../../migrations/0023-erasure.ts';
import * as sealedRefreshes from '../../migrations/0024-sealed-refreshes.ts';
import * as rowsByVerdict from '../../migrations/0025-rows-by-verdict.ts';
import * as batchesThatMove from '../../migrations/0027-batches-that-move.ts';
import * as locales from '../../migrations/0028-locales.ts';
import * as interruptedSteps from '../../migrations/0029-interrupted-steps.ts';
import * as runsByState from '../../migrations/0030-runs-by-state.ts';
import * as unsentMessages from '../../migrations/0031-unsent-messages.ts';
import * as admins from '../../migrations/0032-admins.ts';
import * as limitsOfAnAccess from '../../migrations/0033-limits-of-an-access.ts';
import * as searchOfImports from '../../migrations/0040-search-of-imports.ts';
import * as lostJobs from '../../migrations/0041-lost-jobs.ts';
import * as runsThatFoundNobody from '../../migrations/0043-runs-that-found-nobody.ts';
import * as deferredRuns from '../../migrations/0045-deferred-runs.ts';
import * as runsByError from '../../migrations/0046-runs-by-error.ts';
import * as refusedUsers from '../../migrations/0047-refused-users.ts';
import * as factClaims from '../../migrations/0048-fact-claims.ts';
import * as holdsAndRemovals from '../../migrations/0049-holds-and-removals.ts';
import * as storedNames from '../../migrations/0052-stored-names.ts';
import * as linksInEmails from '../../migrations/0053-links-in-emails.ts';
import * as writersOfStoredValues from '../../migrations/0054-writers-of-stored-values.ts';

import { dialectOf, inTransaction, openDatabase, postgresAddress } from './database.ts';
import { createJobDriver } from './queue/job-driver.ts';

/** A migration by its name: the file's name without extension, since `.ts` and `.js` would count as two. */
export type Migrations = Readonly<Record<string, Knex.Migration>>;

/** Every migration, oldest first. */
export const migrations: Migrations = {
  '0001-people': people,
  '0002-integrations': integrations,
  '0003-runs': runs,
  '0004-chat': chat,
  '0005-operations': operations,
  '0006-oauth-tokens': oauthTokens,
  '0007-run-files': runFiles,
  '0008-deliveries': deliveries,
  '0009-sending': sending,
  '0010-setting-up': settingUp,
  '0011-joins-and-file-imports': joinsAndFileImports,
  '0012-access-life': accessLife,
  '0014-sync': sync,
  '0015-sealed-sentences': sealedSentences,
  '0018-sync-marks': syncMarks,
  '0019-sequences': sequences,
  '0020-events-and-hooks': eventsAndHooks,
  '0021-sequences-for-many': sequencesForMany,
  '0023-erasure': erasure,
  '0024-sealed-refreshes': sealedRefreshes,
  '0025-rows-by-verdict': rowsByVerdict,
  '0027-batches-that-move': batchesThatMove,
  '0028-locales': locales,
  '0029-interrupted-steps': interruptedSteps,
  '0030-runs-by-state': runsByState,
  '0031-unsent-messages': unsentMessages,
  '0032-admins': admins,
  '0033-limits-of-an-access': limitsOfAnAccess,
  '0040-search-of-imports': searchOfImports,
  '0041-lost-jobs': lostJobs,
  '0043-runs-that-found-nobody': runsThatFoundNobody,
  '0045-deferred-runs': deferredRuns,
  '0046-runs-by-error': runsByError,
  '0047-refused-users': refusedUsers,
  '0048-fact-claims': factClaims,
  '0049-holds-and-removals': holdsAndRemovals,
  '0052-stored-names': storedNames,
  '0053-links-in-emails': linksInEmails,
  '0054-writers-of-stored-values': writersOfStoredValues,
};

/** Any fixed number does, as long as nothing else in the database locks it. */
const ADVISORY_LOCK = 7_227_031;

/** Another process may be migrating a big database: two minutes of SQLite's busy timeouts. */
const BEGIN_TRIES = 24;

/**
 * Brings the database up to date; safe to call from several processes at once.
 *
 * Everything happens in one transaction that only one process can be in, so a process that is killed half-way
 * leaves neither a half-made table nor a lock: the database itself rolls both back. Knex's own lock is a row
 * that outlives a killed process where someone used Knex's command line, so it is freed first.
 *
 * @returns the names of the migrations that were run.
 * @throws {NewerDatabase}
 */
export async function migrate(db: Knex, all: Migrations = migrations): Promise<readonly string[]> {
  return locked(db, async (tx) => {
    await refuseNewer(tx, all);
    const [, names] = (await tx.migrate.latest(config(all))) as [batch: number, names: string[]];
    await createJobDriver(db).install();
    return names;
  });
}

/** Undoes every migration, newest first: all data is lost. For tests and for trying a migration out. */
export async function migrateDown(db: Knex, all: Migrations = migrations): Promise<void> {
  await locked(db, async (tx) => {
    await tx.migrate.rollback(config(all), true);
    await createJobDriver(db).remove(tx);
  });
}

async function locked<T>(db: Knex, work: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
  const begun = async (tx: Knex.Transaction): Promise<T> => {
    await tx.migrate.forceFreeMigrationsLock();
    return work(tx);
  };
  // SQLite's transaction begins IMMEDIATE (see database.ts), which is a lock over all processes already.
  if (dialectOf(db) === 'sqlite') return inTransaction(db, begun, BEGIN_TRIES);
  // An index on a large table takes its time, and so does the wait for whoever makes it.
  const patient = openDatabase(postgresAddress(db), Infinity);
  try {
    return await inTransaction(patient, async (tx) => {
      await tx.raw('select pg_advisory_xact_lock(?)', [ADVISORY_LOCK]);
      return begun(tx);
    });
  } finally {
    await patient.destroy();
  }
}

/** Which migrations the database lacks, and which it has that this Latchkey doesn't know. */
export async function migrationsOf(
  db: Knex,
  all: Migrations = migrations,
): Promise<{ readonly pending: readonly string[]; readonly unknown: readonly string[] }> {
  const ran = await ranOn(db);
  return {
    pending: Object.keys(all).filter((name) => !ran.includes(name)),
    unknown: ran.filter((name) => !Object.hasOwn(all, name)),
  };
}

async function ranOn(db: Knex): Promise<readonly string[]> {
  return (await db.schema.hasTable('knex_migrations'))
    ? db<{ readonly name: string }>('knex_migrations').pluck('name')
    : [];
}

/** An older Latchkey must not write into tables that it does not know. */
async function refuseNewer(tx: Knex, all: Migrations): Promise<void> {
  const { unknown } = await migrationsOf(tx, all);
  if (unknown.length > 0) {
    throw new NewerDatabase(unknown);
  }
}

function config(all: Migrations): Knex.MigratorConfig {
  return {
    disableMigrationsListValidation: true, // refuseNewer says the same in words that help.
    migrationSource: {
      getMigrations: async () => Object.entries(all),
      getMigrationName: ([name]: [string, Knex.Migration]) => name,
      getMigration: async ([, migration]: [string, Knex.Migration]) => migration,
    },
  };
}

class NewerDatabase extends Error {
  readonly code = 'newer-database';
  constructor(unknown: readonly string[]) {
    super(
      `A newer Latchkey has changed this database (${unknown.join(', ')}); start that version again, or restore a backup from before`,
    );
    this.name = 'NewerDatabase';
  }
}
