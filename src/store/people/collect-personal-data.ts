/** Reads what is kept about a person, for an export, and the sealed texts among it. */
import type { Knex } from 'knex';
import { isJsonObject, type Json, type JsonObject, jsonIn } from '../../core/json.ts';
import { identityIn, type SealedColumn, sealedColumns } from '../vault/sealed-columns.ts';
import { cannotBeRead } from '../vault/sentences.ts';
import { type Vault, VaultError } from '../vault/vault.ts';
import { type PersonInRows, personalTables, type Row } from './personal-data.ts';

/** A person's rows by table, unsealed. Tables without any are left out. With `since`, rows that began earlier are left out. */
export async function collectRows(
  db: Knex,
  vault: Vault,
  { since, ...named }: PersonInRows & { readonly since?: Date },
): Promise<JsonObject> {
  const found: Record<string, Json> = since ? { since: since.toISOString() } : {};
  for (const { table, theirs, since: narrowed, withheld = [] } of personalTables) {
    const all = theirs(db(table), named, db);
    const wanted = since ? narrowed(all, since.getTime(), db) : all;
    const rows = (await wanted.select('*')) as readonly Row[];
    if (rows.length === 0) continue;
    const shown: Json[] = [];
    for (const row of rows) shown.push(await shownRow(row, { table, withheld }, vault));
    found[table] = shown;
  }
  const integrations: readonly { readonly id: string; readonly name: string }[] = await db(
    'integrations',
  ).select('id', 'name');
  found['integrations'] = Object.fromEntries(integrations.map(({ id, name }) => [id, name]));
  return found;
}

async function shownRow(
  row: Row,
  { table, withheld }: { readonly table: string; readonly withheld: readonly string[] },
  vault: Vault,
): Promise<JsonObject> {
  const shown: Record<string, Json> = {};
  for (const [column, value] of Object.entries(row)) {
    if (value === null || withheld.includes(column)) continue;
    const sealed = sealedIn(table, column);
    const text = sealed ? ((await opened(sealed, row, vault)) ?? cannotBeRead()) : value;
    shown[column] = readable(column, text);
  }
  return withoutSecrets(table, shown);
}

export const sealedIn = (table: string, column: string): SealedColumn | undefined =>
  Object.values(sealedColumns).find((each) => each.table === table && each.column === column);

/** Undefined: no key opens it. Such a text stops neither an export nor an erasure. */
export const opened = (sealed: SealedColumn, row: Row, vault: Vault): Promise<string | undefined> =>
  vault.open(identityIn(sealed, row), String(row[sealed.column])).catch((error: unknown) => {
    if (error instanceof VaultError) return undefined;
    throw error;
  });

/** Times in a readable form, and JSON as values. */
function readable(column: string, value: unknown): Json {
  if (typeof value === 'number' && /(^at|^since|_at|_since|_until)$/.test(column))
    return new Date(value).toISOString();
  // A text that only begins like JSON stays text.
  if (typeof value === 'string' && /^[{[]/.test(value)) return jsonIn(value) ?? value;
  return typeof value === 'number' || typeof value === 'boolean' ? value : String(value);
}

/** An export must not show generated passwords, or messages that contain one. */
function withoutSecrets(table: string, shown: Readonly<Record<string, Json>>): JsonObject {
  if (table === 'runs') return { ...shown, inputs: without(shown['inputs'], 'generated') };
  if (table !== 'deliveries') return shown;
  const content = shown['content'];
  const outgoing = isJsonObject(content) ? content['outgoing'] : undefined;
  const isSecret = isJsonObject(outgoing) && outgoing['secret'] === true;
  return { ...shown, content: isSecret ? without(content, 'outgoing') : (content ?? null) };
}

const without = (value: Json | undefined, name: string): Json =>
  isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).filter(([each]) => each !== name))
    : null;
