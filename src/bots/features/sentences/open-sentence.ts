/**
 * Sentences: "I need Figma until Friday", "who has GitHub?". They are read by names, dates and the patterns of a language; no
 * model, and nothing leaves the machine. A sentence never acts: it opens a form, filled in, or shows a card, each with its own
 * permission. Of the sentence nothing is repeated but names of what the reader may see.
 */
import { locale } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { mayAt } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import type { PressReply } from '../../view/action.ts';
import type { CommandText } from '../../view/command.ts';
import {
  aboutDetails,
  aboutPasswords,
  offerApprovers,
  ownAbsence,
  ownTeam,
  whoAreAdmins,
  whoIsManager,
  whomToTell,
} from './answers.ts';
import {
  eachNamed,
  MAX_NAMED,
  MAX_OFFERS,
  type Meant,
  replyTo,
  sure,
  tailIsRead,
  together,
  type Wish,
} from './meant.ts';
import {
  accessOfSomeone,
  endForSomeone,
  forSomeone,
  forTheOther,
  lastDayOf,
  newOnes,
  returned,
  stayingOf,
} from './meant-people.ts';
import { namesIn, nearNames, readSlot, type Slot } from './names.ts';
import {
  anyRequest,
  type Offer,
  offerBundlesOf,
  offerGiveBack,
  offerHolders,
  offerOwnAccess,
  offerRequest,
  ownAccess,
  ownRequests,
} from './offers.ts';
import { type Reading, readSentence } from './read-sentence.ts';
import { peopleMeant } from './who.ts';
import { sentenceLanguages, wordsOf } from './words.ts';
import { presentOf } from './written-end.ts';

/**
 * The form or card that the sentence is about. Undefined where it names nothing that the actor may see.
 * @param isCommand it begins with the word of a command: then only what a sentence says of the whole name of an app counts, and of
 *   someone's access: "revoke Ann's access"
 */
export async function openSentence(
  text: CommandText,
  turn: Turn,
  isCommand = false,
): Promise<PressReply | undefined> {
  // The word of a command and nothing else names no app: most of what people type.
  if (isCommand && text.length === 1) return undefined;
  const present = await presentOf(wordsOf(text), turn);
  const readings = readSentence(text, sentenceLanguages(locale()), present).filter(
    ({ intent, app, day, isUnsure }) =>
      !isCommand || (!isUnsure && (intent === 'theirs' || (intent && (app ?? day) !== undefined))),
  );
  if (readings.length === 0) return undefined;
  const names = await namesIn(readings, turn);
  const maybe: Meant[] = [];
  for (const reading of readings) {
    const slot = reading.app && readSlot(reading.app, names);
    if (isCommand && reading.intent === 'request' && slot?.named.length === 1) continue;
    // Of the whole sentence one reading counts; each of its parts may be about something else.
    if (maybe.length > 0 && !reading.isUnsure) continue;
    const meant = reading.app && !slot ? undefined : await meantBy(reading, slot, turn);
    if (!meant) continue;
    if (!reading.isUnsure && (meant.isSure || meant.areNamed)) return replyTo(meant);
    maybe.push(meant);
    if (maybe.length === MAX_NAMED) break;
  }
  if (maybe.length > 0) return replyTo(together(maybe));
  if (isCommand) return undefined;
  const near = readings.find(({ intent, app, isUnsure }) => intent && app && !isUnsure);
  const meant = (near && (await nearlyMeant(near, turn))) ?? (await accessBeside(readings, turn));
  return meant && replyTo(meant);
}

/** "Remove Ben from Acme", where no app is called that: what Ben has. */
async function accessBeside(readings: readonly Reading[], turn: Turn): Promise<Meant | undefined> {
  for (const { intent, person, isUnsure } of readings) {
    if (intent !== 'end for someone' || !person || isUnsure) continue;
    const meant = await accessOfSomeone(person, turn);
    if (meant) return { ...meant, isSure: false, areNamed: false };
  }
  return undefined;
}

async function meantBy(
  { intent, person, end, day }: Reading,
  slot: Slot | undefined,
  turn: Turn,
): Promise<Meant | undefined> {
  // A text without an intent is a name and nothing else.
  if (intent === undefined) {
    if (slot?.tail === 'none') return forOneself({ slot, end }, turn);
    return slot && forTheOther({ slot, end }, turn);
  }
  if (intent === 'requests' && !slot) return sure([ownRequests(turn)]);
  if (intent === 'want' && !slot) return sure([anyRequest(turn)]);
  if (intent === 'have' && !slot) return sure([ownAccess(turn)]);
  if (person && intent === 'theirs') return accessOfSomeone(person, turn);
  if (person && intent === 'leaving') return lastDayOf(person, day, turn);
  if (person && intent === 'staying') return stayingOf(person, turn);
  if (person && intent === 'joining') return newOnes(person, turn);
  if (intent === 'back') return person ? returned(person, turn) : sure([ownAbsence(turn)]);
  if (intent === 'team') return sure([await ownTeam(turn)]);
  if (intent === 'stolen') return sure([whomToTell(turn)]);
  if (intent === 'admins') return sure([whoAreAdmins(turn)]);
  if (intent === 'manager') return sure([whoIsManager(turn)]);
  if (intent === 'password') return sure([aboutPasswords(turn)]);
  if (intent === 'details') return sure([aboutDetails(turn)]);
  if (!slot) return undefined;
  switch (intent) {
    case 'want':
    case 'request':
      return typeof slot.tail === 'object'
        ? forThem({ slot, end }, turn)
        : forOneself({ slot, end }, turn);
    case 'for someone':
      return person && forSomeone({ slot, end }, await peopleMeant(person, turn), turn);
    case 'approvers':
      return eachNamed(whole(slot), (named) => offerApprovers(named, turn));
    case 'who':
      return eachNamed(whole(slot), (named) => offerHolders(named, turn));
    case 'end for someone':
      return (
        person && endForSomeone({ slot: whole(slot), end }, await peopleMeant(person, turn), turn)
      );
    case 'requests':
      return tailIsRead(slot) ? sure([ownRequests(turn)]) : undefined;
    case 'have':
      return eachNamed(whole(slot), (named) => offerOwnAccess(named, turn));
    case 'end':
      return endForOneself({ slot: whole(slot), end }, turn);
    case 'theirs':
    case 'leaving':
    case 'staying':
    case 'joining':
      return undefined;
    default:
      return unreachable(intent);
  }
}

/** "Who has Figma invented?" isn't about access. */
const whole = (slot: Slot): Slot => (tailIsRead(slot) ? slot : { ...slot, named: [] });

async function forOneself({ slot, end }: Wish, turn: Turn): Promise<Meant | undefined> {
  if (slot.tail === 'not') return undefined;
  if (slot.tail === 'less') {
    const less = await eachNamed(slot, (named) => offerGiveBack(named, turn));
    return less && { ...less, isSure: false, beside: ownAccess(turn) };
  }
  const wished = await eachNamed(slot, (named) => offerRequest(named, { end }, turn));
  if (wished && wished.offers.length > 1)
    return {
      ...wished,
      areNamed: tailIsRead(slot) && !slot.isChoice,
      offers: [
        ...(slot.isChoice ? [] : await offerBundlesOf(slot.named, { end }, turn)),
        ...wished.offers,
      ],
    };
  // "I need Figma fixed" isn't about a request.
  return slot.tail === 'other' && wished?.offers.length === 1
    ? { ...wished, beside: ownAccess(turn) }
    : wished;
}

/** "I need Figma for Bob": for Bob where they may; else it isn't clear whether Bob is a reason. */
async function forThem(wish: Wish, turn: Turn): Promise<Meant | undefined> {
  const theirs = await forTheOther(wish, turn);
  if (theirs) return theirs;
  const own = await forOneself(wish, turn);
  return own && { ...own, isSure: false };
}

/** "I don't need Figma until Friday": they may need it then. */
async function endForOneself({ slot, end }: Wish, turn: Turn): Promise<Meant | undefined> {
  const offered = await eachNamed(slot, (named) => offerGiveBack(named, turn));
  return end && offered ? { ...offered, isSure: false, beside: ownAccess(turn) } : offered;
}

/** Apps whose names begin like that, or have a few other letters. The only one that begins like that is meant. */
async function nearlyMeant(reading: Reading, turn: Turn): Promise<Meant | undefined> {
  const near = await nearNames(reading.app ?? [], turn);
  const meant = near && (await meantBy(reading, near.slot, turn));
  if (!meant) return undefined;
  if (near.isBeginning && meant.isSure && typeof near.slot.tail !== 'object') return meant;
  const holders = reading.intent === 'want' && (await holdersOf(near.slot, turn));
  const offers = holders ? [...meant.offers, holders] : meant.offers;
  return { ...meant, offers: offers.slice(0, MAX_OFFERS), isSure: false, areNamed: false };
}

/** Who has the nearest one, for those who may see that. */
async function holdersOf({ named: [first] }: Slot, turn: Turn): Promise<Offer | undefined> {
  return first?.kind === 'app' && mayAt(turn.actor, 'see app', first.app)
    ? offerHolders(first, turn)
    : undefined;
}
