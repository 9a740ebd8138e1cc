/** What PostgreSQL is sent: statements with names, and no text with a NUL. */
import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { type KnexQuery, naming, type RunQuery, replaceRunQuery } from './knex-internals.ts';
import { StatementTexts } from './statement-texts-internals.ts';
import { postgresTogether } from './together-postgres.ts';

/** Statements that a connection to PostgreSQL keeps prepared. The server keeps a plan of each. */
const MAX_NAMED = 300;
/** Of these, what was made of several and came again. There are more combinations than names. */
const MAX_COMBINED = 100;
/** As many may be waiting to come again. */
const MAX_SEEN = 1000;

class StatementNames {
  readonly #names = new Map<string, string>();
  readonly #seenOnce = new Set<string>();
  #combined = 0;

  of({ sql, isCombined }: Pick<KnexQuery, 'sql' | 'isCombined'>): string | undefined {
    const known = this.#names.get(sql);
    if (known !== undefined || this.#names.size >= MAX_NAMED) return known;
    if (isCombined && !this.#comesAgain(sql)) return undefined;
    const name = nameOf(sql);
    this.#names.set(sql, name);
    return name;
  }

  #comesAgain(sql: string): boolean {
    if (this.#combined >= MAX_COMBINED) return false;
    if (this.#seenOnce.delete(sql)) {
      this.#combined += 1;
      return true;
    }
    if (this.#seenOnce.size >= MAX_SEEN) this.#seenOnce.clear();
    this.#seenOnce.add(sql);
    return false;
  }
}

/** The same in every process: behind a pooler that mixes up connections, a name means no other statement. */
const nameOf = (sql: string): string =>
  `latchkey_${createHash('sha256').update(sql).digest('base64url')}`;

/** What of a connection of `pg` is used. */
interface PostgresConnection {
  query(
    statement: {
      readonly text: string;
      readonly values: readonly unknown[];
      readonly name?: string;
    },
    done: (error: Error | null, answer: unknown) => void,
  ): void;
}

/**
 * Names the statements of a PostgreSQL database, so that the server parses each of them once per connection. After the server
 * has refused one, statements have no names. Outside of a transaction it runs again: nothing of it has happened.
 *
 * It keeps NULs out of their values. Such a value finds nothing, since nothing is stored with it.
 */
export function nameStatements(db: Knex, isRefused: (error: unknown) => boolean): void {
  const names = new StatementNames();
  let isAllowed = true;
  const runQuery: RunQuery = function runNamed(connection, query) {
    const postgres = connection as PostgresConnection; // Of this client's pool.
    const { sql: text, bindings = [], options } = query;
    const values = bindings.map(withoutNul);
    return new Promise((resolve, reject) => {
      const run = (name: string | undefined): void =>
        postgres.query({ text, values, ...options, ...(name && { name }) }, (error, answer) => {
          if (!error) {
            query.response = answer;
            return resolve(query);
          }
          if (name === undefined || !isRefused(error)) return reject(naming(error, query));
          isAllowed = false;
          return this.transacting ? reject(naming(error, query)) : run(undefined);
        });
      // Without values there is nothing to plan.
      run(values.length > 0 && isAllowed ? names.of(query) : undefined);
    });
  };
  replaceRunQuery(db, { texts: postgresTexts, runQuery, sendTogether: postgresTogether });
}

/** Of all PostgreSQL databases of this process: their texts are the same. */
const postgresTexts = new StatementTexts();

/** PostgreSQL refuses every text with a NUL, and people, apps and addresses of pages may have one. */
const NUL = '\0';
/** Stands for what no text can hold, as where bytes are no UTF-8. */
const INSTEAD_OF_NUL = '\uFFFD';

function withoutNul(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNul);
  return typeof value === 'string' && value.includes(NUL)
    ? value.replaceAll(NUL, INSTEAD_OF_NUL)
    : value;
}
