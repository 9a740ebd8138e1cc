/** Plans a file import: what the file would change in the directory as it is now. */
import { z } from 'zod';
import { newId } from '../../core/ids.ts';
import { sayStored } from '../../core/stored-sentence.ts';
import { t } from '../../core/translate.ts';
import { fullName, type Person } from '../people/directory.ts';
import { isAdmin } from '../people/permission.ts';
import { personDetails, sayIdTaken } from '../people/person-details.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { PlanCounts, ProblemReason } from './file-import.ts';
import { type CsvRow, type ParsedCsv, type RowProblem, withoutIt } from './people-csv.ts';

/** Nobody reads more problems; the others are only counted. */
const MAX_PROBLEMS = 500;
const FIRST_ROWS = 5;
/** So many are in the result. The plan lists them all. */
const FIRST_PARTLY = 10;
/** An admin checks a file that makes more admins than these anyway. */
const MAX_ADMINS = 20;

const plannedRow = z.object({
  line: z.number(),
  /** For a new person: their future id. For someone who left: their id. Undefined for an active person. */
  id: z.string().optional(),
  /** What the plan goes by, where the directory may have changed when the row is imported. */
  was: z.enum(['left', 'admin']).optional(),
  details: personDetails.extend({ email: z.string() }),
});
const rowProblem = z.object({
  line: z.number(),
  who: z.string().optional(),
  reason: z.string(),
  text: z.string(),
});

/** As drafts store it. */
export const plannedRows = z.array(plannedRow);
export const planPreview = z.object({
  first: plannedRows,
  problems: z.array(rowProblem),
  otherColumns: z.array(z.string()),
  /** Addresses of the first people that the file would make admins, new people and existing ones. */
  admins: z.array(z.string()),
  /** The first admins whose manager the file names, each with that manager. */
  managersOfAdmins: z.array(z.string()).default([]),
});
export type PlannedRow = z.infer<typeof plannedRow>;
export type PlanPreview = z.infer<typeof planPreview>;

export interface ImportPlan {
  readonly rows: readonly PlannedRow[];
  readonly counts: PlanCounts;
  readonly preview: PlanPreview;
}

export async function planImport(
  { people }: Pick<Stores, 'people'>,
  parsed: Extract<ParsedCsv, { ok: true }>,
): Promise<ImportPlan> {
  const named = parsed.rows.flatMap(({ details: { email, managerEmail, buddyEmail } }) =>
    [email, managerEmail, buddyEmail].filter((each) => each !== undefined),
  );
  const found = await people.findByEmails([...new Set(named)]);
  const known = new Map(found.map((person) => [person.email, person]));
  const identified = await withOwnIds(people, parsed.rows, known);
  const connected = connect(identified.rows, known);
  const rows = connected.rows.map(({ line, details: row }): PlannedRow => {
    const person = known.get(row.email);
    if (person?.active) return { line, details: row, ...(isAdmin(person) && { was: 'admin' }) };
    return person
      ? { line, id: person.id, was: 'left', details: row }
      : { line, id: newId(), details: row };
  });
  const coming = rows.filter(({ id }) => id !== undefined);
  const returning = coming.filter(({ details: row }) => known.has(row.email)).length;
  const admins = coming.filter(({ details: row }) => row.role === 'admin');
  const promoted = rows.filter(
    ({ id, was, details: row }) => id === undefined && row.role === 'admin' && was !== 'admin',
  );
  const withManager = rows.filter(
    (each) => each.details.managerEmail !== undefined && isPlannedAdmin(each),
  );
  const byLine = (a: RowProblem, b: RowProblem) => a.line - b.line;
  const partly = [...parsed.partly, ...connected.problems].toSorted(byLine);
  const leftOut = [...parsed.problems, ...identified.problems];
  const problems = [...leftOut, ...partly].toSorted(byLine);
  return {
    rows,
    counts: {
      rows: parsed.rows.length + parsed.problems.length,
      fresh: coming.length - returning,
      returning,
      existing: rows.length - coming.length,
      invalid: leftOut.length,
      partly: new Set(partly.map(({ line }) => line)).size,
      partlyWhy: partly.slice(0, FIRST_PARTLY).map(problemWords),
      admins: admins.length,
      promoted: promoted.length,
      managersOfAdmins: withManager.length,
      byReason: countBy(problems),
    },
    preview: {
      first: coming.slice(0, FIRST_ROWS),
      problems: problems.slice(0, MAX_PROBLEMS),
      otherColumns: [...parsed.otherColumns],
      managersOfAdmins: withManager
        .slice(0, MAX_ADMINS)
        .map(({ details: row }) => t`${row.managerEmail ?? ''} (of ${row.email})`),
      admins: [...admins, ...promoted].slice(0, MAX_ADMINS).map(({ details: row }) => row.email),
    },
  };
}

/** `Line 9, Zoë Brontë: The email address is missing; …` */
export const problemWords = ({ line, who, text }: PlanPreview['problems'][number]): string =>
  who === undefined
    ? t`Line ${line}: ${sayStored(text)}`
    : t`Line ${line}, ${who}: ${sayStored(text)}`;

/** Someone who is an admin, or becomes one by the row: the plan counts their new manager. */
export const isPlannedAdmin = ({ was, details: row }: PlannedRow): boolean =>
  row.role === 'admin' || was === 'admin';

function countBy(problems: readonly RowProblem[]): PlanCounts['byReason'] {
  const counts: { [R in ProblemReason]?: number } = {};
  for (const { reason } of problems) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

/** The rows whose employee ID no one else has, here or further up in the file, and the problems of the others. */
async function withOwnIds(
  people: Stores['people'],
  rows: readonly CsvRow[],
  known: ReadonlyMap<string, Person>,
): Promise<{ readonly rows: readonly CsvRow[]; readonly problems: readonly RowProblem[] }> {
  const idOf = ({ details: { employeeId = '' } }: CsvRow): string => employeeId.trim();
  const ids = [...new Set(rows.map(idOf))].filter(Boolean);
  if (ids.length === 0) return { rows, problems: [] };
  const holders = (await people.findByEmployeeIds(ids)).filter(({ active }) => active);
  const emailOf = new Map(holders.map(({ employeeId = '', email }) => [employeeId, email]));
  const problems: RowProblem[] = [];
  const own = rows.filter((row) => {
    const { email } = row.details;
    const id = idOf(row);
    if (id === '') return true;
    const other = emailOf.get(id);
    if (other === undefined || other === email) {
      // What this row replaces is free for those below.
      const before = known.get(email)?.employeeId;
      if (before !== undefined && emailOf.get(before) === email) emailOf.delete(before);
      emailOf.set(id, email);
      return true;
    }
    problems.push({
      line: row.line,
      who: email,
      reason: 'bad-value',
      text: `${sayIdTaken({ email: other })}.`,
    });
    return false;
  });
  return { rows: own, problems };
}

/** Why a person can't be the manager or buddy that a row names. */
interface RoleWords {
  readonly field: 'managerEmail' | 'buddyEmail';
  readonly themself: (email: string) => string;
  readonly hasLeft: (name: string) => string;
  readonly nobody: (email: string) => string;
}
const asManager: RoleWords = {
  field: 'managerEmail',
  themself: (email) => t`${email} can't be their own manager.`,
  hasLeft: (name) => t`${name}, the manager, has left.`,
  nobody: (email) => t`No one in the directory or in the file has the manager's address, ${email}.`,
};
const asBuddy: RoleWords = {
  field: 'buddyEmail',
  themself: (email) => t`${email} can't be their own buddy.`,
  hasLeft: (name) => t`${name}, the buddy, has left.`,
  nobody: (email) => t`No one in the directory or in the file has the buddy's address, ${email}.`,
};

/** The rows without impossible managers and buddies, and the problems of those. */
function connect(
  rows: readonly CsvRow[],
  known: ReadonlyMap<string, Person>,
): { readonly rows: readonly CsvRow[]; readonly problems: readonly RowProblem[] } {
  const problems: RowProblem[] = [];
  const inFile = new Set(rows.map(({ details: { email } }) => email));
  const refuse = ({ line, details }: CsvRow, reason: ProblemReason, sentence: string) =>
    problems.push({ line, who: details.email, reason, text: withoutIt(sentence) });

  const usable = (each: CsvRow, words: RoleWords) => {
    const { details: row } = each;
    const own = row.email;
    const other = row[words.field];
    if (other === undefined) return undefined;
    const person = known.get(other);
    if (other === own) refuse(each, 'unknown-person', words.themself(own));
    else if (inFile.has(other) || person?.active) return other;
    else if (person) refuse(each, 'unknown-person', words.hasLeft(fullName(person)));
    else refuse(each, 'unknown-person', words.nobody(other.slice(0, 100)));
    return undefined;
  };

  /** For each person someone above them, not always their direct manager. */
  const above = new Map<string, string>();
  const connected = rows.map((each): CsvRow => {
    const { line, details: row } = each;
    const { managerEmail: _, buddyEmail: __, ...others } = row;
    const buddy = usable(each, asBuddy);
    const manager = usable(each, asManager);
    // This row has no manager in `above` yet, so it is the highest above its reports.
    const circle = manager !== undefined && highestAbove(manager, above) === row.email;
    if (circle)
      refuse(
        each,
        'circle',
        t`${manager} already reports to ${row.email}, so can't be their manager.`,
      );
    if (manager !== undefined && !circle) above.set(row.email, manager);
    return {
      line,
      details: {
        ...others,
        ...(manager !== undefined && !circle && { managerEmail: manager }),
        ...(buddy !== undefined && { buddyEmail: buddy }),
      },
    };
  });
  return { rows: connected, problems };
}

/**
 * The highest manager above a person, as far as the file says; the person, if there is none. `above` has no circles. Its chains
 * are shortened on the way (path compression), so that a long chain is walked only once.
 */
function highestAbove(email: string, above: Map<string, string>): string {
  const passed: string[] = [];
  let highest = email;
  for (let next = above.get(highest); next !== undefined; next = above.get(highest)) {
    passed.push(highest);
    highest = next;
  }
  for (const each of passed) above.set(each, highest);
  return highest;
}
