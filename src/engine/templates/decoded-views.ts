/**
 * A text with its escapes decoded: those of JSON, addresses, forms and HTML, also one inside another. Each *view* knows where in
 * the text its characters come from. Each view takes one pass, and there are at most 22.
 */

export interface View {
  /** UTF-8, one character for each byte, because an address escapes bytes. */
  readonly text: string;
  /** Where each of them begins in the bytes of the original text, plus one entry for the end. */
  readonly starts: Uint32Array;
}

/** One kind of escape: its pattern, and what it stands for (undefined: not a known escape). */
interface Encoding {
  readonly escape: RegExp;
  /** A text without it has no such escape. */
  readonly sign: RegExp;
  readonly decode: (escape: string) => string | undefined;
}

/** @returns the text itself, then each decoding that differs from it */
export function viewsOf(text: string): readonly View[] {
  const bytes = asBytes(text);
  const starts = new Uint32Array(bytes.length + 1);
  for (let at = 0; at <= bytes.length; at += 1) starts[at] = at;
  const plain: View = { text: bytes, starts };
  const once = undone(plain);
  return [plain, ...once, ...once.flatMap(undone), ...addressesInAddresses(plain)];
}

/** Addresses inside addresses, such as a login that leads back through two others. */
function addressesInAddresses(plain: View): readonly View[] {
  let view: View | undefined = plain;
  for (let depth = 0; view && depth < 3; depth += 1) view = undo(view, address);
  return view ? [view] : [];
}

const undone = (view: View): readonly View[] =>
  ENCODINGS.flatMap((encoding) => undo(view, encoding) ?? []);

/** @returns undefined when nothing is escaped */
function undo({ text, starts }: View, { sign, escape, decode }: Encoding): View | undefined {
  if (!sign.test(text)) return undefined;
  const pieces: string[] = [];
  const places = new Uint32Array(text.length + 1); // No escape is shorter than its value.
  let length = 0;
  let end = 0;
  const copyUpTo = (to: number): void => {
    pieces.push(text.slice(end, to));
    places.set(starts.subarray(end, to), length);
    length += to - end;
  };
  for (const { 0: found, index } of text.matchAll(escape)) {
    const decoded = decode(found);
    if (decoded === undefined) continue;
    copyUpTo(index);
    pieces.push(decoded);
    places.fill(starts[index] ?? 0, length, length + decoded.length);
    length += decoded.length;
    end = index + found.length;
  }
  if (end === 0) return undefined;
  copyUpTo(text.length);
  places[length] = starts[text.length] ?? 0;
  return { text: pieces.join(''), starts: places.subarray(0, length + 1) };
}

/** UTF-8 as one character for each byte. */
export const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const character = (code: number): string | undefined =>
  code <= 0x10_ffff ? asBytes(String.fromCodePoint(code)) : undefined;

const ofHex = (digits: string): string => String.fromCharCode(Number.parseInt(digits, 16));

// ---------------------------------------------------------------- JSON

const JSON_SIGNS: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** `\u002B` in any case, pairs of them for a surrogate pair, the short escapes, and `\x2B` of other languages. */
const json: Encoding = {
  sign: /\\/,
  escape:
    /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\["\\/bfnrt]/g,
  decode(escape) {
    if (escape[1] === 'x') return ofHex(escape.slice(2));
    if (escape.length === 2) return JSON_SIGNS[escape.slice(1)] ?? escape.slice(1);
    const units = escape.match(/[\da-fA-F]{4}/g) ?? [];
    return asBytes(String.fromCharCode(...units.map((unit) => Number.parseInt(unit, 16))));
  },
};

// ---------------------------------------------------------------- addresses and forms

const ofPercent = (escape: string): string => ofHex(escape.slice(1));

const address: Encoding = { sign: /%/, escape: /%[\da-fA-F]{2}/g, decode: ofPercent };

const form: Encoding = {
  sign: /\+/,
  escape: /\+|%[\da-fA-F]{2}/g,
  decode: (escape) => (escape === '+' ? ' ' : ofPercent(escape)),
};

// ---------------------------------------------------------------- HTML

/** Names that encoders use for signs of ASCII. */
const HTML_SIGNS: Readonly<Record<string, string>> = {
  amp: '&',
  AMP: '&',
  apos: "'",
  ast: '*',
  bsol: '\\',
  colon: ':',
  comma: ',',
  commat: '@',
  dollar: '$',
  equals: '=',
  excl: '!',
  grave: '`',
  gt: '>',
  GT: '>',
  Hat: '^',
  lbrace: '{',
  lbrack: '[',
  lcub: '{',
  lowbar: '_',
  lpar: '(',
  lsqb: '[',
  lt: '<',
  LT: '<',
  NewLine: '\n',
  num: '#',
  percnt: '%',
  period: '.',
  plus: '+',
  quest: '?',
  quot: '"',
  QUOT: '"',
  rbrace: '}',
  rbrack: ']',
  rcub: '}',
  rpar: ')',
  rsqb: ']',
  semi: ';',
  sol: '/',
  Tab: '\t',
  verbar: '|',
  vert: '|',
};

/** Names of U+00A0 to U+00FF, in order. */
const LATIN_NAMES =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml';

const HTML_NAMES: ReadonlyMap<string, string> = new Map([
  ...Object.entries(HTML_SIGNS),
  ...LATIN_NAMES.split(' ').map((name, at): [string, string] => [
    name,
    asBytes(String.fromCharCode(0xa0 + at)),
  ]),
]);

/** `&amp;`, `&#38;` and `&#x26;`, also with leading zeros. Like browsers, it accepts numbers and the oldest names without `;`. */
const html: Encoding = {
  sign: /&/,
  escape: /&(?:#\d{1,12};?|#[xX][\da-fA-F]{1,12};?|[a-zA-Z][a-zA-Z\d]{1,8};|(?:amp|lt|gt|quot))/g,
  decode(escape) {
    const name = escape.slice(1).replace(';', '');
    if (/^#x/i.test(name)) return character(Number.parseInt(name.slice(2), 16));
    return name.startsWith('#') ? character(Number(name.slice(1))) : HTML_NAMES.get(name);
  },
};

const ENCODINGS: readonly Encoding[] = [json, address, form, html];
