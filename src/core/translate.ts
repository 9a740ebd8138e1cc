/**
 * Texts in the reader's language. The code holds the English text: t`Hello ${name}`. `src/texts/<language>.json` holds the
 * translations, by the English text with numbered gaps: `"Hello {0}": "Hallo {0}"`. `npm run texts` updates those files from
 * the code.
 *
 * The reader is known where the work for one message, card, email or page begins. Everything inside `inLocale` uses that language.
 */
import { readFileSync } from 'node:fs';
import { AsyncVariable } from './async-variable.ts';
import { onceFor, onceForText } from './once-for.ts';

/** Complete languages. English has no file, because its texts are in the code. */
export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];

/** For logs, the terminal, and readers without a locale when the workspace has none either. */
const DEFAULT_LOCALE = 'en-GB';

const readers = new AsyncVariable<string>();

/** Runs `work`, and all that it awaits, for a reader with this locale. @param locale BCP 47: `de-AT` */
export const inLocale = <T>(locale: string, work: () => T): T => readers.run(locale, work);

/** The current reader's locale for dates and numbers; BCP 47, for `Intl`. */
export const locale = (): string => readers.get() ?? DEFAULT_LOCALE;

/** Joins whole sentences and leaves out the empty ones. */
export const sentences = (...all: readonly (string | false | undefined)[]): string =>
  all.filter(Boolean).join(' ');

/**
 * The plural form for this count, by the rules of the reader's language.
 * @param forms each a whole phrase, translated as such: `{ one: t`1 person`, other: t`${count} people` }`
 */
export function plural<T>(count: number, forms: { readonly one: T; readonly other: T }): T {
  return pluralRulesOf(languageOf(locale())).select(count) === 'one' ? forms.one : forms.other;
}

const pluralRulesOf = onceForText(languages.length, (language) => new Intl.PluralRules(language));

/** Sorts names by the rules of the reader's language. */
export const compareNames = (one: string, other: string): number =>
  one.localeCompare(other, locale());

/** The tag in its BCP 47 form. Undefined when it isn't a valid tag, which a client may send. */
export function knownLocale(tag: string | undefined): string | undefined {
  try {
    return tag === undefined ? undefined : Intl.getCanonicalLocales(tag.replaceAll('_', '-'))[0];
  } catch {
    return undefined;
  }
}

/** The language of texts for this locale. English when that language has none. */
export function languageOf(tag: string): Language {
  const spoken = tag.split('-')[0]?.toLowerCase();
  return languages.find((each) => each === spoken) ?? 'en';
}

/**
 * The text in the reader's language. Never evaluate it while a module loads, because there is no reader then.
 * @param values names, dates and other texts, put in as they are
 */
export function t(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  const language = languageOf(locale());
  const translated = language === 'en' ? undefined : textsIn(language).get(sourceOf(parts));
  return translated === undefined
    ? String.raw({ raw: parts }, ...values)
    : fillIn(translated, values);
}

/** A table of texts that has no gaps, made once for each language. @param make must depend on nothing but the language */
export function inEachLanguage<T>(make: () => T): () => T {
  const made = onceForText(languages.length, make);
  return () => made(languageOf(locale()));
}

/** Like `t`, for a text that isn't in the code: the template of a page, whose gaps are filled later. */
export const sayText = (source: string): string => {
  const language = languageOf(locale());
  return (language === 'en' ? undefined : textsIn(language).get(source)) ?? source;
};

/**
 * What a manifest that comes with Latchkey says: the name or description of a field, or a note. Added, it is the company's own, and
 * keeps its English texts. What none of them says stays as it is. Only for what is shown: a stored sentence has readers of every language.
 */
export function sayReadyMade(text: string): string {
  const language = languageOf(locale());
  return (language === 'en' ? undefined : readyMadeTextsIn(language).get(text)) ?? text;
}

/** `1,234` or `1.234` */
export const sayNumber = (value: number): string => numberFormatOf(locale()).format(value);

/** More locales than the people of most companies have. To make a format takes far longer than to use it. */
const MAX_LOCALES = 100;
const numberFormatOf = onceForText(MAX_LOCALES, (tag) => new Intl.NumberFormat(tag));

export const fillIn = (text: string, values: readonly (string | number)[]): string =>
  text.replaceAll(/\{(\d+)\}/g, (gap, index: string) => String(values[Number(index)] ?? gap));

/** The English text with numbered gaps: the key of its translations. */
export const sourceOf = onceFor((parts: TemplateStringsArray): string =>
  parts.reduce((text, part, index) => `${text}{${index - 1}}${part}`),
);

/** All texts of a language. They are loaded once, when first needed. */
export const textsIn = onceForText(languages.length, (language) =>
  textsFrom(new URL(`../texts/${language}.json`, import.meta.url)),
);

const readyMadeTextsIn = onceForText(languages.length, (language) =>
  textsFrom(new URL(`../texts/ready-made/${language}.json`, import.meta.url)),
);

function textsFrom(file: URL): ReadonlyMap<string, string> {
  const written = Object.entries(textsOf(readFileSync(file, 'utf8'))).filter(
    ([, text]) => text !== '', // Not translated yet, so it stays English.
  );
  return new Map(written);
}

/** No check of the shape, because the files are our own and a test checks them. */
const textsOf = (json: string): Readonly<Record<string, string>> =>
  JSON.parse(json) as Record<string, string>;
