/** Whom someone asks about what they may not do or no longer have, by name: only admins know who is one. */
import { byId } from '../../core/ids.ts';
import { listed } from '../../core/listed.ts';
import { sentences, t } from '../../core/translate.ts';
import {
  fullName,
  type Integration,
  type Person,
  type PersonAtApp,
} from '../../engine/people/directory.ts';
import { isAdmin, mayGrant, type Right } from '../../engine/people/permission.ts';
import type { Stores } from '../../engine/ports/unit-of-work.ts';
import { settingsOf } from '../../engine/settings/settings.ts';
import { hasLeft } from '../live/has-left.ts';
import { type Card, note } from '../view/card.ts';

/** A turn, or the reader of a card. */
export type Asker = { readonly stores: Pick<Stores, 'people'> } & (
  | { readonly actor: Person }
  | { readonly reader: Person }
);

/** Of more people, the first few by name would be the ones whom everyone asks. */
const MAX_NAMED = 3;

/** The other admins by name. None where there are many. */
export async function adminNames(asker: Asker): Promise<readonly string[]> {
  return namesOf(others(await asker.stores.people.admins(), asker));
}

/**
 * The next step after "Only Latchkey admins can."
 * @param app its owners can do it, too
 */
export async function askAnAdmin(asker: Asker, app?: Integration): Promise<string> {
  const { people } = asker.stores;
  const [admins, owned] = await Promise.all([
    people.admins(),
    app ? people.findMany([...(settingsOf(app).ownerIds ?? [])]) : [],
  ]);
  const owners = owned.filter(({ active }) => active);
  const all = others([...byId([...owners, ...admins]).values()], asker);
  if (all.length === 0)
    return isAdmin(selfOf(asker))
      ? t`There is no other admin. Make someone an admin on their card.`
      : t`There is no admin now. Ask the operator of Latchkey to name one.`;
  const names = [namesOf(all), namesOf(others(owners, asker))].find((some) => some.length > 0);
  return names ? t`Ask ${listed(names, 'or')}.` : t`Ask one of them.`;
}

/**
 * The next step of someone who can't request an app for a person: who may grant it. Undefined where no one can.
 */
export async function askToGrant(
  { person, integration }: PersonAtApp,
  asker: Asker,
): Promise<string | undefined> {
  if (!person.active || !integration.enabled || integration.deletedAt) return undefined;
  const self = selfOf(asker);
  if (mayGrant(self, person, integration)) return t`You can grant it instead.`;
  const manager = await managerOf(person, asker.stores);
  if (manager && mayGrant(manager, person, integration))
    return self.id === person.id
      ? t`Ask your manager, ${fullName(manager)}, or a Latchkey admin.`
      : t`Ask their manager, ${fullName(manager)}, or a Latchkey admin.`;
  return sentences(t`Only Latchkey admins can grant it.`, await askAnAdmin(asker));
}

/** The next step of someone whose access was removed. */
export async function ifStillNeeded(
  person: Person,
  stores: Pick<Stores, 'people'>,
): Promise<string> {
  const manager = await managerOf(person, stores);
  return manager
    ? t`If you still need it, ask your manager, ${fullName(manager)}.`
    : t`If you still need it, ask a Latchkey admin.`;
}

/** The next step of someone who was granted what doesn't let them in. */
export const ifNoWayIn = async (person: Person, stores: Pick<Stores, 'people'>): Promise<string> =>
  (await managerOf(person, stores))
    ? t`If you can't get in, let your manager know.`
    : t`If you can't get in, let a Latchkey admin know.`;

/** The same of what was granted by hand. */
export const ifSomethingMissing = async (
  person: Person,
  stores: Pick<Stores, 'people'>,
): Promise<string> =>
  (await managerOf(person, stores))
    ? t`If something is missing, let your manager know.`
    : t`If something is missing, let a Latchkey admin know.`;

/** Undefined also where they have left. */
async function managerOf(
  { managerId }: Person,
  { people }: Pick<Stores, 'people'>,
): Promise<Person | undefined> {
  const manager = managerId === undefined ? undefined : await people.find(managerId);
  return manager?.active ? manager : undefined;
}

/** Who can mend it where something failed for a person, for a reader who can't. */
export async function whoCanLookIntoIt(person: Person, asker: Asker): Promise<string> {
  if (!(await managerOf(person, asker.stores))) return t`A Latchkey admin can look into it.`;
  return selfOf(asker).id === person.id
    ? t`Your manager or a Latchkey admin can look into it.`
    : t`Their manager or a Latchkey admin can look into it.`;
}

/** A card for someone who may not see what stands there. Someone who has left asks no one for it. @param who "Only Latchkey admins can." */
export const noteToAsk = async (title: string, who: string, asker: Asker): Promise<Card> =>
  selfOf(asker).active ? note(title, sentences(who, await askAnAdmin(asker))) : hasLeft();

/** The same of what admins and auditors see: how Latchkey is set up. */
export const onlyReadersCan = (title: string, asker: Asker): Promise<Card> =>
  noteToAsk(title, t`Only Latchkey admins and auditors can.`, asker);

/** Rights over someone, as the permission table has them. */
export type RightOverSomeone = Extract<Right, 'see' | 'see plans' | 'grant' | 'revoke' | 'retry'>;

/** The same for someone who doesn't have that right over a person. */
export const withoutRight = (title: string, right: RightOverSomeone, asker: Asker): Promise<Card> =>
  noteToAsk(title, whoHas()[right], asker);

const whoHas = (): Readonly<Record<RightOverSomeone, string>> => ({
  see: t`Only this person's manager, Latchkey admins, auditors and the helpdesk can.`,
  'see plans': t`Only this person's manager, Latchkey admins and auditors can.`,
  grant: t`Only this person's manager and Latchkey admins can. Nothing changed.`,
  revoke: t`Only this person's manager and Latchkey admins can. Nothing changed.`,
  retry: t`Only this person's manager, Latchkey admins and the helpdesk can. Nothing changed.`,
});

/** The same of an app, or of its reviews. @param app left out where it is about several */
export async function appNotSeen(title: string, asker: Asker, app?: Integration): Promise<Card> {
  if (!selfOf(asker).active) return hasLeft();
  const who = t`Only the app's owners, Latchkey admins and auditors can.`;
  return note(title, sentences(who, await askAnAdmin(asker, app)));
}

/** The same of a request, for one app or for a bundle. */
export const requestNotSeen = (title: string, asker: Asker): Promise<Card> =>
  noteToAsk(
    title,
    t`Only the requester, their manager, the approvers, the app's owners, Latchkey admins, auditors and the helpdesk can.`,
    asker,
  );

const selfOf = (asker: Asker): Person => ('actor' in asker ? asker.actor : asker.reader);

const others = (people: readonly Person[], asker: Asker): readonly Person[] =>
  people.filter(({ id }) => id !== selfOf(asker).id);

const namesOf = (people: readonly Person[]): readonly string[] =>
  people.length > MAX_NAMED ? [] : people.map(fullName);
