/**
 * Texts in the language of whoever reads them. What the code says stands where it is said, in English:
 * t`Hello ${name}`. What it is in another language stands in `src/texts/<language>.json`, by its English with
 * numbered gaps: `"Hello {0}": "Hallo {0}"`. `npm run texts` keeps those files in step with the code.
 *
 * Who reads is known where somebody's turn, card, mail or page begins; everything that runs inside `inLocale` speaks so.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync } from 'node:fs';

/** The languages that are complete. English needs no texts: it is in the code. */
export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];

/** Of whoever has no locale of their own, where nobody chose one for the workspace; also of logs and the terminal. */
const DEFAULT_LOCALE = 'en-GB';

const readers = new AsyncLocalStorage<string>();

/** Runs `work`, and all that it awaits, for somebody who reads this. @param locale BCP 47: `de-AT` */
export const inLocale = <T>(locale: string, work: () => T): T => readers.run(locale, work);

/** How whoever reads now writes dates and numbers; BCP 47, for `Intl`. */
export const locale = (): string => readers.getStore() ?? DEFAULT_LOCALE;

/** Whole sentences, one after the other; those that are not said this time are left out. */
export const sentences = (...all: readonly (string | false | undefined)[]): string =>
  all.filter(Boolean).join(' ');

const pluralRules = new Map<Language, Intl.PluralRules>();

/**
 * The form for so many, by the rules of the language that is spoken.
 * @param forms each a whole phrase, translated as such: `{ one: t`1 person`, other: t`${count} people` }`
 */
export function plural<T>(count: number, forms: { readonly one: T; readonly other: T }): T {
  const language = languageOf(locale());
  const rules = pluralRules.get(language) ?? new Intl.PluralRules(language);
  pluralRules.set(language, rules);
  return rules.select(count) === 'one' ? forms.one : forms.other;
}

/** How the reader orders names. */
export const compareNames = (one: string, other: string): number =>
  one.localeCompare(other, locale());

/** The tag as BCP 47 writes it; undefined for what is none, such as a client may send. */
export function knownLocale(tag: string | undefined): string | undefined {
  try {
    return tag === undefined ? undefined : Intl.getCanonicalLocales(tag.replaceAll('_', '-'))[0];
  } catch {
    return undefined;
  }
}

/** The language that they are spoken to in: English where theirs has no texts. */
export function languageOf(tag: string): Language {
  const spoken = tag.split('-')[0]?.toLowerCase();
  return languages.find((each) => each === spoken) ?? 'en';
}

/**
 * The text in the reader's language. Never evaluated while a module loads, since nobody reads then.
 * @param values names, dates and other texts, put in as they are
 */
export function t(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  const language = languageOf(locale());
  const translated = language === 'en' ? undefined : textsIn(language).get(sourceOf(parts));
  return translated === undefined
    ? String.raw({ raw: parts }, ...values)
    : fillIn(translated, values);
}

/** As `t`, for a source that comes from elsewhere: a page's template, whose gaps are filled in later. */
export const sayText = (source: string): string => {
  const language = languageOf(locale());
  return (language === 'en' ? undefined : textsIn(language).get(source)) ?? source;
};

/** `1,234` or `1.234` */
export const sayNumber = (value: number): string => new Intl.NumberFormat(locale()).format(value);

const fillIn = (text: string, values: readonly (string | number)[]): string =>
  text.replaceAll(/\{(\d+)\}/g, (gap, index: string) => String(values[Number(index)] ?? gap));

const sources = new WeakMap<TemplateStringsArray, string>();

/** The English with numbered gaps, as the other languages know it. */
export function sourceOf(parts: TemplateStringsArray): string {
  const known = sources.get(parts);
  if (known !== undefined) return known;
  const source = parts.reduce((text, part, index) => `${text}{${index - 1}}${part}`);
  sources.set(parts, source);
  return source;
}

const loaded = new Map<Language, ReadonlyMap<string, string>>();

/** All texts of a language, read once, when somebody first reads it. */
function textsIn(language: Language): ReadonlyMap<string, string> {
  const known = loaded.get(language);
  if (known) return known;
  const file = new URL(`../texts/${language}.json`, import.meta.url);
  const written = Object.entries(textsOf(readFileSync(file, 'utf8'))).filter(
    ([, text]) => text !== '', // Yet to be written: it is said in English.
  );
  const texts = new Map(written);
  loaded.set(language, texts);
  return texts;
}

/** Our own files, whose shape a test checks. */
const textsOf = (json: string): Readonly<Record<string, string>> =>
  JSON.parse(json) as Record<string, string>;
