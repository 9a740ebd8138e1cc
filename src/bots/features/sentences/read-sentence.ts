/** What a sentence may mean, by its words alone. Which apps and people it names is for `names.ts`. */
import { onceFor } from '../../../core/once-for.ts';
import type { CommandText } from '../../view/command.ts';
import type { WishedEnd } from '../access/length-fields.ts';
import type { Intent, SentenceLanguage } from './language.ts';
import { type Present, readDay, readEnd } from './read-end.ts';
import { asOwner, isQuote, plainOf, type Word, wordsOf } from './words.ts';

export interface Reading {
  /** Undefined for a text that may be a name alone. */
  readonly intent: Intent | undefined;
  /** Where the name of an app has to be, with what follows it; undefined where the sentence names none. */
  readonly app: readonly Word[] | undefined;
  readonly person: readonly Word[] | undefined;
  readonly end: WishedEnd | undefined;
  /** The day on which something is; an ISO date. */
  readonly day: string | undefined;
  /** Something else may be meant: only a part of the text was read, it is quoted, or only may be so; or a name after "hello". */
  readonly isUnsure: boolean;
}

/** From the most special to the one whose words are in others, too. */
const INTENTS: readonly Intent[] = [
  'stolen',
  'admins',
  'manager',
  'password',
  'details',
  'team',
  'joining',
  'staying',
  'back',
  'leaving',
  'end',
  'end for someone',
  'approvers',
  'who',
  'have',
  'theirs',
  'want',
  'for someone',
  'requests',
  'request',
];
/** Words of a longer text are no name alone: "Figma for Ann Lee and GitHub for Bob". */
const MAX_NAME = 8;

/** All readings, the likeliest first. */
export function readSentence(
  text: CommandText,
  languages: readonly SentenceLanguage[],
  present: Present,
): readonly Reading[] {
  const words = wordsOf(text);
  if (words.length === 0) return [];
  const isThanking = ({ plain }: Word) =>
    languages.some((language) => compiled(language).thanks.test(plain));
  const isThanks = words.some(isThanking);
  const isMaybe = ({ plain }: Word) =>
    languages.some((language) => compiled(language).maybe.test(plain));
  // "Many thanks for approving my request!"
  const isAllThanks = words.slice(0, 2).some(isThanking);
  const isQuoted = isQuote(text);
  const isQuestion = /\?\W*$/.test(textIn(text));
  const read = (part: readonly Word[], isWhole: boolean) =>
    versionsOf(part, languages, present).flatMap((version) => {
      const found = languages.flatMap((language) =>
        readIn(language, version, present).map((each) => ({
          ...each,
          isUnsure:
            each.isUnsure ||
            !isWhole ||
            isQuoted ||
            (isQuestion && isStatement(each.intent, version, language)) ||
            (each.intent === 'leaving' && words.some(isMaybe)),
        })),
      );
      // "Figma, thanks!" thanks for it.
      const named = isThanks || !isWhole ? [] : alone(version);
      // A single word is a name first: an app may be called "Support".
      return version.words.length === 1 ? [...named, ...found] : [...found, ...named];
    });
  const parts = partsOf(words, languages);
  const readings = [...read(words, true), ...parts.flatMap((part) => read(part, false))];
  const seen = new Set<string>();
  return readings.filter(({ intent, app, person }) => {
    if (isAllThanks && intent === 'requests') return false;
    const key = JSON.stringify({ intent, app, person });
    return !seen.has(key) && seen.add(key);
  });
}

/** Of these a question is no wish where no word makes it one: "Ann needs Figma?", and not "Can you remove Ann from Figma?". */
const STATED: ReadonlySet<Intent | undefined> = new Set<Intent>([
  'end',
  'end for someone',
  'for someone',
]);

/** A question about these is none that is answered by a form. */
const ABOUT_STAYING: ReadonlySet<Intent | undefined> = new Set<Intent>([
  'leaving',
  'staying',
  'back',
]);

const isStatement = (
  intent: Intent | undefined,
  { words }: Version,
  language: SentenceLanguage,
): boolean =>
  ABOUT_STAYING.has(intent) ||
  (STATED.has(intent) && !words.some(({ plain }) => compiled(language).asking.test(plain)));

/** Nobody writes more before they come to it. */
const MAX_PARTS = 6;

/** "Hi Sam, quick question: can I get Figma?", "I'm new here and need Figma". None where there is only one. */
function partsOf(
  words: readonly Word[],
  languages: readonly SentenceLanguage[],
): readonly (readonly Word[])[] {
  const forms = languages.map(compiled);
  const parts: Word[][] = [[]];
  for (const [at, word] of words.entries()) {
    const before = words[at - 1]?.plain ?? '';
    if (forms.some(({ but, except }) => but.test(word.plain) && except.test(before))) return [];
    if (forms.some(({ and, but }) => and.test(word.plain) || but.test(word.plain))) parts.push([]);
    else parts.at(-1)?.push(word);
    if (word.isLast) parts.push([]);
  }
  const some = parts.filter((part) => part.length > 1);
  return parts.length === 1 ? [] : some.slice(0, MAX_PARTS);
}

/** The words without what says nothing about the intent. */
interface Version {
  readonly words: readonly Word[];
  readonly end: WishedEnd | undefined;
  readonly day: string | undefined;
  /** What was taken out is a day, or nothing: see `FoundEnd`. */
  readonly isDay: boolean;
  /** The end stood first, and German then turns the words around. */
  readonly isTurned: boolean;
  /** It is what follows "hello". */
  readonly isGreeted: boolean;
}

/** Without the end and the fillers; then with them, since a name may have these words. */
function versionsOf(
  words: readonly Word[],
  languages: readonly SentenceLanguage[],
  present: Present,
): readonly Version[] {
  const { rest: short, isGreeted } = withoutFillers(words, languages);
  const plain = { end: undefined, day: undefined, isDay: true, isTurned: false };
  const all: Version[] = [{ words: short, isGreeted, ...plain }];
  if (short.length < words.length) all.push({ words, isGreeted: false, ...plain });
  const found = languages
    .map((language) => readEnd(spelt(short, language), language.end, present))
    .find((each) => each !== undefined);
  if (!found) return all;
  const { end, day, isDay, from, to } = found;
  const rest = [...short.slice(0, from), ...short.slice(to)];
  return [{ words: rest, end, day, isDay, isTurned: from === 0, isGreeted: false }, ...all];
}

const textIn = (text: CommandText): string =>
  text.map((word) => (typeof word === 'string' ? word : '@')).join(' ');

const spelt = (words: readonly Word[], { spellings }: SentenceLanguage): readonly string[] =>
  words.map(({ plain }) => spellings[plain] ?? plain);

function withoutFillers(
  words: readonly Word[],
  languages: readonly SentenceLanguage[],
): { readonly rest: readonly Word[]; readonly isGreeted: boolean } {
  let rest = words;
  let isGreeted = false;
  for (const language of languages) {
    const { greeting, closing, fillers } = compiled(language);
    const greeted = countOf(greeting.exec(plainOf(rest))?.[0] ?? '');
    const closed = countOf(closing.exec(plainOf(rest))?.[0] ?? '');
    const said = rest.slice(greeted, rest.length - closed);
    rest = said.filter(({ plain }) => !fillers.test(plain));
    // "Hi, Figma please" is a wish.
    isGreeted ||= greeted > 0 && closed === 0 && rest.length === said.length;
  }
  return { rest, isGreeted };
}

function readIn(
  language: SentenceLanguage,
  { words, end, isTurned, ...version }: Version,
  present: Present,
): Reading[] {
  const text = spelt(words, language).join(' ');
  const { patterns, pronouns, past } = compiled(language);
  const isPast = words.some(({ plain, written = plain }) => past.test(written.toLowerCase()));
  return patterns.flatMap(({ intent, form, turned, hasDay, isUnsure }) => {
    const found = (isTurned && turned?.exec(text)) || form?.exec(text);
    const { app, person, owner, quoted, between } = found?.indices?.groups ?? {};
    // "Ann is leaving for two weeks": she comes back.
    if (intent === 'leaving' && !version.isDay) return [];
    // "Ann is not leaving on Friday": perhaps on another day.
    if (intent === 'staying' && end) return [];
    if (!found || pronouns.test(found.groups?.['person'] ?? found.groups?.['owner'] ?? ''))
      return [];
    // "Ann says I need Figma" is about the writer, "Ann says: I need Figma" about her.
    const isSpeech = wordsAt(quoted)?.[0]?.isSpeech ?? false;
    if (isSpeech && intent === 'want') return [];
    // "Ann is out, Bob is new and needs Figma".
    if (
      wordsAt(between)
        ?.slice(0, -1)
        .some(({ isLast }) => isLast)
    )
      return [];
    const named = { app: wordsAt(app), person: wordsAt(person) ?? ownerAt(owner) };
    const typed = found.groups?.['day'];
    const read = typed === undefined ? version : readDay(typed.split(' '), language.end, present);
    if (!read) return [];
    const isWish = intent === 'want' || intent === 'for someone';
    return [
      {
        intent,
        ...named,
        end,
        day: hasDay ? read.day : undefined,
        isUnsure: isUnsure || (quoted !== undefined && !isSpeech) || (isWish && isPast),
      },
    ];
  });

  function ownerAt(at: readonly [number, number] | undefined): readonly Word[] | undefined {
    const owner = wordsAt(at);
    return owner && asOwner(owner);
  }

  function wordsAt(at: readonly [number, number] | undefined): readonly Word[] | undefined {
    if (!at) return undefined;
    const from = countOf(text.slice(0, at[0]));
    return words.slice(from, from + countOf(text.slice(at[0], at[1])));
  }
}

const countOf = (text: string): number => text.split(' ').filter(Boolean).length;

const alone = ({ words, end, day, isGreeted }: Version): Reading[] =>
  words.length > 0 && words.length <= MAX_NAME
    ? [{ intent: undefined, app: words, person: undefined, end, day, isUnsure: isGreeted }]
    : [];

interface Compiled {
  readonly greeting: RegExp;
  readonly closing: RegExp;
  readonly fillers: RegExp;
  readonly thanks: RegExp;
  readonly pronouns: RegExp;
  readonly and: RegExp;
  readonly but: RegExp;
  /** Before `but`. */
  readonly except: RegExp;
  readonly maybe: RegExp;
  readonly asking: RegExp;
  readonly past: RegExp;
  readonly patterns: readonly {
    readonly intent: Intent;
    /** A day in the sentence is the one that it is about. */
    readonly hasDay: boolean;
    readonly isUnsure: boolean;
    readonly form?: RegExp;
    /** For a sentence that begins with its end. */
    readonly turned?: RegExp;
  }[];
}

/** Of a person's name. */
const MAX_PERSON = 3;

const compiled = onceFor(
  ({
    greeting,
    closing,
    fillers,
    thanks,
    pronouns,
    and,
    but,
    all = '(?!)',
    maybe,
    asking,
    past = '(?!)',
    titles,
    patterns,
  }: SentenceLanguage): Compiled => ({
    greeting: new RegExp(`^(?:${greeting}) `),
    closing: new RegExp(` (?:${closing})$`),
    fillers: new RegExp(`^(?:${fillers}|${thanks})$`),
    thanks: new RegExp(`^(?:${thanks})$`),
    pronouns: new RegExp(`^(?:${pronouns})(?!\\S)(?! (?:${and})(?!\\S))`), // But "me and Bob".
    and: new RegExp(`^(?:${and})$`),
    but: new RegExp(`^(?:${but})$`),
    except: new RegExp(`^(?:${all})$`),
    maybe: new RegExp(`^(?:${maybe})$`),
    asking: new RegExp(`^(?:${asking})$`),
    past: new RegExp(`^(?:${past})$`),
    patterns: INTENTS.flatMap((intent) =>
      patterns[intent].flatMap((source) =>
        peopleIn(source, and).map((people) => {
          const isTurned = source.startsWith('§ ');
          const form = new RegExp(
            `^${withSlots(source.replace(/^[§?] /, ''), titles, people)}$`,
            'd',
          );
          return {
            intent,
            hasDay: /\bD\b/.test(source),
            isUnsure: source.startsWith('? '),
            ...(isTurned ? { turned: form } : { form }),
          };
        }),
      ),
    ),
  }),
);

/** Several people: `Ann, Jörg and Bob Ray`. */
const PEOPLE = '\\S+(?: \\S+){0,8}? (?:AND) \\S+(?: \\S+){0,2}?';

/** A name of one word and one of two are read apart, where the name of an app follows. */
const peopleIn = (source: string, and: string): readonly string[] =>
  /\b[PQ]\b/.test(source)
    ? [
        ...Array.from({ length: MAX_PERSON }, (_, more) => `\\S+(?: \\S+){${more}}`),
        PEOPLE.replace('AND', and),
      ]
    : [''];

const withSlots = (source: string, titles: string, people: string): string =>
  source
    .replaceAll(/\bA\b/g, '(?<app>\\S+(?: \\S+){0,150}?)')
    .replaceAll(/\bD\b/g, '(?<day>\\S+(?: \\S+){0,5}?)')
    .replaceAll(/\bP\b/g, `(?:(?:${titles}) )?(?<person>${people})`)
    .replaceAll(/\bQ\b/g, `(?:(?:${titles}) )?(?<owner>${people})`);
