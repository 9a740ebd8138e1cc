/** The webhook of an action, and the function that changes it. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import type { ChangedBy } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { Hook } from '../../../engine/sequences/hooks/hook.ts';
import type { Turn } from '../../live/context.ts';
import type { OrRefused, Reply } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { foundForAdmins, foundForReaders, refuse } from '../admins.ts';
import { change } from '../change.ts';

const wanted = () => t`change webhooks`;

export const hookPayload = z.object({ hookId: z.string() });

type HookPayload = z.infer<typeof hookPayload>;
type Targeted = OrRefused<{ readonly hook: Hook }>;

/** Checked at each click: the actor is an admin, and the webhook still exists. */
export const hookFor = foundForAdmins(wanted, hookNow);

/** The same, for who reads it. */
export const hookToRead = foundForReaders(() => t`see webhooks`, hookNow);

async function hookNow({ hookId }: HookPayload, turn: Turn): Promise<Targeted> {
  const hook = await turn.stores.hooks.find(hookId);
  return hook && !hook.deletedAt ? { hook } : { refused: hookGone() };
}

export const hookGone = () =>
  note(t`This webhook was deleted`, t`Anything it has started continues.`);

type Work = (tx: Transaction, hook: Hook, by: ChangedBy) => Promise<Hook>;

/**
 * Runs in one transaction, which is retried if a call or another admin changes the webhook. Its card shows the result.
 * @param turn as `hookFor` admitted it
 */
export async function changeHook(
  { hook: { id }, ...turn }: Turn & { readonly hook: Hook },
  work: Work,
): Promise<Reply> {
  const changed = await change(turn, async (tx, by) => {
    const hook = await tx.hooks.find(id);
    return hook && !hook.deletedAt ? work(tx, hook, by) : undefined;
  });
  return changed ? { kind: 'nothing' } : refuse(hookGone());
}
