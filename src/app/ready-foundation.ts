/** The foundation of the main process, with a database that is up to date and whose secrets can be read. */
import { setTimeout as sleep } from 'node:timers/promises';
import { asTyped } from '../cli/output.ts';
import type { Config } from '../config/config.ts';
import { documentAt } from '../core/documents.ts';
import { SYSTEM } from '../engine/people/directory.ts';
import { ensureAdmins } from '../engine/people/people.ts';
import { StaleWrite } from '../engine/ports/store.ts';
import { noteRestored } from '../engine/settings/restored.ts';
import { rememberConfigured } from '../engine/settings/set-up-memory.ts';
import type { Log } from '../log.ts';
import { type BeforeMigrating, backUpBeforeMigrating } from '../store/backup-before-migrating.ts';
import { sqliteFile } from '../store/database.ts';
import { openToOthers } from '../store/for-owner.ts';
import { holdAlone } from '../store/hold-alone.ts';
import { refuseMove } from '../store/hold-moving.ts';
import { migrate, refuseUnknown } from '../store/migrations.ts';
import { POOLED, poolsTransactions } from '../store/pooled-transactions.ts';
import {
  configuredBy,
  type Foundation,
  type FoundationOptions,
  openFoundation,
  requireKeys,
} from './foundation.ts';

/** Other processes that start write the same. Where they are faster each time, this one waits for a moment, so often. */
const START_TRIES = 5;
const START_PAUSE_MS = 1000;

export interface ReadyOptions extends FoundationOptions {
  readonly pause?: (ms: number) => Promise<unknown>;
}

export interface ReadyFoundation extends Foundation {
  /** Call it when a worker's heartbeat says that Latchkey runs. Until then a lock on PostgreSQL says so to a move. */
  readonly isSeen: () => Promise<void>;
}

/** Holds a SQLite file alone until it is closed. */
export async function openReadyFoundation(
  config: Config,
  { pause = sleep, ...options }: ReadyOptions,
  log: Log,
): Promise<ReadyFoundation> {
  const opened = await openFoundation(config, options);
  let letGoOfFile = async () => {};
  let isSeen = async () => {};
  const foundation: ReadyFoundation = {
    ...opened,
    isSeen: () => isSeen(),
    async close() {
      await opened.close();
      await letGoOfFile();
      await isSeen();
    },
  };
  if (foundation.newKeyFile)
    log.warn(
      { file: foundation.newKeyFile },
      'Made an encryption key. Back it up: without it, the secrets in the database are lost',
    );
  const file = sqliteFile(config.databaseUrl);
  /** Before the tables change. */
  const first = async () => {
    const unopened = await requireKeys(foundation);
    if (unopened !== undefined) log.warn(asTyped(unopened));
    if (file !== undefined) letGoOfFile = await holdAlone(file);
    const open = file !== undefined && (await openToOthers(file));
    if (open) log.warn(`${open.what}. ${open.cure}`);
    if (await poolsTransactions(foundation.db)) log.warn(`${POOLED.what}. ${POOLED.cure}`);
    const before = { file, now: foundation.now(), actor: SYSTEM };
    logBackedUp(await backUpBeforeMigrating(foundation.db, before), log);
  };
  try {
    isSeen = await refuseMove(config.databaseUrl, foundation.db);
    await refuseUnknown(foundation.db); // First, since keys don't matter when the database can't be used.
    await migrate(foundation.db, undefined, {
      waits: () =>
        log.info(
          'Another process is checking or changing the tables. This one waits until it is done',
        ),
      first,
    });
    await untilFastest(() => noteStart(foundation, config, log), pause);
  } catch (error) {
    await foundation.close();
    throw error;
  }
  return foundation;
}

async function untilFastest(
  work: () => Promise<void>,
  pause: NonNullable<ReadyOptions['pause']>,
): Promise<void> {
  for (let left = START_TRIES - 1; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StaleWrite) || left === 0) throw error;
      await pause(START_PAUSE_MS);
    }
  }
}

/** What each start writes: that the database is a copy, the first admins, and what is configured. */
async function noteStart(
  { transact, stores }: Foundation,
  config: Config,
  log: Log,
): Promise<void> {
  const copiedAt = await noteRestored(transact, SYSTEM);
  if (copiedAt)
    log.warn(
      { copiedAt },
      `This database is a copy that was made then. What happened since is unknown to it; ${documentAt('backup')} says what to look at`,
    );
  await transact((tx) => ensureAdmins(tx, config.adminEmails));
  if ((await stores.people.admins()).length === 0)
    log.warn(
      'There is no admin yet. Set ADMIN_EMAILS to the addresses of the first admins, like ADMIN_EMAILS=ann@example.com, and start Latchkey again',
    );
  await rememberConfigured(transact, configuredBy(config));
}

function logBackedUp(done: BeforeMigrating, log: Log): void {
  if (done.kind === 'backed-up')
    log.info(
      { file: done.file },
      'This version changes the tables. The database as it was before is in this file',
    );
  if (done.kind === 'postgres')
    log.info(
      { pending: done.pending },
      'This version changes the tables. Latchkey makes no copy of PostgreSQL first',
    );
}
