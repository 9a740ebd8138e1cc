/** `[person]` in a command: a mention, an email or a name. A new hire isn't in chat yet, so names have to work. */

import { hasWords } from '../../../core/fold.ts';
import { t } from '../../../core/translate.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import {
  exactFirst,
  type PeopleCalled,
  peopleCalled,
} from '../../../engine/people/people-called.ts';
import { maySee } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { personOf } from '../../live/profile-address.ts';
import type { Reply } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { type CommandText, plainText } from '../../view/command.ts';
import { choosePerson, type Purpose } from './choose-person.ts';

export type FoundPerson =
  | { readonly kind: 'one'; readonly person: Person }
  | {
      readonly kind: 'reply';
      readonly reply: Reply;
      /** The reply as a sentence for a form, where nobody matches. Left out where the reply is a picker. */
      readonly nobody?: string;
    };

/** How many matches are read to find a manager's former reports. */
const SEARCHED = { offset: 0, limit: 200 };

/**
 * Finds the person whom `text` names, among those the actor may see. Several matches give a picker for `purpose`; no
 * match gives a sentence with the next step. Both go to the actor's direct conversation, since a group may read this.
 */
export async function findPerson(
  text: CommandText,
  purpose: Purpose,
  turn: Turn,
): Promise<FoundPerson> {
  return turn.actor.role === 'admin'
    ? amongAll(text, purpose, turn)
    : amongOwn(text, purpose, turn);
}

const isMention = (word: CommandText[number] | undefined) =>
  typeof word === 'object' && word.kind === 'mention';

async function amongAll(text: CommandText, purpose: Purpose, turn: Turn): Promise<FoundPerson> {
  const [first] = text;
  if (isMention(first)) {
    const person = await mentioned(first.userId, turn);
    return person
      ? { kind: 'one', person }
      : none(
          t`${first.name} isn't in the directory`,
          t`Nobody there has the address of their profile. Add them first.`,
        );
  }
  const typed = plainText(text);
  const person = typed.includes('@') && (await turn.stores.people.findByEmail(typed));
  if (person) return { kind: 'one', person };
  const found = await peopleCalled(turn.stores.people, typed);
  return (
    choose(typed, found, purpose) ??
    none(
      t`I found nobody called "${typed}"`,
      t`Type a part of the name or the whole email address, and nothing after it. Somebody new has to be added to the directory first.`,
    )
  );
}

/**
 * A person who isn't an admin finds themselves and their reports. For all other people the answer is the same, so that it
 * doesn't reveal who is in the directory.
 */
async function amongOwn(text: CommandText, purpose: Purpose, turn: Turn): Promise<FoundPerson> {
  const { actor, stores } = turn;
  const typed = plainText(text);
  const own = [
    actor,
    ...(await stores.people.reportsOf(actor.id)),
    ...(await ownWhoLeft(typed, turn)),
  ].filter((person) => maySee(actor, person));
  const [first] = text;
  const meant = isMention(first) ? await mentioned(first.userId, turn) : typed;
  const people = own.filter((person) =>
    typeof meant === 'string' ? isCalled(person, meant) : person.id === meant?.id,
  );
  return (
    choose(typed, exactFirst({ people, total: people.length }, typed), purpose) ??
    none(t`"${typed}" is nobody whose access you can see`, notForYou()[purpose])
  );
}

/** A manager follows the offboarding of a former report and sees their remaining access. */
const ownWhoLeft = async (typed: string, { actor, stores }: Turn): Promise<readonly Person[]> =>
  (await stores.people.search(typed, SEARCHED, 'everybody')).people.filter(
    ({ active, managerId }) => !active && managerId === actor.id,
  );

/** Like the store's search: the name or address contains every word, ignoring case and accents. */
const isCalled = (person: Person, typed: string): boolean =>
  hasWords(`${fullName(person)} ${person.email}`, typed);

/** The only match, or a picker; undefined where nobody matches. */
function choose(typed: string, found: PeopleCalled, purpose: Purpose): FoundPerson | undefined {
  const [only, ...others] = found.people;
  if (!only) return undefined;
  return others.length === 0
    ? { kind: 'one', person: only }
    : { kind: 'reply', reply: choosePerson(typed, found, purpose) };
}

async function mentioned(userId: string, turn: Turn): Promise<Person | undefined> {
  const { stores, via, tenant } = turn;
  const identity = await stores.identities.find(via, tenant, userId);
  if (identity) return stores.people.find(identity.personId);
  return personOf(await turn.profileOf(userId), stores);
}

const notForYou = (): Readonly<Record<Purpose, string>> => ({
  access: t`Only somebody's manager and Latchkey admins can see their access. Ask one of them, or check how the name is written.`,
  grant: t`Only somebody's manager and Latchkey admins can grant their access. Ask one of them, or check how the name is written.`,
  revoke: t`Only somebody's manager and Latchkey admins can revoke their access. Ask one of them, or check how the name is written.`,
  offboard: t`Only somebody's manager and Latchkey admins can end their access. Ask one of them, or check how the name is written.`,
});

const none = (title: string, text: string): FoundPerson => ({
  kind: 'reply',
  reply: { kind: 'say', to: 'person', card: note(title, text) },
  nobody: `${title}. ${text}`,
});
