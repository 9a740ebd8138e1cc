/** What every process needs: the database with its vault and stores, and the HTTP client for apps. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';
import { notifyOfEvents } from '../bots/features/on-events.ts';
import type { Config } from '../config/config.ts';
import { documentAt } from '../core/documents.ts';
import { newId } from '../core/ids.ts';
import { createTokens, redirectUrls, type Tokens } from '../engine/calls/oauth.ts';
import type { Http } from '../engine/ports/http.ts';
import type { PersonalData } from '../engine/ports/people-stores.ts';
import type { NewId, RandomBytes } from '../engine/ports/time-and-chance.ts';
import type { Database } from '../engine/ports/unit-of-work.ts';
import type { Configured } from '../engine/settings/set-up-memory.ts';
import type { Event } from '../engine/work/events.ts';
import { createHttp } from '../http/got-http.ts';
import { openDatabase, sqliteFile } from '../store/database.ts';
import { requireNoFolder } from '../store/folder.ts';
import { unopenedTexts } from '../store/messages/unopened-texts.ts';
import { createPersonalData } from '../store/people/erase-personal-data.ts';
import { PEPPER } from '../store/people/erased-addresses.ts';
import { createStores } from '../store/stores.ts';
import { defaultKey, KeyFileError, keyFileBeside } from '../store/vault/key-file.ts';
import { SIGNING_KEY } from '../store/vault/signing-key.ts';
import { createVault, type Vault } from '../store/vault/vault.ts';
import { type PushedJob, unitOfWork } from '../store/work/unit-of-work.ts';

export interface Foundation extends Database {
  readonly config: Config;
  readonly db: Knex;
  readonly vault: Vault;
  /** The key file, when it was just created. The operator must back it up. */
  readonly newKeyFile: string | undefined;
  readonly http: Http;
  readonly tokens: Tokens;
  readonly personalData: PersonalData;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  close(): Promise<void>;
}

/**
 * The key that sealed the secrets in the database is missing. Another key could open none of them, and would seal new
 * secrets that other processes can't open.
 */
export class MissingKey extends Error {
  readonly code = 'missing-key';
  constructor(message: string) {
    super(message);
    this.name = 'MissingKey';
  }
}

const noKeyFile = (database: string, keyFile: string): MissingKey =>
  new MissingKey(
    `is not set, and ${keyFile} is missing beside the database ${database}. Restore that file from a backup, or set the key that was used`,
  );

const unusableKeyFile = ({ message }: KeyFileError): MissingKey =>
  new MissingKey(`is not set, and ${message}, or set the key that was used`);

/**
 * Checks that the keys belong to this database, before a migration changes anything in it.
 * @returns a sentence for the operator when some sealed texts can't be opened; the rest still works
 * @throws {MissingKey} when no text opens, or the pepper doesn't
 */
export async function requireKeys({
  db,
  vault,
}: Pick<Foundation, 'db' | 'vault'>): Promise<string | undefined> {
  const { opened, lacking, ours, unopened } = await unopenedTexts(db, vault);
  const lost = unopened.filter(({ code }) => code === 'unknown-key');
  const [first] = lost;
  if (first === undefined) return undefined;
  if (opened === 0)
    throw new MissingKey(
      `is not the key of this database: ${first.message}, like LATCHKEY_KEYS=<key>,<that key>; where SQLite's own key was used, put its file back beside the database`,
    );
  const names = lost.map(({ keyId }) => keyId).join(', ');
  const needed = ours.includes(PEPPER)
    ? 'which Latchkey needs to recognise people whom you erased: without it, an import could bring them back'
    : ours.includes(SIGNING_KEY) &&
      'which Latchkey needs to sign the audit log, and what is deleted from it';
  if (needed)
    throw new MissingKey(
      `lacks the key ${names}, ${needed}. Add that key after the first one, like LATCHKEY_KEYS=<key>,<that key>. If it is lost, ${documentAt('backup')} says how to continue without it`,
    );
  return `${lacking} of the ${opened + lacking} encrypted texts checked can't be opened, since key ${names} is not in LATCHKEY_KEYS. Add that key after the first one, or enter the values again; "latchkey doctor" names a place`;
}

export interface FoundationOptions {
  /** Called after a commit with the jobs that it pushed. */
  readonly pushed?: (jobs: readonly PushedJob[]) => void;
  /** Wraps the HTTP client for apps, for metrics and traces. */
  readonly watchHttp?: (http: Http) => Http;
  /** Sees each event in its transaction, which may still roll back. */
  readonly watchEvent?: (event: Event) => void;
  /** How long a call waits for another one's token. Left out: until it is there. */
  readonly maxTokenWaitMs?: number;
}

/**
 * @throws {MissingKey}
 */
export async function openFoundation(
  config: Config,
  { pushed, watchHttp = (http) => http, watchEvent, maxTokenWaitMs }: FoundationOptions = {},
): Promise<Foundation> {
  const now = () => new Date();
  const random: RandomBytes = (size) => randomBytes(size);
  const { keys, newKeyFile } = await keyRing(config, random);
  const db = openDatabase(config.databaseUrl);
  const vault = createVault(keys);
  const standing = {
    stores: createStores(db, vault),
    transact: unitOfWork(db, vault, {
      now,
      timeZone: config.timeZone,
      pushed,
      async onEvent(tx, event) {
        await notifyOfEvents(tx, event);
        watchEvent?.(event);
      },
    }),
    http: watchHttp(
      createHttp({
        allowPrivateHosts: config.allowPrivateHosts,
        userAgent: 'Latchkey',
        proxy: config.proxy,
      }),
    ),
    now,
    newId,
  };
  const redirectUrlOf = redirectUrls(config.publicUrl);
  return {
    ...standing,
    config,
    db,
    vault,
    newKeyFile,
    personalData: createPersonalData(db, vault),
    tokens: createTokens({
      ...standing,
      redirectUrlOf,
      pause: (ms) => pause(ms),
      maxWaitMs: maxTokenWaitMs,
    }),
    randomBytes: random,
    close: () => db.destroy(),
  };
}

/** The configuration without secrets. */
export function configuredBy(config: Config): Configured {
  const { slack, teams, mail, publicUrlIsSet, keys, databaseUrl } = config;
  const file = sqliteFile(databaseUrl);
  return {
    chats: [...(slack ? (['slack'] as const) : []), ...(teams ? (['teams'] as const) : [])],
    mail: mail !== undefined,
    publicUrl: publicUrlIsSet,
    keyFile: keys.length === 0 && file !== undefined ? keyFileBeside(file) : null,
  };
}

async function keyRing(
  { keys, databaseUrl }: Config,
  random: RandomBytes,
): Promise<{ readonly keys: readonly Uint8Array[]; readonly newKeyFile: string | undefined }> {
  const file = sqliteFile(databaseUrl);
  if (keys.length > 0 || file === undefined) return { keys, newKeyFile: undefined };
  requireNoFolder(file);
  const keyFile = keyFileBeside(file);
  if (existsSync(file) && !existsSync(keyFile)) throw noKeyFile(file, keyFile);
  const { key, created } = await defaultKey(keyFile, random).catch((error: unknown) => {
    throw error instanceof KeyFileError ? unusableKeyFile(error) : error;
  });
  return { keys: [key], newKeyFile: created ? keyFile : undefined };
}
