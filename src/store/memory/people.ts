import { fold } from '../../core/fold.ts';
import type { Access, Person } from '../../engine/people/directory.ts';
import { leftoversOf, withoutStored } from '../../engine/people/stored-values.ts';
import type { AccessStore } from '../../engine/ports/access-stores.ts';
import type { ConversationStore } from '../../engine/ports/chat-stores.ts';
import type {
  ChatIdentity,
  ChatIdentityStore,
  PeopleStore,
} from '../../engine/ports/people-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import type { SettingsStore } from '../../engine/ports/upkeep-stores.ts';
import { WORKSPACE } from '../../engine/settings/settings.ts';
import { comparableFact, phoneDigits } from '../work/columns.ts';
import { createTable, DuplicateRow, type Journal, keyOf } from './table.ts';

export function createPeopleStore(journal: Journal): PeopleStore {
  const people = createTable<Person>('people', journal);
  /** Ids by address, so that an import of many people looks each up at once. */
  const ids = createTable<string>('people', journal);

  // Who is only named as somebody's manager, in a try, has no address that could be another's too.
  function isTaken({ id, email }: Person): boolean {
    const other = email === '' ? undefined : ids.get(addressKey(email));
    return other !== undefined && other !== id;
  }

  function file(person: Person): void {
    if (isTaken(person)) throw new DuplicateRow('people');
    if (person.email !== '') ids.put(addressKey(person.email), person.id);
  }

  const byName = (wanted: (person: Person) => boolean): readonly Person[] =>
    people
      .rows()
      .filter((person) => person.active && wanted(person))
      .toSorted((a, b) => compare(searchText(a), searchText(b)) || compare(a.id, b.id));

  const having = (name: string, value: string): readonly Person[] =>
    people
      .rows()
      .filter(
        ({ active, stored }) =>
          active &&
          Object.hasOwn(stored, name) &&
          comparableFact(stored[name]) === comparableFact(value),
      )
      .toSorted((a, b) => compare(a.id, b.id));

  return {
    find: async (id) => people.get(id),
    hold: async (id) => people.get(id),
    timeZoneOf: async (id) => people.get(id)?.timeZone,
    findMany: async (wanted) => wanted.flatMap((id) => people.get(id) ?? []),
    findByEmail: async (email) => people.get(ids.get(addressKey(email)) ?? ''),

    findByEmails: async (emails) =>
      [...new Set(emails)].flatMap((email) => people.get(ids.get(addressKey(email)) ?? '') ?? []),

    async findByPhone(phone) {
      const digits = phoneDigits(phone);
      const theirs = people
        .rows()
        .filter((each) => each.active && digits !== '' && phoneDigits(each.phone ?? '') === digits);
      return theirs.length === 1 ? theirs[0] : undefined;
    },

    async search(text, { offset, limit }, who = 'active') {
      const words = fold(text).split(/\s+/).filter(Boolean);
      const found = people
        .rows()
        .filter(({ active }) => active || who === 'everybody')
        .map((person) => ({ person, key: searchText(person) }))
        .filter(({ key }) => words.every((word) => key.includes(word)))
        .toSorted((a, b) => compare(a.key, b.key) || compare(a.person.id, b.person.id));
      return {
        people: found.slice(offset, offset + limit).map(({ person }) => person),
        total: found.length,
      };
    },

    withFact: async (name, value) => having(name, value),
    withFacts: async (name, values) =>
      new Map(
        values.flatMap((value): [string, readonly string[]][] => {
          const holders = having(name, value).map(({ id }) => id);
          return holders.length > 0 ? [[value, holders]] : [];
        }),
      ),

    admins: async () => byName(({ role }) => role === 'admin'),
    reportsOf: async (managerId) => byName((person) => person.managerId === managerId),

    whoNames: async (id) =>
      people
        .rows()
        .filter(({ managerId, buddyId }) => managerId === id || buddyId === id)
        .toSorted((a, b) => compare(a.id, b.id)),

    async startingBetween(from, until, { offset, limit }) {
      const found = byName(
        ({ startDate = '' }) => startDate >= from && startDate <= until,
      ).toSorted((a, b) => compare(a.startDate ?? '', b.startDate ?? ''));
      return { people: found.slice(offset, offset + limit), total: found.length };
    },

    departments: async () =>
      [
        ...new Set(people.rows().flatMap((each) => (each.active && each.department) || [])),
      ].toSorted(compare),

    async dropLeftovers(leftovers) {
      let count = 0;
      for (const person of people.rows()) {
        const names = leftoversOf(person, leftovers);
        if (names.length === 0) continue;
        const next = withoutStored(person, names);
        people.put(person.id, { ...next, version: person.version + 1 });
        count += 1;
      }
      return count;
    },

    async noteChatLocale(id, chatLocale) {
      const person = people.get(id);
      if (person) people.put(id, { ...person, chatLocale });
    },

    async insert(person) {
      if (isTaken(person)) return 'taken';
      file(person);
      people.insert(person.id, person);
      return 'inserted';
    },

    async insertMany(many) {
      for (const person of many) {
        file(person);
        people.insert(person.id, person);
      }
    },

    async save(person) {
      const before = people.get(person.id);
      if (before?.version !== person.version)
        throw new StaleWrite('person', person.id, person.version);
      file(person);
      if (addressKey(before.email) !== addressKey(person.email))
        ids.delete(addressKey(before.email));
      const next = { ...person, version: person.version + 1 };
      people.put(person.id, next);
      return next;
    },
  };
}

const addressKey = (email: string): string => email.trim().toLowerCase();

const searchText = ({ firstName, lastName, email }: Person): string =>
  fold(`${firstName} ${lastName} ${email}`.trim());

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function createIdentityStore(
  journal: Journal,
  {
    people,
    conversations,
    settings,
  }: {
    readonly people: PeopleStore;
    readonly conversations: ConversationStore;
    readonly settings: SettingsStore;
  },
): ChatIdentityStore {
  const identities = createTable<ChatIdentity>('chat_identities', journal);
  return {
    async known(platform, tenant, userId) {
      const identity = identities.get(keyOf(platform, tenant, userId));
      const person = identity && (await people.find(identity.personId));
      return (
        person && {
          person,
          conversation: await conversations.on(person.id, platform),
          workspace: (await settings.find(WORKSPACE))?.value,
        }
      );
    },
    find: async (platform, tenant, userId) => identities.get(keyOf(platform, tenant, userId)),
    ofPerson: async (personId) =>
      identities
        .rows()
        .filter((each) => each.personId === personId)
        .toSorted((a, b) => a.linkedAt.getTime() - b.linkedAt.getTime()),

    async insert(identity) {
      const key = keyOf(identity.platform, identity.tenant, identity.userId);
      if (!identities.get(key)) identities.put(key, identity);
    },
    delete: async (platform, tenant, userId) => identities.delete(keyOf(platform, tenant, userId)),
  };
}

/** The next page begins after the last one's person. */
const HOLDERS_AT_ONCE = 250;
const DELETED_AT_ONCE = 250;

export function createAccessStore(journal: Journal): AccessStore {
  const access = createTable<Access>('access', journal);
  return {
    find: async (personId, integrationId) => access.get(keyOf(personId, integrationId)),
    forPerson: async (personId) =>
      access
        .rows()
        .filter((each) => each.personId === personId)
        .toSorted((a, b) => compare(a.integrationId, b.integrationId)),
    holdersAt: async (integrationId, afterPersonId = '') =>
      access
        .rows()
        .filter(
          (each) =>
            each.integrationId === integrationId &&
            each.state !== 'none' &&
            each.personId > afterPersonId,
        )
        .toSorted((a, b) => compare(a.personId, b.personId))
        .slice(0, HOLDERS_AT_ONCE),

    askedLeastLately: async (integrationId, exceptPersonId) =>
      access
        .rows()
        .filter(
          (each) =>
            each.integrationId === integrationId &&
            each.state === 'has' &&
            each.personId !== exceptPersonId,
        )
        .toSorted((a, b) => +a.checkedAt - +b.checkedAt || compare(a.personId, b.personId))[0],

    async countAt(integrationId) {
      const states = access
        .rows()
        .filter((each) => each.integrationId === integrationId)
        .map(({ state }) => state);
      return {
        has: states.filter((state) => state === 'has').length,
        unknown: states.filter((state) => state === 'unknown').length,
      };
    },

    put: async (each) => access.put(keyOf(each.personId, each.integrationId), each),

    async deleteSomeAt(integrationId) {
      const all = access.rows().filter((each) => each.integrationId === integrationId);
      const some = all.slice(0, DELETED_AT_ONCE);
      for (const each of some) access.delete(keyOf(each.personId, each.integrationId));
      return some.length;
    },
  };
}
