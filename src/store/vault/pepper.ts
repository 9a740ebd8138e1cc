/** Secrets that Latchkey makes for itself, each when it is first needed. */
import type { Knex } from 'knex';
import { putRows } from '../work/put-rows.ts';
import { sealedColumns } from './sealed-columns.ts';
import { sealedTexts } from './sealed-texts.ts';
import type { Vault } from './vault.ts';

const peppers = (vault: Vault) => sealedTexts(vault, sealedColumns.pepper);

/** Undefined: it was never needed. */
export async function findSecretOfOurs(
  db: Knex,
  vault: Vault,
  name: string,
): Promise<string | undefined> {
  const row = await db<{ name: string; value: string }>('peppers').where({ name }).first();
  return row && peppers(vault).open(row);
}

/** When two processes make one at once, the first stays. */
export async function secretOfOurs(
  db: Knex,
  vault: Vault,
  { name, make }: { readonly name: string; readonly make: () => string },
): Promise<string> {
  const found = await findSecretOfOurs(db, vault, name);
  if (found !== undefined) return found;
  const made = make();
  const value = await peppers(vault).seal({ name }, made);
  await db('peppers').insert({ name, value }).onConflict('name').ignore();
  return (await findSecretOfOurs(db, vault, name)) ?? made;
}

export async function keepSecret(
  db: Knex,
  vault: Vault,
  { name, value }: { readonly name: string; readonly value: string },
): Promise<void> {
  const sealed = await peppers(vault).seal({ name }, value);
  await putRows(db('peppers'), [{ name, value: sealed }], ['name']);
}

export async function dropSecret(db: Knex, name: string): Promise<void> {
  await db('peppers').where({ name }).delete();
}
