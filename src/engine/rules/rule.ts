/**
 * Rules: "everyone in Engineering in Berlin has GitHub". A rule gives access to everyone who matches it, and ends that access
 * some days after they no longer match.
 *
 * Words. A *condition* compares one field of a person. An *item* of a rule is one app with the answers to its form. A rule that
 * gives a bundle has an item for each of its apps (`give-bundle.ts`). A person *matches* a rule when its conditions hold, they
 * are active, and their start is near enough. A *hold of a rule* (`access/hold.ts`) is its reason for one access. The *overlap*
 * is how many days that hold still lasts when they no longer match. An *exception* says that a rule does not give one app to
 * one person. To *evaluate* a person is to compare what rules give them with the holds that rules have, and to change the
 * holds. A *pass* looks at everyone for people to evaluate.
 *
 * | rule    | what it means                                                   | what ends it                     |
 * |---------|-----------------------------------------------------------------|----------------------------------|
 * | off     | made, changed or turned off: it gives nothing                   | Turn on, Delete                  |
 * | on      | everyone who matches has its items                              | Turn off, Delete                 |
 * | + draft | on; an admin's changes wait for their OK, the old rule counts   | Apply, Discard, Turn off, Delete |
 * | deleted | gives nothing; the row stays, since holds and the audit name it | final                            |
 *
 * | hold of a rule | in the row    | what ends it                                             |
 * |----------------|---------------|----------------------------------------------------------|
 * | lasts          | no end date   | they no longer match, or have an exception               |
 * | overlap        | its end date  | that date (`access/due-access.ts`), or they match again  |
 * | ended          | why it ended  | final; a new one is opened when they match again         |
 *
 * | item that a person should have        | what an evaluation does                                                  |
 * |---------------------------------------|--------------------------------------------------------------------------|
 * | no hold                               | opens one, and grants the access unless they have it                     |
 * | its grant failed                      | grants it again a day later, three times; then `rule-trouble`            |
 * | the app says that it was removed      | grants it once more; the second time `rule-trouble`                      |
 * | a check failed, or may not count      | has it checked again, with pauses that grow to a day                     |
 *
 * An evaluation that finds nothing to change writes nothing, so it may run at any time and twice. It runs after each change of a
 * person (`note-people.ts`), and for everyone after a change of a rule and once a day (`evaluate.ts`).
 *
 * Event: `rule-trouble`, once for each trouble of a person with an item.
 *
 * Begin with `conditions.ts` (who matches), `apply-rules.ts` (one person), `evaluate.ts` (everyone), `change-rule.ts`, `impact.ts`
 * (the dry run).
 */
import { z } from 'zod';
import type { DeepReadonly } from '../../core/frozen.ts';
import type { Actor } from '../people/directory.ts';
import type { Answer, RunInputs } from '../runs/run.ts';
import type { Unread } from '../work/unread.ts';
import { condition } from './condition.ts';

export interface Rule {
  readonly id: string;
  readonly version: number;
  /** Unique, ignoring case and accents, among those that are not deleted. */
  readonly name: string;
  readonly isOn: boolean;
  /** What counts while it is on. */
  readonly definition: RuleDefinition | Unread;
  /** What would count if an admin applied it. Only while it is on. */
  readonly draft?: RuleDefinition | Unread;
  readonly madeBy: Actor;
  readonly createdAt: Date;
  readonly deletedAt?: Date;
}

const itemRef = z.object({
  id: z.string(),
  integrationId: z.string(),
  /** The bundle that it came with. It changes with the bundle, and every app of that bundle is an item. */
  bundleId: z.string().optional(),
});
export type ItemRef = Readonly<z.output<typeof itemRef>>;

export const ruleDefinition = z.object({
  matching: z.enum(['all', 'any']),
  /** Without any, nobody matches. */
  conditions: z.array(condition),
  /** People match from so many days before their start on. */
  daysBefore: z.number(),
  overlapDays: z.number(),
  items: z.array(itemRef),
});
export type RuleDefinition = DeepReadonly<z.output<typeof ruleDefinition>>;

export const MAX_OVERLAP_DAYS = 365;
export const DEFAULT_OVERLAP_DAYS = 14;

const EMPTY: RuleDefinition = {
  matching: 'all',
  conditions: [],
  daysBefore: 0,
  overlapDays: DEFAULT_OVERLAP_DAYS,
  items: [],
};

/** Whether it can be read. A rule that can't stands still until an admin writes another one. */
export const isReadable = ({ definition }: Pick<Rule, 'definition'>): boolean =>
  definition !== 'unread';

/** Empty where it can't be read. */
export const definitionOf = ({ definition }: Pick<Rule, 'definition'>): RuleDefinition =>
  definition === 'unread' ? EMPTY : definition;

/** Left out where it can't be read, too. */
export const draftOf = ({ draft }: Pick<Rule, 'draft'>): RuleDefinition | undefined =>
  draft === 'unread' ? undefined : draft;

/** An item never changes: other answers are another item, which begins to hold the app when the old one's overlap begins. */
export interface RuleItem extends ItemRef {
  readonly ruleId: string;
  /** The form's values by id, as a run takes them. */
  readonly form: RunInputs['form'];
  /** The same as people read it. */
  readonly answers: readonly Answer[];
}

export interface RuleException {
  readonly id: string;
  readonly personId: string;
  readonly ruleId: string;
  readonly integrationId: string;
  /** One of the rule's items of that app when it was made. Versions up to 0.2 compare it. */
  readonly itemId: string;
  /** As someone typed it. Encrypted at rest. */
  readonly reason: string;
  readonly madeBy: Actor;
  readonly createdAt: Date;
  /** Left out: no end. */
  readonly endsAt?: Date;
}

/** What went wrong with one item of a rule for one person. No row: nothing so far. */
export interface RuleTrouble {
  readonly personId: string;
  readonly ruleId: string;
  readonly itemId: string;
  readonly integrationId: string;
  /** Grants that failed in a row, or days on which it was not confirmed. */
  readonly failures: number;
  /** The hold or run of the last one, so that it counts once; or `NOT_CONFIRMED`. */
  readonly countedId?: string;
  readonly failedAt?: Date;
  /** When it was granted once more, after it was removed at the app. */
  readonly regrantedAt?: Date;
  /** When admins were notified. */
  readonly notifiedAt?: Date;
}

/** The grant worked, but the app says that there is no such account, and nothing shows that its answers count. */
export const NOT_CONFIRMED = 'not-confirmed';

export const isNotConfirmed = ({ countedId }: Pick<RuleTrouble, 'countedId'>): boolean =>
  countedId === NOT_CONFIRMED;

export const MAX_CONDITIONS = 10;
/** In one condition. */
export const MAX_VALUES = 50;
export const LONGEST_VALUE = 200;
/** Apps and bundles together. */
export const MAX_ITEMS = 20;
export const MAX_DAYS_BEFORE = 90;
/** More than the 200 that a pass is measured with (docs/performance.md). */
export const MAX_RULES = 500;
