/** Hashes of erased people's addresses, so that no import adds these people again. A hash doesn't reveal the address. */
import { createHmac, randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { findSecretOfOurs, secretOfOurs } from '../vault/pepper.ts';
import type { Vault } from '../vault/vault.ts';
import { lookUp } from '../work/look-up.ts';

export const PEPPER = 'erased-addresses';
const PEPPER_BYTES = 32;

/** Runs in the transaction that erases the person. @param email trimmed, lower case */
export async function keepErased(
  db: Knex,
  vault: Vault,
  { email, at }: { readonly email: string; readonly at: Date },
): Promise<void> {
  const make = () => randomBytes(PEPPER_BYTES).toString('base64url');
  const pepper = await secretOfOurs(db, vault, { name: PEPPER, make });
  await db('erased_addresses')
    .insert({ hash: hashOf(email, pepper), at: at.getTime() })
    .onConflict('hash')
    .ignore();
}

/** The addresses whose people were erased and not added again since. */
export async function erasedAmong(
  db: Knex,
  vault: Vault,
  emails: readonly string[],
): Promise<readonly string[]> {
  if (emails.length === 0) return [];
  const pepper = await findSecretOfOurs(db, vault, PEPPER);
  if (pepper === undefined) return []; // Nobody was ever erased.
  const byHash = new Map(
    emails.flatMap((email) => asStored(email).map((form) => [hashOf(form, pepper), email])),
  );
  const hashes = { table: 'erased_addresses', column: 'hash' };
  const found = await lookUp<{ readonly hash: string }>(db, hashes, [...byHash.keys()]);
  const erased = found.flatMap(({ hash }) => byHash.get(hash) ?? []);
  if (erased.length === 0) return [];
  const here: readonly string[] = await db('people').whereIn('email', erased).pluck('email');
  return erased.filter((email) => !here.includes(email));
}

/** 0.2.0 stored an address with its accents as they came. */
export const asStored = (email: string): readonly string[] => [
  ...new Set([email, email.normalize('NFD')]),
];

const hashOf = (email: string, pepper: string): string =>
  createHmac('sha256', pepper).update(email).digest('base64url');
