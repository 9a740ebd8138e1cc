/** What a sentence about other people comes to. */
import { isSameName } from '../../../core/fold.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import { isAdmin, maySeePlans } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { mayRequestForOthers } from '../requests/pick-request.ts';
import {
  eachNamed,
  MAX_NAMED,
  MAX_OFFERS,
  type Meant,
  sure,
  tailIsRead,
  together,
  type Wish,
} from './meant.ts';
import type { Named, Slot } from './names.ts';
import {
  accessOfThem,
  type ForPerson,
  lastDayIsForAdmins,
  noLastDay,
  type Offer,
  offerFor,
  offerLastDay,
  offerReactivate,
  offerRevoke,
  offerStay,
  offerTimeline,
} from './offers.ts';
import { formerCalled, type PeopleMeant, peopleMeant } from './who.ts';
import type { Word } from './words.ts';

/** "Figma for Ann", also "Figma for Ann, GitHub for Bob". */
export async function forTheOther({ slot, end }: Wish, turn: Turn): Promise<Meant | undefined> {
  if (typeof slot.tail !== 'object' || !(await mayRequestForOthers(turn))) return undefined;
  const { person, next } = slot.tail;
  const wish: Wish = { slot: { ...slot, tail: 'none' }, end };
  const first = await forSomeone(wish, await peopleMeant(person, turn), turn);
  if (!next) return first;
  const rest = await forTheOther({ slot: next, end }, turn);
  if (first && rest)
    return { ...together([first, rest]), areNamed: isClear(first) && isClear(rest) };
  const found = first ?? rest;
  return found && { ...found, isSure: false, areNamed: false, isMissing: true };
}

const isClear = ({ isSure, areNamed }: Meant): boolean => isSure || areNamed === true;

export async function forSomeone(
  { slot, end }: Wish,
  meant: PeopleMeant,
  turn: Turn,
): Promise<Meant | undefined> {
  if (slot.tail === 'not') return undefined;
  const offered = await eachOf(slot, meant, (named, whom) =>
    slot.tail === 'less' ? offerRevoke(named, whom, turn) : offerFor(named, { ...whom, end }, turn),
  );
  const [person, ...others] = meant.people;
  // "Ann needs Figma explained" isn't about a grant.
  return offered && person && others.length === 0 && !tailIsRead(slot)
    ? { ...offered, beside: accessOfThem(person, false, turn) }
    : offered;
}

/** From a later day on: what they have now is revoked at once. */
export async function endForSomeone(
  { slot, end }: Wish,
  meant: PeopleMeant,
  turn: Turn,
): Promise<Meant | undefined> {
  const offered = await eachOf(slot, meant, (named, whom) => offerRevoke(named, whom, turn));
  const [person, ...others] = meant.people;
  const beside = person && others.length === 0 ? accessOfThem(person, false, turn) : undefined;
  return end && offered ? { ...offered, isSure: false, beside } : offered;
}

async function eachOf(
  slot: Slot,
  meant: PeopleMeant,
  offer: (named: Named, whom: Omit<ForPerson, 'end'>) => Promise<Offer | undefined>,
): Promise<Meant | undefined> {
  const { people } = meant;
  const all: Offer[] = [];
  for (const person of people.slice(0, maxOf(meant))) {
    const isNamesake = meant.isSpelt || hasNamesake(person, people);
    const offered = await eachNamed(slot, (named) => offer(named, { person, isNamesake }));
    all.push(...(offered?.offers ?? []));
  }
  const isOne = slot.named.length === 1 && tailIsRead(slot);
  return ofPeople(all.slice(0, maxOf(meant)), meant, isOne);
}

/** Of several whom they named, and of several with one name. */
const maxOf = ({ areSeveral, isGuess }: PeopleMeant): number =>
  areSeveral || isGuess ? MAX_NAMED : MAX_OFFERS;

/** @param isOne nothing but the people may be several */
function ofPeople(offers: readonly Offer[], meant: PeopleMeant, isOne: boolean): Meant | undefined {
  if (offers.length === 0) return undefined;
  const { people, areSeveral = false, isMissing = false, isGuess = false } = meant;
  const isPart = meant.isPart || people.length > maxOf(meant);
  const isWhole = isOne && !isPart && !isMissing && !isGuess;
  return {
    offers,
    isSure: isWhole && people.length === 1,
    areNamed: isWhole && areSeveral,
    isPart,
    isMissing,
  };
}

const hasNamesake = (person: Person, people: readonly Person[]): boolean =>
  people.some((other) => other !== person && isSameName(fullName(other), fullName(person)));

export async function accessOfSomeone(
  words: readonly Word[],
  turn: Turn,
): Promise<Meant | undefined> {
  const meant = await peopleMeant(words, turn);
  const some = meant.people.slice(0, maxOf(meant));
  const offers = some.map((one) =>
    accessOfThem(one, meant.isSpelt || hasNamesake(one, meant.people), turn),
  );
  return ofPeople(offers, meant, true);
}

export async function lastDayOf(
  words: readonly Word[],
  day: string | undefined,
  turn: Turn,
): Promise<Meant | undefined> {
  const meant = await peopleMeant(words, turn);
  const { people } = meant;
  if (people.length === 0) return undefined;
  if (!isAdmin(turn.actor)) return sure([lastDayIsForAdmins(turn)]);
  const some = people.slice(0, maxOf(meant));
  const offers = some.map((one) =>
    offerLastDay(one, meant.isSpelt || hasNamesake(one, people), { day, turn }),
  );
  return ofPeople(offers, meant, true);
}

/** They stay after all: only who has a last day can be meant. */
export async function stayingOf(words: readonly Word[], turn: Turn): Promise<Meant | undefined> {
  const meant = await peopleMeant(words, turn);
  const { people } = meant;
  if (people.length === 0) return undefined;
  if (!isAdmin(turn.actor)) return sure([lastDayIsForAdmins(turn)]);
  const leaving: Person[] = [];
  const offers: Offer[] = [];
  for (const one of people) {
    const offer = await offerStay(one, hasNamesake(one, people), turn);
    if (!offer) continue;
    leaving.push(one);
    offers.push(offer);
  }
  return leaving.length === 0
    ? sure([noLastDay(people, turn)])
    : ofPeople(offers.slice(0, maxOf(meant)), { ...meant, people: leaving }, true);
}

/** Of someone new: what is planned for them. Only their manager and who reads the set-up see that. */
export async function newOnes(words: readonly Word[], turn: Turn): Promise<Meant | undefined> {
  const meant = await peopleMeant(words, turn);
  const { people } = meant;
  const seen = people.filter((one) => maySeePlans(turn.actor, one)).slice(0, maxOf(meant));
  const offers = seen.map((one) => offerTimeline(one, hasNamesake(one, people)));
  return ofPeople(offers, meant, true);
}

/** From leave, from a trip, or as an employee again: so it asks. Who had left is for admins alone. */
export async function returned(words: readonly Word[], turn: Turn): Promise<Meant | undefined> {
  const meant = await peopleMeant(words, turn);
  const left = isAdmin(turn.actor) ? await formerCalled(words, turn) : [];
  const all = [...left, ...meant.people];
  const offers = [
    ...left.map((one) => offerReactivate(one, hasNamesake(one, all), turn)),
    ...(isAdmin(turn.actor)
      ? await Promise.all(meant.people.map((one) => offerStay(one, hasNamesake(one, all), turn)))
      : []),
    ...meant.people.map((one) => accessOfThem(one, hasNamesake(one, all), turn)),
  ].flatMap((offer) => offer ?? []);
  return offers.length === 0
    ? undefined
    : { offers: offers.slice(0, MAX_OFFERS), isSure: false, isPart: offers.length > MAX_OFFERS };
}
