/**
 * `/overview/<session>`: who has what and why, for admins and auditors. It only reads. Filters are in the address, and each list is
 * also a CSV file, which is written line by line during the download.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { CSV_BOM, csvLine } from '../../core/csv.ts';
import { plural, sayNumber, t } from '../../core/translate.ts';
import type { Hold } from '../../engine/access/hold.ts';
import { openRemovalStates, type Removal } from '../../engine/access/removals/removal.ts';
import {
  allEntries,
  allHolders,
  type Entry,
  entriesOf,
  holdersPage,
  type PeopleWanted,
  peoplePage,
} from '../../engine/overview/overview.ts';
import { fullName, type Integration, labelOf, type Person } from '../../engine/people/directory.ts';
import type { RemovalFilter } from '../../engine/ports/removal-stores.ts';
import type { Page } from '../../engine/ports/store.ts';
import type { AccessRequest } from '../../engine/requests/access-request.ts';
import { type MessagePage, PAGE_SCRIPT, sendHtml, sendPage, uncached } from '../pages.ts';
import { publicPath, requireSession, type SessionDeps, sessionPath } from '../sessions.ts';
import { type Cell, type Choice, draw, type Frame, type View } from './views.ts';

/** What chat says about the same things. */
export interface OverviewWords {
  /** Of all these holds; the answer then says why someone with some of them has access. */
  why(holds: readonly Hold[], timeZone: string): Promise<(holds: readonly Hold[]) => string>;
  removal(removal: Removal, timeZone: string): Promise<string>;
  /** Whether an app works, and what it needs. */
  app(integration: Integration): Promise<string>;
  request(request: AccessRequest): string;
  time(at: Date, timeZone: string): string;
}

export interface OverviewDeps extends SessionDeps {
  readonly words: OverviewWords;
  /** IANA name, for readers who have none. */
  readonly timeZone: string;
}

const PEOPLE = 25;
const ROWS = 50;
const MAX_SEARCH = 100;
/** Requests and removals that a person's page lists. */
const LATEST = 20;

interface Turn extends OverviewDeps {
  readonly frame: Frame;
  readonly query: URLSearchParams;
  /** Of the reader. */
  readonly zone: string;
  readonly reader: Person;
}

/** Undefined where there is no such thing. */
type Shows = (turn: Turn, id: string) => Promise<View | undefined>;

interface File {
  readonly name: string;
  readonly lines: AsyncIterable<string>;
}

export function overviewPages(deps: OverviewDeps): Router {
  const router = Router();
  const root = '/overview/:session';
  router.get(root, shows(deps, summary));
  router.get(`${root}/people`, shows(deps, people));
  router.get(`${root}/people/:id`, shows(deps, onePerson));
  router.get(`${root}/apps`, shows(deps, apps));
  router.get(`${root}/apps/:id`, shows(deps, oneApp));
  router.get(`${root}/removals`, shows(deps, removals));
  router.get(`${root}/reviews`, shows(deps, reviews));
  router.get(`${root}/people.csv`, saves(deps, peopleFile));
  router.get(`${root}/apps/:id/people.csv`, saves(deps, appFile));
  router.get(`${root}/removals.csv`, saves(deps, removalsFile));
  return router;
}

async function admit(request: Request, deps: OverviewDeps) {
  const admitted = await requireSession(request, 'overview', deps);
  if (!admitted.ok) return admitted;
  const { session, person: reader } = admitted;
  const turn: Turn = {
    ...deps,
    frame: {
      session,
      root: publicPath(sessionPath(session), deps),
      script: publicPath(PAGE_SCRIPT, deps),
    },
    query: new URL(request.originalUrl, 'http://localhost').searchParams,
    zone: reader.timeZone ?? deps.timeZone,
    reader,
  };
  return { ok: true, turn } as const;
}

const shows =
  (deps: OverviewDeps, show: Shows): RequestHandler =>
  async (request, response) => {
    const admitted = await admit(request, deps);
    if (!admitted.ok) return sendPage(response, admitted.status, admitted.page);
    const { turn } = admitted;
    const view = await show(turn, idIn(request));
    if (view) sendHtml(response, 200, draw(view, turn.frame));
    else sendPage(response, 404, nothing(turn));
  };

const saves =
  (
    deps: OverviewDeps,
    open: (turn: Turn, id: string) => Promise<File | undefined>,
  ): RequestHandler =>
  async (request, response) => {
    const admitted = await admit(request, deps);
    if (!admitted.ok) return sendPage(response, admitted.status, admitted.page);
    const { turn } = admitted;
    const file = await open(turn, idIn(request));
    if (!file) return sendPage(response, 404, nothing(turn));
    await send(response, file, request.method === 'HEAD' ? undefined : turn);
  };

/** @param turn undefined: only the headers, and nothing is exported */
async function send(response: Response, file: File, turn: Turn | undefined): Promise<void> {
  uncached(response).type('text/csv').attachment(file.name);
  if (!turn) return void response.end();
  await turn.transact((tx) =>
    tx.audit('export.made', {
      actor: { kind: 'person', personId: turn.reader.id, via: 'web' },
      detail: { file: file.name },
    }),
  );
  await pipeline(Readable.from(withBom(file.lines)), response).catch((error: unknown) => {
    if (!isGivenUp(error)) throw error;
  });
}

async function* withBom(lines: AsyncIterable<string>): AsyncIterable<string> {
  yield CSV_BOM;
  yield* lines;
}

/** True when the reader closed the connection. */
const isGivenUp = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';

const idIn = ({ params }: Request): string => {
  const id = params['id'];
  return typeof id === 'string' ? id : '';
};

const nothing = ({ frame }: Turn): MessagePage => ({
  title: t`This no longer exists`,
  text: t`It has been deleted, or the address is damaged.`,
  link: { label: t`Overview`, url: frame.root },
});

async function summary(turn: Turn): Promise<View> {
  const { stores, frame } = turn;
  const one = { offset: 0, limit: 1 };
  const count = async (who: PeopleWanted['who']) =>
    (await stores.people.search('', one, who)).total;
  const [integrations, requests, reviewing, open] = await Promise.all([
    stores.integrations.list(),
    stores.requests.list({ state: 'open' }, one),
    stores.reviews.list(one),
    stores.removals.countOpen(),
  ]);
  const row = (text: string, number: number, path?: string): Cell[] => [
    path === undefined ? { text } : { text, url: `${frame.root}/${path}` },
    { text: sayNumber(number) },
  ];
  const openRemovals = openRemovalStates.reduce((sum, state) => sum + open[state], 0);
  return {
    title: t`Overview`,
    about: t`Who has what, and why. This page changes nothing.`,
    tab: '',
    tables: [
      {
        counted: '',
        columns: [t`What`, t`How many`],
        rows: [
          row(t`People who work here`, await count('active'), 'people'),
          row(t`People who have left`, await count('left'), 'people?who=left'),
          row(t`Apps`, integrations.length, 'apps'),
          row(t`Open requests`, requests.total),
          row(t`Open removals`, openRemovals, 'removals?state=open'),
          row(t`Stuck removals`, open.stuck, 'removals?state=stuck'),
          row(t`Reviews`, reviewing.total, 'reviews'),
        ],
      },
    ],
  };
}

const queryOf = (wanted: Readonly<Record<string, string>>): string =>
  new URLSearchParams(wanted).toString();

const wantedPeople = ({ query }: Turn): PeopleWanted => {
  const who = query.get('who');
  return {
    text: (query.get('text') ?? '').trim().slice(0, MAX_SEARCH),
    who: who === 'left' || who === 'everybody' ? who : 'active',
  };
};

async function people(turn: Turn): Promise<View> {
  const { stores, frame } = turn;
  const wanted = wantedPeople(turn);
  const page = pageOf(turn, PEOPLE);
  const { rows, total } = await peoplePage(stores, wanted, page);
  const why = await whyOf(
    rows.flatMap(({ entries }) => entries),
    turn,
  );
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
          { text: person.email },
          { text: person.department ?? '' },
          { text: entries.map((entry) => `${entry.integration.name}: ${why(entry)}`).join('; ') },
        ]),
      },
    ],
    ...around('people', { total, page, turn }),
    file: `${frame.root}/people.csv?${queryOf({ ...wanted })}`,
  };
}

/** Why someone has it: its holds, or that nothing explains it. */
async function whyOf(entries: readonly Entry[], { words, zone }: Turn) {
  const inWords = await words.why(
    entries.flatMap(({ holds }) => holds),
    zone,
  );
  return ({ holds, access }: Entry): string => {
    const why = inWords(holds) || t`no reason on record`;
    return access ? why : t`${why} (not there yet)`;
  };
}

async function onePerson(turn: Turn, id: string): Promise<View | undefined> {
  const { stores, words, zone, frame } = turn;
  const person = await stores.people.find(id);
  if (!person) return undefined;
  const latest = { offset: 0, limit: LATEST };
  const [entries, removed, requested, manager] = await Promise.all([
    entriesOf(stores, [person]),
    stores.removals.list({ personId: id }, latest),
    stores.requests.list({ personIds: [id] }, latest),
    person.managerId === undefined ? undefined : stores.people.find(person.managerId),
  ]);
  const own = entries.get(id) ?? [];
  const why = await whyOf(own, turn);
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
    about: [
      person.email,
      person.position,
      person.department,
      manager && t`manager: ${fullName(manager)}`,
      person.active ? undefined : t`has left`,
    ]
      .filter(Boolean)
      .join(' · '),
    tab: 'people',
    tables: [
      {
        heading: t`Access`,
        counted: countApps(own.length),
        columns: [t`App`, t`State`, t`Why`, t`Checked`],
        rows: own.map((entry) => [
          { text: labelOf(entry.integration), url: `${frame.root}/apps/${entry.integration.id}` },
          { text: stateOfEntry(entry) },
          { text: why(entry) },
          { text: entry.access ? words.time(entry.access.checkedAt, zone) : '' },
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
          { text: words.request(request) },
        ]),
      },
    ],
  };
}

const countApps = (count: number): string =>
  plural(count, { one: t`1 app`, other: t`${sayNumber(count)} apps` });
const countRemovals = (count: number): string =>
  plural(count, { one: t`1 removal`, other: t`${sayNumber(count)} removals` });

function stateOfEntry({ access }: Entry): string {
  if (!access) return t`not there yet`;
  return access.state === 'has' ? t`has access` : t`not confirmed`;
}

async function apps(turn: Turn): Promise<View> {
  const { stores, words, frame } = turn;
  const page = pageOf(turn, ROWS);
  const all = await stores.integrations.list();
  const rows = await Promise.all(
    all.slice(page.offset, page.offset + page.limit).map(async (integration) => {
      const { id } = integration;
      const [{ has, unknown }, open] = await Promise.all([
        stores.access.countAt(id),
        stores.removals.count({ integrationId: id, state: 'open' }),
      ]);
      return [
        { text: labelOf(integration), url: `${frame.root}/apps/${id}` },
        { text: await words.app(integration) },
        { text: sayNumber(has) },
        { text: sayNumber(unknown) },
        {
          text: sayNumber(open),
          ...(open > 0 && { url: `${frame.root}/removals?state=open&app=${id}` }),
        },
      ];
    }),
  );
  return {
    title: t`Apps`,
    tab: 'apps',
    tables: [
      {
        counted: countApps(all.length),
        columns: [t`App`, t`State`, t`Have access`, t`Not confirmed`, t`Open removals`],
        rows,
      },
    ],
    ...around('apps', { total: all.length, page, turn }),
  };
}

async function oneApp(turn: Turn, id: string): Promise<View | undefined> {
  const { stores, words, zone, frame, query } = turn;
  const integration = await stores.integrations.find(id);
  if (!integration) return undefined;
  const [{ entries, next }, { has, unknown }] = await Promise.all([
    holdersPage(stores, integration, query.get('after') ?? ''),
    stores.access.countAt(id),
  ]);
  const why = await whyOf(entries, turn);
  const here = `${frame.root}/apps/${id}`;
  return {
    title: labelOf(integration),
    about: await words.app(integration),
    tab: 'apps',
    tables: [
      {
        counted: t`${sayNumber(has)} have access, ${sayNumber(unknown)} not confirmed.`,
        columns: [t`Name`, t`Email`, t`Department`, t`State`, t`Why`, t`Checked`],
        rows: entries.map((entry) => [
          { text: fullName(entry.person), url: `${frame.root}/people/${entry.person.id}` },
          { text: entry.person.email },
          { text: entry.person.department ?? '' },
          { text: entry.person.active ? stateOfEntry(entry) : t`${stateOfEntry(entry)}, has left` },
          { text: why(entry) },
          { text: entry.access ? words.time(entry.access.checkedAt, zone) : '' },
        ]),
      },
    ],
    following: next && `${here}?after=${encodeURIComponent(next)}`,
    file: `${here}/people.csv`,
  };
}

const removalStates = (): readonly Choice[] => [
  { value: '', label: t`All` },
  { value: 'open', label: t`Open` },
  { value: 'stuck', label: t`Stuck` },
  { value: 'by-hand', label: t`By hand` },
  { value: 'gone', label: t`Gone` },
  { value: 'withdrawn', label: t`Withdrawn` },
];

function wantedRemovals({ query }: Turn): RemovalFilter {
  const state = query.get('state') ?? '';
  const app = query.get('app') ?? '';
  const isKnown = state !== '' && removalStates().some(({ value }) => value === state);
  return {
    ...(isKnown && { state: state as NonNullable<RemovalFilter['state']> }),
    ...(app !== '' && { integrationId: app }),
  };
}

async function removals(turn: Turn): Promise<View> {
  const { stores, frame } = turn;
  const wanted = wantedRemovals(turn);
  const page = pageOf(turn, ROWS);
  const { removals: shown, total } = await stores.removals.list(wanted, page);
  const rows = await removalRows(shown, turn);
  return {
    title: t`Removals`,
    tab: 'removals',
    states: { shown: wanted.state ?? '', all: removalStates() },
    tables: [
      {
        counted: countRemovals(total),
        columns: [t`Name`, t`App`, t`Began`, t`State`],
        rows: rows.map(({ person, app, began, said, removal }) => [
          { text: person, url: `${frame.root}/people/${removal.personId}` },
          { text: app, url: `${frame.root}/apps/${removal.integrationId}` },
          { text: began },
          { text: said },
        ]),
      },
    ],
    ...around('removals', { total, page, turn }),
    file: `${frame.root}/removals.csv?${queryOf({ state: wanted.state ?? '', app: wanted.integrationId ?? '' })}`,
  };
}

async function removalRows(shown: readonly Removal[], turn: Turn) {
  const { stores, words, zone } = turn;
  const found = await stores.people.findMany([...new Set(shown.map(({ personId }) => personId))]);
  const byId = new Map(found.map((person) => [person.id, person]));
  const appName = await namesOf(
    shown.map(({ integrationId }) => integrationId),
    turn,
  );
  return Promise.all(
    shown.map(async (removal) => {
      const person = byId.get(removal.personId);
      return {
        removal,
        person: person ? fullName(person) : t`someone who is no longer in the directory`,
        email: person?.email ?? '',
        app: appName(removal.integrationId),
        began: words.time(removal.beganAt, zone),
        said: await words.removal(removal, zone),
      };
    }),
  );
}

async function namesOf(ids: readonly string[], { stores }: Turn) {
  const found = await stores.integrations.findMany([...new Set(ids)]);
  const names = new Map(found.map((integration) => [integration.id, labelOf(integration)]));
  return (id: string): string => names.get(id) ?? t`a deleted integration`;
}

async function reviews(turn: Turn): Promise<View> {
  const { stores } = turn;
  const page = pageOf(turn, ROWS);
  const { reviews: shown, total } = await stores.reviews.list(page);
  const revoked = await stores.reviews.revoked(shown.map(({ id }) => id));
  const count = async (id: string, state?: 'open' | 'kept') =>
    (await stores.reviews.items(id, state ? { state } : {}, { offset: 0, limit: 1 })).total;
  const rows: Cell[][] = await Promise.all(
    shown.map(async ({ id, name, state, dueDate }) => {
      const { revoked: taken = 0, open = 0 } = revoked.get(id) ?? {};
      const numbers = [
        await count(id),
        await count(id, 'open'),
        await count(id, 'kept'),
        taken,
        taken - open,
      ];
      return [
        { text: name },
        { text: state === 'open' ? t`open until ${dueDate}` : t`closed` },
        ...numbers.map((number) => ({ text: sayNumber(number) })),
      ];
    }),
  );
  return {
    title: t`Reviews`,
    tab: 'reviews',
    tables: [
      {
        counted: plural(total, { one: t`1 review`, other: t`${sayNumber(total)} reviews` }),
        columns: [
          t`Review`,
          t`State`,
          t`Accesses`,
          t`Undecided`,
          t`Kept`,
          t`Revoked`,
          t`Proven gone`,
        ],
        rows,
      },
    ],
    ...around('reviews', { total, page, turn }),
  };
}

/** @param limit rows of a page */
function pageOf({ query }: Turn, limit: number): Page {
  const page = Number(query.get('page') ?? '1');
  const at = Number.isSafeInteger(page) && page > 0 && page < MAX_PAGE ? page : 1;
  return { offset: (at - 1) * limit, limit };
}
const MAX_PAGE = 1_000_000;

/** The pages before and after this one, with the same filters. */
function around(
  path: string,
  {
    total,
    page: { offset, limit },
    turn,
  }: { readonly total: number; readonly page: Page; readonly turn: Turn },
): Pick<View, 'previous' | 'following'> {
  const to = (page: number): string => {
    const query = new URLSearchParams(turn.query);
    query.set('page', String(page));
    return `${turn.frame.root}/${path}?${query.toString()}`;
  };
  const at = offset / limit + 1;
  return {
    previous: at > 1 ? to(at - 1) : undefined,
    following: offset + limit < total ? to(at + 1) : undefined,
  };
}

async function peopleFile(turn: Turn): Promise<File> {
  return {
    name: 'access.csv',
    lines: entryLines(allEntries(turn.stores, wantedPeople(turn)), turn),
  };
}

async function appFile(turn: Turn, id: string): Promise<File | undefined> {
  const integration = await turn.stores.integrations.find(id);
  return (
    integration && {
      name: 'access.csv',
      lines: entryLines(allHolders(turn.stores, integration), turn),
    }
  );
}

/** Times are in UTC, as in the other files. */
async function* entryLines(
  parts: AsyncIterable<readonly Entry[]>,
  turn: Turn,
): AsyncIterable<string> {
  yield csvLine([
    'person',
    'email',
    'department',
    'works here',
    'app',
    'state',
    'why',
    'since',
    'checked at',
  ]);
  for await (const entries of parts) {
    const why = await whyOf(entries, turn);
    for (const entry of entries) yield entryLine(entry, why(entry));
  }
}

const entryLine = ({ person, integration, access }: Entry, why: string): string =>
  csvLine([
    fullName(person),
    person.email,
    person.department ?? '',
    person.active ? 'yes' : 'no',
    integration.name,
    access?.state ?? 'not there yet',
    why,
    access?.since.toISOString() ?? '',
    access?.checkedAt.toISOString() ?? '',
  ]);

async function removalsFile(turn: Turn): Promise<File> {
  return { name: 'removals.csv', lines: removalLines(turn) };
}

async function* removalLines(turn: Turn): AsyncIterable<string> {
  yield csvLine(['person', 'email', 'app', 'began at', 'state', 'in words']);
  const wanted = wantedRemovals(turn);
  for (let offset = 0; ; offset += ROWS) {
    const { removals: shown } = await turn.stores.removals.list(wanted, { offset, limit: ROWS });
    for (const { removal, person, email, app, said } of await removalRows(shown, turn))
      yield csvLine([person, email, app, removal.beganAt.toISOString(), removal.state, said]);
    if (shown.length < ROWS) return;
  }
}
