/** The end in what follows a word: `request figma until Friday`. */
import { dayIn } from '../../../core/days.ts';
import { locale } from '../../../core/translate.ts';
import { workspaceSettings } from '../../../engine/settings/workspace-settings.ts';
import type { Turn } from '../../live/context.ts';
import type { CommandText } from '../../view/command.ts';
import type { WishedEnd } from '../access/length-fields.ts';
import { type Present, readEnd } from './read-end.ts';
import { plainOf, sentenceLanguages, type Word, wordsOf, writtenIn } from './words.ts';

export interface WrittenEnd {
  /** The text without it, as typed. */
  readonly rest: string;
  readonly end: WishedEnd | undefined;
}

/** Undefined where there is none. */
export async function writtenEnd(text: CommandText, turn: Turn): Promise<WrittenEnd | undefined> {
  const words = wordsOf(text);
  const plain = words.map((word) => word.plain);
  const present = await presentOf(words, turn);
  for (const language of sentenceLanguages(locale())) {
    const found = readEnd(plain, language.end, present);
    if (!found) continue;
    const rest = [...words.slice(0, found.from), ...words.slice(found.to)];
    return { rest: writtenIn(rest), end: found.end };
  }
  return undefined;
}

const END_OF_WEEK = new RegExp(
  `(?<!\\S)(?:${sentenceLanguages('en')
    .map(({ end }) => end.endOfWeek)
    .join('|')})(?!\\S)`,
);

/** The weekend is read from the settings only for words that are about it: most need no statement. */
export async function presentOf(
  words: readonly Word[],
  { stores, timeZone, now }: Turn,
): Promise<Present> {
  const today = dayIn(timeZone, now());
  if (!END_OF_WEEK.test(plainOf(words))) return { today, weekend: [] };
  const { weekend } = await workspaceSettings(stores);
  return { today, weekend };
}
