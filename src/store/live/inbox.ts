import type { Knex } from 'knex';
import type { InboxStore, OpenInteraction, TakenOver } from '../../engine/ports/chat-stores.ts';
import { identityOf, sealedColumns } from '../vault/sealed-columns.ts';
import { type Vault, VaultError } from '../vault/vault.ts';
import { oneOf, time } from '../work/columns.ts';

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

export function createInboxStore(db: Knex, vault: Vault): InboxStore {
  const inbox = () => db<InboxRow>('inbox');
  const identity = (key: string) => identityOf(sealedColumns.interaction, key);

  async function insertNew(rows: readonly InboxRow[]): Promise<ReadonlySet<string>> {
    const inserted = await inbox().insert(rows).onConflict('key').ignore().returning('key');
    return new Set(inserted.map(({ key }) => key));
  }

  async function opened({ key, state, accepted_at, content }: InboxRow): Promise<TakenOver> {
    return {
      key,
      state: oneOf(openStates, state, 'inbox.state'),
      acceptedAt: time(accepted_at),
      content: await vault.open(identity(key), content ?? '').catch((error: unknown) => {
        if (error instanceof VaultError) return undefined;
        throw error;
      }),
    };
  }

  return {
    async accept(key, now) {
      const row = { key, state: 'done', accepted_at: now.getTime() };
      const inserted = await insertNew([
        { ...row, content: null, process_id: null, leased_until: null },
      ]);
      return inserted.has(key);
    },

    async insert(interactions, { processId, until }) {
      return insertNew(
        await Promise.all(
          interactions.map(async ({ key, state, acceptedAt, content }) => ({
            key,
            state,
            accepted_at: acceptedAt.getTime(),
            content: await vault.seal(identity(key), content),
            process_id: processId,
            leased_until: until.getTime(),
          })),
        ),
      );
    },

    async begin(keys, processId) {
      const begun = await inbox()
        .whereIn('key', keys)
        .where({ process_id: processId })
        .update({ state: 'begun' })
        .returning('key');
      return new Set(begun.map(({ key }) => key));
    },

    async end(keys, processId) {
      await inbox()
        .whereIn('key', keys)
        .where({ process_id: processId })
        .update({ state: 'done', content: null, process_id: null, leased_until: null });
    },

    async renew({ processId, until }) {
      await inbox()
        .whereNotNull('leased_until')
        .where({ process_id: processId })
        .update({ leased_until: until.getTime() });
    },

    async takeOver({ processId, until }, now) {
      const late = () => inbox().where('leased_until', '<', now.getTime());
      // First a look, since a write would lock SQLite and mostly finds nothing.
      const keys = await late().orderBy('accepted_at').limit(TAKEN_AT_ONCE).pluck('key');
      if (keys.length === 0) return [];
      const taken = await late()
        .whereIn('key', keys)
        .update({ process_id: processId, leased_until: until.getTime() })
        .returning<InboxRow[]>('*');
      return Promise.all(
        taken.toSorted((a, b) => a.accepted_at - b.accepted_at).map((row) => opened(row)),
      );
    },
  };
}
