/** Who has a fact of which name, found in the texts that facts are stored in. */
import type { Knex } from 'knex';
import { chunksOf } from '../../core/batches.ts';
import { type Json, stringifyJson } from '../../core/json.ts';
import { holdLockOf } from '../advisory-locks.ts';
import { dialectOf } from '../database.ts';
import { factsIn } from './facts-in-text.ts';
import { objectIn, type PersonRow, type toRow } from './person-rows.ts';

/**
 * One lock for a name, whatever the number of values: PostgreSQL has one lock table for all sessions, and a few thousand
 * locks fill it. Another confirmation under this name waits for a moment.
 */
export async function holdFacts(db: Knex, name: string): Promise<void> {
  await holdLockOf(db, ['fact', name]);
}

interface Fact {
  readonly id: string;
  /** Null: they have the name, and no value. */
  readonly value: string | null;
  /** All that may be a value of theirs, where what is stored with them can't be read. */
  readonly unread?: ReadonlySet<string>;
}

/**
 * We read and compare texts here, since the databases fold different letters, round large numbers, and fail a statement for everyone at
 * one text that is damaged. A person with a damaged text has what is found in it.
 */
export async function factsCalled(db: Knex, name: string): Promise<readonly Fact[]> {
  const rows = await mentioning(db, [name])
    .where({ active: true })
    .orderBy('id')
    .select('id', 'stored');
  return rows.flatMap(({ id, stored }): readonly Fact[] => {
    const all = objectIn(stored);
    if (!all) return [{ id, value: null, unread: factsIn(stored) }];
    return Object.hasOwn(all, name) ? [{ id, value: textOf(all[name] ?? null) }] : [];
  });
}

const textOf = (value: Json): string | null =>
  value === null || typeof value === 'string' ? value : stringifyJson(value);

/** Everyone with a value under one of these names, including people who have left, and a few more. */
export async function havingStored(db: Knex, names: readonly string[]): Promise<readonly string[]> {
  const ids = new Set<string>();
  for (const some of chunksOf(names, NAMES_AT_ONCE))
    for (const id of await mentioning(db, some).pluck('id')) ids.add(id);
  return [...ids].toSorted(); // Everyone who locks several people uses the same order.
}

/** In one statement: each is looked for in everyone's text. */
const NAMES_AT_ONCE = 50;

/** Those whose facts have one of these names as a key, and a few more. */
const mentioning = (db: Knex, names: readonly string[]) =>
  db<PersonRow>('people').where((either) => {
    const position = dialectOf(db) === 'postgres' ? 'strpos' : 'instr';
    for (const name of names)
      either.orWhereRaw(`${position}(stored, ?) > 0`, [JSON.stringify(name)]);
  });

/** In one statement, since there may be thousands and an admin waits. */
export async function rewriteStored(
  db: Knex,
  rows: readonly ReturnType<typeof toRow>[],
): Promise<void> {
  if (rows.length === 0) return;
  const json = JSON.stringify(rows.map(({ id, stored, stored_by }) => ({ id, stored, stored_by })));
  await db.raw(REWRITE_STORED[dialectOf(db)], [json]);
}

const REWRITE_STORED = {
  sqlite: `update people set stored = given.value ->> 'stored', stored_by = given.value ->> 'stored_by', version = people.version + 1
    from json_each(?) as given
    where people.id = given.value ->> 'id'`,
  postgres: `update people set stored = given.stored, stored_by = given.stored_by, version = people.version + 1
    from json_to_recordset(?) as given(id text, stored text, stored_by text)
    where people.id = given.id`,
} as const;
