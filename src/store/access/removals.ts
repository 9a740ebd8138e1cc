import type { Knex } from 'knex';
import { z } from 'zod';
import { jsonIn } from '../../core/json.ts';
import {
  type CauseKind,
  causeKinds,
  countsOf,
  type DamagedProof,
  openRemovalStates,
  type Proof,
  type ProofKind,
  proofKinds,
  type Removal,
  type RemovalFacts,
  removalMoves,
  type Withdrawal,
  withdrawnFor,
} from '../../engine/access/removals/removal.ts';
import type { RemovalFilter, RemovalStore } from '../../engine/ports/removal-stores.ts';
import { Unreadable } from '../../engine/ports/store.ts';
import { insertUnlessTaken } from '../insert-unless-taken.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import { cannotBeRead, saysCannotBeRead } from '../vault/sentences.ts';
import type { Vault } from '../vault/vault.ts';
import {
  CorruptRow,
  msOrNull,
  oneOf,
  present,
  type RowOf,
  readActor,
  stateIs,
  time,
  withoutNulls,
} from '../work/columns.ts';
import { findManyById } from '../work/find-by.ts';
import { newestFirst } from '../work/newest-first.ts';
import { date, number, optional, rowMapper, text } from '../work/row-mapper.ts';
import { reportsTo } from '../work/seen-by.ts';
import { countBy, countOf, pageOf } from '../work/total.ts';
import { savedRows } from '../work/versioned-rows.ts';
import { onlyDuring } from './during.ts';

/** The next check finds the rest. */
const MAX_DUE = 500;
const MAX_AT = 250;

const keysOf = <K extends string>(words: Record<K, unknown>): [K, ...K[]] =>
  Object.keys(words) as [K, ...K[]];

const causesSchema = z.array(
  z.object({
    kind: z.enum(keysOf<CauseKind>(causeKinds)),
    id: z.string().optional(),
    by: z.unknown(),
    at: z.number(),
  }),
);
/** Before the others, where a damaged text was found: that text. */
const damagedSchema = z.tuple([z.object({ damaged: z.string() })], z.unknown());
const proofSchema = z.object({
  kind: z.enum(keysOf<ProofKind>(proofKinds)),
  at: z.number(),
  byId: z.string().optional(),
  neverThere: z.literal(true).optional(),
});
const contentSchema = z.object({
  why: z.string().optional(),
  note: z.string().optional(),
  unread: z.string().optional(),
  done: z.object({ at: z.number(), byId: z.string().optional() }).optional(),
  /** Only a withdrawn removal has it; older ones have none. */
  withdrawal: z
    .object({
      by: z.unknown(),
      for: z.enum(keysOf<keyof typeof withdrawnFor>(withdrawnFor)).optional(),
    })
    .optional(),
});

const readDone = (
  done: z.infer<typeof contentSchema>['done'],
): NonNullable<RemovalFacts['done']> | null =>
  done ? { at: time(done.at), byId: done.byId } : null;

const IS_OPEN = stateIs(...openRemovalStates);

export function createRemovalStore(db: Knex, vault: Vault): RemovalStore {
  const removals = () => db<RemovalRow>('removals');
  const contents = sealedTexts(vault, sealedColumns.removal);

  const toRow = async (removal: Removal) => {
    const { note, unread } = removal;
    const why = ownWhy(removal);
    const done = removal.done && { ...removal.done, at: removal.done.at.getTime() };
    const withdrawal = 'withdrawal' in removal ? removal.withdrawal : undefined;
    return {
      ...toFacts(removal),
      state: removal.state,
      causes: JSON.stringify([
        ...(removal.damagedCauses === undefined ? [] : [{ damaged: removal.damagedCauses }]),
        ...removal.causes.map(({ at, ...cause }) => ({ ...cause, at: +at })),
      ]),
      /** Sealed JSON of `contentSchema`. Null when there was no message. */
      content: await contents.sealJson(removal, { why, note, unread, done, withdrawal }),
      task_due_date: removal.dueDate ?? null,
      due_at: msOrNull('dueAt' in removal ? removal.dueAt : undefined),
      ended_at: msOrNull('endedAt' in removal ? removal.endedAt : undefined),
      proof: 'proof' in removal ? storedProof(removal.proof) : null,
    };
  };
  type RemovalRow = RowOf<typeof toRow>;

  /** A removal goes on without a content that can't be read: its next step writes another, which keeps the old text, still sealed. */
  const contentOf = async (
    id: string,
    content: string | null,
  ): Promise<z.infer<typeof contentSchema>> => {
    if (content === null) return {};
    try {
      const { unread, ...read } = await contents.openJson(contentSchema, { id, content });
      return unread === undefined ? read : { ...(await contentOf(id, unread)), ...read };
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      return { why: cannotBeRead(), unread: content };
    }
  };

  const read = async (row: RemovalRow): Promise<Removal> => {
    const content = await contentOf(row.id, row.content);
    const facts = withoutNulls({
      ...factsOf(row),
      done: readDone(content.done),
      ...readCauses(row),
      dueDate: row.task_due_date,
      why: content.why || null,
      note: content.note ?? null,
      unread: content.unread ?? null,
    });
    const state = oneOf(removalMoves, row.state, 'removals.state');
    if (state === 'withdrawn')
      return {
        ...facts,
        state,
        endedAt: time(present(row.ended_at, 'removals.ended_at')),
        withdrawal: readWithdrawal(content.withdrawal),
      };
    if (state !== 'gone')
      return { ...facts, state, dueAt: time(present(row.due_at, 'removals.due_at')) };
    return {
      ...facts,
      state,
      endedAt: time(present(row.ended_at, 'removals.ended_at')),
      proof: readProof(row.proof, row.ended_at),
      ...(row.due_at !== null && { dueAt: time(row.due_at) }),
    };
  };
  const matching = ({ personId, integrationId, state, managerId }: RemovalFilter) => {
    const query = removals();
    if (personId !== undefined) query.where({ person_id: personId });
    if (integrationId !== undefined) query.where({ integration_id: integrationId });
    if (managerId !== undefined) query.whereIn('person_id', reportsTo(db, managerId));
    if (state === 'open') query.whereRaw(IS_OPEN);
    else if (state !== undefined) query.where({ state });
    return query;
  };
  const readOpen = async (row: RemovalRow) => {
    const removal = await read(row);
    if (removal.state === 'gone' || removal.state === 'withdrawn')
      throw new CorruptRow('removals.state');
    return removal;
  };

  return {
    async insert(removal) {
      return insertUnlessTaken(
        removals(),
        await toRow(removal),
        db.raw(`(person_id, integration_id) where ${IS_OPEN}`),
      );
    },

    findMany: findManyById(removals, read),

    async open(personId, integrationId) {
      const row = await removals()
        .where({ person_id: personId, integration_id: integrationId })
        .whereRaw(IS_OPEN)
        .first();
      return row && readOpen(row);
    },

    async latest(personId, integrationId) {
      const row = await removals()
        .where({ person_id: personId, integration_id: integrationId })
        .orderBy(newestFirst('began_at'))
        .first();
      return row && read(row);
    },

    async latestOf(personId) {
      const newest = db.raw(
        'row_number() over (partition by integration_id order by began_at desc, id desc) as place',
      );
      const placed = db('removals').where({ person_id: personId }).select('id', newest);
      const rows = await removals().whereIn(
        'id',
        db.from(placed.as('placed')).where({ place: 1 }).select('id'),
      );
      return Promise.all(rows.map(read));
    },

    async openOf(personId) {
      const rows = await removals().where({ person_id: personId }).whereRaw(IS_OPEN).orderBy('id');
      return Promise.all(rows.map(readOpen));
    },

    async openOfPeople(personIds) {
      const rows = await removals()
        .whereIn('person_id', [...personIds])
        .whereRaw(IS_OPEN)
        .select('person_id', 'integration_id');
      return rows.map((row) => ({ personId: row.person_id, integrationId: row.integration_id }));
    },

    async openAt(integrationId, afterId = '') {
      const rows = await removals()
        .where({ integration_id: integrationId })
        .whereRaw(IS_OPEN)
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(MAX_AT);
      return Promise.all(rows.map(readOpen));
    },

    async during(period, afterId = '') {
      const rows = removals();
      onlyDuring(rows, 'began_at', { ...period, afterId });
      return Promise.all((await rows).map(read));
    },

    async dueBefore(before, offset = 0) {
      return removals()
        .where('due_at', '<', before.getTime())
        .orderBy(['due_at', 'id'])
        .offset(offset)
        .limit(MAX_DUE)
        .select('id', 'version');
    },

    async openDueAfter(after, offset = 0) {
      return removals()
        .whereRaw(IS_OPEN)
        .where('due_at', '>', after.getTime())
        .orderBy('id')
        .offset(offset)
        .limit(MAX_DUE)
        .select('id', 'version');
    },

    async stuck(page) {
      const { rows, total } = await pageOf(() => removals().whereRaw(stateIs('stuck')), page, [
        'notified_at',
        'id',
      ]);
      return { removals: await Promise.all(rows.map(readOpen)), total };
    },

    async list(filter, page) {
      // Ids sort by age, and have an index.
      const { rows, total } = await pageOf(() => matching(filter), page, [
        { column: 'id', order: 'desc' },
      ]);
      return { removals: await Promise.all(rows.map(read)), total };
    },

    async before(removalId, limit, filter) {
      const rows = matching(filter).orderBy('id', 'desc').limit(limit);
      if (removalId !== undefined) rows.where('id', '<', removalId);
      return Promise.all((await rows).map(read));
    },

    count: (filter) => countOf(matching(filter)),

    countByApp: (state) => countBy(matching({ state }), 'integration_id'),

    async countOpen() {
      const counts = await countBy(removals().whereRaw(IS_OPEN), 'state');
      return countsOf((state) => counts.get(state) ?? 0);
    },

    ...savedRows(removals, 'removal', { toRow, fromRow: read }),
  };
}

const { toRow: toFacts, fromRow: factsOf } = rowMapper('removals', {
  id: text,
  version: number,
  personId: text,
  integrationId: text,
  beganAt: date,
  tries: number,
  retryAt: optional(date),
  runId: optional(text),
  taskId: optional(text),
  pausedUntil: optional(date),
  notifiedAt: optional(date),
});

/** Beside a content that can't be read: empty where there is no reason any more, and left out where the reason is in that content. */
function ownWhy({ why, unread }: Removal): string | undefined {
  if (unread === undefined) return why;
  return why !== undefined && saysCannotBeRead(why) ? undefined : (why ?? '');
}

/** Damaged ones stop neither the removal nor a list with it. */
function readCauses({
  id,
  causes: stored,
}: {
  readonly id: string;
  readonly causes: string;
}): Pick<Removal, 'causes' | 'damagedCauses'> {
  const place = `removals.causes of ${id}`;
  const kept = damagedSchema.safeParse(jsonIn(stored)).data;
  const read = causesSchema.safeParse(kept ? kept.slice(1) : jsonIn(stored)).data;
  const causes = read?.map(({ kind, id: of, by, at }) => ({
    kind,
    id: of,
    by: readActor(JSON.stringify(by), place),
    at: time(at),
  }));
  if (!causes) return { causes: [], damagedCauses: stored };
  return { causes, ...(kept && { damagedCauses: kept[0].damaged }) };
}

function readWithdrawal(stored: z.infer<typeof contentSchema>['withdrawal']): Withdrawal {
  const by = stored?.by === undefined ? undefined : JSON.stringify(stored.by);
  return {
    ...(by !== undefined && { by: readActor(by, 'removals.content') }),
    for: stored?.for && stored.for,
  };
}

function readProof(stored: string | null, endedAt: number | null): Proof | DamagedProof {
  const read = stored === null ? undefined : proofSchema.safeParse(jsonIn(stored)).data;
  if (!read) return { kind: 'damaged', at: time(endedAt ?? 0), ...(stored !== null && { stored }) };
  const { kind, at, byId, neverThere } = read;
  return { kind, at: time(at), byId, ...(neverThere && { neverThere }) };
}

function storedProof(proof: Proof | DamagedProof): string | null {
  if (proof.kind === 'damaged') return proof.stored ?? null;
  return JSON.stringify({ ...proof, at: proof.at.getTime() });
}
