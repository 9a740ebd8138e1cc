/**
 * Checks what only admins may do. Each click and each submission checks the actor's current role in the store, since it
 * may have changed after the card was sent. A refusal is shown to the actor and kept in the audit log.
 */
import { t } from '../../core/translate.ts';
import { seesAnApp } from '../../engine/integrations/seen-apps.ts';
import type { Person } from '../../engine/people/directory.ts';
import { noteRefusal, type RefusedFor } from '../../engine/people/note-refusal.ts';
import { isAdmin, maySeeSetUp } from '../../engine/people/permission.ts';
import { actorOf, type Turn } from '../live/context.ts';
import { type Admission, type OrRefused, type Reply, sayHere } from '../view/action.ts';
import type { ActionCall } from '../view/action-call.ts';
import { type Card, note, withButtons } from '../view/card.ts';
import { noteToAsk, onlyReadersCan } from './whom-to-ask.ts';

/**
 * @param what completes the sentence "You can't …": `add an integration`; shown in the actor's language and kept in the
 * audit log
 * @returns the actor with the current role, or the card that refuses them (the refusal is in the audit log then)
 */
export async function asAdmin(
  what: () => string,
  turn: Turn,
  about: RefusedFor = {},
): Promise<OrRefused<{ readonly admin: Person }>> {
  const admin = await turn.stores.people.find(turn.actor.id);
  if (admin && isAdmin(admin)) return { admin };
  await auditRefusal(what, turn, about);
  return {
    refused: await noteToAsk(
      t`You can't ${what()}`,
      t`Only Latchkey admins can. Nothing changed.`,
      turn,
    ),
  };
}

/** As for `asAdmin`, where auditors may see it, too. */
export async function asReader(
  what: () => string,
  turn: Turn,
  about: RefusedFor = {},
): Promise<Admission> {
  const reader = await turn.stores.people.find(turn.actor.id);
  if (reader && maySeeSetUp(reader)) return {};
  await auditRefusal(what, turn, about);
  return { refused: await onlyReadersCan(t`You can't ${what()}`, turn) };
}

/** As for `asAdmin`, where auditors and owners of an app may see it, too. */
export async function asOwner(what: () => string, turn: Turn): Promise<Admission> {
  const reader = await turn.stores.people.find(turn.actor.id);
  if (reader && (await seesAnApp(turn.stores, reader))) return {};
  await auditRefusal(what, turn, {});
  return {
    refused: await noteToAsk(
      t`You can't ${what()}`,
      t`Only Latchkey admins, auditors and owners of an app can.`,
      turn,
    ),
  };
}

/** As for `asAdmin`, where a manager may do it, too. @returns the card that refuses the actor; the refusal is in the audit log */
export async function refuseOthers(what: () => string, turn: Turn): Promise<Card> {
  await auditRefusal(what, turn, {});
  return noteToAsk(
    t`You can't ${what()}`,
    t`Only Latchkey admins can, and managers who may grant or revoke the same.`,
    turn,
  );
}

/** A refusal as the answer to a click. */
export const refuse = (card: Card): Reply => sayHere(card);

/** The refusal of a file. @param another the form where another one is chosen */
export const refuseFile = (title: string, why: string, another: ActionCall): Reply =>
  refuse(withButtons(note(title, why), { label: t`Choose another file…`, does: another }));

/** @param wanted what they tried, in words; kept in the language of the workspace */
export const auditRefusal = (wanted: () => string, turn: Turn, about: RefusedFor): Promise<void> =>
  turn.transact((tx) => noteRefusal(tx, { actor: actorOf(turn), wanted }, about));
