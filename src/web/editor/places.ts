/** Finds a problem's place in a manifest's text. Pure. A *place* is the check's name for it, such as `execute[1].method`. */
import { MAX_MANIFEST_CHARACTERS } from '../../engine/manifest/parse.ts';
import { placeOf } from '../../engine/manifest/problem.ts';

/** Deeper than any problem's place. A problem further down marks the value around it. The walk stops here too. */
const MAX_DEPTH = 20;
/** The largest number of values in a manifest. */
const MAX_MARKS = 40_000;

/** UTF-16 units of the text. `to` is exclusive and never before `from`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Places {
  /**
   * The range of a place's value. For a list or an object, the range of its key. For a missing value, the key of the
   * value around it.
   * @param place as in a `Problem`
   */
  readonly rangeOf: (place: string) => Range;
  /** Lines count from 1, as in editors. */
  readonly lineOf: (range: Range) => number;
}

/** Reads the text once, for any number of places. */
export function placesIn(text: string): Places {
  const starts = lineStarts(text);
  const { marks } = new Scanner(text);
  return {
    rangeOf(place) {
      const [, line, column] = /^line (\d+), column (\d+)$/.exec(place) ?? [];
      if (line !== undefined && column !== undefined) {
        const start = starts[Number(line) - 1] ?? starts.at(-1) ?? 0;
        return oneSign(text, start + Number(column) - 1);
      }
      for (let path = place; path !== ''; path = outer(path)) {
        const mark = marks.get(path);
        if (mark) return mark;
      }
      return marks.get('') ?? { from: 0, to: Math.min(1, text.length) };
    },
    lineOf: ({ from }) => countUpTo(starts, from),
  };
}

/** The position where each line begins. */
const lineStarts = (text: string): readonly number[] => [
  0,
  ...[...text.matchAll(/\r\n|\r|\n/g)].map(({ index, 0: lineBreak }) => index + lineBreak.length),
];

/** How many of the sorted numbers are at most `highest`. */
function countUpTo(numbers: readonly number[], highest: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) <= highest) low = middle + 1;
    else high = middle;
  }
  return low;
}

function oneSign(text: string, wanted: number): Range {
  const at = Math.min(wanted, text.length);
  // At the very end we can only mark the character before.
  return at < text.length ? { from: at, to: at + 1 } : { from: Math.max(0, at - 1), to: at };
}

/** `execute[1].headers` for `execute[1].headers.X-Team`. Empty for the top level. */
function outer(place: string): string {
  // A quoted key may contain anything, even a bracket or a dot. It begins at `["`.
  if (place.endsWith('"]')) return place.slice(0, Math.max(0, place.lastIndexOf('["')));
  return place.slice(0, Math.max(0, place.lastIndexOf('.'), place.lastIndexOf('[')));
}

/** Scans JSON once. In invalid JSON it marks the parts that it understands. */
class Scanner {
  readonly marks = new Map<string, Range>();
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.slice(0, MAX_MANIFEST_CHARACTERS); // A longer text is refused as a whole.
    this.#value([], undefined);
  }

  #skip(): void {
    while (/[\s\uFEFF]/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  /** @param key the range of the value's key */
  #value(path: readonly PropertyKey[], key: Range | undefined): void {
    this.#skip();
    if (path.length > MAX_DEPTH || this.marks.size >= MAX_MARKS) return this.#pass();
    const from = this.#at;
    const opening = this.#text[from];
    if (opening === '{' || opening === '[') {
      this.marks.set(placeOf(path), key ?? { from, to: from + 1 });
      this.#at += 1;
      if (opening === '{') this.#members(path);
      else this.#items(path);
      return;
    }
    this.#token();
    this.marks.set(placeOf(path), { from, to: this.#at });
  }

  /** Skips a value and marks nothing in it. */
  #pass(): void {
    let depth = 0;
    do {
      this.#skip();
      const sign = this.#text[this.#at];
      const isEnd = sign === '}' || sign === ']';
      if (sign === undefined || (isEnd && depth === 0)) return;
      if (sign === '{' || sign === '[') depth += 1;
      if (isEnd) depth -= 1;
      this.#token(); // For a punctuation mark it takes one character.
    } while (depth > 0);
  }

  #members(path: readonly PropertyKey[]): void {
    for (;;) {
      this.#skip();
      const from = this.#at;
      if (this.#text[from] !== '"') break;
      this.#token();
      const to = this.#at;
      this.#skip();
      if (this.#text[this.#at] !== ':') return;
      this.#at += 1;
      this.#value([...path, nameIn(this.#text.slice(from, to))], { from, to });
      this.#skip();
      if (this.#text[this.#at] !== ',') break;
      this.#at += 1;
    }
    this.#at += 1; // The closing brace.
  }

  #items(path: readonly PropertyKey[]): void {
    for (let index = 0; ; index += 1) {
      this.#skip();
      if (this.#at >= this.#text.length || this.#text[this.#at] === ']') break;
      this.#value([...path, index], undefined);
      this.#skip();
      if (this.#text[this.#at] !== ',') break;
      this.#at += 1;
    }
    this.#at += 1; // The closing bracket.
  }

  /** A string, a number or a word. A string that doesn't end goes on to the end, so that no part is read again and again. */
  #token(): void {
    const token = /"(?:[^"\\]|\\.)*"?|[^\s,:[\]{}"]+/y;
    token.lastIndex = this.#at;
    const found = token.exec(this.#text);
    this.#at = Math.min(this.#text.length, this.#at + (found ? found[0].length : 1));
  }
}

function nameIn(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.slice(1, -1);
  }
}
