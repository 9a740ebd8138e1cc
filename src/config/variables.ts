import { didYouMean } from '../core/did-you-mean.ts';

/** Variables by name. An empty one counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One wrong or missing variable. */
export interface Problem {
  readonly variable: string;
  /** What is wrong, and how to fix it. */
  readonly message: string;
  /** The next start may find it right, though nobody has changed the configuration. */
  readonly passes?: boolean;
}

/** Names differ by few letters; other programs have variables that begin alike. */
const MAX_LETTERS = 2;

export interface Misspelt {
  readonly variable: string;
  /** The variable that it looks like. */
  readonly meant: string;
}

/** What a variable should be, in words for its problem. */
export interface Expected {
  /** Ends the sentence `"80a" is not …`. */
  readonly what: string;
  /** A correct value. */
  readonly example: string;
  /** The value never appears in a problem. */
  readonly secret?: boolean;
  /** The value names something that others make or mount, perhaps later than Latchkey starts. */
  readonly passes?: boolean;
}

/** Reads variables one by one and collects their problems. */
export class Variables {
  readonly #env: Environment;
  readonly #problems: Problem[] = [];
  readonly #known = new Set<string>();

  constructor(env: Environment) {
    this.#env = env;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /**
   * Variables that are set, that nothing reads, and that look like one that isn't set: `ADMIN_EMAIL` for `ADMIN_EMAILS`. Of
   * names with an underscore alone, since an environment has many others. Known are those that were read before.
   */
  get misspelt(): readonly Misspelt[] {
    const unset = [...this.#known].filter((name) => this.text(name) === undefined);
    return Object.keys(this.#env)
      .filter((name) => name.includes('_') && !this.#known.has(name) && this.text(name))
      .flatMap((variable) => {
        const meant = didYouMean(variable, unset, MAX_LETTERS);
        return meant === undefined ? [] : [{ variable, meant }];
      });
  }

  /** The trimmed text. Undefined when it is not set or empty. */
  text(variable: string): string | undefined {
    this.#known.add(variable);
    return this.#env[variable]?.trim() || undefined;
  }

  /** @returns undefined when it is not set, or when `parse` refuses it (that is noted as a problem) */
  read<T>(
    variable: string,
    expected: Expected,
    parse: (text: string) => T | undefined,
  ): T | undefined {
    const text = this.text(variable);
    return text === undefined ? undefined : this.#reader(variable, expected, parse)(text);
  }

  /** Comma-separated. Empty entries are skipped; wrong ones are noted and left out. */
  list<T>(
    variable: string,
    expected: Expected,
    parse: (text: string) => T | undefined,
  ): readonly T[] {
    const entries = (this.text(variable) ?? '').split(',').map((entry) => entry.trim());
    return entries
      .filter((entry) => entry !== '')
      .map(this.#reader(variable, expected, parse))
      .filter((value) => value !== undefined);
  }

  wholeNumber(
    variable: string,
    range: { readonly least: number; readonly most: number; readonly what?: string },
    fallback: number,
  ): number {
    const what = range.what ?? `a whole number from ${range.least} to ${range.most}`;
    const inRange = (text: string): number | undefined => {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= range.least && value <= range.most ? value : undefined;
    };
    return this.read(variable, { what, example: String(fallback) }, inRange) ?? fallback;
  }

  oneOf<T extends string>(variable: string, values: readonly T[], fallback: T): T {
    const expected = { what: `one of ${values.join(', ')}`, example: fallback };
    const known = (text: string): T | undefined => values.find((value) => value === text);
    return this.read(variable, expected, known) ?? fallback;
  }

  /** Notes one problem: what is wrong, and how to fix it. */
  refuse(variable: string, message: string, passes = false): void {
    this.#problems.push({ variable, message, ...(passes && { passes }) });
  }

  #reader<T>(
    variable: string,
    { what, example, secret, passes }: Expected,
    parse: (text: string) => T | undefined,
  ): (text: string) => T | undefined {
    return (text) => {
      const value = parse(text);
      if (value === undefined) {
        const subject = secret ? 'its value' : `"${text}"`;
        this.refuse(
          variable,
          `${subject} is not ${what}; use one like ${variable}=${example}`,
          passes,
        );
      }
      return value;
    };
  }
}

/** @returns the URL, for http and https only */
export function webAddress(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url : undefined;
}

/** Whether each % begins a valid code. */
export function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
