/** `/access`: who has what, and why. */
import { z } from 'zod';
import { endOfHolds, type Hold } from '../../engine/access/hold.ts';
import { somePeopleWithAccess } from '../../engine/access/removals/people-with-access.ts';
import { type Entry, entriesOf } from '../../engine/overview/overview.ts';
import type { Integration, Person } from '../../engine/people/directory.ts';
import { mayAt, maySee } from '../../engine/people/permission.ts';
import { seenPeopleAfter } from '../../engine/people/seen-people.ts';
import { answerOf } from './answer-of.ts';
import { cut, type Endpoint, listing, named, type Turn } from './endpoint.ts';
import { actorSchema, actorShown, id, idFilter, isoOf, MAX_ID, time } from './values.ts';

const hold = named(
  'Hold',
  z.object({
    id,
    source: z.enum(['by-hand', 'request', 'sequence', 'kept', 'found', 'rule']),
    givenBy: actorSchema,
    startedAt: time,
    endsAt: time.optional().describe('Left out: no end date'),
    requestId: id.optional(),
    runId: id.optional(),
    taskId: id.optional(),
    bundleId: id.optional(),
    ruleId: id.optional(),
  }),
);

const access = named(
  'Access',
  z.object({
    personId: id,
    integrationId: id,
    state: z
      .enum(['has', 'unknown', 'none'])
      .describe(
        '`unknown`: not confirmed. `none`: a hold says that they should have it, and they have not yet',
      ),
    since: time.optional(),
    checkedAt: time.optional().describe('When the app was asked last; left out where it never was'),
    endsAt: time.optional().describe('When the last hold ends. Left out: no end date, or no hold'),
    isBeingRemoved: z.boolean(),
    holds: z
      .array(hold)
      .optional()
      .describe(
        'Why they have it: open holds, the oldest first. Left out for who sees the app alone',
      ),
  }),
);

const holdShown = (of: Hold): z.input<typeof hold> =>
  answerOf(hold, { ...of, givenBy: actorShown(of.givenBy) });

const stateOf = (entry: Entry): 'has' | 'unknown' | 'none' => entry.access?.state ?? 'none';

function shown(entry: Entry, reader: Person): z.input<typeof access> {
  const { person, integration, access: known, holds, isBeingRemoved } = entry;
  return {
    personId: person.id,
    integrationId: integration.id,
    state: stateOf(entry),
    since: isoOf(known?.since),
    checkedAt: known && known.checkedAt.getTime() > 0 ? known.checkedAt.toISOString() : undefined,
    endsAt: isoOf(endOfHolds(holds)),
    isBeingRemoved,
    holds: maySee(reader, person) ? holds.map(holdShown) : undefined,
  };
}

/** People whose access is read together. */
const AT_ONCE = 250;
/** People that one page looks at. A filter that fits few of them must not read everyone. */
const MAX_SCANNED = 1000;
/** After every id: nothing more of this person. */
const PAST = '~';

interface AccessFilter {
  readonly person?: string | undefined;
  readonly integration?: string | undefined;
  readonly state?: 'has' | 'unknown' | 'none' | undefined;
}

/** People after that one, by id, whose access they may see. */
async function peopleAfter(
  afterId: string,
  {
    person: wanted,
    app,
  }: { readonly person: string | undefined; readonly app: Integration | undefined },
  { stores, reader }: Turn,
): Promise<readonly Person[]> {
  const seesApp = app !== undefined && mayAt(reader, 'see app', app);
  if (wanted !== undefined) {
    const found = wanted > afterId ? await stores.people.find(wanted) : undefined;
    return found && (seesApp || maySee(reader, found)) ? [found] : [];
  }
  if (seesApp) return stores.people.findMany(await somePeopleWithAccess(stores, app.id, afterId));
  return seenPeopleAfter(stores, reader, { text: '', who: 'everybody', afterId, limit: AT_ONCE });
}

export const accesses: readonly Endpoint[] = [
  listing({
    path: '/access',
    tag: 'Access',
    scope: 'read',
    summary: 'Who has access to what, and why, by person',
    description:
      'Everyone sees their own, managers that of their reports, admins, auditors and the helpdesk all; owners that of an app of theirs, with `integration`.',
    name: 'AccessPage',
    item: access,
    filters: {
      person: idFilter('Of this person'),
      integration: idFilter('At this integration'),
      state: z.enum(['has', 'unknown', 'none']).optional().describe('In this state'),
    },
    place: z.tuple([z.string().max(MAX_ID), z.string().max(MAX_ID)]),
    async read({ query, after, limit }, turn) {
      const { stores, reader } = turn;
      const wanted: AccessFilter = query;
      const app =
        wanted.integration === undefined
          ? undefined
          : await stores.integrations.find(wanted.integration);
      if (wanted.integration !== undefined && !app) return { items: [], next: undefined };
      const fits = (entry: Entry): boolean =>
        (!app || entry.integration.id === app.id) &&
        (wanted.state === undefined || stateOf(entry) === wanted.state);
      const found: Entry[] = [];
      const add = async (people: readonly Person[], afterApp = '') => {
        const entries = await entriesOf(stores, people);
        for (const person of people)
          found.push(
            ...(entries.get(person.id) ?? [])
              .filter((entry) => entry.integration.id > afterApp && fits(entry))
              .toSorted((a, b) => (a.integration.id < b.integration.id ? -1 : 1)),
          );
      };
      const [from, fromApp] = after ?? ['', PAST];
      let last = from;
      let scanned = 0;
      let isEnd = false;
      if (fromApp !== PAST && last === (wanted.person ?? last)) {
        // The rest of the person in whose middle the page before ended.
        const person = await stores.people.find(last);
        const seesApp = app !== undefined && mayAt(reader, 'see app', app);
        if (person && (seesApp || maySee(reader, person))) await add([person], fromApp);
      }
      while (found.length <= limit && scanned < MAX_SCANNED && !isEnd) {
        const people = await peopleAfter(last, { person: wanted.person, app }, turn);
        await add(people);
        scanned += people.length;
        isEnd = people.length < AT_ONCE;
        last = people.at(-1)?.id ?? last;
      }
      const { rows, next } = cut(found, limit, ({ person, integration }): [string, string] => [
        person.id,
        integration.id,
      ]);
      const scannedTo: [string, string] | undefined = isEnd ? undefined : [last, PAST];
      return { items: rows.map((entry) => shown(entry, reader)), next: next ?? scannedTo };
    },
  }),
];
