/**
 * What Latchkey stores as a sentence when something happens, such as why a grant failed, is in the workspace's language. `sayStored`
 * says it in the reader's: its text is looked for among all sentences of the code, which gives the values of its gaps. What isn't
 * found stays as it is: what an app answered, and sentences of earlier versions.
 */
import { onceFor, onceForText } from './once-for.ts';
import { fillIn, type Language, languageOf, languages, locale, textsIn } from './translate.ts';

/** @param stored sentences that Latchkey wrote, in one line or several; never what a person wrote */
export function sayStored(stored: string): string {
  if (stored.length > MAX_STORED) return stored;
  return linesFor(languageOf(locale()))(stored);
}

/** Characters. No sentence of ours has more, with what is filled in. */
const MAX_STORED = 2000;
/** Texts whose sentences are known already: few reasons are seen often. */
const MAX_KNOWN = 2000;

const linesFor = onceForText(languages.length, (language) =>
  onceForText(MAX_KNOWN, (stored) =>
    stored
      .split('\n')
      .map((line) => lineIn(line, languageOf(language)))
      .join('\n'),
  ),
);

/** The longest run of sentences that is one text of ours, again and again. */
function lineIn(line: string, language: Language): string {
  const units = line.split(/(?<=[.!?]) /);
  if (units.length > MAX_SENTENCES) return line;
  const said: string[] = [];
  for (let from = 0; from < units.length; ) {
    const found = longestAt(units, from, language);
    said.push(found?.text ?? units[from] ?? '');
    from = found?.to ?? from + 1;
  }
  return said.join(' ');
}

/** Of a line. Of an app's long answer each would be looked for. */
const MAX_SENTENCES = 10;
/** Of one of our texts. */
const MAX_OF_A_TEXT = 5;

function longestAt(units: readonly string[], from: number, language: Language) {
  for (let to = Math.min(units.length, from + MAX_OF_A_TEXT); to > from; to--) {
    const text = translated(units.slice(from, to).join(' '), language);
    if (text !== undefined) return { text, to };
  }
  return undefined;
}

/** Undefined where no sentence of another language is that text. */
function translated(text: string, language: Language): string | undefined {
  const { byBeginning, byEnd, others } = sentencesFor(language);
  const near = [
    ...(byBeginning.get(text.slice(0, KEY)) ?? []),
    ...(byEnd.get(text.slice(-KEY)) ?? []),
    ...others,
  ];
  for (const sentence of near) {
    const { form, gaps } = formOf(sentence);
    const found = form.exec(text);
    if (!found) continue;
    const values: string[] = [];
    // A gap may hold a sentence: "… No other answer has worked for a day."
    for (const [at, gap] of gaps.entries()) values[gap] = lineIn(found[at + 1] ?? '', language);
    return fillIn(sentence.said, values);
  }
  return undefined;
}

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
}
/** Letters of such a beginning or end. */
const KEY = 6;

/** The sentences of the other languages. What says most comes first, so that few gaps hold words of ours. */
const sentencesFor = onceForText(languages.length, (reader): Sentences => {
  const all = [...textsIn(TRANSLATED).keys()]
    .flatMap((english) => {
      const said = textIn(reader, english);
      return languages
        .filter((language) => language !== reader)
        .map((language) => ({ stored: textIn(language, english), said }));
    })
    .filter(({ stored, said }) => stored !== said && isSentence(stored))
    .toSorted((one, other) => other.stored.length - one.stored.length);
  const byBeginning = new Map<string, Sentence[]>();
  const byEnd = new Map<string, Sentence[]>();
  const others: Sentence[] = [];
  const into = (map: Map<string, Sentence[]>, key: string): Sentence[] => {
    const kept = map.get(key) ?? [];
    map.set(key, kept);
    return kept;
  };
  for (const sentence of all) {
    const parts = sentence.stored.split(GAP);
    const [first = '', last = ''] = [parts[0], parts.at(-1)];
    const place =
      first.length >= KEY
        ? into(byBeginning, first.slice(0, KEY))
        : last.length >= KEY
          ? into(byEnd, last.slice(-KEY))
          : others;
    place.push(sentence);
  }
  return { byBeginning, byEnd, others };
});

/** Every language but English has all texts. */
const TRANSLATED = 'de';

const textIn = (language: string, english: string): string =>
  (language === 'en' ? undefined : textsIn(languageOf(language)).get(english)) ?? english;

/** A shorter one may be what an app answered. */
const MIN_LETTERS = 8;
/** A phrase with gaps could be found in too much. */
const MIN_LETTERS_OF_PHRASE = 16;
const GAP = /\{\d+\}/;

function isSentence(text: string): boolean {
  const isWhole = /[.!?]$/.test(text) || !GAP.test(text);
  return lettersIn(text) >= (isWhole ? MIN_LETTERS : MIN_LETTERS_OF_PHRASE);
}

/** Without those of its gaps. */
const lettersIn = (text: string): number =>
  text.split(GAP).join('').replaceAll(/\P{L}/gu, '').length;

/** The numbers of its gaps are in their order. */
const formOf = onceFor(({ stored }: Sentence) => {
  const parts = stored.split(GAP).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return {
    form: new RegExp(`^${parts.join('(.+?)')}$`),
    gaps: [...stored.matchAll(/\{(\d+)\}/g)].map(([, gap]) => Number(gap)),
  };
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
