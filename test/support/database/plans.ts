/** What is asked of a database, and how SQLite finds it. */
import type { Knex } from 'knex';

export interface Statement {
  readonly sql: string;
  readonly bindings: readonly Knex.RawBinding[];
}

/** What `work` asks the database. */
export async function statementsOf(
  db: Knex,
  work: () => Promise<unknown>,
): Promise<readonly Statement[]> {
  const statements: Statement[] = [];
  const note = (statement: Statement) => statements.push(statement);
  db.on('query', note);
  await work();
  db.off('query', note);
  return statements;
}

/** SQLite's plan, a line for each step: "SEARCH people USING INDEX people_by_id (active=? AND id>?)". */
export async function planOf(db: Knex, { sql, bindings }: Statement): Promise<string> {
  const steps = await db.raw<readonly { readonly detail: string }[]>(
    `explain query plan ${sql}`,
    bindings,
  );
  return steps.map(({ detail }) => detail).join('\n');
}
