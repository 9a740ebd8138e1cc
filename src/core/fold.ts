/** Without case and accents: `Equipe` is `Équipe`. Names that have to be unique are stored so; to search, `spellingsOf` has more. */
export const fold = (text: string): string =>
  PLAIN.test(text)
    ? text.toLowerCase()
    : text
        .normalize('NFKD')
        .replaceAll(/[\u0300-\u036f]/g, '')
        .toLowerCase();

/** Nothing that normalizing changes. Most texts are, and it takes a tenth of the time. */
const PLAIN = /^[ -~]*$/;

/** What Unicode doesn't take apart, as it is written without such letters. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  '’': "'",
  '‘': "'",
};
/** How people spell them in full: German and the Nordic languages. */
const IN_FULL: Readonly<Record<string, string>> = {
  ...LETTERS,
  ä: 'ae',
  ö: 'oe',
  ü: 'ue',
  ø: 'oe',
  å: 'aa',
};

const rewritten = (text: string, letters: Readonly<Record<string, string>>): string =>
  fold(
    text
      .normalize('NFC')
      .toLowerCase()
      .replaceAll(/[^ -~]/g, (letter) => letters[letter] ?? letter),
  );

/** All ways in which people write a name, folded, the usual one first: `Jörg Weiß` is `jorg weiß`, `jorg weiss` and `joerg weiss`. */
export const spellingsOf = (text: string): readonly string[] =>
  PLAIN.test(text)
    ? [fold(text)]
    : [...new Set([fold(text), rewritten(text, LETTERS), rewritten(text, IN_FULL)])];

/** How a folded name may have what is written out: of `ø` and `æ` Unicode makes no plain letter. */
const SHORTER: Readonly<Record<string, readonly string[]>> = {
  ae: ['a', 'æ'],
  oe: ['o', 'ø', 'œ'],
  ue: ['u'],
  aa: ['a'],
  ss: ['ß'],
  th: ['þ'],
};
const WRITTEN_OUT = /[aou]e|aa|ss|th/g;
/** What a folded name may have in place of a plain letter: Unicode leaves these whole. */
const WHOLE: readonly (readonly [RegExp, string])[] = [
  [/o/g, 'ø'],
  [/l/g, 'ł'],
  [/d/g, 'đ'],
  [/d/g, 'ð'],
  [/i/g, 'ı'],
];
/** Of one name, so that a text of nothing but these doesn't make millions. */
const MAX_KEYS = 24;

/**
 * The folded names that something of this name may have, the usual one first: `Bueroschluessel` may be `buroschlussel`. Each place
 * may be written out or not: `Boeing Buero` may be `boeing buro`. Of a plain letter one place or all may be another one: `Lodz` may be
 * `łodz`. Something else may have one of them, too (`blu` of `Blue`), which `isSameName` tells.
 */
export function keysOf(name: string): readonly string[] {
  const keys = new Set(spellingsOf(name.trim()));
  for (const key of keys)
    for (const { 0: found, index } of key.matchAll(WRITTEN_OUT))
      for (const letter of SHORTER[found] ?? []) {
        if (keys.size === MAX_KEYS) return [...keys];
        keys.add(key.slice(0, index) + letter + key.slice(index + found.length));
      }
  for (const key of withWholeLetters(fold(name.trim()))) {
    if (keys.size === MAX_KEYS) break;
    keys.add(key);
  }
  return [...keys];
}

function* withWholeLetters(name: string): Iterable<string> {
  for (const [plain, whole] of WHOLE) {
    if (!name.includes(plain.source)) continue;
    yield name.replaceAll(plain, whole);
    for (const { index } of name.matchAll(plain))
      yield name.slice(0, index) + whole + name.slice(index + 1);
  }
}

/** The one of that name, else one whose name is spelt another way. */
export const calledSo = <T extends { readonly name: string }>(
  all: readonly T[],
  name: string,
): T | undefined =>
  all.find((each) => fold(each.name) === fold(name.trim())) ??
  all.find((each) => isSameName(each.name, name));

/** What a search looks in: the text in all its spellings. Search columns store it, so a change needs a migration. */
export const withSpellings = (text: string): string => spellingsOf(text).join(' ');

/** The words that someone typed, each once, in all its spellings: one of them has to be in what is searched. */
export const typedWords = (typed: string): readonly (readonly string[])[] =>
  [...new Set(typed.split(/\s+/).filter(Boolean))].map(spellingsOf);

/** Whether every typed word is in the text, also as a part of a word. True when nothing was typed. */
export function hasWords(text: string, typed: string): boolean {
  const searched = withSpellings(text);
  return typedWords(typed).every((word) => word.some((spelling) => searched.includes(spelling)));
}

/**
 * The form in which facts are compared: apps accept usernames and addresses in any case, but not without accents. Some systems
 * write an accent as a character of its own, which makes the same name.
 */
export const factKey = (value: unknown): string =>
  String(value).trim().toLowerCase().normalize('NFC');

/** Whether two names are the same apart from case, accents, spelling and the space around them: `Jörg` and `Joerg`. */
export function isSameName(one: string, other: string): boolean {
  const others = spellingsOf(other.trim());
  return spellingsOf(one.trim()).some((spelling) => others.includes(spelling));
}

/** What databases refuse: NUL, and half a surrogate pair, as a text has it that was cut within an emoji. */
const REFUSED = /\0|\p{Surrogate}/gu;

/** The text without NUL, and with U+FFFD for half a surrogate pair. */
export const storable = (text: string): string =>
  PLAIN.test(text) ? text : text.replaceAll(REFUSED, (found) => (found === '\0' ? '' : '\uFFFD'));
