/**
 * What only admins may do. Asked at every click and every submission, against the actor as stored at this moment: a role
 * may have been taken away since the card was sent. Somebody who may not is told so, and the audit log remembers.
 */
import { t } from '../../core/translate.ts';
import type { Person } from '../../engine/people/directory.ts';
import { inWorkspaceLocale } from '../../engine/people/locales.ts';
import { isAdmin } from '../../engine/people/permission.ts';
import { actorOf, type Turn } from '../live/context.ts';
import type { Reply } from '../view/action.ts';
import { type Card, note } from '../view/card.ts';

export type AsAdmin =
  /** The actor as stored now. */
  | { readonly admin: Person; readonly refused?: undefined }
  | { readonly admin?: undefined; readonly refused: Card };

/** What a refusal was about, for the audit log. */
export interface RefusedFor {
  readonly personId?: string;
  readonly integrationId?: string;
}

/**
 * @param what ends the sentence "You can't …": `add an integration`; said to them in their language, and to the audit log
 * @returns the actor, or the card that refuses them (it is in the audit log then)
 */
export async function asAdmin(
  what: () => string,
  turn: Turn,
  about: RefusedFor = {},
): Promise<AsAdmin> {
  const admin = await turn.stores.people.find(turn.actor.id);
  if (admin && isAdmin(admin)) return { admin };
  await auditRefusal(what, turn, about);
  return {
    refused: note(
      t`You can't ${what()}`,
      t`Only Latchkey admins can. Nothing was changed; ask one of them.`,
    ),
  };
}

/** With the role that they have at this moment. */
export const actorNow = async ({ stores, actor }: Turn): Promise<Person> =>
  (await stores.people.find(actor.id)) ?? actor;

/** A refusal as the answer to a click. */
export const refuse = (card: Card): Reply => ({ kind: 'say', to: 'here', card });

/** @param wanted what they tried, in words; kept in the language of the workspace */
export const auditRefusal = (wanted: () => string, turn: Turn, about: RefusedFor): Promise<void> =>
  turn.transact(async (tx) =>
    tx.audit('refused', {
      actor: actorOf(turn),
      ...about,
      detail: { wanted: await inWorkspaceLocale(tx, async () => wanted()) },
    }),
  );
