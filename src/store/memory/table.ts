/**
 * Tables in memory. Words: a *row* is one of the engine's own values, which never change, so a table hands them out
 * as they are; the *journal* notes how to undo each change while a transaction runs.
 */

export interface Journal {
  /** Notes how to undo a change that is about to happen. */
  note(undo: () => void): void;
  /** Runs `work`; what it changed is undone where it throws. One at a time: a second one waits for the first. */
  transact<T>(work: () => Promise<T>): Promise<T>;
}

export interface Table<Row> {
  get(key: string): Row | undefined;
  put(key: string, row: Row): void;
  /** @throws {DuplicateRow} where there is a row with that key. */
  insert(key: string, row: Row): void;
  delete(key: string): void;
  rows(): readonly Row[];
}

/** What a database would call a broken unique constraint. */
export class DuplicateRow extends Error {
  readonly code = 'duplicate-row';
  constructor(table: string) {
    super(`A row of ${table} has to be unique, and there is one already`);
    this.name = 'DuplicateRow';
  }
}

export function createJournal(): Journal {
  let undos: (() => void)[] | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function run<T>(work: () => Promise<T>): Promise<T> {
    const mine: (() => void)[] = [];
    undos = mine;
    try {
      return await work();
    } catch (error) {
      for (const undo of mine.toReversed()) undo();
      throw error;
    } finally {
      undos = undefined;
    }
  }

  return {
    note: (undo) => void undos?.push(undo),
    transact(work) {
      const result = last.then(() => run(work));
      last = result.catch(() => undefined); // Whoever asked for it hears of its failure.
      return result;
    },
  };
}

export function createTable<Row>(name: string, journal: Journal): Table<Row> {
  const rows = new Map<string, Row>();

  function put(key: string, row: Row): void {
    const before = rows.get(key);
    journal.note(() => (before === undefined ? rows.delete(key) : rows.set(key, before)));
    rows.set(key, row);
  }

  return {
    get: (key) => rows.get(key),
    put,
    insert(key, row) {
      if (rows.has(key)) throw new DuplicateRow(name);
      put(key, row);
    },
    delete(key) {
      const before = rows.get(key);
      if (before === undefined) return;
      journal.note(() => rows.set(key, before));
      rows.delete(key);
    },
    rows: () => [...rows.values()],
  };
}

/** A key of several parts, none of which can run into the next. */
export const keyOf = (...parts: readonly (string | number)[]): string => JSON.stringify(parts);
