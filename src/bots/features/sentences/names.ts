/** Finds the apps and bundles that a sentence names, among those that the reader may see. */
import { nearWords } from '../../../core/did-you-mean.ts';
import { fold, spellingsOf } from '../../../core/fold.ts';
import type { Bundle } from '../../../engine/bundles/bundle.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import type { SentenceLanguage } from './language.ts';
import type { Reading } from './read-sentence.ts';
import { appsSeenBy, bundlesSeenBy } from './seen.ts';
import { nameIn, plainOf, sentenceLanguages, type Word, writtenIn } from './words.ts';

/** What has a name that can be requested. */
export type Named =
  | { readonly kind: 'app'; readonly name: string; readonly app: Integration }
  | { readonly kind: 'bundle'; readonly name: string; readonly bundle: Bundle };

/** By name, in all its spellings. */
export type Names = ReadonlyMap<string, Named>;

/** Words of the longest name that is looked for, and of those before which one may stand. */
const MAX_NAME = 6;
const MAX_SLOT = 12;

/** Everything that they may see with a name of which the readings have the words: two statements, by the index of names. */
export async function namesIn(readings: readonly Reading[], turn: Turn): Promise<Names> {
  const texts = new Set(readings.flatMap(({ app = [] }) => [...runsIn(app.slice(0, MAX_SLOT))]));
  if (texts.size === 0) return new Map();
  const { integrations, bundles: all } = turn.stores;
  const [apps, bundles] = await Promise.all([
    integrations.findByNames([...texts]).then((found) => appsSeenBy(found, turn)),
    all.findByNames([...texts]).then((found) => bundlesSeenBy(found, turn)),
  ]);
  // An app and a bundle may have one name: then the bundle is meant, which has the app.
  const named: readonly Named[] = [
    ...apps.map((app) => ({ kind: 'app' as const, name: app.name, app })),
    ...bundles.map((bundle) => ({ kind: 'bundle' as const, name: bundle.name, bundle })),
  ];
  const exactly = named.map((each) => [keyOf(each.name), each] as const);
  const spelt = named.flatMap((each) =>
    spellingsOf(each.name.trim()).map((spelling) => [spelling, each] as const),
  );
  return new Map([...spelt, ...exactly]);
}

const keyOf = (name: string): string => fold(name.trim());

/** All texts of up to six words in a row. */
function* runsIn(words: readonly Word[]): Iterable<string> {
  for (let from = 0; from < words.length; from++)
    for (let to = from + 1; to <= Math.min(words.length, from + MAX_NAME); to++)
      yield writtenIn(words.slice(from, to));
}

/** What an app's place in a sentence holds. */
export interface Slot {
  readonly named: readonly Named[];
  /** "Figma or GitHub". */
  readonly isChoice?: true;
  /** `other`: something that isn't understood; `less`: no wish for it; `not`: the opposite is meant. */
  readonly tail: 'none' | 'reason' | 'other' | 'less' | 'not' | ForPeople;
}

/** "For Ann", and in "Figma for Ann, GitHub for Bob" what follows. */
export interface ForPeople {
  readonly person: readonly Word[];
  readonly next?: Slot;
}

/** Names are found in any of the languages. */
const any = (part: (language: SentenceLanguage) => string): string =>
  sentenceLanguages('en').map(part).join('|');
const ARTICLE = new RegExp(`^(?:${any(({ article, suffix }) => `${article}|${suffix}`)})$`);
const SUFFIX = new RegExp(`^(?:${any(({ suffix }) => suffix)})$`);
const BETWEEN = new RegExp(`^(?:${any(({ and, andThen }) => `${and}|${andThen}`)})$`);
const FOR = new RegExp(`^(?:${any(({ forWhom }) => forWhom)}) `);
const NOT = new RegExp(`^(?:${any(({ not }) => not)})(?!\\S)`);
const OR = new RegExp(`^(?:${any(({ or }) => or)})$`);
const LESS = new RegExp(`^(?:${any(({ less }) => less)})(?!\\S)`);
/** Anywhere in what follows: "for everyone but Ann". */
const EXCEPT = new RegExp(`(?<!\\S)(?:${any(({ except }) => except)})(?!\\S)`);
/** Anywhere in what isn't understood. */
const ANY_NOT = /(?<!\S)(?:not|never|no|nicht|nie|kein|keine|keinen)(?!\S)/;
const REASON = new RegExp(`^(?:${any(({ reason }) => reason)})(?!\\S)`);
/** Of the names of people. */
const MAX_PERSON = 8;

/** Undefined where it doesn't begin with a name. The longest name wins, and a name with an article in it over one without. */
export function readSlot(words: readonly Word[], names: Names): Slot | undefined {
  const named: Named[] = [];
  let at = 0;
  let isChoice = false;
  for (let from = 0; from < words.length; ) {
    const found = longestAt(words, from, names);
    if (found) {
      if (!named.includes(found.named)) named.push(found.named);
      from = afterSuffixes(words, found.to, names);
      at = from;
    } else if (isSkipped(words[from], named.length > 0)) {
      isChoice ||= OR.test(words[from]?.plain ?? '');
      from += 1;
    } else break;
  }
  if (named.length === 0) return undefined;
  const tail = tailOf(words.slice(at));
  return {
    named,
    tail: typeof tail === 'object' ? withNext(tail, names) : tail,
    ...(isChoice && { isChoice }),
  };
}

/** A name after a comma or an `and`, with a person of its own, is no person. */
function withNext({ person }: ForPeople, names: Names): ForPeople {
  for (const [at, word] of person.entries()) {
    const isAnd = BETWEEN.test(word.plain);
    if (at === 0 || !(isAnd || person[at - 1]?.isLast)) continue;
    const next = readSlot(person.slice(isAnd ? at + 1 : at), names);
    if (typeof next?.tail === 'object') return { person: person.slice(0, at), next };
  }
  return { person };
}

function longestAt(words: readonly Word[], from: number, names: Names) {
  for (let to = Math.min(words.length, from + MAX_NAME); to > from; to--) {
    const spellings = spellingsOf(writtenIn(words.slice(from, to)));
    const named = spellings.flatMap((spelling) => names.get(spelling) ?? [])[0];
    if (named) return { named, to };
  }
  return undefined;
}

function afterSuffixes(words: readonly Word[], from: number, names: Names): number {
  let at = from;
  while (SUFFIX.test(words[at]?.plain ?? '') && !longestAt(words, at, names)) at += 1;
  return at;
}

/** Before a name; between two, `and the`. */
const isSkipped = (word: Word | undefined, isBetween: boolean): boolean =>
  ARTICLE.test(word?.plain ?? '') || (isBetween && BETWEEN.test(word?.plain ?? ''));

function tailOf(words: readonly Word[]): Slot['tail'] {
  if (words.length === 0) return 'none';
  const plain = plainOf(words);
  if (NOT.test(plain)) return 'not';
  if (LESS.test(plain)) return 'less';
  if (REASON.test(plain) && !FOR_TITLE.test(plain)) return EXCEPT.test(plain) ? 'other' : 'reason';
  if (ANY_NOT.test(plain)) return 'not';
  if (!FOR.test(plain)) return 'other';
  // "For Ann because she starts on Monday".
  const why = words.findIndex((_, at) => at > 1 && REASON.test(plainOf(words.slice(at))));
  const person = withoutTitle(words.slice(1, why < 0 ? words.length : why));
  if (person.length === 0) return 'other'; // "For my colleague".
  return person.length <= MAX_PERSON ? { person } : 'other';
}

const TITLE = new RegExp(`^(?:${any(({ titles }) => titles)})(?!\\S)`);
/** "For my colleague Ann" and "for my project". */
const FOR_TITLE = new RegExp(`${FOR.source}(?:${any(({ titles }) => titles)})(?!\\S)`);

function withoutTitle(words: readonly Word[]): readonly Word[] {
  const title = TITLE.exec(plainOf(words))?.[0] ?? '';
  return words.slice(title.split(' ').filter(Boolean).length);
}

/** A shorter text is near too many names. */
const MIN_NEAR = 3;
/** Words that a name with a mistake may have. */
const MAX_NEAR_WORDS = 4;

export interface Near {
  /** Its name begins with the typed words: `GitHub` of GitHub Enterprise. */
  readonly isBeginning: boolean;
  readonly slot: Slot;
}

/** A mistake in the first letter of a shorter name makes too many other words of it: "room" is no Zoom. */
const MIN_OTHER_LETTER = 5;
/** What may be wrong with it: one letter more, less, another one, or swapped with the next. */
const IN_FIRST_LETTER = 1;

/**
 * Apps whose names begin with the words, else those with a few other letters: their names are read by the first letter, and all of
 * them only where that one may be wrong.
 */
export async function nearNames(slot: readonly Word[], turn: Turn): Promise<Near | undefined> {
  const first = slot.findIndex((word) => !isSkipped(word, false));
  const words = slot.slice(Math.max(0, first), MAX_NEAR_WORDS + Math.max(0, first));
  const typed = nameIn(words);
  if (first < 0 || typed.length < MIN_NEAR || words.some(({ userId }) => userId)) return undefined;
  const rest = slot.slice(first);
  return (
    (await nearAmong(rest, turn, Array.from(typed)[0])) ?? (await nearAmong(rest, turn, undefined))
  );
}

/** @param letter with which the names begin; undefined: any other one */
async function nearAmong(
  slot: readonly Word[],
  turn: Turn,
  letter: string | undefined,
): Promise<Near | undefined> {
  const { integrations } = turn.stores;
  const all = await integrations.namesStartingWith(letter ?? '');
  const names = [...all.keys()].filter(
    (name) => letter !== undefined || name.length >= MIN_OTHER_LETTER,
  );
  const seen = async (near: readonly string[]): Promise<readonly Integration[]> => {
    if (near.length === 0) return [];
    const some = near.slice(0, MAX_NEAR);
    const found = await integrations.findMany(some.flatMap((name) => all.get(name) ?? []));
    const inOrder = some.flatMap((name) => found.find((app) => keyOf(app.name) === name) ?? []);
    return appsSeenBy(inOrder, turn);
  };
  for (let count = Math.min(slot.length, MAX_NEAR_WORDS); count > 0; count--) {
    const text = nameIn(slot.slice(0, count));
    const tail = tailOf(slot.slice(count).filter(isNoSuffix));
    if (text.length < MIN_NEAR || tail === 'other' || tail === 'less' || tail === 'not') continue;
    const beginning = await seen(
      letter === undefined ? [] : names.filter((name) => name.startsWith(`${text} `)),
    );
    const max = letter === undefined ? IN_FIRST_LETTER : undefined;
    const apps = beginning.length > 0 ? beginning : await seen(nearWords(text, names, max));
    const named = apps.map((app): Named => ({ kind: 'app', name: app.name, app }));
    if (named.length > 0) return { isBeginning: beginning.length > 0, slot: { named, tail } };
  }
  return undefined;
}

const isNoSuffix = ({ plain }: Word): boolean => !SUFFIX.test(plain);

/** Some of them the reader may not see, and more than three aren't shown. */
const MAX_NEAR = 20;
