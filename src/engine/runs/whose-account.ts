/**
 * Whose account a grant reaches. An address that became free may still name the account of the person who had it before, and an app that
 * looks accounts up by address answers with that one. It stays theirs: the grant ends and says so.
 */
import type { Json } from '../../core/json.ts';
import { sentences, t } from '../../core/translate.ts';
import type { Account } from '../access/account.ts';
import { type AccountKeys, alsoOf, keysOf } from '../access/account-keys.ts';
import { accountFactsOf } from '../access/accounts.ts';
import { queueCheck } from '../access/queue-check.ts';
import type { Context } from '../calls/context.ts';
import type { Manifest } from '../manifest/schema.ts';
import { fullName, type Person } from '../people/directory.ts';
import type { Variables } from '../templates/variables.ts';
import type { Run } from './run.ts';
import type { RunUnit } from './run-unit.ts';

type Reached = Pick<Context, 'manifest' | 'form' | 'integration'>;

/**
 * Before a write of a grant. Where it would reach someone else's account, that one is checked: if it is gone, the retry goes through.
 * @returns why nothing is sent, for admins
 */
export async function whoseName(
  unit: RunUnit,
  run: Run,
  { context, variables }: { readonly context: Reached; readonly variables: Variables },
): Promise<string | undefined> {
  const { manifest, form, integration } = context;
  const { accounts } = await unit.atApp(run);
  const keys = keysOf(manifest, accountFactsOf(manifest, variables, form));
  const other = await someoneElse(unit, run, newAmong(keys, accounts, manifest));
  if (!other) return undefined;
  const whose = { personId: other.id, integrationId: run.integrationId };
  if (manifest.exists) await queueCheck(unit.tx.queue, { ...whose, lane: 'background' });
  const { name } = integration;
  return sentences(
    t`In ${name}, ${fullName(other)} (${other.email}) has an account under the same name, so Latchkey sent nothing.`,
    cure(name),
  );
}

/**
 * When a step of a grant is done: the app may have answered with an id that names someone else's account.
 * @param stored what the step is about to store with the person
 * @returns why it isn't stored, for admins
 */
export async function whoseAnswer(
  unit: RunUnit,
  run: Run,
  {
    context,
    stored,
  }: { readonly context: Reached; readonly stored: Readonly<Record<string, Json>> },
): Promise<string | undefined> {
  if (run.kind !== 'execute' || Object.keys(stored).length === 0) return undefined;
  const { manifest, integration } = context;
  const atApp = await unit.atApp(run);
  const account = atApp.accounts.findLast(({ runId }) => runId === run.id);
  const facts = { ...account?.facts, ...accountFactsOf(manifest, stored).facts };
  const keys = newAmong(keysOf(manifest, { facts }), atApp.accounts, manifest);
  const learned = [keys.checkedAs, keys.revokedAs].filter((each) => each !== undefined);
  if (learned.length > 0) await unit.tx.accounts.holdKeys(run.integrationId, learned);
  const other = await someoneElse(unit, run, keys);
  if (!other) return undefined;
  // The app says that what was written is the other person's.
  if (account) atApp.change({ ...account, goneAt: unit.tx.now });
  const { name } = integration;
  return sentences(
    t`${name} answered with the account of ${fullName(other)} (${other.email}). It stays theirs, so nothing was granted.`,
    cure(name),
  );
}

const cure = (app: string): string =>
  t`Change the address of that account in ${app}, or revoke their access here. Then grant again.`;

/** Without the keys of accounts that the person has already. */
function newAmong(
  { checkedAs, revokedAs }: AccountKeys,
  accounts: readonly Account[],
  manifest: Manifest,
): AccountKeys {
  const own = accounts
    .filter(({ wasThere }) => wasThere)
    .map((account) => keysOf(manifest, account))
    .flatMap((keys) => [keys.checkedAs, keys.revokedAs]);
  const ifNew = (key: string | undefined): string | undefined =>
    own.includes(key) ? undefined : key;
  return { checkedAs: ifNew(checkedAs), revokedAs: ifNew(revokedAs) };
}

const someoneElse = (
  { tx }: RunUnit,
  { personId, integrationId }: Run,
  keys: AccountKeys,
): Promise<Person | undefined> => alsoOf(tx, { personId, integrationId, ...keys });
