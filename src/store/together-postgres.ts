/** How PostgreSQL takes what a transaction reads and writes at the same moment: as one statement with common table expressions. */
import { ByTexts } from './by-texts.ts';
import {
  type Answer,
  combined,
  type Query,
  type Row,
  type Run,
  type SendTogether,
  textsOf,
  type Write,
} from './together-internals.ts';

/** One statement whose only row has each query's rows as JSON, and how many rows each write has changed. */
async function sendToPostgres(
  queries: readonly Query[],
  writes: readonly Write[],
  run: Run,
): Promise<readonly Answer[]> {
  const place = texts.at([...textsOf(writes), '', ...textsOf(queries)]);
  const sql = (place.value ??= textOf(queries, writes));
  const { response } = await run(combined(sql, [...writes, ...queries]));
  const { rows } = response as { readonly rows: readonly Row[] }; // Of `pg`.
  const row = rows[0] ?? {};
  return [
    ...queries.map((_, at) => ({ response: { command: 'SELECT', rows: row[`a${at}`] ?? [] } })),
    ...writes.map(({ statement: { method } }, at) => ({
      response: { command: method.toUpperCase(), rowCount: row[`c${at}`], rows: [] },
    })),
  ];
}

/** Statements in all their combinations. Most come again. */
const MAX_TEXTS = 1000;
const texts = new ByTexts<string>(MAX_TEXTS);

function textOf(queries: readonly Query[], writes: readonly Write[]): string {
  const changing = writes.map(({ statement }, at) => `w${at} as (${statement.sql} returning 1)`);
  const answers = queries.map(
    ({ statement }, at) => `(select json_agg(q) from (${statement.sql}) as q) as a${at}`,
  );
  const counts = writes.map((_, at) => `(select count(*)::int from w${at}) as c${at}`);
  const first = changing.length === 0 ? '' : `with ${changing.join(', ')} `;
  return `${first}select ${[...answers, ...counts].join(', ')}`;
}

export const postgresTogether: SendTogether = { hasLocks: true, send: sendToPostgres };
