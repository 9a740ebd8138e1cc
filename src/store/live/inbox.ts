import type { Knex } from 'knex';
import { chunksOf } from '../../core/batches.ts';
import type { InboxStore, OpenInteraction, TakenOver } from '../../engine/ports/chat-stores.ts';
import { dialectOf } from '../database.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import { type Vault, VaultError } from '../vault/vault.ts';
import { oneOf, time } from '../work/columns.ts';
import { inGroup, inGroupNow } from '../work/group-commit.ts';

interface InboxRow {
  readonly key: string;
  readonly state: string;
  readonly accepted_at: number;
  /** Sealed; null once it is done. */
  readonly content: string | null;
  readonly process_id: string | null;
  readonly leased_until: number | null;
}

const openStates: Record<OpenInteraction['state'], true> = { waiting: true, begun: true };
/** `done`: it was answered, or needed no answer. */
export const states: Record<OpenInteraction['state'] | 'done', true> = {
  ...openStates,
  done: true,
};

/** As many as are answered while a process starts. The rest comes with the next look. */
const TAKEN_AT_ONCE = 50;

/** Of what is done. */
const ended = { state: 'done', content: null, process_id: null, leased_until: null } as const;

/** Below the databases' numbers of parameters. */
const KEYS_AT_ONCE = 1000;

export function createInboxStore(db: Knex, vault: Vault): InboxStore {
  const inbox = (on: Knex = db) => on<InboxRow>('inbox');
  const contents = sealedTexts(vault, sealedColumns.interaction);
  const isGrouped = dialectOf(db) === 'sqlite' && !db.isTransaction;
  /**
   * Writes one statement. On SQLite it shares a commit with all that is written at the same moment, and waits for the write lock
   * as transactions do.
   */
  const write = <T>(statement: (on: Knex) => Promise<T>): Promise<T> =>
    isGrouped ? inGroup(db, statement) : statement(db);

  /** Its acknowledgement waits for it. */
  async function insertNew(rows: readonly InboxRow[]): Promise<ReadonlySet<string>> {
    const insert = async (on: Knex) =>
      inbox(on).insert(rows).onConflict('key').ignore().returning('key');
    return keysOf(await (isGrouped ? inGroupNow(db, insert) : insert(db)));
  }

  async function opened({ key, state, accepted_at, content }: InboxRow): Promise<TakenOver> {
    return {
      key,
      state: oneOf(openStates, state, 'inbox.state'),
      acceptedAt: time(accepted_at),
      content: await contents.open({ key, content: content ?? '' }).catch((error: unknown) => {
        if (error instanceof VaultError) return undefined;
        throw error;
      }),
    };
  }

  return {
    async accept(key, now) {
      return (await insertNew([{ ...ended, key, accepted_at: now.getTime() }])).has(key);
    },

    async insert(interactions, { processId, until }) {
      return insertNew(
        await Promise.all(
          interactions.map(async ({ key, state, acceptedAt, content }) => ({
            key,
            state,
            accepted_at: acceptedAt.getTime(),
            content: await contents.seal({ key }, content),
            process_id: processId,
            leased_until: until.getTime(),
          })),
        ),
      );
    },

    async cancel(marks, processId) {
      // Each key once, although a platform may have sent it twice: PostgreSQL refuses to change a row twice in a statement.
      const byKey = new Map(marks.map((mark) => [mark.key, mark]));
      const rows = [...byKey.values()].map(({ key, acceptedAt }) => ({
        ...ended,
        key,
        accepted_at: acceptedAt.getTime(),
      }));
      return keysOf(
        await write(async (on) =>
          inbox(on)
            .insert(rows)
            .onConflict('key')
            .merge(ended)
            .where('inbox.process_id', processId)
            .returning('key'),
        ),
      );
    },

    async begin(keys, { processId, until }) {
      return keysOf(
        await write(async (on) =>
          inbox(on)
            .whereIn('key', keys)
            .where({ process_id: processId })
            .update({ state: 'begun', leased_until: until.getTime() })
            .returning('key'),
        ),
      );
    },

    async end(keys, processId) {
      await write(async (on) =>
        inbox(on).whereIn('key', keys).where({ process_id: processId }).update(ended),
      );
    },

    async renew(keys, { processId, until }) {
      for (const some of chunksOf(keys, KEYS_AT_ONCE))
        await write(async (on) =>
          inbox(on)
            .whereIn('key', some)
            .where({ process_id: processId })
            .update({ leased_until: until.getTime() }),
        );
    },

    async takeOver({ processId, until }, now) {
      // Nothing that is renewed now ends twice as far from now: that lease is of a clock that was ahead.
      const farthest = 2 * until.getTime() - now.getTime();
      const late = (on?: Knex) =>
        inbox(on).where((lost) =>
          lost.where('leased_until', '<', now.getTime()).orWhere('leased_until', '>', farthest),
        );
      // First a look, since a write would lock SQLite and mostly finds nothing.
      const keys = await late().orderBy('accepted_at').limit(TAKEN_AT_ONCE).pluck('key');
      if (keys.length === 0) return [];
      const taken = await write(async (on) =>
        late(on)
          .whereIn('key', keys)
          .update({ process_id: processId, leased_until: until.getTime() })
          .returning<InboxRow[]>('*'),
      );
      return Promise.all(
        taken.toSorted((a, b) => a.accepted_at - b.accepted_at).map((row) => opened(row)),
      );
    },
  };
}

const keysOf = (rows: readonly Pick<InboxRow, 'key'>[]): ReadonlySet<string> =>
  new Set(rows.map(({ key }) => key));
