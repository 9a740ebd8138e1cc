import type { Knex } from 'knex';
import * as people from '../../migrations/0101-people.ts';
import * as integrations from '../../migrations/0102-integrations.ts';
import * as imports from '../../migrations/0103-imports.ts';
import * as runs from '../../migrations/0104-runs.ts';
import * as access from '../../migrations/0105-access.ts';
import * as requests from '../../migrations/0106-requests.ts';
import * as tasks from '../../migrations/0107-tasks.ts';
import * as offboarding from '../../migrations/0108-offboarding.ts';
import * as reviews from '../../migrations/0109-reviews.ts';
import * as sequences from '../../migrations/0110-sequences.ts';
import * as messages from '../../migrations/0111-messages.ts';
import * as links from '../../migrations/0112-links.ts';
import * as live from '../../migrations/0113-live.ts';
import * as settings from '../../migrations/0114-settings.ts';
import * as work from '../../migrations/0115-work.ts';
import * as queue from '../../migrations/0116-queue.ts';
import * as chatTokens from '../../migrations/0117-chat-tokens.ts';
import * as peopleChange from '../../migrations/0118-people-change.ts';
import * as bundles from '../../migrations/0119-bundles.ts';
import * as rules from '../../migrations/0120-rules.ts';
import * as discoveries from '../../migrations/0121-discoveries.ts';
import * as bundleDrafts from '../../migrations/0122-bundle-drafts.ts';
import * as transitions from '../../migrations/0123-transitions.ts';
import * as hours from '../../migrations/0124-hours.ts';
import * as roles from '../../migrations/0125-roles.ts';
import * as policies from '../../migrations/0126-policies.ts';
import * as decisions from '../../migrations/0127-decisions.ts';
import * as breakGlass from '../../migrations/0128-break-glass.ts';
import * as authenticators from '../../migrations/0131-authenticators.ts';
import * as accountKeys from '../../migrations/0132-account-keys.ts';
import * as accounts from '../../migrations/0137-accounts.ts';
import * as auditChain from '../../migrations/0139-audit-chain.ts';
import * as runAnswers from '../../migrations/0140-run-answers.ts';
import * as accessByState from '../../migrations/0141-access-by-state.ts';
import * as reviewCampaigns from '../../migrations/0142-review-campaigns.ts';
import * as matchedFacts from '../../migrations/0149-matched-facts.ts';
import * as lookUps from '../../migrations/0165-look-ups.ts';
import * as heldReviews from '../../migrations/0172-held-reviews.ts';
import * as withoutNulls from '../../migrations/0179-without-nulls.ts';
import * as appsOfTokens from '../../migrations/0180-apps-of-tokens.ts';
import * as forgottenHealth from '../../migrations/0181-forgotten-health.ts';
import * as unsureLinks from '../../migrations/0186-unsure-links.ts';
import * as composedAddresses from '../../migrations/0187-composed-addresses.ts';
import * as messagesByPlace from '../../migrations/0188-messages-by-place.ts';
import * as reviewsInBatches from '../../migrations/0189-reviews-in-batches.ts';
import * as waitingApprovers from '../../migrations/0190-waiting-approvers.ts';
import * as unchangedExtensions from '../../migrations/0191-unchanged-extensions.ts';
import * as apiTokens from '../../migrations/0192-api-tokens.ts';
import * as apiAnswers from '../../migrations/0193-api-answers.ts';
import * as eventEndpoints from '../../migrations/0194-event-endpoints.ts';
import * as managedThings from '../../migrations/0195-managed-things.ts';
import * as requestsByAge from '../../migrations/0196-requests-by-age.ts';
import * as exchangedAddresses from '../../migrations/0197-exchanged-addresses.ts';
import * as draftsOfRequests from '../../migrations/0198-drafts-of-requests.ts';
import * as spellings from '../../migrations/0207-spellings.ts';
import * as holdsByStart from '../../migrations/0211-holds-by-start.ts';
import * as lookersAreReminded from '../../migrations/0212-lookers-are-reminded.ts';
import { documentAt } from '../core/documents.ts';

import { holdLock, tryLock } from './advisory-locks.ts';
import { dialectOf, inTransaction, openDatabase, postgresAddress } from './database.ts';
import { createJobDriver } from './queue/job-driver.ts';

/** Migrations by name: the file's name without extension, since `.ts` and `.js` would count as two. */
export type Migrations = Readonly<Record<string, Migration>>;
type Migration = Pick<Knex.Migration, 'up'>;

/** Every migration, oldest first. In the first release each creates one domain. */
export const migrations: Migrations = {
  '0101-people': people,
  '0102-integrations': integrations,
  '0103-imports': imports,
  '0104-runs': runs,
  '0105-access': access,
  '0106-requests': requests,
  '0107-tasks': tasks,
  '0108-offboarding': offboarding,
  '0109-reviews': reviews,
  '0110-sequences': sequences,
  '0111-messages': messages,
  '0112-links': links,
  '0113-live': live,
  '0114-settings': settings,
  '0115-work': work,
  '0116-queue': queue,
  '0117-chat-tokens': chatTokens,
  '0118-people-change': peopleChange,
  '0119-bundles': bundles,
  '0120-rules': rules,
  '0121-discoveries': discoveries,
  '0122-bundle-drafts': bundleDrafts,
  '0123-transitions': transitions,
  '0124-hours': hours,
  '0125-roles': roles,
  '0126-policies': policies,
  '0127-decisions': decisions,
  '0128-break-glass': breakGlass,
  '0131-authenticators': authenticators,
  '0132-account-keys': accountKeys,
  '0137-accounts': accounts,
  '0139-audit-chain': auditChain,
  '0140-run-answers': runAnswers,
  '0141-access-by-state': accessByState,
  '0142-review-campaigns': reviewCampaigns,
  '0149-matched-facts': matchedFacts,
  '0165-look-ups': lookUps,
  '0172-held-reviews': heldReviews,
  '0179-without-nulls': withoutNulls,
  '0180-apps-of-tokens': appsOfTokens,
  '0181-forgotten-health': forgottenHealth,
  '0186-unsure-links': unsureLinks,
  '0187-composed-addresses': composedAddresses,
  '0188-messages-by-place': messagesByPlace,
  '0189-reviews-in-batches': reviewsInBatches,
  '0190-waiting-approvers': waitingApprovers,
  '0191-unchanged-extensions': unchangedExtensions,
  '0192-api-tokens': apiTokens,
  '0193-api-answers': apiAnswers,
  '0194-event-endpoints': eventEndpoints,
  '0195-managed-things': managedThings,
  '0196-requests-by-age': requestsByAge,
  '0197-exchanged-addresses': exchangedAddresses,
  '0198-drafts-of-requests': draftsOfRequests,
  '0207-spellings': spellings,
  '0211-holds-by-start': holdsByStart,
  '0212-lookers-are-reminded': lookersAreReminded,
};

/** Lower numbers come from development before the first release. */
const FIRST_RELEASED = '0101';

/** Another process may be migrating a large database. This is two minutes of SQLite's busy timeouts. */
const BEGIN_TRIES = 24;

export interface BeforeMigration {
  /** Called before it waits for another process that migrates. */
  readonly waits?: () => void;
  /** What has to be right before anything changes. It may read every table: on PostgreSQL no other process is changing one. */
  readonly first?: () => Promise<void>;
}

/**
 * Brings the database up to date. Several processes may call it at once.
 *
 * Everything happens in one transaction, and only one process can be in it. When a process is killed half-way, the
 * database rolls back its tables and its lock. Knex's own lock is a row, which may remain from a killed run of Knex's
 * command line. So we free it first.
 *
 * @returns the names of the migrations that ran
 * @throws {NewerDatabase | UnreleasedDatabase}
 */
export async function migrate(
  db: Knex,
  all: Migrations = migrations,
  before: BeforeMigration = {},
): Promise<readonly string[]> {
  const change = async (tx: Knex.Transaction) => {
    await tx.migrate.forceFreeMigrationsLock();
    await refuseUnknown(tx, all);
    const [, names] = (await tx.migrate.latest(config(all))) as [batch: number, names: string[]];
    await createJobDriver(db).install();
    return names;
  };
  return locked(db, change, before);
}

async function locked<T>(
  db: Knex,
  change: (tx: Knex.Transaction) => Promise<T>,
  { waits = () => undefined, first = async () => undefined }: BeforeMigration,
): Promise<T> {
  // SQLite's transaction begins IMMEDIATE (see database.ts), which already locks out other processes.
  if (dialectOf(db) === 'sqlite') {
    await first();
    return inTransaction(db, change, { tries: BEGIN_TRIES, waits });
  }
  // An index on a large table takes long, and other processes wait for it just as long.
  const patient = openDatabase(postgresAddress(db), Infinity);
  try {
    return await inTransaction(patient, async (tx) => {
      await endWithClient(tx);
      if (!(await tryLock(tx, 'migrations'))) {
        waits();
        await holdLock(tx, 'migrations');
      }
      await first();
      return change(tx);
    });
  } finally {
    await patient.destroy();
  }
}

/**
 * PostgreSQL goes on with a statement whose process was killed, such as an index on a large table, and the next start would wait
 * for it. So it looks every ten seconds whether the process is there, where its system can tell. Where the whole machine is gone,
 * no one says so: keepalives find out within 40 s, and not within two hours. An answer that is on its way then holds them back for
 * a quarter of an hour, unless it has a time limit of its own.
 */
const endWithClient = (tx: Knex.Transaction): Promise<unknown> =>
  tx.raw(`do $$ begin
    set local tcp_keepalives_idle = 10;
    set local tcp_keepalives_interval = 10;
    set local tcp_keepalives_count = 3;
    set local tcp_user_timeout = 40000;
    begin
      set local client_connection_check_interval = 10000;
    exception when others then null;
    end;
  end $$`);

export interface MigrationState {
  readonly pending: readonly string[];
  /** Migrations that this version doesn't know. */
  readonly unknown: readonly string[];
  /** Whether a version before the first release made this database. */
  readonly isUnreleased: boolean;
  /** It has none: a new database, or one of something else. */
  readonly isNew: boolean;
}

/** The migrations that the database lacks, and those that this version doesn't know. */
export async function migrationsOf(
  db: Knex,
  all: Migrations = migrations,
): Promise<MigrationState> {
  const ran = await ranOn(db);
  return {
    pending: Object.keys(all).filter((name) => !ran.includes(name)),
    unknown: ran.filter((name) => !Object.hasOwn(all, name)),
    isUnreleased: ran.some((name) => name < FIRST_RELEASED),
    isNew: ran.length === 0,
  };
}

async function ranOn(db: Knex): Promise<readonly string[]> {
  return (await db.schema.hasTable('knex_migrations'))
    ? db<{ readonly name: string }>('knex_migrations').pluck('name')
    : [];
}

/**
 * An older version must not write into tables that it doesn't know, nor a released version into those from before the
 * release. Two must not share a database either.
 * @throws {NewerDatabase | UnreleasedDatabase | SharedDatabase}
 */
export async function refuseUnknown(db: Knex, all: Migrations = migrations): Promise<void> {
  await refuseShared(db);
  const { unknown, isUnreleased } = await migrationsOf(db, all);
  if (isUnreleased) throw new UnreleasedDatabase();
  if (unknown.length > 0) throw new NewerDatabase(unknown);
}

/** Each schema has tables of its own, but the jobs of a database are all in `graphile_worker`. @throws {SharedDatabase} */
async function refuseShared(db: Knex): Promise<void> {
  if (dialectOf(db) === 'sqlite') return;
  const other = await db('pg_class')
    .join('pg_namespace', 'pg_namespace.oid', 'relnamespace')
    .where({ relname: 'lost_jobs', relkind: 'r' })
    .whereRaw('nspname <> current_schema()')
    .first<{ readonly nspname: string } | undefined>('nspname');
  if (other) throw new SharedDatabase(other.nspname);
}

function config(all: Migrations): Knex.MigratorConfig {
  return {
    disableMigrationsListValidation: true, // refuseUnknown does this with a more helpful message.
    migrationSource: {
      getMigrations: async () => Object.entries(all),
      getMigrationName: ([name]: [string, Migration]) => name,
      getMigration: async ([, { up }]: [string, Migration]) => ({ up, down: refuseDown }),
    },
  };
}

/** Knex takes no migration without one. The way back is a backup. */
async function refuseDown(): Promise<never> {
  throw new Error('No migration can be undone; restore a backup from before');
}

class SharedDatabase extends Error {
  readonly code = 'shared-database';
  constructor(schema: string) {
    super(
      `Another Latchkey has its tables in the schema ${schema} of this database, and each would take the other's jobs; give this one a database of its own, or set search_path to that schema if it is yours`,
    );
    this.name = 'SharedDatabase';
  }
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

export class UnreleasedDatabase extends Error {
  readonly code = 'unreleased-database';
  constructor() {
    super(
      `A version of Latchkey that was never released made this database. No released version can use it, and nothing in it was changed. Start with a new database; ${documentAt('upgrading')} says how`,
    );
    this.name = 'UnreleasedDatabase';
  }
}
