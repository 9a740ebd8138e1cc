/** The end in what follows a word: `request figma until Friday`. */
import { dayIn } from '../../../core/days.ts';
import { locale } from '../../../core/translate.ts';
import type { Turn } from '../../live/context.ts';
import type { CommandText } from '../../view/command.ts';
import type { WishedEnd } from '../access/length-fields.ts';
import { readEnd } from './read-end.ts';
import { sentenceLanguages, wordsOf, writtenIn } from './words.ts';

export interface WrittenEnd {
  /** The text without it, folded. */
  readonly rest: string;
  readonly end: WishedEnd | undefined;
}

/** Undefined where there is none. */
export function writtenEnd(text: CommandText, { timeZone, now }: Turn): WrittenEnd | undefined {
  const words = wordsOf(text);
  const plain = words.map((word) => word.plain);
  const today = dayIn(timeZone, now());
  for (const language of sentenceLanguages(locale())) {
    const found = readEnd(plain, language.end, today);
    if (!found) continue;
    const rest = [...words.slice(0, found.from), ...words.slice(found.to)];
    return { rest: writtenIn(rest), end: found.end };
  }
  return undefined;
}
