/**
 * What Latchkey stores as a sentence when something happens, such as why a grant failed, is in the workspace's language. `sayStored`
 * says it in the reader's: its text is looked for among all sentences of the code, which gives the values of its gaps. What isn't
 * found stays as it is: what an app answered, and sentences of earlier versions.
 */
import { onceFor, onceForText } from './once-for.ts';
import { fillIn, languageOf, languages, locale, textsIn } from './translate.ts';

/** @param stored sentences that Latchkey wrote, in one line or several; never what a person wrote */
export function sayStored(stored: string): string {
  if (stored.length > MAX_STORED) return stored;
  return linesFor(languageOf(locale()))(stored);
}

/** Of a text that may also hold what a person wrote: only paragraphs that are nothing but sentences of Latchkey. */
export const sayOwnParagraphs = (stored: string): string =>
  stored
    .split('\n\n')
    .map((paragraph) => {
      if (paragraph.length > MAX_STORED) return paragraph;
      const parts = partsIn(paragraph, sentencesFor(languageOf(locale())));
      return parts.every(({ isOurs }) => isOurs)
        ? parts.map(({ text }) => text).join(' ')
        : paragraph;
    })
    .join('\n\n');

/** Characters. No sentence of ours has more, with what is filled in. */
const MAX_STORED = 2000;
/** Texts whose sentences are known already: few reasons are seen often. */
const MAX_KNOWN = 2000;

const linesFor = onceForText(languages.length, (language) =>
  onceForText(MAX_KNOWN, (stored) =>
    stored
      .split('\n')
      .map((line) => lineIn(line, sentencesFor(language)))
      .join('\n'),
  ),
);

const lineIn = (line: string, sentences: Sentences): string =>
  partsIn(line, sentences)
    .map(({ text }) => text)
    .join(' ');

/** The longest run of sentences that is one text of ours, again and again, and between them the sentences of others. */
function partsIn(line: string, sentences: Sentences): readonly Part[] {
  const units = line.split(/(?<=[.!?]) /);
  if (units.length > MAX_SENTENCES) return [{ text: line, isOurs: false }];
  const parts: Part[] = [];
  for (let from = 0; from < units.length; ) {
    const found = longestAt(units, from, sentences);
    parts.push(found?.part ?? afterLabel(units[from] ?? '', sentences));
    from = found?.to ?? from + 1;
  }
  return parts;
}

/** Of `start: "tomorrow" isn't a date; use one like 2026-11-24.`, all but the label. */
function afterLabel(text: string, sentences: Sentences): Part {
  const [, label, said = ''] = /^(\S[^:]{0,60}: )(.+)$/.exec(text) ?? [];
  const whole = translated(said, sentences)?.text;
  // A phrase of ours became a sentence by its full stop.
  const phrase = said.endsWith('.') ? translated(said.slice(0, -1), sentences)?.text : undefined;
  const found = whole ?? (phrase && `${phrase}.`);
  return { text: label && found ? `${label}${found}` : text, isOurs: false };
}

interface Part {
  readonly text: string;
  readonly isOurs: boolean;
}

/** Of a line. Of an app's long answer each would be looked for. */
const MAX_SENTENCES = 10;
/** Of one of our texts. */
const MAX_OF_A_TEXT = 5;

function longestAt(units: readonly string[], from: number, sentences: Sentences) {
  for (let to = Math.min(units.length, from + MAX_OF_A_TEXT); to > from; to--) {
    const part = translated(units.slice(from, to).join(' '), sentences);
    if (part) return { part, to };
  }
  return undefined;
}

/** Undefined where no sentence of another language is that text. */
function translated(text: string, sentences: Sentences): Part | undefined {
  const { byBeginning, byEnd, others, inGaps = sentences } = sentences;
  const near = [
    ...(byBeginning.get(text.slice(0, KEY)) ?? []),
    ...(byEnd.get(text.slice(-KEY)) ?? []),
    ...others,
  ];
  for (const sentence of near) {
    const found = valuesIn(text, patternOf(sentence));
    if (found === 'unclear') return { text, isOurs: false };
    // A gap may hold a sentence: "… No other answer has worked for a day."
    const values = found?.map((value) => lineIn(value, inGaps));
    if (values) return { text: fillIn(sentence.said, values), isOurs: true };
  }
  return undefined;
}

/**
 * The values of its gaps, each as short as can be; undefined where the text is another one. `unclear`: a value may end at several
 * places, as after each word of "Bo can grant Ann Lee Zoom", so they could be exchanged. Its time grows with the text alone.
 */
function valuesIn(
  text: string,
  { first, others, gaps }: Pattern,
): readonly string[] | 'unclear' | undefined {
  const last = others.at(-1);
  if (last === undefined) return text === first ? [] : undefined;
  if (!text.startsWith(first) || !text.endsWith(last)) return undefined;
  const values: string[] = [];
  let from = first.length;
  let before = '';
  let isClear = true;
  for (const [at, part] of others.entries()) {
    const isLast = at === others.length - 1;
    const to = isLast ? text.length - part.length : text.indexOf(part, from + 1);
    if (to <= from) return undefined;
    const value = text.slice(from, to);
    if (CONTINUES.test(part) && HAS_ENDED.test(value) && !isQuoted(value, part)) return undefined;
    values[gaps[at] ?? 0] = value;
    if (before !== '' && !ENDS.test(before) && value.includes(before)) isClear = false;
    from = to + part.length;
    before = part;
  }
  return isClear ? values : 'unclear';
}

/** What ends a name or a sentence, so that the first one does. */
const ENDS = /^["”“)]?[.!?:]/;
/** Of what follows a gap: the same sentence goes on. */
const CONTINUES = /^ ?[^ \p{Lu}]/u;
/** A sentence has ended in it, and another one begins. `Dr. Who` and `Acme Inc. Mail` are names. */
const HAS_ENDED = /\S{6}[.!?] \p{Lu}/u;

/** Between quotes whole sentences may stand: what someone wrote. */
const isQuoted = (value: string, next: string): boolean =>
  QUOTE.test(next.charAt(0)) && !QUOTE.test(value);
const QUOTE = /["”“„]/;

interface Sentence {
  readonly stored: string;
  /** In the reader's language. */
  readonly said: string;
}

/** Of thousands only those are tried whose first or last letters the text has. */
interface Sentences {
  readonly byBeginning: ReadonlyMap<string, readonly Sentence[]>;
  readonly byEnd: ReadonlyMap<string, readonly Sentence[]>;
  /** They begin and end with a gap, or nearly. */
  readonly others: readonly Sentence[];
  /** Those that a gap may hold; left out: the same. */
  readonly inGaps?: Sentences;
}
/** Letters of such a beginning or end. */
const KEY = 6;

/** The sentences of the other languages. */
const sentencesFor = onceForText(languages.length, (reader): Sentences => {
  const all = [...textsIn(TRANSLATED).keys()]
    .flatMap((english) => {
      const said = textIn(reader, english);
      return languages
        .filter((language) => language !== reader)
        .map((language) => ({ stored: textIn(language, english), said }));
    })
    .filter(({ stored, said }) => stored !== said && isLong(stored));
  // A name in a gap, such as that of an app called Timeline, may also be a label of ours.
  const inGaps = all.filter(({ stored }) => isWhole(stored) || SAYS_WHERE.test(stored));
  return { ...keyed(all), inGaps: keyed(inGaps) };
});

/** What says most comes first, so that few gaps hold words of ours. */
function keyed(all: readonly Sentence[]): Sentences {
  const byBeginning = new Map<string, Sentence[]>();
  const byEnd = new Map<string, Sentence[]>();
  const others: Sentence[] = [];
  const into = (map: Map<string, Sentence[]>, key: string): Sentence[] => {
    const kept = map.get(key) ?? [];
    map.set(key, kept);
    return kept;
  };
  for (const sentence of all.toSorted((one, other) => ownOf(other).length - ownOf(one).length)) {
    const { first, others: rest } = patternOf(sentence);
    const last = rest.at(-1) ?? first;
    const place =
      first.length >= KEY
        ? into(byBeginning, first.slice(0, KEY))
        : last.length >= KEY
          ? into(byEnd, last.slice(-KEY))
          : others;
    place.push(sentence);
  }
  return { byBeginning, byEnd, others };
}

/** Every language but English has all texts. */
const TRANSLATED = 'de';

const textIn = (language: string, english: string): string =>
  (language === 'en' ? undefined : textsIn(languageOf(language)).get(english)) ?? english;

/** A shorter one may be what an app answered. */
const MIN_LETTERS = 7;
/** A phrase could be found in too much, and a label be what an app answered. */
const MIN_LETTERS_OF_PHRASE = 16;
const GAP = /\{\d+\}/;

const isWhole = (text: string): boolean => /[.!?]$/.test(text);

/** `Line 6: …`: whatever follows, it says where that is. */
const SAYS_WHERE = /^\p{Lu}\p{Ll}+ \{0\}[,:] /u;

const isLong = (text: string): boolean =>
  lettersIn(text) >= (isWhole(text) ? MIN_LETTERS : MIN_LETTERS_OF_PHRASE) || SAYS_WHERE.test(text);

const lettersIn = (text: string): number => withoutGaps(text).replaceAll(/\P{L}/gu, '').length;

const withoutGaps = (text: string): string => text.split(GAP).join('');
const ownOf = onceFor(({ stored }: Sentence): string => withoutGaps(stored));

/** What stands around its gaps, and which those are. */
interface Pattern {
  readonly first: string;
  readonly others: readonly string[];
  readonly gaps: readonly number[];
}

const patternOf = onceFor(({ stored }: Sentence): Pattern => {
  const [first = '', ...others] = stored.split(GAP);
  return { first, others, gaps: [...stored.matchAll(/\{(\d+)\}/g)].map(([, gap]) => Number(gap)) };
});

/**
 * A reason in two parts, stored as one text: a sentence for everyone, and on a second line what the app answered, such as a
 * status, and what to change in the manifest. Only admins and auditors read that.
 */
export const explained = (sentence: string, detail: string): string => `${sentence}\n${detail}`;

/** What someone reads of it, in their language. */
export function readExplained(reason: string, reader: { readonly seesDetail: boolean }): string {
  const [sentence = '', ...detail] = sayStored(reason).split('\n');
  return reader.seesDetail ? [sentence, ...detail].join(' ') : sentence;
}
