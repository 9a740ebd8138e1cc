/** What the database says of someone: the audit log beside what happened, and after an erasure nothing that names them. */
import type { Knex } from 'knex';
import { opened } from '../../../src/store/people/collect-personal-data.ts';
import { NOT_LOOKED_THROUGH } from '../../../src/store/people/erase-personal-data.ts';
import { textColumns } from '../../../src/store/people/personal-data.ts';
import { sealedColumns } from '../../../src/store/vault/sealed-columns.ts';
import { sealedRows } from '../../../src/store/vault/sealed-rows.ts';
import type { Vault } from '../../../src/store/vault/vault.ts';

/** By table, the entry that each final state has. */
const ENTRIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  removals: { gone: 'removal.gone', withdrawn: 'removal.withdrawn' },
  runs: {
    succeeded: 'run.succeeded',
    failed: 'run.failed',
    blocked: 'run.blocked',
    cancelled: 'run.cancelled',
  },
  review_items: { kept: 'review.kept', revoked: 'review.revoked' },
  tasks: { done: 'task.done', cancelled: 'task.cancelled' },
  access_requests: {
    approved: 'request.approved',
    denied: 'request.denied',
    withdrawn: 'request.withdrawn',
    expired: 'request.expired',
    cancelled: 'request.cancelled',
  },
};

/** What ended more often or less often than the audit log says. */
export async function untrueEntries(db: Knex, personId: string): Promise<readonly string[]> {
  const counts = async (table: string, column: string): Promise<ReadonlyMap<string, number>> => {
    const rows: readonly Readonly<Record<string, unknown>>[] = await db(table)
      .where({ person_id: personId })
      .groupBy(column)
      .select(column)
      .count({ count: '*' });
    return new Map(rows.map((row) => [String(row[column]), Number(row['count'])]));
  };
  const said = await counts('audit_log', 'what');
  const problems: string[] = [];
  for (const [table, entries] of Object.entries(ENTRIES)) {
    const states = await counts(table, 'state');
    for (const [state, what] of Object.entries(entries)) {
      const [is, says] = [states.get(state) ?? 0, said.get(what) ?? 0];
      if (is !== says)
        problems.push(`${is} of ${table} are ${state}, and the audit log has ${says} ${what}`);
    }
  }
  return problems;
}

/** They keep the id, which leads to no one any more. */
const WITH_ID = new Set(['audit_log', 'occurrences', 'messages']);

/** Where the database still has one of the addresses, or the id, of someone who was erased. */
export async function namedIn(
  { db, vault }: { readonly db: Knex; readonly vault: Vault },
  { personId, addresses }: { readonly personId: string; readonly addresses: readonly string[] },
): Promise<readonly string[]> {
  const names = (text: string, table: string): boolean =>
    addresses.some((address) => text.includes(address)) ||
    (!WITH_ID.has(table) && text.includes(personId));
  const problems = new Set<string>();
  for (const [table, columns] of await textColumns(db)) {
    const rows: readonly Readonly<Record<string, unknown>>[] = await db(table).select('*');
    for (const column of columns)
      if (rows.some((row) => names(JSON.stringify(row[column] ?? ''), table)))
        problems.add(`${table}.${column}`);
  }
  for (const sealed of Object.values(sealedColumns)) {
    if (NOT_LOOKED_THROUGH.has(sealed.table)) continue;
    for await (const rows of sealedRows(db, sealed))
      for (const row of rows)
        if (names((await opened(sealed, row, vault)) ?? '', sealed.table))
          problems.add(`${sealed.table}.${sealed.column}, sealed`);
  }
  return [...problems];
}
