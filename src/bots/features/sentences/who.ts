/** The people whom a sentence names, among those whom the actor may see. */
import { fold } from '../../../core/fold.ts';
import type { Person } from '../../../engine/people/directory.ts';
import { activePeopleCalled } from '../../../engine/people/people-called.ts';
import { may, maySee } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { chatUser } from '../people/chat-user.ts';
import { nameIn, type Word } from './words.ts';

export interface PeopleMeant {
  readonly people: readonly Person[];
  /** There may be more of that name than were read. */
  readonly isPart: boolean;
}

/** Active people: mentioned, by their address, or of whose names each written word is one. */
export async function peopleMeant(words: readonly Word[], turn: Turn): Promise<PeopleMeant> {
  const [first] = words;
  if (words.some(({ userId }) => userId !== undefined)) {
    const person = first?.userId === undefined ? undefined : await chatUser(first.userId, turn);
    return whole(words.length === 1 && person ? [person] : [], turn);
  }
  const typed = nameIn(words).replace(/['’]s?$/, ''); // "Ann's access".
  if (typed === '') return whole([], turn);
  const found = await peopleCalledThat(typed, turn);
  const isGenitive = found.people.length === 0 && /[^s]s$/.test(typed); // "Bobs Zugänge".
  return isGenitive ? peopleCalledThat(typed.slice(0, -1), turn) : found;
}

async function peopleCalledThat(typed: string, turn: Turn): Promise<PeopleMeant> {
  const { actor, stores } = turn;
  if (!may(actor, 'see')) {
    const own = [actor, ...(await stores.people.reportsOf(actor.id))];
    return whole(
      own.filter((person) => isCalled(person, typed)),
      turn,
    );
  }
  const { people, total } = await activePeopleCalled(stores.people, typed);
  const called = whole(
    people.filter((person) => isCalled(person, typed)),
    turn,
  );
  return { ...called, isPart: total > people.length };
}

const whole = (people: readonly Person[], { actor }: Turn): PeopleMeant => ({
  people: people.filter((person) => person.active && maySee(actor, person)),
  isPart: false,
});

function isCalled({ firstName, lastName, email }: Person, typed: string): boolean {
  if (fold(email) === typed) return true;
  const names = fold(`${firstName} ${lastName}`).split(/\s+/);
  return typed.split(' ').every((word) => names.includes(word));
}
