/**
 * What is stored of a run's person at its app. A transaction of the run reads it once, and stores what has changed once, at its end:
 * a step that ends and the next one that begins change the same account.
 */
import { together } from '../../core/together.ts';
import type { Access } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { Account } from './account.ts';

export class AtApp {
  #access: Access | undefined;
  /** How it is stored. Undefined: it is as it was read. */
  #put: 'put' | 'putUnlessHas' | undefined;
  #accounts: readonly Account[];
  readonly #inserted = new Set<string>();
  readonly #changed = new Set<string>();

  private constructor(accounts: readonly Account[], access: Access | undefined) {
    this.#accounts = accounts;
    this.#access = access;
  }

  static async read(
    tx: Transaction,
    { personId, integrationId }: Pick<Access, 'personId' | 'integrationId'>,
  ): Promise<AtApp> {
    const known = await together([
      tx.accounts.openAt(personId, integrationId),
      tx.access.find(personId, integrationId),
    ]);
    return new AtApp(...known);
  }

  /** Undefined: nothing is known. */
  get access(): Access | undefined {
    return this.#access;
  }

  changeAccess(access: Access): void {
    this.#access = access;
    this.#put = 'put';
  }

  /** It isn't confirmed from now on, unless a check has found it since it was read. */
  noteUnknown(access: Access): void {
    this.#access = access;
    this.#put = 'putUnlessHas';
  }

  /** Those without a proof of removal, the oldest first. */
  get accounts(): readonly Account[] {
    return this.#accounts;
  }

  change(account: Account): void {
    this.#changed.add(account.id);
    this.#accounts = this.#accounts.map((each) => (each.id === account.id ? account : each));
  }

  add(account: Account): void {
    this.#inserted.add(account.id);
    this.#accounts = [...this.#accounts, account];
  }

  /** Stores what was changed. @throws {StaleWrite} */
  async store(tx: Transaction): Promise<void> {
    const { access } = this;
    const put = this.#put;
    const [accounts] = await together([
      together(this.#accounts.map((account) => this.#stored(tx, account))),
      access && put ? tx.access[put](access) : undefined,
    ]);
    this.#accounts = accounts;
    this.#put = undefined;
    this.#inserted.clear();
    this.#changed.clear();
  }

  async #stored(tx: Transaction, account: Account): Promise<Account> {
    if (this.#inserted.has(account.id)) {
      await tx.accounts.insert(account);
      return account;
    }
    return this.#changed.has(account.id) ? tx.accounts.save(account) : account;
  }
}
