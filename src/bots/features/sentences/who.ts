/** The people whom a sentence names, among those whom the actor may see. */
import { isSameName } from '../../../core/fold.ts';
import { byId } from '../../../core/ids.ts';
import type { Person } from '../../../engine/people/directory.ts';
import {
  activePeopleCalled,
  formerPeopleCalled,
  hasNames,
  isOtherAddress,
} from '../../../engine/people/people-called.ts';
import { may, maySee } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { chatUser } from '../people/chat-user.ts';
import { asOwner, plainOf, sentenceLanguages, type Word, writtenIn } from './words.ts';

export interface PeopleMeant {
  readonly people: readonly Person[];
  /** There may be more of that name than were read. */
  readonly isPart: boolean;
  /** Several were named. */
  readonly areSeveral?: true;
  /** Not all who were named are known. */
  readonly isMissing?: true;
  /** Which of them is meant isn't said. */
  readonly isGuess?: true;
  /** An address was written with other accents than theirs, so theirs is named. */
  readonly isSpelt?: true;
}

/** Active people: mentioned, by their address, or of whose names each written word is one. Also several: "Ann, Bob and Jörg". */
export async function peopleMeant(words: readonly Word[], turn: Turn): Promise<PeopleMeant> {
  const one = await personMeant(words, turn);
  const groups = one.people.length > 0 ? [] : groupsOf(words);
  if (groups.length < 2) return one;
  const found: PeopleMeant[] = [];
  for (const group of groups) found.push(await personMeant(group, turn));
  const isMissing = found.some((each) => each.people.length === 0);
  // "Thanks, but I need Figma" isn't about two.
  if (isMissing && groups.every((group, at) => isSelf(group) || found[at]?.people.length === 0))
    return one;
  const people = byId(found.flatMap((each) => each.people));
  return {
    people: [...people.values()],
    isPart: found.some(({ isPart }) => isPart),
    ...(found.some(({ isSpelt }) => isSpelt) && { isSpelt: true }),
    // "Bob, Ann needs Figma" is said to Bob, and of "Ann or Bob" one is meant.
    ...(people.size > 1 &&
      (has(words, AND) && !has(words, OR) && found.every(({ isSpelt }) => !isSpelt)
        ? { areSeveral: true }
        : { isGuess: true })),
    ...(isMissing && { isMissing }),
  };
}

const languages = sentenceLanguages('en');
const AND = new RegExp(`^(?:${languages.map(({ and }) => and).join('|')})$`);
const OR = new RegExp(`^(?:${languages.map((each) => each.or).join('|')})$`);
const BEFORE = new RegExp(`^(?:${languages.map((each) => each.beforeSeveral).join('|')})$`);
const SELF = new RegExp(`^(?:${languages.map(({ self }) => self).join('|')})$`);

const has = (words: readonly Word[], what: RegExp): boolean =>
  words.some(({ plain }) => what.test(plain));

const isSelf = (words: readonly Word[]): boolean => SELF.test(plainOf(words));

/** Between commas, and around `and`; without `either`. "Lee, Ann" is also one person. */
function groupsOf(words: readonly Word[]): readonly (readonly Word[])[] {
  const groups: Word[][] = [[]];
  const areOwners = words.at(-1)?.isOwner ?? false; // "Ann's and Bob's access".
  for (const word of words) {
    if (AND.test(word.plain)) groups.push([]);
    else if (!BEFORE.test(word.plain)) groups.at(-1)?.push(word);
    if (word.isLast) groups.push([]);
  }
  const all = groups.filter((group) => group.length > 0);
  return areOwners ? all.map(asOwner) : all;
}

async function personMeant(words: readonly Word[], turn: Turn): Promise<PeopleMeant> {
  const [first] = words;
  if (words.some(({ userId }) => userId !== undefined)) {
    const person = first?.userId === undefined ? undefined : await chatUser(first.userId, turn);
    return whole(words.length === 1 && person ? [person] : [], turn);
  }
  if (isSelf(words)) return whole([turn.actor], turn);
  const isOwner = words.at(-1)?.isOwner ?? false;
  const written = writtenIn(words);
  const typed = isOwner ? written.replace(/'s?$/i, '') : written; // "Ann's access".
  if (typed === '') return whole([], turn);
  for (const name of [typed, ...(isOwner && /[^\s]s$/i.test(typed) ? [typed.slice(0, -1)] : [])]) {
    const found = await peopleCalledThat(name, turn); // Or "Bobs Zugänge".
    if (found.people.length > 0 || found.isPart) return found;
  }
  return whole([], turn);
}

async function peopleCalledThat(typed: string, turn: Turn): Promise<PeopleMeant> {
  const { actor, stores } = turn;
  if (!may(actor, 'see')) {
    const own = [actor, ...(await stores.people.reportsOf(actor.id))];
    const called = own.filter((person) => isCalled(person, typed));
    return { ...whole(called, turn), ...spelt(called, typed) };
  }
  const { people, total } = await activePeopleCalled(stores.people, typed);
  const called = whole(
    people.filter((person) => isCalled(person, typed)),
    turn,
  );
  return { ...called, ...spelt(called.people, typed), isPart: total > people.length };
}

/** `jörg@example.com` may be someone else than `jorg@example.com`, so it asks. */
const spelt = (
  people: readonly Person[],
  typed: string,
): Pick<PeopleMeant, 'isGuess' | 'isSpelt'> =>
  people.some((person) => isOtherAddress(person, typed)) ? { isGuess: true, isSpelt: true } : {};

/** Who has left with these names. For those who see everyone. */
export const formerCalled = async (
  words: readonly Word[],
  { stores }: Turn,
): Promise<readonly Person[]> =>
  words.some(({ userId }) => userId !== undefined)
    ? []
    : formerPeopleCalled(stores.people, writtenIn(words));

const whole = (people: readonly Person[], { actor }: Turn): PeopleMeant => ({
  people: people.filter((person) => person.active && maySee(actor, person)),
  isPart: false,
});

const isCalled = (person: Person, typed: string): boolean =>
  isSameName(person.email, typed) || hasNames(person, typed);
