/**
 * Files that people download, piece by piece: the audit log, an offboarding, an access review, a pack of evidence, one
 * person's data. The *subject* of an export says which one, and a link carries it.
 */
import { z } from 'zod';
import { csvLine } from '../../core/csv.ts';
import { DAY_MS } from '../../core/hours.ts';
import { stringifyJson } from '../../core/json.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Scope } from '../evidence/evidence.ts';
import { makePack } from '../evidence/pack.ts';
import { type AuditEntry, fullName, type Person } from '../people/directory.ts';
import { isAdmin, maySeePlans, maySeeSetUp } from '../people/permission.ts';
import type { PersonalData } from '../ports/people-stores.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { AuditFilter } from '../ports/upkeep-stores.ts';
import { REPORT_COLUMNS, reportLines } from '../reviews/report-lines.ts';
import { maySeeReview } from '../reviews/reviews.ts';
import { leaverReport } from '../transitions/report.ts';
import { AUDIT_COLUMNS, auditCells } from './audit-table.ts';
import { namesFrom } from './names.ts';
import { removalCells } from './removal-cells.ts';

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
  /** A pack of what this filter of the audit log names, or of a review. */
  z.object({
    of: z.literal('evidence'),
    filter: auditFilter.omit({ what: true }),
    reviewId: z.string().optional(),
  }),
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
  readonly type: 'text/csv' | 'application/json' | 'application/zip';
  /** Only about that person, and only about that app. */
  readonly personId?: string | undefined;
  readonly integrationId?: string | undefined;
  /** What else chose its rows, for the audit log. It names no one. */
  readonly filter?: Readonly<Record<string, string>>;
  /**
   * Lines with line ends; a table begins with its heading. A ZIP file: its bytes. They are read while they are sent. None at all: what it
   * is about was deleted after it was opened.
   */
  readonly lines: AsyncIterable<string | Uint8Array>;
}

export interface Exporting {
  readonly stores: Stores;
  readonly personalData: Pick<PersonalData, 'collect'>;
  readonly now: Date;
  readonly taker: Person;
}

/**
 * @param now later entries of the audit log are left out: the file is of this moment
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
        ...chosenBy(wanted.filter),
        lines: auditLines(upTo(now, wanted.filter), stores),
      };
    case 'offboarding': {
      const offboarding = await stores.offboardings.find(wanted.id);
      return (
        offboarding && {
          fileName: 'offboarding.csv',
          type: CSV,
          personId: offboarding.personId,
          lines: offboardingLines(wanted.id, stores),
        }
      );
    }
    case 'review':
      return reviewFile(wanted.id, stores);
    case 'evidence': {
      const { filter, reviewId } = wanted;
      if (reviewId !== undefined && !(await stores.reviews.find(reviewId))) return undefined;
      return evidenceAbout({ filter, reviewId }, { stores, now, taker });
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

/** A pack of evidence. Its parts are made while they are sent, however long the period is. */
export const evidenceAbout = (
  { filter, reviewId }: { readonly filter: AuditWanted; readonly reviewId?: string | undefined },
  { stores, now, taker }: Pick<Exporting, 'stores' | 'now' | 'taker'>,
): Export => ({
  fileName: 'evidence.zip',
  type: 'application/zip',
  ...chosenBy(filter, reviewId === undefined ? {} : { reviewId }),
  lines: makePack(scopeOf(filter, now, reviewId), { stores, now, by: nameAndAddress(taker) }),
});

/** For the audit log: what chose the rows. */
const chosenBy = (
  { personId, integrationId, what, from, before }: AuditWanted,
  more: Readonly<Record<string, string>> = {},
): Pick<Export, 'personId' | 'integrationId' | 'filter'> => ({
  personId,
  integrationId,
  filter: {
    ...(what !== undefined && { kind: what }),
    ...(from !== undefined && { from: new Date(from).toISOString() }),
    ...(before !== undefined && { before: new Date(before).toISOString() }),
    ...more,
  },
});

async function* personLines(
  id: string,
  since: Date | undefined,
  personalData: Exporting['personalData'],
): AsyncIterable<string> {
  const data = await personalData.collect(id, since);
  if (data) yield `${stringifyJson(data, 2)}\n`;
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

/** Without a beginning: as long as evidence is kept by default. */
export const EVIDENCE_MS = 400 * DAY_MS;

const scopeOf = (
  { from, before = Number.POSITIVE_INFINITY, personId, integrationId }: AuditWanted,
  now: Date,
  reviewId: string | undefined,
): Scope => ({
  from: new Date(from ?? now.getTime() - EVIDENCE_MS),
  before: new Date(Math.min(before, now.getTime() + 1)),
  personId,
  integrationId,
  reviewId,
});

const nameAndAddress = (person: Person): string => `${fullName(person)} <${person.email}>`;

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
  yield csvLine(AUDIT_COLUMNS);
  const names = namesFrom(stores);
  for (let last: AuditEntry | undefined; ; ) {
    const entries = await stores.auditLog.listBefore(last, ROWS, filter);
    for (const entry of entries) yield csvLine(await auditCells(entry, names));
    last = entries.at(-1);
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

/** The report of a review: a line for each access. Undefined where there is no such review. */
export async function reviewFile(id: string, stores: Stores): Promise<Export | undefined> {
  const review = await stores.reviews.find(id);
  return (
    review && {
      fileName: 'access-review.csv',
      type: CSV,
      filter: { reviewId: id },
      lines: reviewLines(id, stores),
    }
  );
}

async function* reviewLines(id: string, stores: Stores): AsyncIterable<string> {
  yield csvLine(REPORT_COLUMNS);
  for await (const line of reportLines(id, { stores, names: namesFrom(stores) }))
    yield csvLine(REPORT_COLUMNS.map((column) => line[column]));
}
