/** What a sentence may mean, by its words alone. Which apps and people it names is for `names.ts`. */
import { onceFor } from '../../../core/once-for.ts';
import type { CommandText } from '../../view/command.ts';
import type { WishedEnd } from '../access/length-fields.ts';
import type { Intent, SentenceLanguage } from './language.ts';
import { readEnd } from './read-end.ts';
import { plainOf, type Word, wordsOf } from './words.ts';

export interface Reading {
  /** Undefined for a text that may be a name alone. */
  readonly intent: Intent | undefined;
  /** Where the name of an app has to be, with what follows it; undefined where the sentence names none. */
  readonly app: readonly Word[] | undefined;
  readonly person: readonly Word[] | undefined;
  readonly end: WishedEnd | undefined;
}

/** From the most special to the one whose words are in others, too. */
const INTENTS: readonly Intent[] = ['end', 'who', 'have', 'theirs', 'want', 'for someone'];
/** Words of a longer text are no name alone. */
const MAX_NAME = 6;

/** All readings, the likeliest first. @param today the person's, an ISO date */
export function readSentence(
  text: CommandText,
  languages: readonly SentenceLanguage[],
  today: string,
): readonly Reading[] {
  const words = wordsOf(text);
  if (words.length === 0) return [];
  const isThanks = words.some(({ plain }) =>
    languages.some((language) => compiled(language).thanks.test(plain)),
  );
  const readings = versionsOf(words, languages, today).flatMap((version) => [
    ...languages.flatMap((language) => readIn(language, version)),
    // "Figma, thanks!" thanks for it.
    ...(isThanks ? [] : alone(version)),
  ]);
  const seen = new Set<string>();
  return readings.filter(({ intent, app, person }) => {
    const key = JSON.stringify({ intent, app, person });
    return !seen.has(key) && seen.add(key);
  });
}

/** The words without what says nothing about the intent. */
interface Version {
  readonly words: readonly Word[];
  readonly end: WishedEnd | undefined;
  /** The end stood first, and German then turns the words around. */
  readonly isTurned: boolean;
}

/** Without the end and the fillers; then with them, since a name may have these words. */
function versionsOf(
  words: readonly Word[],
  languages: readonly SentenceLanguage[],
  today: string,
): readonly Version[] {
  const short = withoutFillers(words, languages);
  const all = [{ words: short, end: undefined, isTurned: false }];
  if (short.length < words.length) all.push({ words, end: undefined, isTurned: false });
  const found = languages
    .map((language) => readEnd(spelt(short, language), language.end, today))
    .find((each) => each !== undefined);
  if (!found) return all;
  const { end, from, to } = found;
  const rest = [...short.slice(0, from), ...short.slice(to)];
  return [{ words: rest, end, isTurned: from === 0 }, ...all];
}

const spelt = (words: readonly Word[], { spellings }: SentenceLanguage): readonly string[] =>
  words.map(({ plain }) => spellings[plain] ?? plain);

function withoutFillers(
  words: readonly Word[],
  languages: readonly SentenceLanguage[],
): readonly Word[] {
  let rest = words;
  for (const language of languages) {
    const { greeting, closing, fillers } = compiled(language);
    const greeted = countOf(greeting.exec(plainOf(rest))?.[0] ?? '');
    const closed = countOf(closing.exec(plainOf(rest))?.[0] ?? '');
    rest = rest.slice(greeted, rest.length - closed).filter(({ plain }) => !fillers.test(plain));
  }
  return rest;
}

function readIn(language: SentenceLanguage, { words, end, isTurned }: Version): Reading[] {
  const text = spelt(words, language).join(' ');
  const { patterns, pronouns } = compiled(language);
  return patterns.flatMap(({ intent, form, turned }) => {
    const found = (isTurned && turned?.exec(text)) || form?.exec(text);
    const { app, person } = found?.indices?.groups ?? {};
    if (!found || pronouns.test(found.groups?.['person'] ?? '')) return [];
    return [{ intent, app: wordsAt(app), person: wordsAt(person), end }];
  });

  function wordsAt(at: readonly [number, number] | undefined): readonly Word[] | undefined {
    if (!at) return undefined;
    const from = countOf(text.slice(0, at[0]));
    return words.slice(from, from + countOf(text.slice(at[0], at[1])));
  }
}

const countOf = (text: string): number => text.split(' ').filter(Boolean).length;

const alone = ({ words, end }: Version): Reading[] =>
  words.length > 0 && words.length <= MAX_NAME
    ? [{ intent: undefined, app: words, person: undefined, end }]
    : [];

interface Compiled {
  readonly greeting: RegExp;
  readonly closing: RegExp;
  readonly fillers: RegExp;
  readonly thanks: RegExp;
  readonly pronouns: RegExp;
  readonly patterns: readonly {
    readonly intent: Intent;
    readonly form?: RegExp;
    /** For a sentence that begins with its end. */
    readonly turned?: RegExp;
  }[];
}

/** Of a person's name. */
const MAX_PERSON = 3;

const compiled = onceFor(
  ({ greeting, closing, fillers, thanks, pronouns, patterns }: SentenceLanguage): Compiled => ({
    greeting: new RegExp(`^(?:${greeting}) `),
    closing: new RegExp(` (?:${closing})$`),
    fillers: new RegExp(`^(?:${fillers}|${thanks})$`),
    thanks: new RegExp(`^(?:${thanks})$`),
    pronouns: new RegExp(`^(?:${pronouns})(?!\\S)`),
    patterns: INTENTS.flatMap((intent) =>
      patterns[intent].flatMap((source) =>
        lengthsOf(source).map((count) => {
          const isTurned = source.startsWith('§ ');
          const form = new RegExp(`^${withSlots(source.replace(/^§ /, ''), count)}$`, 'd');
          return { intent, ...(isTurned ? { turned: form } : { form }) };
        }),
      ),
    ),
  }),
);

/** A name of one word and one of two are read apart, where the name of an app follows. */
const lengthsOf = (source: string): readonly number[] =>
  /\bP\b/.test(source) ? Array.from({ length: MAX_PERSON }, (_, at) => at + 1) : [0];

const withSlots = (source: string, person: number): string =>
  source
    .replaceAll(/\bA\b/g, '(?<app>\\S+(?: \\S+){0,150}?)')
    .replaceAll(/\bP\b/g, `(?<person>\\S+(?: \\S+){${person - 1}})`);
