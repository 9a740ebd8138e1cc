/** `[person]` in a command: a mention, an email or a name. The new hire isn't in chat yet, so names must do. */
import { fullName, type Person } from '../../engine/directory.ts';
import { maySee } from '../../engine/permission.ts';
import type { Reply } from '../view/action.ts';
import { note } from '../view/card.ts';
import { type CommandText, plainText } from '../view/command.ts';
import { choosePerson, type Purpose } from './choose-person.ts';
import type { Turn } from './context.ts';

export type Found =
  | { readonly kind: 'one'; readonly person: Person }
  | { readonly kind: 'reply'; readonly reply: Reply };

/** How many people a name search looks at before it asks for more of the name. */
const SEARCHED = 200;

/**
 * Finds whom `text` means, among those the actor may see. Several matches give a picker for `purpose`, none a
 * sentence that says what to do.
 */
export async function findPerson(text: CommandText, purpose: Purpose, turn: Turn): Promise<Found> {
  const [first] = text;
  if (first && typeof first !== 'string') {
    const person = await mentioned(first.userId, turn);
    if (!person)
      return none(
        `${first.name} isn't in the directory`,
        'Nobody there has the address of their profile. Ask an admin to add them.',
      );
    return maySee(turn.actor, person) ? { kind: 'one', person } : notYours(purpose);
  }

  const typed = plainText(text);
  if (typed.includes('@')) {
    const person = await turn.stores.people.findByEmail(typed);
    if (person) return maySee(turn.actor, person) ? { kind: 'one', person } : notYours(purpose);
  }
  const { people } = await turn.stores.people.search(typed, { offset: 0, limit: SEARCHED });
  const seen = people.filter((person) => maySee(turn.actor, person));
  const exact = seen.filter((person) => fullName(person).toLowerCase() === typed.toLowerCase());
  const [only, ...others] = exact.length === 1 ? exact : seen;
  if (only && others.length === 0) return { kind: 'one', person: only };
  if (only) return { kind: 'reply', reply: choosePerson(typed, seen, purpose) };
  if (people.length > 0) return notYours(purpose);
  return none(
    `I found nobody called "${typed}"`,
    'Type a part of the name or the whole email address. Somebody new has to be added to the directory first.',
  );
}

async function mentioned(userId: string, turn: Turn): Promise<Person | undefined> {
  const { stores, via, tenant } = turn;
  const identity = await stores.identities.find(via, tenant, userId);
  if (identity) return stores.people.find(identity.personId);
  const profile = await turn.profileOf(userId);
  return profile?.email ? stores.people.findByEmail(profile.email) : undefined;
}

const verbs = { access: 'see', grant: 'grant', revoke: 'revoke' } as const;

const notYours = (purpose: Purpose) =>
  none(
    `You can't ${verbs[purpose]} this person's access`,
    'Only their manager and Latchkey admins can. Ask one of them.',
  );

const none = (title: string, text: string): Found => ({
  kind: 'reply',
  reply: { kind: 'say', to: 'here', card: note(title, text) },
});
