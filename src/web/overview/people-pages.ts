/** Everyone with their apps, and one person with all that Latchkey knows of their access. */
import { plural, sayNumber, t } from '../../core/translate.ts';
import {
  type Entry,
  entriesOf,
  type PeopleWanted,
  peoplePage,
} from '../../engine/overview/overview.ts';
import { fullName, labelOf, type Person } from '../../engine/people/directory.ts';
import { sayAddress } from '../../engine/people/no-address.ts';
import { countApps } from './app-pages.ts';
import { countFindings, findingRows } from './findings-page.ts';
import { countRemovals } from './removals-page.ts';
import {
  around,
  checkedOf,
  namesOf,
  pageOf,
  queryOf,
  stateOfEntry,
  type Turn,
  whyOf,
} from './turn.ts';
import type { Cell, View } from './views.ts';

const PEOPLE = 25;
const MAX_SEARCH = 100;
/** Requests, removals and findings that a person's page lists. */
const LATEST = 20;

export const wantedPeople = ({ query }: Turn): PeopleWanted => {
  const who = query.get('who');
  return {
    text: (query.get('text') ?? '').trim().slice(0, MAX_SEARCH),
    who: who === 'left' || who === 'everybody' ? who : 'active',
  };
};

export async function people(turn: Turn): Promise<View> {
  const { stores, frame } = turn;
  const wanted = wantedPeople(turn);
  const page = pageOf(turn, PEOPLE);
  const { rows, total } = await peoplePage(stores, wanted, page);
  const why = await whyOf(
    rows.flatMap(({ entries }) => entries),
    turn,
  );
  /** There is no column for it here. */
  const said = (entry: Entry) =>
    entry.access?.state === 'unknown' && !entry.isBeingRemoved
      ? t`${why(entry)} (not confirmed)`
      : why(entry);
  return {
    title: t`People`,
    tab: 'people',
    search: wanted,
    tables: [
      {
        counted: plural(total, { one: t`1 person`, other: t`${sayNumber(total)} people` }),
        columns: [t`Name`, t`Email`, t`Department`, t`Has`],
        rows: rows.map(({ person, entries }) => [
          { text: fullName(person), url: `${frame.root}/people/${person.id}` },
          { text: sayAddress(person) },
          { text: person.department ?? '' },
          { text: entries.map((entry) => `${entry.integration.name}: ${said(entry)}`).join('; ') },
        ]),
      },
    ],
    ...around('people', { total, page, turn }),
    file: `${frame.root}/people.csv?${queryOf({ ...wanted })}`,
  };
}

export async function onePerson(turn: Turn, id: string): Promise<View | undefined> {
  const { stores, words, zone, frame } = turn;
  const person = await stores.people.find(id);
  if (!person) return undefined;
  const latest = { offset: 0, limit: LATEST };
  const [entries, removed, requested, found, manager] = await Promise.all([
    entriesOf(stores, [person]),
    stores.removals.list({ personId: id }, latest),
    stores.requests.list({ personIds: [id] }, latest),
    stores.findings.list({ personId: id }, latest),
    person.managerId === undefined ? undefined : stores.people.find(person.managerId),
  ]);
  const own = entries.get(id) ?? [];
  const why = await whyOf(own, turn);
  const standing = await words.requests(requested.requests);
  const appName = await namesOf(
    [...removed.removals, ...requested.requests].map(({ integrationId }) => integrationId),
    turn,
  );
  const app = ({ integrationId }: { readonly integrationId: string }): Cell => ({
    text: appName(integrationId),
    url: `${frame.root}/apps/${integrationId}`,
  });
  return {
    title: fullName(person),
    about: aboutPerson(person, manager),
    tab: 'people',
    further: { label: t`Evidence about them`, url: `${frame.root}/evidence?person=${id}` },
    tables: [
      {
        heading: t`Access`,
        counted: countApps(own.length),
        columns: [t`App`, t`State`, t`Why`, t`Checked`],
        rows: own.map((entry) => [
          { text: labelOf(entry.integration), url: `${frame.root}/apps/${entry.integration.id}` },
          { text: stateOfEntry(entry) },
          { text: why(entry) },
          { text: checkedOf(entry, turn) },
        ]),
      },
      {
        heading: t`Removals`,
        counted: countRemovals(removed.total),
        columns: [t`App`, t`Began`, t`State`],
        rows: await Promise.all(
          removed.removals.map(async (removal) => [
            app(removal),
            { text: words.time(removal.beganAt, zone) },
            { text: await words.removal(removal, zone) },
          ]),
        ),
      },
      {
        heading: t`Requests`,
        counted: plural(requested.total, {
          one: t`1 request`,
          other: t`${sayNumber(requested.total)} requests`,
        }),
        columns: [t`App`, t`Requested`, t`State`],
        rows: requested.requests.map((request) => [
          app(request),
          { text: words.time(request.createdAt, zone) },
          { text: standing(request) },
        ]),
      },
      {
        heading: t`Findings`,
        counted: countFindings(found.total),
        columns: [t`App`, t`Account`, t`Kind`, t`Found`, t`Last sign-in`, t`State`],
        rows: (await findingRows(found.findings, turn)).map((cells) => cells.toSpliced(2, 1)),
      },
    ],
  };
}

const aboutPerson = (person: Person, manager: Person | undefined): string =>
  [
    sayAddress(person),
    person.position,
    person.department,
    manager && t`manager: ${fullName(manager)}`,
    person.active ? undefined : t`has left`,
  ]
    .filter(Boolean)
    .join(' · ');
