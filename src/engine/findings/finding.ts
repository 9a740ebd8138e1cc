/**
 * What an app's list of accounts shows that Latchkey didn't cause.
 *
 * Words. An app's *list* is what `accounts` of its manifest reads: everyone who has an account there. A *listed account* is one
 * entry of it, kept as one row from night to night. A *round* reads the list once and compares it (`account-round.ts`). A list is
 * *complete* when it was read to its end; it is *cut* when it ended early, at the page limit or by an error. A *finding* is one
 * difference: about a listed account, or about a person whose account isn't listed.
 *
 * | kind          | what it means                                                                    |
 * |---------------|----------------------------------------------------------------------------------|
 * | `found`       | someone in the directory has an account that nobody here granted                  |
 * | `left-behind` | someone who has left still has an account                                         |
 * | `orphan`      | an account of nobody in the directory: a question, never a removal by itself      |
 * | `missing`     | someone should have an account, and a complete list doesn't have it               |
 * | `unused`      | the app says that they last signed in over 90 days ago                            |
 *
 * | state      | what it means                                     | what ends it                                                     |
 * |------------|---------------------------------------------------|------------------------------------------------------------------|
 * | `open`     | an admin has to decide                            | a button, or a list that no longer shows it                      |
 * | `removing` | its removal is under way (`access/removals`)      | the removal; open again where it is withdrawn or listed later     |
 * | `service`  | an account of a system, with an owner and a date  | its date, or that the owner leaves: it is open again             |
 * | `ignored`  | an admin keeps it as it is                        | another kind of finding about the same account                   |
 * | `resolved` | a list no longer shows it, or someone adopted it  | a list that shows it again                                       |
 *
 * A list proves presence alone. Only a complete one says that something is missing; a cut one says nothing about that. Where the
 * manifest lists no accounts any more, nothing can be checked: the next night resolves everything and forgets the accounts.
 *
 * Events: none of its own. Orphans open a task for each app (`orphan-task.ts`), and each Monday admins get a digest (`due-rounds.ts`).
 *
 * Begin with `due-rounds.ts` (when), `advance-round.ts` (the worker: `read-list.ts`, then `compare-list.ts`), `match-accounts.ts`
 * (whose account it is) and `judge.ts`.
 */
import type { Actor } from '../people/directory.ts';

export const findingKinds = {
  found: true,
  'left-behind': true,
  orphan: true,
  missing: true,
  unused: true,
} as const;
export type FindingKind = keyof typeof findingKinds;

export const findingStates = {
  open: true,
  removing: true,
  service: true,
  ignored: true,
  resolved: true,
} as const;
export type FindingState = keyof typeof findingStates;

/** What an admin still has to do with them. */
export const standings = ['open', 'service', 'ignored', 'resolved'] as const;
export type Standing = (typeof standings)[number];

export const statesOf = (standing: Standing): readonly FindingState[] =>
  standing === 'open' ? ['open', 'removing'] : [standing];

/** An account as the app lists it. */
export interface AccountRow {
  /** Names it at the app from one night to the next: its id, else the fact in `match`, else its address. */
  readonly key: string;
  /** Lower case. Undefined where the list has none. */
  readonly email?: string;
  readonly name: string;
  /** The value that is compared with the fact in `match`. */
  readonly fact?: string;
  /** Undefined where the app doesn't say: that isn't "never". */
  readonly lastLogin?: Date;
}

/** One row for each account of an app, as its list had it last. */
export interface ListedAccount extends AccountRow {
  readonly id: string;
  readonly integrationId: string;
  /** The first and the last list that had it. */
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  /** The last round that read it. */
  readonly roundId: string;
  /** Whose it is. Undefined: nobody's, as far as Latchkey knows. */
  readonly personId?: string;
  /** An admin said whose it is, so no round decides it again. */
  readonly isAdopted: boolean;
}

export interface Finding {
  readonly id: string;
  readonly version: number;
  readonly integrationId: string;
  readonly kind: FindingKind;
  readonly state: FindingState;
  /** The listed account; undefined for `missing`. */
  readonly accountId?: string;
  /** Whose account it is; undefined for an orphan. */
  readonly personId?: string;
  /** How the app names the account: its address, else its name, else its id. Empty for `missing`. */
  readonly label: string;
  readonly lastLogin?: Date;
  /** When it was opened, and when a round saw it last. */
  readonly foundAt: Date;
  readonly seenAt: Date;
  /** The round that saw it last. */
  readonly roundId: string;
  /** Who decided it last, and when. */
  readonly decided?: { readonly by: Actor; readonly at: Date };
  /** Of a service account: who answers for it, and the ISO date from which admins look at it again. */
  readonly ownerId?: string;
  readonly lookAgainOn?: string;
}

/** There is at most one finding of each. */
export const subjectOf = ({
  accountId,
  personId,
}: Pick<Finding, 'accountId' | 'personId'>): string =>
  accountId === undefined ? `person:${personId}` : `account:${accountId}`;

/** Whether no list can end it any more. @param read ids of the integrations whose lists are read */
export const isUnchecked = (
  { state, integrationId }: Pick<Finding, 'state' | 'integrationId'>,
  read: ReadonlySet<string>,
): boolean => state !== 'resolved' && !read.has(integrationId);

/** How people recognise an account. */
export const labelOfAccount = ({
  email,
  name,
  key,
}: Pick<AccountRow, 'email' | 'name' | 'key'>): string =>
  email ?? (name === '' || name === key ? key : `${name} (${key})`);
