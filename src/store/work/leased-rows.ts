/** The rows of leased work (`engine/work/leased.ts`): the columns of its states, and the two queries for work to take. */
import type { Knex } from 'knex';
import { type Held, isHeld, isOpen, type Lease, type Open } from '../../engine/work/lease.ts';
import { msOrNull, present, time } from './columns.ts';
import { firstReadable, readable } from './readable.ts';

/** The columns that aren't null show whether the item waits, is held, or has ended. */
export interface LeaseColumns {
  readonly due_at: number | null;
  readonly worker_id: string | null;
  readonly leased_until: number | null;
  readonly finished_at: number | null;
}

/** @param item in any of its states */
export function leaseColumns(item: object): LeaseColumns {
  const { dueAt, workerId, leasedUntil, finishedAt }: Partial<AnyState> = item;
  return {
    due_at: msOrNull(dueAt),
    worker_id: workerId ?? null,
    leased_until: msOrNull(leasedUntil),
    finished_at: msOrNull(finishedAt),
  };
}

interface AnyState extends Lease {
  readonly dueAt: Date;
  readonly finishedAt: Date;
}

/** @param table for the error when the row is corrupt */
export const leaseOf = (row: LeaseColumns, table: string): Lease => ({
  workerId: present(row.worker_id, `${table}.worker_id`),
  leasedUntil: time(present(row.leased_until, `${table}.leased_until`)),
});

export const dueAtOf = (row: LeaseColumns, table: string): Date =>
  time(present(row.due_at, `${table}.due_at`));

export const finishedAtOf = (row: LeaseColumns, table: string): Date =>
  time(present(row.finished_at, `${table}.finished_at`));

/** The expression of each table's index `…_overdue`, so that a database uses that index. */
const TAKEABLE_FROM = 'coalesce(leased_until, due_at)';
/** The next sweep finds the rest. */
const OVERDUE_AT_ONCE = 100;

/** @param read opens rows of the table */
export const leasedRows = <R extends LeaseColumns, T extends object>(
  rows: () => Knex.QueryBuilder<R, R[]>,
  read: (rows: readonly R[]) => Promise<readonly T[]>,
) => ({
  async leasedBy(workerId: string): Promise<readonly Held<T>[]> {
    const found = await rows().where('worker_id', workerId);
    const items = await readable(found as R[], (row) => read([row]));
    return items.flat().filter(isHeld);
  },

  async overdue(before: Date): Promise<readonly Open<T>[]> {
    const page = async (offset: number) =>
      (await rows()
        .whereNull('finished_at')
        .whereRaw(`${TAKEABLE_FROM} < ?`, [before.getTime()])
        .orderByRaw(`${TAKEABLE_FROM}, id`)
        .offset(offset)
        .limit(OVERDUE_AT_ONCE)) as R[];
    const items = await firstReadable(OVERDUE_AT_ONCE, page, (row) => read([row]));
    return items.flat().filter(isOpen);
  },
});
