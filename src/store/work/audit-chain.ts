/** The chain of the audit log (`engine/work/audit-chain.ts`): sealing, reading it for a check, and deleting what it proves. */
import type { Knex } from 'knex';
import { chunksOf } from '../../core/batches.ts';
import { newId } from '../../core/ids.ts';
import { type AuditEntry, SYSTEM } from '../../engine/people/directory.ts';
import type { AuditChainStore } from '../../engine/ports/upkeep-stores.ts';
import {
  AUDIT_ERASED,
  AUDIT_PURGED,
  CHAIN_START,
  deletionText,
  entryHashOf,
  type Link,
  type LinkedEntry,
  linkHashOf,
  PLACES_AT_ONCE,
  places,
  type StoredEntry,
} from '../../engine/work/audit-chain.ts';
import { dialectOf } from '../database.ts';
import { signingKey } from '../vault/signing-key.ts';
import type { Vault } from '../vault/vault.ts';
import {
  AUDIT_LOG,
  type AuditRow,
  createAuditStore,
  matchingEntries,
  newlySalted,
  type Salted,
  toEntry,
} from './audit.ts';
import { findBy } from './find-by.ts';
import { insertRows } from './insert-rows.ts';
import { countOf } from './total.ts';

interface LinkRow {
  readonly seq: number;
  readonly entry_id: string;
  readonly hash: string;
  readonly sealed_at: number;
  readonly link: string;
}

const CHAIN = 'audit_chain';

export function createAuditChainStore(db: Knex, vault: Vault): AuditChainStore {
  const log = () => db<AuditRow>(AUDIT_LOG);
  const chain = () => db<LinkRow>(CHAIN);
  const unsealed = () => log().whereNull('seq');

  const after = (seq: number, limit: number) =>
    chain().where('seq', '>', seq).orderBy('seq').limit(limit);

  async function head(): Promise<Link | undefined> {
    const row = await chain().orderBy('seq', 'desc').first();
    return row && toLink(row);
  }

  return {
    head,

    async hasUnsealed() {
      return (await unsealed().first('id')) !== undefined;
    },

    async sealSome(limit, now) {
      const rows = await unsealed().orderBy(['at', 'id']).limit(limit).forUpdate();
      let last: Pick<Link, 'seq' | 'link'> = (await head()) ?? CHAIN_START;
      const links: LinkRow[] = [];
      const sealed: (readonly [id: string, seq: number, salt: string, contentHash: string])[] = [];
      for (const row of rows) {
        const { salt, content_hash: contentHash } = salted(row);
        const entry = toStored(row);
        const of = {
          seq: last.seq + 1,
          entryId: row.id,
          hash: entryHashOf(entry, contentHash),
          sealedAt: now.getTime(),
        };
        const link = linkHashOf(last.link, of);
        last = { seq: of.seq, link };
        links.push({
          seq: of.seq,
          entry_id: of.entryId,
          hash: of.hash,
          sealed_at: of.sealedAt,
          link,
        });
        sealed.push([row.id, of.seq, salt, contentHash]);
      }
      await insertRows(db, CHAIN, links);
      if (sealed.length > 0) await db.raw(GIVE_PLACES[dialectOf(db)], [JSON.stringify(sealed)]);
      return rows.length;
    },

    find: findBy('seq', chain, toLink),

    chain: async (afterSeq, limit) => (await after(afterSeq, limit)).map(toLink),

    async links(afterSeq, limit) {
      const rows = await after(afterSeq, limit);
      const entries = await log().whereIn(
        'id',
        rows.map((row) => row.entry_id),
      );
      const byId = new Map(entries.map((row) => [row.id, toStored(row)]));
      return rows.map((row): LinkedEntry => ({ ...toLink(row), entry: byId.get(row.entry_id) }));
    },

    async entriesAfter(afterSeq, limit) {
      const rows = await log().where('seq', '>', afterSeq).orderBy('seq').limit(limit);
      return rows.map((row) => ({ seq: row.seq ?? 0, entry: toEntry(row) }));
    },

    async entries(filter, afterSeq, limit) {
      const rows = await matchingEntries(db, filter)
        .where('seq', '>', afterSeq)
        .orderBy('seq')
        .limit(limit);
      return rows.map(toStored);
    },

    async deletions(afterId, limit) {
      const rows = await log()
        .whereIn('what', [AUDIT_ERASED, AUDIT_PURGED])
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(limit);
      return rows.map(toStored);
    },

    async strays(limit) {
      const rows = await log()
        .whereNotNull('seq')
        .whereNotExists(
          db(CHAIN).select('seq').whereRaw('??.?? = ??.??', [CHAIN, 'entry_id', AUDIT_LOG, 'id']),
        )
        .orderBy('seq')
        .limit(limit);
      return rows.map(toStored);
    },

    async unsealed() {
      const count = await countOf(unsealed());
      const oldest = await unsealed().orderBy(['at', 'id']).first();
      return { count, oldest: oldest && toStored(oldest) };
    },

    async unsealedSince() {
      const row = await unsealed().orderBy(['at', 'id']).first('at');
      return row && new Date(row.at);
    },

    async sign(text) {
      return (await signingKey(db, vault)).sign(text);
    },

    async publicKey() {
      return (await signingKey(db, vault)).publicKey;
    },
  };
}

const GIVE_PLACES = {
  sqlite: `update audit_log set seq = given.seq, salt = given.salt, content_hash = given.content_hash
    from (
      select json_extract(value, '$[0]') as id, json_extract(value, '$[1]') as seq,
        json_extract(value, '$[2]') as salt, json_extract(value, '$[3]') as content_hash
      from json_each(?)
    ) as given where audit_log.id = given.id`,
  postgres: `update audit_log set seq = (given.value ->> 1)::bigint, salt = given.value ->> 2, content_hash = given.value ->> 3
    from json_array_elements(?::json) as given(value) where audit_log.id = given.value ->> 0`,
} as const;

/** Entries from before there was a chain, and those of a process of 0.2.0, get their salt from the sealer. */
function salted({ detail, salt, content_hash: contentHash }: AuditRow): Salted {
  return salt === null || contentHash === null
    ? newlySalted(detail)
    : { salt, content_hash: contentHash };
}

/** Deletes the oldest entries from before then, and notes which. @returns how many */
export async function purgeEntries(
  tx: Knex,
  {
    before,
    limit,
    ...by
  }: { readonly before: number; readonly limit: number } & Pick<By, 'at' | 'vault'>,
): Promise<number> {
  const rows = await tx<AuditRow>(AUDIT_LOG)
    .where('at', '<', before)
    .whereNotNull('seq')
    .whereNotIn('what', [AUDIT_ERASED, AUDIT_PURGED])
    .orderBy(['at', 'id'])
    .limit(limit)
    .forUpdate();
  await deleteEntries(tx, rows, { ...by, actor: SYSTEM });
  return rows.length;
}

interface By extends Pick<AuditEntry, 'at' | 'actor' | 'personId'> {
  /** Of the key that signs what was deleted. */
  readonly vault: Vault;
}

async function deleteEntries(tx: Knex, rows: readonly AuditRow[], by: By): Promise<void> {
  await tx(AUDIT_LOG)
    .whereIn(
      'id',
      rows.map(({ id }) => id),
    )
    .delete();
  await note(tx, AUDIT_PURGED, { by, rows });
}

/** Entries that aren't sealed yet are not named: nobody will miss them. */
async function note(
  tx: Knex,
  what: string,
  { by: { vault, ...by }, rows }: { readonly by: By; readonly rows: readonly AuditRow[] },
): Promise<void> {
  const seqs = rows.flatMap(({ seq }) => seq ?? []);
  if (seqs.length === 0) return;
  const entries = places(seqs);
  const signature = (await signingKey(tx, vault)).sign(deletionText(what, entries));
  const detail = { entries, number: seqs.length, signature };
  await createAuditStore(tx).add({ ...by, id: newId(), what, detail });
}

/** Entries that mention a person, by the column that does. */
export interface Mentioning {
  readonly inDetail: readonly string[];
  /** By the name of an operating-system user. */
  readonly inActor: readonly string[];
}

/** Deletes the content and the salt of these entries, and notes which. Their frames stay, and stay provable. */
export async function eraseContents(
  tx: Knex,
  { inDetail, inActor }: Mentioning,
  by: By,
): Promise<void> {
  for (const ids of chunksOf(inActor, PLACES_AT_ONCE))
    await deleteEntries(tx, await lockedEntries(tx, ids), by);
  for (const ids of chunksOf(inDetail, PLACES_AT_ONCE)) {
    const rows = await lockedEntries(tx, ids);
    const sealed = rows.filter(({ seq }) => seq !== null);
    await tx(AUDIT_LOG)
      .whereIn(
        'id',
        sealed.map(({ id }) => id),
      )
      .update({ detail: null, salt: null });
    for (const { id, seq } of rows)
      if (seq === null)
        await tx(AUDIT_LOG)
          .where({ id })
          .update({ detail: null, ...newlySalted(null) });
    await note(tx, AUDIT_ERASED, { by, rows });
  }
}

/** The sealer may just give them their places, so we wait for it. */
const lockedEntries = (tx: Knex, ids: readonly string[]): Promise<AuditRow[]> =>
  tx<AuditRow>(AUDIT_LOG).whereIn('id', ids).orderBy('id').forUpdate();

const toLink = (row: LinkRow): Link => ({
  seq: row.seq,
  entryId: row.entry_id,
  hash: row.hash,
  sealedAt: row.sealed_at,
  link: row.link,
});

const toStored = (row: AuditRow): StoredEntry => ({
  id: row.id,
  at: row.at,
  actor: row.actor,
  actorPersonId: row.actor_person_id,
  what: row.what,
  personId: row.person_id,
  integrationId: row.integration_id,
  runId: row.run_id,
  detail: row.detail,
  salt: row.salt,
  contentHash: row.content_hash,
  seq: row.seq,
});
