import type { Account } from '../../engine/access/account.ts';
import { type Hold, isOpen } from '../../engine/access/hold.ts';
import {
  countsOf,
  isOpenRemoval,
  type OpenRemoval,
  type Removal,
} from '../../engine/access/removals/removal.ts';
import type {
  AccountStore,
  HealthStore,
  HoldStore,
  RemovalStore,
} from '../../engine/ports/removal-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import { createTable, type Journal, type Table } from './table.ts';

/** As the database has them. */
const MAX_ENDING = 100;
const MAX_OF_ONE_ACCESS = 10;
const MAX_PEOPLE = 250;
const MAX_DUE = 500;
const WORTH_KEEPING_MS = 60 * 60_000;

interface Row {
  readonly id: string;
  readonly version: number;
  readonly personId: string;
  readonly integrationId: string;
}

const byId = (a: Pick<Row, 'id'>, b: Pick<Row, 'id'>): number => (a.id < b.id ? -1 : 1);

const isAt =
  (personId: string, integrationId: string) =>
  (row: Row): boolean =>
    row.personId === personId && row.integrationId === integrationId;

function saveIn<T extends Row>(table: Table<T>, row: T, what: string): T {
  if (table.get(row.id)?.version !== row.version) throw new StaleWrite(what, row.id, row.version);
  const next = { ...row, version: row.version + 1 };
  table.put(row.id, next);
  return next;
}

const peopleOf = (rows: readonly Row[], after: string): readonly string[] =>
  [...new Set(rows.map(({ personId }) => personId))]
    .filter((id) => id > after)
    .toSorted()
    .slice(0, MAX_PEOPLE);

export function createHoldStore(journal: Journal): HoldStore {
  const holds = createTable<Hold>('holds', journal);
  const open = (wanted: (hold: Hold) => boolean): readonly Hold[] =>
    holds
      .rows()
      .filter((each) => isOpen(each) && wanted(each))
      .toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime() || byId(a, b));
  return {
    insert: async (hold) => holds.insert(hold.id, hold),
    find: async (id) => holds.get(id),
    save: async (hold) => saveIn(holds, hold, 'hold'),
    openAt: async (personId, integrationId) => open(isAt(personId, integrationId)),
    openOf: async (personId) => open((each) => each.personId === personId),
    of: async (personId, integrationId) =>
      holds
        .rows()
        .filter(isAt(personId, integrationId))
        .toSorted((a, b) => byId(b, a))
        .slice(0, MAX_OF_ONE_ACCESS),
    endingBefore: async (before, unwarned, offset = 0) =>
      open(
        ({ endsAt, warnedAt }) =>
          endsAt !== undefined && endsAt < before && (!unwarned || warnedAt === undefined),
      )
        .toSorted((a, b) => (a.endsAt?.getTime() ?? 0) - (b.endsAt?.getTime() ?? 0) || byId(a, b))
        .slice(offset, offset + MAX_ENDING),
    peopleAt: async (integrationId, after = '') =>
      peopleOf(
        open((each) => each.integrationId === integrationId),
        after,
      ),
  };
}

export function createAccountStore(journal: Journal): AccountStore {
  const accounts = createTable<Account>('accounts', journal);
  const open = (wanted: (account: Account) => boolean): readonly Account[] =>
    accounts
      .rows()
      .filter((each) => each.goneAt === undefined && wanted(each))
      .toSorted(byId);
  return {
    insert: async (account) => accounts.insert(account.id, account),
    save: async (account) => saveIn(accounts, account, 'account'),
    find: async (id) => accounts.get(id),
    openAt: async (personId, integrationId) => open(isAt(personId, integrationId)),
    openOf: async (personId) =>
      open((each) => each.personId === personId && each.writtenAt !== undefined),
    goneAt: async (personId, integrationId) =>
      accounts
        .rows()
        .filter((each) => isAt(personId, integrationId)(each) && each.goneAt !== undefined)
        .toSorted((a, b) => (b.goneAt?.getTime() ?? 0) - (a.goneAt?.getTime() ?? 0) || byId(b, a))
        .slice(0, MAX_OF_ONE_ACCESS),
    peopleAt: async (integrationId, after = '') =>
      peopleOf(
        open((each) => each.integrationId === integrationId && each.writtenAt !== undefined),
        after,
      ),
  };
}

export function createRemovalStore(journal: Journal): RemovalStore {
  const removals = createTable<Removal>('removals', journal);
  const open = (wanted: (removal: OpenRemoval) => boolean): readonly OpenRemoval[] =>
    removals.rows().filter(isOpenRemoval).filter(wanted).toSorted(byId);
  return {
    async insert(removal) {
      if (open(isAt(removal.personId, removal.integrationId)).length > 0) return 'taken';
      removals.insert(removal.id, removal);
      return 'inserted';
    },
    find: async (id) => removals.get(id),
    findMany: async (ids) => removals.rows().filter(({ id }) => ids.includes(id)),
    save: async (removal) => saveIn(removals, removal, 'removal'),
    open: async (personId, integrationId) => open(isAt(personId, integrationId))[0],
    latest: async (personId, integrationId) =>
      removals
        .rows()
        .filter(isAt(personId, integrationId))
        .toSorted((a, b) => b.beganAt.getTime() - a.beganAt.getTime() || byId(b, a))[0],
    openOf: async (personId) => open((each) => each.personId === personId),
    openAt: async (integrationId, after = '') =>
      open((each) => each.integrationId === integrationId && each.id > after).slice(0, MAX_PEOPLE),
    dueBefore: async (before) =>
      removals
        .rows()
        .flatMap((each) => {
          const { id, version } = each;
          const dueAt = 'dueAt' in each ? each.dueAt : undefined;
          return dueAt && dueAt < before ? [{ id, version, dueAt }] : [];
        })
        .toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime() || byId(a, b))
        .slice(0, MAX_DUE)
        .map(({ id, version }) => ({ id, version })),
    async stuck({ offset, limit }) {
      const toldAt = (each: OpenRemoval): number => each.toldAt?.getTime() ?? 0;
      const all = open(({ state }) => state === 'stuck').toSorted(
        (a, b) => toldAt(a) - toldAt(b) || byId(a, b),
      );
      return { removals: all.slice(offset, offset + limit), total: all.length };
    },
    countOpen: async () => countsOf((state) => open((each) => each.state === state).length),
    count: async ({ personId, integrationId, state }) =>
      removals
        .rows()
        .filter(
          (each) =>
            (personId === undefined || each.personId === personId) &&
            (integrationId === undefined || each.integrationId === integrationId) &&
            (state === undefined ||
              (state === 'open' ? isOpenRemoval(each) : each.state === state)),
        ).length,
  };
}

export function createHealthStore(journal: Journal): HealthStore {
  const health = createTable<Date>('integration_health', journal);
  return {
    okAt: async (id) => health.get(id),
    async markOk(id, at) {
      const before = health.get(id);
      if (!before || at < before || at.getTime() - before.getTime() >= WORTH_KEEPING_MS)
        health.put(id, at);
    },
    forget: async (id) => health.delete(id),
  };
}
