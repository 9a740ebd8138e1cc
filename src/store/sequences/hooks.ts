import type { Knex } from 'knex';
import { z } from 'zod';
import type { HookCallStore, HookStore } from '../../engine/ports/sequence-stores.ts';
import type { Hook } from '../../engine/sequences/hooks/hook.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { msOrNull, present, type RowOf, time, withoutNulls } from '../work/columns.ts';
import { newestFirst } from '../work/newest-first.ts';
import { readable } from '../work/readable.ts';
import { actor, date, flag, number, optional, rowMapper, text } from '../work/row-mapper.ts';
import { versionedRows } from '../work/versioned-rows.ts';

const secrets = z.object({ secret: z.string(), before: z.string().nullable() });

export function createHookStore(db: Knex, vault: Vault): HookStore {
  const hooks = () => db<HookRow>('hooks');
  const sealed = sealedTexts(vault, sealedColumns.hookSecrets);

  const toRow = async (hook: Hook) => ({
    ...toColumns(hook),
    secrets: await sealed.sealJson(hook, {
      secret: hook.secret,
      before: hook.before?.secret ?? null,
    }),
    before_until: msOrNull(hook.before?.until),
    last_refusal_at: msOrNull(hook.lastRefusal?.at),
    last_refusal_why: hook.lastRefusal?.why ?? null,
  });
  type HookRow = RowOf<typeof toRow>;

  const open = async (row: HookRow): Promise<Hook> => {
    const { secret, before } = await sealed.openJson(secrets, row);
    return withoutNulls({
      ...fromColumns(row),
      secret,
      before:
        before === null
          ? null
          : { secret: before, until: time(present(row.before_until, 'hooks.before_until')) },
      lastRefusal:
        row.last_refusal_at === null
          ? null
          : {
              at: time(row.last_refusal_at),
              why: present(row.last_refusal_why, 'hooks.last_refusal_why'),
            },
    });
  };

  return {
    async hold(id) {
      const row = await hooks().where({ id }).first().forNoKeyUpdate(); // SQLite has one writer at a time anyway.
      return row && open(row);
    },

    async ofSequence(sequenceId) {
      const rows = await hooks()
        .where({ sequence_id: sequenceId })
        .whereNull('deleted_at')
        .orderBy(['created_at', 'id']);
      return readable(rows, open);
    },

    ...versionedRows(hooks, 'hook', { toRow, fromRow: open }),
  };
}

type CallRow = RowOf<typeof toCallRow>;

/** The last calls that always stay, whatever their age. */
const KEPT = 20;

const { toRow: toColumns, fromRow: fromColumns } = rowMapper('hooks', {
  id: text,
  version: number,
  sequenceId: text,
  name: text,
  emailPath: text,
  isOn: flag,
  createdAt: date,
  createdBy: actor,
  isRevealed: flag,
  refusals: number,
  deletedAt: optional(date),
});

export function createHookCallStore(db: Knex): HookCallStore {
  const calls = () => db<CallRow>('hook_calls');
  const callsOf = (hookId: string) => calls().where({ hook_id: hookId }).orderBy(newestFirst('at'));
  const newest = (hookId: string) => callsOf(hookId).limit(KEPT);
  return {
    async insert(call) {
      await calls().insert(toCallRow(call));
    },

    async findByFingerprint(hookId, fingerprint) {
      const row = await calls().where({ hook_id: hookId, fingerprint }).first();
      return row && toCall(row);
    },

    async timeOf(hookId, newer) {
      const row = await callsOf(hookId).offset(newer).first();
      return row && time(row.at);
    },

    newest: async (hookId) => (await newest(hookId)).map(toCall),

    async trim(hookId, before) {
      const ids = await newest(hookId).pluck('id');
      await calls()
        .where({ hook_id: hookId })
        .where('at', '<', before.getTime())
        .whereNotIn('id', ids)
        .delete();
    },
  };
}

const { toRow: toCallRow, fromRow: toCall } = rowMapper('hook_calls', {
  id: text,
  hookId: text,
  at: date,
  fingerprint: text,
  eventId: optional(text),
  why: optional(text),
});
