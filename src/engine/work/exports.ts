/**
 * Files that people download, line by line: the audit log, an offboarding, an access review, one person's data. The *subject* of an export says
 * which one, and a link carries it.
 */
import { z } from 'zod';
import { csvLine } from '../../core/csv.ts';
import { stringifyJson } from '../../core/json.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Removal } from '../access/removals/removal.ts';
import { type Actor, fullName, type Person } from '../people/directory.ts';
import { isAdmin, maySeePlans, maySeeSetUp } from '../people/permission.ts';
import type { PersonalData } from '../ports/people-stores.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { AuditFilter } from '../ports/upkeep-stores.ts';
import { maySeeReview } from '../reviews/reviews.ts';
import { leaverReport } from '../transitions/report.ts';
import { detailWords, viaWords, whatWords } from './audit-words.ts';

const auditFilter = z.object({
  personId: z.string().optional(),
  integrationId: z.string().optional(),
  what: z.string().optional(),
  /** Milliseconds UTC. */
  from: z.number().optional(),
  before: z.number().optional(),
});
/** The filter of the audit log, in a button or a link. */
export type AuditWanted = z.infer<typeof auditFilter>;
export const auditWanted = auditFilter;

const exportSubject = z.discriminatedUnion('of', [
  z.object({ of: z.literal('audit'), filter: auditFilter }),
  z.object({ of: z.literal('offboarding'), id: z.string() }),
  z.object({ of: z.literal('review'), id: z.string() }),
  /** All data about one person. */
  z.object({ of: z.literal('person'), id: z.string() }),
]);
export type ExportSubject = z.infer<typeof exportSubject>;
export const exportSubjectSchema = exportSubject;

export const filterOf = ({ from, before, ...rest }: AuditWanted): AuditFilter => ({
  personId: rest.personId,
  integrationId: rest.integrationId,
  what: rest.what,
  ...(from !== undefined && { from: new Date(from) }),
  ...(before !== undefined && { before: new Date(before) }),
});

export interface Export {
  readonly fileName: string;
  readonly type: 'text/csv' | 'application/json';
  /** Only for the data of one person. */
  readonly personId?: string;
  /** Lines with line ends; a table begins with its heading. They are read while they are sent. */
  readonly lines: AsyncIterable<string>;
}

export interface Exporting {
  readonly stores: Stores;
  readonly personalData: PersonalData;
  readonly now: Date;
  readonly taker: Person;
}

/**
 * @param now later entries of the audit log are left out, because they would shift the rows that are still to be read
 * @returns undefined when the subject is damaged or no longer exists
 */
export async function openExport(
  subject: string,
  { stores, personalData, now, taker }: Exporting,
): Promise<Export | undefined> {
  const wanted = readSubject(subject);
  if (!wanted) return undefined;
  switch (wanted.of) {
    case 'audit':
      return {
        fileName: 'audit-log.csv',
        type: CSV,
        lines: auditLines(upTo(now, wanted.filter), stores),
      };
    case 'offboarding': {
      const offboarding = await stores.offboardings.find(wanted.id);
      return (
        offboarding && {
          fileName: 'offboarding.csv',
          type: CSV,
          lines: offboardingLines(wanted.id, stores),
        }
      );
    }
    case 'review': {
      const review = await stores.reviews.find(wanted.id);
      return (
        review && {
          fileName: 'access-review.csv',
          type: CSV,
          lines: reviewLines(wanted.id, stores),
        }
      );
    }
    case 'person': {
      const person = await stores.people.find(wanted.id);
      return (
        person && {
          fileName: 'personal-data.json',
          type: 'application/json',
          personId: wanted.id,
          lines: personLines(
            wanted.id,
            // What is older may be someone else's: only admins take it out.
            isAdmin(taker) ? undefined : person.addressSince,
            personalData,
          ),
        }
      );
    }
    default:
      return unreachable(wanted);
  }
}

const CSV = 'text/csv';

async function* personLines(
  id: string,
  since: Date | undefined,
  personalData: PersonalData,
): AsyncIterable<string> {
  yield `${stringifyJson((await personalData.collect(id, since)) ?? {}, 2)}\n`;
}

/** Admins take every file, everyone takes their own data, a manager the report of someone who leaves, an owner their app's review. */
export async function mayTake(
  stores: Pick<Stores, 'offboardings' | 'people' | 'reviews' | 'integrations'>,
  subject: string,
  taker: Person,
): Promise<boolean> {
  if (maySeeSetUp(taker)) return true;
  const wanted = readSubject(subject);
  if (wanted?.of === 'person') return taker.active && wanted.id === taker.id;
  if (wanted?.of === 'review') return maySeeReview(taker, wanted.id, stores);
  if (wanted?.of !== 'offboarding') return false;
  const offboarding = await stores.offboardings.find(wanted.id);
  const leaver = offboarding && (await stores.people.find(offboarding.personId));
  return leaver !== undefined && maySeePlans(taker, leaver);
}

/** Adds 1 ms, because times are whole milliseconds and the end of a filter is exclusive. */
const upTo = (now: Date, { before = Number.POSITIVE_INFINITY, ...rest }: AuditWanted) =>
  filterOf({ ...rest, before: Math.min(before, now.getTime() + 1) });

function readSubject(text: string): ExportSubject | undefined {
  try {
    return exportSubject.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Rows in memory at once. */
const ROWS = 250;

async function* auditLines(filter: AuditFilter, stores: Stores): AsyncIterable<string> {
  yield csvLine([
    'time',
    'what',
    'in words',
    'who',
    'from where',
    'person',
    'integration',
    'run',
    'detail',
  ]);
  const names = namesFrom(stores);
  for (let offset = 0; ; offset += ROWS) {
    const entries = await stores.auditLog.list({ offset, limit: ROWS }, filter);
    for (const entry of entries)
      yield csvLine([
        entry.at.toISOString(),
        entry.what,
        whatWords(entry.what),
        await whoWords(entry.actor, names),
        viaWords(entry.actor),
        entry.personId ? await names.person(entry.personId) : '',
        entry.integrationId ? await names.integration(entry.integrationId) : '',
        entry.runId ?? '',
        detailWords(entry),
      ]);
    if (entries.length < ROWS) return;
  }
}

async function* offboardingLines(id: string, stores: Stores): AsyncIterable<string> {
  yield csvLine([
    'person',
    'email',
    'last day',
    'integration',
    'state',
    'ended at',
    'proof',
    'by',
    'tries',
    'why',
  ]);
  const offboarding = await stores.offboardings.find(id);
  const person = offboarding && (await stores.people.find(offboarding.personId));
  if (!offboarding || !person) return;
  const names = namesFrom(stores);
  for (const { integrationId, removal } of await leaverReport(stores, offboarding))
    yield csvLine([
      fullName(person),
      person.email,
      offboarding.endDate,
      await names.integration(integrationId),
      ...(await removalCells(removal, names)),
    ]);
}

/** State of a removal, when it ended, its proof, by whom, how often it was tried, and why the access still exists. */
async function removalCells(
  removal: Removal | undefined,
  names: Names,
): Promise<readonly [string, string, string, string, string, string]> {
  if (!removal) return ['nothing granted', '', '', '', '', ''];
  const { tries, why = '' } = removal;
  if (removal.state !== 'gone') {
    const at = removal.state === 'withdrawn' ? removal.endedAt.toISOString() : '';
    return [removal.state, at, '', '', String(tries), why];
  }
  const { kind, byId } = removal.proof;
  const by = byId === undefined ? 'Latchkey' : await names.person(byId);
  return [removal.state, removal.endedAt.toISOString(), kind, by, String(tries), ''];
}

async function* reviewLines(id: string, stores: Stores): AsyncIterable<string> {
  yield csvLine([
    'person',
    'integration',
    'state',
    'reviewer',
    'decided by',
    'decided at',
    'ended at',
    'proof',
    'by',
    'tries',
    'why',
  ]);
  const names = namesFrom(stores);
  for (let offset = 0; ; offset += ROWS) {
    const { items } = await stores.reviews.items(id, {}, { offset, limit: ROWS });
    const removals = await stores.removals.findMany(items.flatMap((item) => item.removalId ?? []));
    for (const item of items) {
      const removal = removals.find((each) => each.id === item.removalId);
      const [state, ...cells] =
        item.state === 'revoked'
          ? await removalCells(removal, names)
          : [item.state, '', '', '', '', ''];
      yield csvLine([
        await names.person(item.personId),
        await names.integration(item.integrationId),
        state,
        await names.person(item.reviewerId),
        item.decidedById ? await names.person(item.decidedById) : '',
        item.decidedAt?.toISOString() ?? '',
        ...cells,
      ]);
    }
    if (items.length < ROWS) return;
  }
}

interface Names {
  person(id: string): Promise<string>;
  integration(id: string): Promise<string>;
}

/** Each name is looked up once. */
function namesFrom(stores: Stores): Names {
  const people = new Map<string, Person | undefined>();
  const integrations = new Map<string, string>();
  return {
    async person(id) {
      if (!people.has(id)) people.set(id, await stores.people.find(id));
      const person = people.get(id);
      return person ? `${fullName(person)} <${person.email}>` : id;
    },
    async integration(id) {
      const known = integrations.get(id);
      if (known !== undefined) return known;
      const name = (await stores.integrations.find(id))?.name ?? id;
      integrations.set(id, name);
      return name;
    },
  };
}

async function whoWords(actor: Actor, names: Names): Promise<string> {
  switch (actor.kind) {
    case 'person':
      return names.person(actor.personId);
    case 'operator':
      return actor.user;
    case 'system':
      return 'Latchkey';
    default:
      return unreachable(actor);
  }
}
