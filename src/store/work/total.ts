import type { Knex } from 'knex';
import { z } from 'zod';
import type { Page } from '../../engine/ports/store.ts';

/**
 * The total number of rows. It is counted only when the page doesn't show it: most lists fit on their first page, and a
 * page that isn't full is the last.
 * @param found rows on the page
 */
export async function totalOf(
  { offset, limit }: Page,
  found: number,
  matching: () => Knex.QueryBuilder,
): Promise<number> {
  if (found < limit && (found > 0 || offset === 0)) return offset + found;
  return countOf(matching());
}

type Order = readonly (string | { readonly column: string; readonly order?: string })[];

/** One page of the rows, and the total. @param order ends with what decides between equal rows */
export async function pageOf<Row extends object>(
  matching: () => Knex.QueryBuilder<Row>,
  page: Page,
  order: Order,
): Promise<{ readonly rows: readonly Row[]; readonly total: number }> {
  const rows = (await matching()
    .orderBy([...order])
    .offset(page.offset)
    .limit(page.limit)) as Row[];
  return { rows, total: await totalOf(page, rows.length, matching) };
}

/** PostgreSQL's counts are texts, since not every bigint fits a number. */
const counted = z.object({ total: z.coerce.number() });

export const countOf = async (matching: Knex.QueryBuilder): Promise<number> =>
  counted.parse(await matching.count({ total: '*' }).first()).total;

/** How many different values of a column there are. */
export const distinctOf = async (matching: Knex.QueryBuilder, column: string): Promise<number> =>
  counted.parse(await matching.countDistinct({ total: column }).first()).total;

/**
 * How many rows have each value of a column; values without a row are left out.
 * @param distinct counts the different values of that column, and not rows
 */
export async function countBy(
  matching: Knex.QueryBuilder,
  column: string,
  distinct?: string,
): Promise<ReadonlyMap<string, number>> {
  const grouped = matching.groupBy(column).select({ value: column });
  const rows: unknown[] = await (distinct === undefined
    ? grouped.count({ total: '*' })
    : grouped.countDistinct({ total: distinct }));
  return new Map(
    z
      .array(countedBy)
      .parse(rows)
      .map(({ value, total }) => [value, total]),
  );
}

const countedBy = counted.extend({ value: z.string() });
