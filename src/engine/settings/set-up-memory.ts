/** What Latchkey remembers about the set-up. It is in the database, because every process renders cards. */
import { z } from 'zod';
import type { Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { invalidate, setUpTopic } from '../work/topics.ts';
import { readSetting } from './read-setting.ts';

/** Which environment variables are set, without their values. */
const configured = z.object({
  chats: z.array(z.enum(['slack', 'teams'])),
  mail: z.boolean(),
  publicUrl: z.boolean(),
  /** The key file that Latchkey made beside its SQLite database. Null when the environment gives the keys. */
  keyFile: z.string().nullable(),
});
export type Configured = z.infer<typeof configured>;

const KEY = 'setting-up';
const memory = z.object({
  configured: configured.default({ chats: [], mail: false, publicUrl: false, keyFile: null }),
  keyIsCopied: z.boolean().default(false),
  /** When Slack's admins removed Latchkey, as an ISO time. Null while it is installed. */
  slackRemovedAt: z.string().nullable().default(null),
});
type SetUpMemory = z.infer<typeof memory>;

export const setUpMemory = async (stores: Pick<Stores, 'settings'>): Promise<SetUpMemory> =>
  readSetting(memory, (await stores.settings.find(KEY))?.value, memory.parse({}));

/** The environment at the last start. */
export const configuredOf = async (stores: Pick<Stores, 'settings'>): Promise<Configured> =>
  (await setUpMemory(stores)).configured;

/** Stores it. When several processes start at once, only one writes. */
export async function rememberConfigured(transact: UnitOfWork, given: Configured): Promise<void> {
  await transact((tx) => remember(tx, { configured: given }));
}

/** An admin says that the key file has a copy. @returns false when that was known already */
export const confirmKeyCopy = (tx: Transaction): Promise<boolean> =>
  remember(tx, { keyIsCopied: true });

/** For an operator, without full stops. */
export const SLACK_REMOVAL = {
  what: "Slack no longer accepts Latchkey's token: the app was uninstalled, or its token was revoked",
  next: 'Install the app again at api.slack.com/apps, set SLACK_BOT_TOKEN to its new token (with token rotation SLACK_REFRESH_TOKEN, too), and start Latchkey again',
};

/** Undefined while Slack takes our token. */
export async function slackRemovedAt(stores: Pick<Stores, 'settings'>): Promise<Date | undefined> {
  const { slackRemovedAt: at } = await setUpMemory(stores);
  return at === null ? undefined : new Date(at);
}

/** Slack's admins removed Latchkey. @returns false when that was known already */
export const rememberSlackRemoval = async (tx: Transaction): Promise<boolean> =>
  (await setUpMemory(tx)).slackRemovedAt === null &&
  remember(tx, { slackRemovedAt: tx.now.toISOString() });

/** Slack takes our token again. */
export const forgetSlackRemoval = async (tx: Transaction): Promise<void> => {
  if ((await setUpMemory(tx)).slackRemovedAt !== null) await remember(tx, { slackRemovedAt: null });
};

async function remember(tx: Transaction, change: Partial<SetUpMemory>): Promise<boolean> {
  const found = await tx.settings.find(KEY);
  const next = JSON.stringify({ ...(await setUpMemory(tx)), ...change });
  if (next === found?.value) return false;
  await tx.settings.save(KEY, found?.version ?? 0, next);
  await invalidate(tx, setUpTopic);
  return true;
}
