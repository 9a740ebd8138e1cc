/** Stores of accounts that apps list, of the rounds that read them, and of findings. */
import type { AccountRound } from '../findings/account-round.ts';
import type {
  AccountRow,
  Finding,
  FindingKind,
  FindingState,
  ListedAccount,
} from '../findings/finding.ts';
import type { LeasedStore, Page, VersionedStore } from './store.ts';

export interface AccountRoundStore extends LeasedStore<AccountRound> {
  /** Takes the place of the integration's last one. @returns 'taken' where that is still at work */
  replace(round: AccountRound): Promise<'inserted' | 'taken'>;
  /** With its pages. */
  delete(id: string): Promise<void>;
  /** The last one of that integration. */
  at(integrationId: string): Promise<AccountRound | undefined>;
  /** The last one of each, in no order. */
  all(): Promise<readonly AccountRound[]>;
  /** Where the next page is. It may hold an app's token, so it is encrypted at rest. */
  cursor(id: string): Promise<string | undefined>;
  setCursor(id: string, cursor: string | undefined): Promise<void>;
  /** @param address a hash */
  addPage(id: string, address: string): Promise<void>;
  hasPage(id: string, address: string): Promise<boolean>;
}

/** The latest one, where someone has several accounts at an app. */
export interface LastLogin {
  readonly personId: string;
  readonly integrationId: string;
  readonly at: Date;
}

export interface ListedAccountStore {
  /** New ones are inserted; of those that are there, what the app says is replaced. At most 250, each key once. */
  put(
    rows: readonly AccountRow[],
    seen: Pick<ListedAccount, 'integrationId' | 'roundId'> & {
      readonly at: Date;
      readonly newId: () => string;
    },
  ): Promise<void>;
  find(id: string): Promise<ListedAccount | undefined>;
  findMany(ids: readonly string[]): Promise<readonly ListedAccount[]>;
  /** Those of that round after that id, in a fixed order. */
  ofRound(roundId: string, afterId: string, limit: number): Promise<readonly ListedAccount[]>;
  /** Those of that round with one of these values of the fact in `match`; any case. */
  withFacts(roundId: string, facts: readonly string[]): Promise<readonly ListedAccount[]>;
  withEmails(roundId: string, emails: readonly string[]): Promise<readonly ListedAccount[]>;
  /** Of these people, those who have an account in that round. */
  peopleIn(roundId: string, personIds: readonly string[]): Promise<readonly string[]>;
  /** Of these people, those who have had an account there in a list since then. */
  peopleSince(
    integrationId: string,
    personIds: readonly string[],
    since: Date,
  ): Promise<readonly string[]>;
  /** When these people last signed in, as apps say; left out where an app says nothing of it. */
  lastLogins(personIds: readonly string[]): Promise<readonly LastLogin[]>;
  /** Those that the round has listed, each once. */
  countOf(roundId: string): Promise<number>;
  countMatched(roundId: string): Promise<number>;
  /** Those of these people in that round that a fact matched with them, with that fact in lower case. */
  matchedByFacts(
    roundId: string,
    personIds: readonly string[],
  ): Promise<readonly (ListedAccount & { readonly matchedFact: string })[]>;
  /** At most 250. */
  setNobodys(ids: readonly string[]): Promise<void>;
  /** Whose they are, by their ids; not of those that an admin adopted. At least one and at most 250. @param by what matched them */
  setPeople(owners: ReadonlyMap<string, string>, by: 'fact' | 'address'): Promise<void>;
  adopt(id: string, personId: string): Promise<void>;
  /** Deletes at most `limit` of the integration that the round didn't see. @returns how many */
  deleteUnseen(
    integrationId: string,
    roundId: string,
    how: { readonly before: Date; readonly limit: number },
  ): Promise<number>;
}

/** Values that are left out match everything. */
export interface FindingFilter {
  readonly states?: readonly FindingState[];
  readonly kind?: FindingKind;
  readonly integrationId?: string;
  readonly personId?: string;
  /** Opened at that time or later. */
  readonly since?: Date;
}

export interface FindingStore extends VersionedStore<Finding> {
  /** Deletes at most 250 findings of that integration, and as many of its listed accounts. @returns how many */
  deleteSomeAt(integrationId: string): Promise<number>;
  insert(finding: Finding): Promise<void>;
  /** By `subjectOf`, at one integration; at most 250. */
  about(integrationId: string, subjects: readonly string[]): Promise<readonly Finding[]>;
  /** The newest first; `total` counts all that match. */
  list(
    filter: FindingFilter,
    page: Page,
  ): Promise<{ readonly findings: readonly Finding[]; readonly total: number }>;
  /** The same by id, after that one, for a file. */
  after(filter: FindingFilter, id: string, limit: number): Promise<readonly Finding[]>;
  /** How many are open, by kind. */
  countOpen(): Promise<Readonly<Record<FindingKind, number>>>;
  /** Those of the integration that aren't resolved and that the round didn't see; at most `limit`, by id, after that one. */
  unseen(
    integrationId: string,
    roundId: string,
    after: { readonly id: string; readonly limit: number },
  ): Promise<readonly Finding[]>;
}

/** Addresses that people had before. */
export interface FormerEmailStore {
  add(personId: string, email: string, until: Date): Promise<void>;
  /** Who had these addresses, the last one of each. */
  whose(emails: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The ids of everyone who had this address until then or later. */
  hadSince(email: string, since: Date): Promise<readonly string[]>;
  /** The addresses that these people had, by the person's id, the last one first. */
  ofPeople(personIds: readonly string[]): Promise<ReadonlyMap<string, readonly FormerEmail[]>>;
}

export interface FormerEmail {
  readonly email: string;
  readonly until: Date;
}
