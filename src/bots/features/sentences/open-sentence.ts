/**
 * Sentences: "I need Figma until Friday", "who has GitHub?". They are read by names, dates and the patterns of a language; no
 * model, and nothing leaves the machine. A sentence never acts: it opens a form, filled in, or shows a card, each with its own
 * permission. Of the sentence nothing is repeated but names of what the reader may see.
 */
import { dayIn } from '../../../core/days.ts';
import { isSameName } from '../../../core/fold.ts';
import { locale, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import { isAdmin, mayAt } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { type PressReply, sayToPerson } from '../../view/action.ts';
import { type Card, paragraph } from '../../view/card.ts';
import type { CommandText } from '../../view/command.ts';
import { mayRequestForOthers } from '../requests/pick-request.ts';
import { wordButton } from '../word-button.ts';
import { type Named, namesIn, nearNames, readSlot, type Slot } from './names.ts';
import {
  accessOfThem,
  anyRequest,
  type ForPerson,
  lastDayIsForAdmins,
  type Offer,
  offerBundlesOf,
  offerFor,
  offerGiveBack,
  offerHolders,
  offerLastDay,
  offerOwnAccess,
  offerRequest,
  offerRevoke,
  ownAccess,
  ownRequests,
} from './offers.ts';
import { type Reading, readSentence } from './read-sentence.ts';
import { type PeopleMeant, peopleMeant } from './who.ts';
import { sentenceLanguages, type Word } from './words.ts';

/**
 * The form or card that the sentence is about. Undefined where it names nothing that the actor may see.
 * @param isCommand it begins with the word of a command: then only what a sentence says of the whole name of an app counts
 */
export async function openSentence(
  text: CommandText,
  turn: Turn,
  isCommand = false,
): Promise<PressReply | undefined> {
  const today = dayIn(turn.timeZone, turn.now());
  const readings = readSentence(text, sentenceLanguages(locale()), today).filter(
    ({ intent, app, isUnsure }) =>
      !isCommand || (intent !== undefined && app !== undefined && !isUnsure),
  );
  if (readings.length === 0) return undefined;
  const names = await namesIn(readings, turn);
  for (const reading of readings) {
    const slot = reading.app && readSlot(reading.app, names);
    if (isCommand && reading.intent === 'request' && slot?.named.length === 1) continue;
    const meant = reading.app && !slot ? undefined : await meantBy(reading, slot, turn);
    if (meant)
      return replyTo(reading.isUnsure ? { ...meant, isSure: false, areNamed: false } : meant);
  }
  if (isCommand) return undefined;
  const near = readings.find(({ intent, app, isUnsure }) => intent && app && !isUnsure);
  const meant = near && (await nearlyMeant(near, turn));
  return meant && replyTo(meant);
}

interface Meant {
  /** At least one. */
  readonly offers: readonly Offer[];
  /** It is the only one that can be meant. */
  readonly isSure: boolean;
  /** More people have that name than are offered. */
  readonly isPart?: boolean;
  /** Several, and they named each of them. */
  readonly areNamed?: boolean;
}

/** Nobody reads more. */
const MAX_OFFERS = 3;
/** What they named themselves. */
const MAX_NAMED = 5;

async function replyTo(meant: Meant): Promise<PressReply> {
  const { offers, isSure } = meant;
  const [first, ...others] = offers;
  if (first && (isSure || first.isAnswer) && others.length === 0) return first.open();
  return sayToPerson(suggestions(meant));
}

/** Each button has a line of its own: in a row Teams hides what doesn't fit behind "…". */
const suggestions = ({ offers, isPart = false, areNamed = false }: Meant): Card => ({
  title: areNamed ? t`You named several` : t`What did you mean?`,
  blocks: [
    paragraph(
      areNamed
        ? t`Each has a form of its own. Nothing is requested before you send it.`
        : t`These come close. A button only opens a form or a list.`,
    ),
    ...(isPart
      ? [paragraph(t`More people may have that name. Write the whole name, or the email address.`)]
      : []),
    ...[...offers.map(({ button }) => button), wordButton(t`What I can do`, 'help')].map(
      (button) => ({ kind: 'buttons' as const, buttons: [button] }),
    ),
  ],
});

async function meantBy(
  { intent, person, end, day }: Reading,
  slot: Slot | undefined,
  turn: Turn,
): Promise<Meant | undefined> {
  // A text without an intent is a name and nothing else.
  if (intent === undefined) {
    if (slot?.tail === 'none') return forOneself({ slot, end }, turn);
    return typeof slot?.tail === 'object'
      ? forTheOther({ slot, end, person: slot.tail.person }, turn)
      : undefined;
  }
  if (intent === 'requests' && !slot) return sure([ownRequests(turn)]);
  if (intent === 'want' && !slot) return sure([anyRequest(turn)]);
  if (intent === 'have' && !slot) return sure([ownAccess(turn)]);
  if (person && intent === 'theirs') return accessOfSomeone(person, turn);
  if (person && intent === 'leaving') return lastDayOf(person, day, turn);
  if (!slot) return undefined;
  switch (intent) {
    case 'want':
    case 'request':
      return typeof slot.tail === 'object'
        ? forThem({ slot, end, person: slot.tail.person }, turn)
        : forOneself({ slot, end }, turn);
    case 'for someone':
      return person && forSomeone({ slot, end }, await peopleMeant(person, turn), turn);
    case 'who':
      return each(whole(slot), (named) => offerHolders(named, turn));
    case 'end for someone':
      return person && endForSomeone(whole(slot), await peopleMeant(person, turn), turn);
    case 'requests':
      return tailIsRead(slot) ? sure([ownRequests(turn)]) : undefined;
    case 'have':
      return each(whole(slot), (named) => offerOwnAccess(named, turn));
    case 'end':
      return each(whole(slot), (named) => offerGiveBack(named, turn));
    case 'theirs':
    case 'leaving':
      return undefined;
    default:
      return unreachable(intent);
  }
}

/** "Who has Figma invented?" isn't about access. */
const whole = (slot: Slot): Slot => (tailIsRead(slot) ? slot : { ...slot, named: [] });

const tailIsRead = ({ tail }: Slot): boolean => tail === 'none' || tail === 'reason';

const sure = (offers: readonly Offer[]): Meant => ({ offers, isSure: true });

/** One offer for each name; undefined where there is none. */
async function each(
  { named, tail }: Slot,
  offer: (named: Named) => Promise<Offer | undefined>,
): Promise<Meant | undefined> {
  const offers: Offer[] = [];
  for (const one of named) {
    const offered = await offer(one);
    if (offered) offers.push(offered);
    if (offers.length === MAX_NAMED) break;
  }
  const isSure = named.length === 1 && tailIsRead({ named, tail });
  return offers.length === 0 ? undefined : { offers, isSure };
}

type Wish = { readonly slot: Slot; readonly end: Reading['end'] };

async function forOneself({ slot, end }: Wish, turn: Turn): Promise<Meant | undefined> {
  if (slot.tail === 'not') return undefined;
  const wished = await each(slot, (named) => offerRequest(named, { end }, turn));
  if (wished && wished.offers.length > 1)
    return {
      ...wished,
      areNamed: tailIsRead(slot),
      offers: [...(await offerBundlesOf(slot.named, { end }, turn)), ...wished.offers],
    };
  // "I need Figma fixed" isn't about a request.
  return slot.tail === 'other' && wished?.offers.length === 1
    ? { ...wished, offers: [...wished.offers, ownAccess(turn)] }
    : wished;
}

/** "I need Figma for Bob": for Bob where they may; else it isn't clear whether Bob is a reason. */
async function forThem(
  { slot, end, person }: Wish & { readonly person: Reading['person'] },
  turn: Turn,
): Promise<Meant | undefined> {
  const theirs = await forTheOther({ slot, end, person }, turn);
  if (theirs) return theirs;
  const own = await forOneself({ slot, end }, turn);
  return own && { ...own, isSure: false };
}

async function forTheOther(
  { slot, end, person }: Wish & { readonly person: Reading['person'] },
  turn: Turn,
): Promise<Meant | undefined> {
  if (!person || !(await mayRequestForOthers(turn))) return undefined;
  return forSomeone(
    { slot: { ...slot, tail: 'none' }, end },
    await peopleMeant(person, turn),
    turn,
  );
}

const forSomeone = ({ slot, end }: Wish, meant: PeopleMeant, turn: Turn) =>
  slot.tail === 'not'
    ? undefined
    : eachOf(slot, meant, (named, whom) => offerFor(named, { ...whom, end }, turn));

const endForSomeone = (slot: Slot, meant: PeopleMeant, turn: Turn) =>
  eachOf(slot, meant, (named, whom) => offerRevoke(named, whom, turn));

async function eachOf(
  slot: Slot,
  { people, isPart }: PeopleMeant,
  offer: (named: Named, whom: Omit<ForPerson, 'end'>) => Promise<Offer | undefined>,
): Promise<Meant | undefined> {
  const all: Offer[] = [];
  for (const person of people.slice(0, MAX_OFFERS)) {
    const isNamesake = hasNamesake(person, people);
    const meant = await each(slot, (named) => offer(named, { person, isNamesake }));
    all.push(...(meant?.offers ?? []));
  }
  if (all.length === 0) return undefined;
  const isOne = people.length === 1 && slot.named.length === 1 && !isPart;
  return {
    offers: all.slice(0, MAX_OFFERS),
    isSure: isOne && tailIsRead(slot),
    isPart: isPart || people.length > MAX_OFFERS,
  };
}

const hasNamesake = (person: Person, people: readonly Person[]): boolean =>
  people.some((other) => other !== person && isSameName(fullName(other), fullName(person)));

async function accessOfSomeone(person: Reading['person'], turn: Turn): Promise<Meant | undefined> {
  const { people, isPart } = await peopleMeant(person ?? [], turn);
  const offers = people
    .slice(0, MAX_OFFERS)
    .map((one) => accessOfThem(one, hasNamesake(one, people), turn));
  return offers.length === 0
    ? undefined
    : {
        offers,
        isSure: people.length === 1 && !isPart,
        isPart: isPart || people.length > MAX_OFFERS,
      };
}

async function lastDayOf(
  words: readonly Word[],
  day: string | undefined,
  turn: Turn,
): Promise<Meant | undefined> {
  const { people, isPart } = await peopleMeant(words, turn);
  if (people.length === 0) return undefined;
  if (!isAdmin(turn.actor)) return sure([lastDayIsForAdmins(turn)]);
  const some = people.slice(0, MAX_OFFERS);
  return {
    offers: some.map((one) => offerLastDay(one, hasNamesake(one, people), { day, turn })),
    isSure: people.length === 1 && !isPart,
    isPart: isPart || people.length > MAX_OFFERS,
  };
}

/** Apps whose names begin like that, or have a few other letters. The only one that begins like that is meant. */
async function nearlyMeant(reading: Reading, turn: Turn): Promise<Meant | undefined> {
  const near = await nearNames(reading.app ?? [], turn);
  const meant = near && (await meantBy(reading, near.slot, turn));
  if (!meant) return undefined;
  const isOnly =
    near.isBeginning && meant.offers.length === 1 && typeof near.slot.tail !== 'object';
  if (isOnly) return { ...meant, isSure: true };
  const holders = reading.intent === 'want' && (await holdersOf(near.slot, turn));
  const offers = holders ? [...meant.offers, holders] : meant.offers;
  return { offers: offers.slice(0, MAX_OFFERS), isSure: false };
}

/** Who has the nearest one, for those who may see that. */
async function holdersOf({ named: [first] }: Slot, turn: Turn): Promise<Offer | undefined> {
  return first?.kind === 'app' && mayAt(turn.actor, 'see app', first.app)
    ? offerHolders(first, turn)
    : undefined;
}
