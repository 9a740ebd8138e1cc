/** What a language needs so that sentences in it are read: `english.ts` is the model. All of it is folded: no case, no accents. */

/** What a sentence wants. None of them acts: each opens a form, or shows a card. */
export type Intent =
  /** An app for oneself. */
  | 'want'
  /** An app for someone else. */
  | 'for someone'
  /** Who has an app. */
  | 'who'
  /** Whether one has an app, or what one has. */
  | 'have'
  /** The same of someone else. */
  | 'theirs'
  /** One no longer needs an app. */
  | 'end'
  /** The same of someone else. */
  | 'end for someone'
  /** What became of one's own requests. */
  | 'requests'
  /** An app for oneself, in the word of the command. A single one is left to the command where that word is the first. */
  | 'request'
  /** Who approves an app for oneself. */
  | 'approvers'
  /** Someone's last day. */
  | 'leaving'
  /** They have no last day after all. */
  | 'staying'
  /** Someone has returned; without a person, the writer. */
  | 'back'
  /** What someone new gets. */
  | 'joining'
  /** The writer's reports. */
  | 'team'
  /** A thing of the writer's that gives access is lost, or in other hands. */
  | 'stolen'
  /** Who the admins are, or a person to talk to. */
  | 'admins'
  /** Who the writer's manager is. */
  | 'manager'
  /** A password of the writer's is forgotten. */
  | 'password'
  /** Something about the writer is wrong in the directory. */
  | 'details';

/**
 * Sources of regular expressions, without anchors. `A` stands for an app, `P` for a person, `Q` for whose something is (`Ann's`) and
 * `D` for a day: one word or a few. The words are as `wordsOf` reads them: folded, without apostrophes and marks. After `? ` it is a
 * sentence that may mean something else. `(?<quoted>i)` is who speaks, the person only where these are their words; in
 * `(?<between>…)` nothing else begins.
 */
export type Patterns = Readonly<Record<Intent, readonly string[]>>;

/** Words of dates and lengths; sources of regular expressions. */
export interface EndWords {
  /** Before the last day: `until`. */
  readonly until: string;
  /** Before a length: `for`. */
  readonly during: string;
  /** Before something that is no end: `from`, `by`. */
  readonly noEnd: string;
  /** The one of them after which something is on that day: `on`. */
  readonly on: string;
  /** The access begins now anyway: `from today`. */
  readonly fromNow: string;
  /** Said before a day without changing it: `the`, `this`. */
  readonly before: string;
  /** After a number, or between a day and its month: `th`, `of`. */
  readonly ordinal: string;
  readonly of: string;
  /** Days from today. */
  readonly days: Readonly<Record<string, number>>;
  /** Of the present week, month or year, and before a month's name. */
  readonly endOfWeek: string;
  readonly endOfMonth: string;
  readonly endOfYear: string;
  readonly endOf: string;
  /** What is no whole number of days: `half a week`, `a while`. */
  readonly vague: string;
  /** What can mean several days: `next Friday`, `the weekend`. */
  readonly vagueDay: string;
  /** A time of day. Ends are whole days. */
  readonly time: string;
  /** What makes a length two: `an hour or two`. */
  readonly or: string;
  /** Before a length without changing it: `the next`. */
  readonly lengthBefore: string;
  readonly lengthAfter: string;
  readonly numbers: Readonly<Record<string, number>>;
  readonly units: Readonly<Record<Unit, string>>;
}
export type Unit = 'hours' | 'days' | 'weeks' | 'months' | 'years';

export interface SentenceLanguage {
  /** Words that change nothing, wherever they stand: `please`. */
  readonly fillers: string;
  /** The same, which make a name alone no wish. */
  readonly thanks: string;
  /** What a sentence may begin with: `Hello`. */
  readonly greeting: string;
  /** What it may end with: `thank you`. */
  readonly closing: string;
  /** Before the name of an app: `the`. */
  readonly article: string;
  /** After it: `account`. */
  readonly suffix: string;
  /** Between two names: `and`. */
  readonly and: string;
  /** Among several names, it leaves open which: `or`, `one` of them. */
  readonly or: string;
  /** Before the first of several people, and no part of the name: `either`. */
  readonly beforeSeveral: string;
  /** Between two parts of a sentence, and never between names: the second one isn't meant. `but`. */
  readonly but: string;
  /** After these it makes an exception: "all but Ann". */
  readonly all?: string;
  /** What always makes one: `except`. */
  readonly except: string;
  /** What may follow that before the second name: `access to`. */
  readonly andThen: string;
  /** Before a person: `for`. */
  readonly forWhom: string;
  /** Before a person's name, and no part of it: `Mr`, `my colleague`. */
  readonly titles: string;
  /** The writer, among several people: `me`. */
  readonly self: string;
  /** After an app, it turns the sentence into its opposite: `not`, `removed`. */
  readonly not: string;
  /** After an app: it is needed, but that is no wish for it. `less`. */
  readonly less: string;
  /** What leaves open whether someone leaves the company: `maybe`; `now` they may go home. */
  readonly maybe: string;
  /** Verbs of what was, which are a wish only with their accents: German `mochte`. */
  readonly past?: string;
  /** What begins a reason, after an app: `because`, `for my`. */
  readonly reason: string;
  /** What makes a question a wish: `could`. */
  readonly asking: string;
  /** What stands where a person may stand, and is nobody's name. */
  readonly pronouns: string;
  /** Other spellings of what the patterns have. */
  readonly spellings: Readonly<Record<string, string>>;
  readonly patterns: Patterns;
  readonly end: EndWords;
}
