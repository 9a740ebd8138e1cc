/**
 * Checks what only admins may do. Each click and each submission checks the actor's current role in the store, since it
 * may have changed after the card was sent. A refusal is shown to the actor and kept in the audit log.
 */
import { t } from '../../core/translate.ts';
import { seesAnApp } from '../../engine/integrations/seen-apps.ts';
import type { Person } from '../../engine/people/directory.ts';
import { noteRefusal, type RefusedFor } from '../../engine/people/note-refusal.ts';
import { isAdmin, may, maySeeSetUp, type Right } from '../../engine/people/permission.ts';
import { actorOf, type Turn } from '../live/context.ts';
import { type Admission, type Admit, type OrRefused, type Reply, sayHere } from '../view/action.ts';
import type { ActionCall } from '../view/action-call.ts';
import { type Card, note, withButtons } from '../view/card.ts';
import { noteToAsk, onlyReadersCan } from './whom-to-ask.ts';

/**
 * @param what completes the sentence "You can't …": `add an integration`; shown in the actor's language and kept in the
 * audit log
 * @returns the card that refuses the actor by their current role; the refusal is in the audit log then
 */
export async function asAdmin(
  what: () => string,
  turn: Turn,
  about: RefusedFor = {},
): Promise<Admission> {
  const admin = await turn.stores.people.find(turn.actor.id);
  if (admin && isAdmin(admin)) return {};
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

/** The `admit` of an action for admins. Its right is the one by which buttons are offered. */
export const adminsTo = (what: () => string): Admit<unknown, Turn, Admission> =>
  withRight('set up', (_payload, turn) => asAdmin(what, turn));

/** The same for admins and auditors. */
export const readersTo = (what: () => string): Admit<unknown, Turn, Admission> =>
  withRight('see the set-up', (_payload, turn) => asReader(what, turn));

/** The same for admins, auditors and owners of an app. */
export const ownersTo = (what: () => string): Admit<unknown, Turn, Admission> =>
  withRight('see app', (_payload, turn) => asOwner(what, turn));

/** What completes the sentence "You can't …", and whom or what a refusal names in the audit log. */
type Wanted<P> =
  | ((payload: P) => string)
  | { readonly what: (payload: P) => string; readonly about: (payload: P) => RefusedFor };

type Find<P, F> = (payload: P, turn: Turn) => Promise<OrRefused<F>>;

/** The same, where the action is about something. Call it outside the action, for a constant: inside one, TypeScript can't infer its types. */
export const foundForAdmins = <P, F>(wanted: Wanted<P>, find: Find<P, F>) =>
  askThenFind('set up', asAdmin, { wanted, find });

/** The same, where the payload says what it is about, and nothing has to be found. */
export const adminsAbout = <P>(wanted: Wanted<P>) => foundForAdmins(wanted, async () => ({}));

/** The same as `foundForAdmins`, for admins and auditors. */
export const foundForReaders = <P, F>(wanted: Wanted<P>, find: Find<P, F>) =>
  askThenFind('see the set-up', asReader, { wanted, find });

function askThenFind<P, F>(
  right: Right,
  ask: typeof asAdmin,
  { wanted, find }: { readonly wanted: Wanted<P>; readonly find: Find<P, F> },
): Admit<P, Turn, OrRefused<F>> {
  const { what, about = () => ({}) } = typeof wanted === 'function' ? { what: wanted } : wanted;
  return withRight(right, async (payload: P, turn: Turn): Promise<OrRefused<F>> => {
    const { refused } = await ask(() => what(payload), turn, about(payload));
    return refused ? { refused } : find(payload, turn);
  });
}

/** @param admit asks for that right at each press */
export function withRight<P, A>(
  right: Right,
  admit: (payload: P, turn: Turn) => Promise<A>,
): Admit<P, Turn, A> {
  return Object.assign(admit, { right });
}

const OF_ROLES = ['set up', 'see the set-up'] as const satisfies readonly Right[];

/**
 * Whether their role gives them the right of an action or of a command. Owners and managers have the other rights at their app or over
 * their reports: the cards that know the app or the person ask for those.
 */
export function roleGives(person: Person, needed: string | undefined): boolean {
  const right = OF_ROLES.find((each) => each === needed);
  return right === undefined || may(person, right);
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
