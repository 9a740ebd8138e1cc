/** What is remembered of setting up, so that every process knows it: cards are rendered by workers, too. */
import { z } from 'zod';
import type { Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { invalidate, setUpTopic } from '../work/topics.ts';

/** What the environment says, without a value of it. */
const configured = z.object({
  chats: z.array(z.enum(['slack', 'teams'])),
  mail: z.boolean(),
  publicUrl: z.boolean(),
  /** The key that was made beside an SQLite database; null where keys were given. */
  keyFile: z.string().nullable(),
});
export type Configured = z.infer<typeof configured>;

const KEY = 'setting-up';
const memory = z.object({
  configured: configured.default({ chats: [], mail: false, publicUrl: false, keyFile: null }),
  keyIsCopied: z.boolean().default(false),
});
type SetUpMemory = z.infer<typeof memory>;

export const setUpMemory = async (stores: Pick<Stores, 'settings'>): Promise<SetUpMemory> =>
  memory.parse(JSON.parse((await stores.settings.find(KEY))?.value ?? '{}'));

/** What the environment said at the last start. */
export const configuredOf = async (stores: Pick<Stores, 'settings'>): Promise<Configured> =>
  (await setUpMemory(stores)).configured;

/** Keeps what the environment says. Of several processes that start at once, one writes it. */
export async function rememberConfigured(transact: UnitOfWork, given: Configured): Promise<void> {
  await transact((tx) => remember(tx, { configured: given }));
}

/** An admin says that the key file has a copy. @returns whether that is news */
export const confirmKeyCopy = (tx: Transaction): Promise<boolean> =>
  remember(tx, { keyIsCopied: true });

async function remember(tx: Transaction, change: Partial<SetUpMemory>): Promise<boolean> {
  const found = await tx.settings.find(KEY);
  const next = JSON.stringify({ ...(await setUpMemory(tx)), ...change });
  if (next === found?.value) return false;
  await tx.settings.save(KEY, found?.version ?? 0, next);
  await invalidate(tx, setUpTopic);
  return true;
}
