/** Reads people from a CSV file as spreadsheets and HR systems write it, piece by piece. It never throws for its content. */
import { CsvError, type Options, parse } from 'csv-parse';
import { dayProblem } from '../../core/day.ts';
import { storable } from '../../core/fold.ts';
import { nextTurn } from '../../core/next-turn.ts';
import { shorten } from '../../core/shorten.ts';
import { sayNumber, t } from '../../core/translate.ts';
import type { Role } from '../people/directory.ts';
import {
  checkDetails,
  type PersonDetails,
  problemsOf,
  readEmail,
} from '../people/person-details.ts';
import type { ProblemReason } from './file-import.ts';

/** A form takes this many bytes: about 50,000 people. */
export const MAX_BYTES = 5 * 1024 * 1024;
const MAX_ROWS = 50_000;
/** More than any export of an HR system has. Every row is split into as many cells. */
const MAX_COLUMNS = 1000;
/** Characters. A longer row has a quote that is never closed, or the file is no list of people. */
const MAX_ROW = 100_000;
/** Bytes, and rows, between two turns of the event loop: some milliseconds each. */
const PIECE = 8 * 1024;
const ROWS_A_TURN = 500;
/** After so many unknown time zones, only names of the standard list are accepted: looking up unknown names is slow. */
const MAX_UNKNOWN_ZONES = 100;

export interface CsvRow {
  /** In the file, from 1. */
  readonly line: number;
  /** The row's values without empty cells. The email is trimmed and in lower case. */
  readonly details: PersonDetails & { readonly email: string };
}

export interface RowProblem {
  readonly line: number;
  /** Its address, else its name. Undefined where it has neither, or `text` says it. */
  readonly who?: string | undefined;
  readonly reason: ProblemReason;
  /** A sentence for people. */
  readonly text: string;
}

export type ParsedCsv =
  | {
      readonly ok: true;
      /** Each address once. */
      readonly rows: readonly CsvRow[];
      /** Problems of rows that are left out. */
      readonly problems: readonly RowProblem[];
      /** Problems of rows that are imported without a value. */
      readonly partly: readonly RowProblem[];
      /** Names of unknown columns. */
      readonly otherColumns: readonly string[];
    }
  /** The file can't be read. `why` is a sentence with the cure. */
  | { readonly ok: false; readonly why: string };

type Column = keyof PersonDetails | 'name';

/** Accepted names of columns, in lower case, with letters and digits only. */
const columnNames: Readonly<Record<Column, readonly string[]>> = {
  email: ['email', 'mail', 'emailaddress', 'mailaddress', 'workemail', 'workemailaddress'],
  firstName: ['firstname', 'givenname', 'forename', 'first'],
  lastName: ['lastname', 'surname', 'familyname', 'last'],
  name: ['name', 'fullname', 'displayname'],
  managerEmail: ['manager', 'manageremail', 'managersemail', 'supervisor', 'reportsto'],
  buddyEmail: ['buddy', 'buddyemail', 'buddysemail'],
  position: ['position', 'title', 'jobtitle', 'job'],
  department: ['department', 'dept'],
  startDate: ['start', 'startdate', 'firstday', 'hiredate'],
  timeZone: ['timezone', 'tz'],
  phone: ['phone', 'phonenumber', 'mobile', 'mobilephone', 'telephone'],
  employeeId: ['employeeid', 'employeenumber', 'personnelnumber', 'staffid'],
  role: ['role'],
};

const roles: ReadonlyMap<string, Role> = new Map([
  ['admin', 'admin'],
  ['manager', 'manager'],
  ['newhire', 'new_hire'],
  ['other', 'other'],
]);

/** @param text of the file, decoded */
export async function parsePeopleCsv(text: string): Promise<ParsedCsv> {
  const read = await readRecords(text);
  if (!read.ok) return read;
  const [header, ...records] = read.records;
  if (!header) return { ok: false, why: t`The file is empty. ${headerText()}` };
  const columns = readHeader(header.cells);
  if (!columns.ok) return columns;
  const taken = await readRows(records, columns.places);
  return { ...taken, ok: true, otherColumns: columns.others };
}

const headerText = () =>
  t`The first line has to name the columns, such as email, first name, last name, manager, position, department, start.`;

interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

type Records =
  | { readonly ok: true; readonly records: readonly CsvRecord[] }
  | { readonly ok: false; readonly why: string };

async function readRecords(text: string): Promise<Records> {
  const body = text.replace(/^\uFEFF/, '');
  // Excel can name its separator in a first line of its own.
  const [said, separator] = /^sep=([,;\t])\r?\n/i.exec(body) ?? [];
  const content = said === undefined ? body : body.slice(said.length);
  const linesBefore = said === undefined ? 0 : 1;
  const records: CsvRecord[] = [];
  if (hasLineOver(content, MAX_ROW)) return { ok: false, why: rowTooLong() };
  try {
    await parseInPieces(Buffer.from(content), {
      delimiter: separator ?? delimiterOf(content),
      // A file that was joined from several may have all of them.
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: MAX_ROW,
      on_record(record, { lines }) {
        if (record.length > MAX_COLUMNS) throw new TooMuch(tooManyColumns());
        const cells = record.map((cell) => storable(cell).trim());
        // The parser counts to the record's last line; its cells may contain line breaks.
        const within = record.join('').split('\n').length - 1;
        if (cells.some((cell) => cell !== ''))
          records.push({ line: lines - within + linesBefore, cells });
        if (records.length > MAX_ROWS + 1) throw new TooMuch(tooManyRows());
        return null; // It is kept here, with its line.
      },
    });
    return { ok: true, records };
  } catch (error) {
    if (error instanceof TooMuch) return { ok: false, why: error.message };
    if (!(error instanceof CsvError)) throw error;
    if (error.code === 'CSV_MAX_RECORD_SIZE') return { ok: false, why: rowTooLong() };
    return { ok: false, why: notCsv(records) };
  }
}

/** @throws what the parser or `on_record` throws */
async function parseInPieces(bytes: Buffer, options: Options): Promise<void> {
  const parser = parse(options);
  const failures: Error[] = [];
  const ended = new Promise<void>((resolve) => {
    parser.once('error', (error) => {
      failures.push(error);
      resolve();
    });
    parser.once('end', resolve);
  });
  parser.resume(); // Records are kept by `on_record`.
  for (let at = 0; at < bytes.length && failures.length === 0; at += PIECE) {
    parser.write(bytes.subarray(at, at + PIECE));
    await nextTurn();
  }
  if (failures.length === 0) parser.end();
  await ended;
  if (failures[0]) throw failures[0];
}

/** Checked before parsing: the parser would make a text of every empty cell. */
function hasLineOver(text: string, characters: number): boolean {
  for (let at = 0, start = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === LINE_FEED || code === CARRIAGE_RETURN) start = at + 1;
    else if (at - start >= characters) return true;
  }
  return false;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Stops reading in the middle of the file. */
class TooMuch extends Error {}

const tooManyRows = (): string =>
  t`The file has more than ${sayNumber(MAX_ROWS)} rows, the most Latchkey imports at once. Split it, and import one part after the other.`;
/** `relax_quotes` takes every quote but one that the rest of the file doesn't close. @param read what comes before it */
function notCsv(read: readonly CsvRecord[]): string {
  const before = read.at(-1)?.line;
  return before === undefined
    ? t`Latchkey can't read the file as CSV: a quotation mark opens a cell and none closes it. Save it as CSV again.`
    : t`Latchkey can't read the file as CSV: below line ${before}, a quotation mark opens a cell and none closes it. Save it as CSV again.`;
}
const tooManyColumns = (): string =>
  t`The file has a row with more than ${MAX_COLUMNS} columns. Leave out those you don't need, and save it as CSV again.`;
const rowTooLong = (): string =>
  t`The file has a row with more than ${sayNumber(MAX_ROW)} characters; perhaps a quote isn't closed. Save it as CSV again.`;

/** The most frequent separator of the first line, outside of quotes. */
function delimiterOf(text: string): string {
  const firstLine = /^[^\r\n]*/.exec(text.trimStart())?.[0] ?? '';
  const unquoted = firstLine.replaceAll(/"[^"]*"/g, '');
  const counted = [',', ';', '\t'].map((each) => ({ each, count: unquoted.split(each).length }));
  return counted.toSorted((a, b) => b.count - a.count)[0]?.each ?? ',';
}

type Places = ReadonlyMap<Column, number>;

function readHeader(
  cells: readonly string[],
):
  | { readonly ok: true; readonly places: Places; readonly others: readonly string[] }
  | { readonly ok: false; readonly why: string } {
  const places = new Map<Column, number>();
  const others: string[] = [];
  for (const [place, cell] of cells.entries()) {
    const column = columnCalled(cell);
    if (column === undefined) {
      if (cell !== '') others.push(cell.slice(0, SHOWN));
      continue;
    }
    const before = places.get(column);
    if (before !== undefined)
      return {
        ok: false,
        why: t`Two columns mean the same: "${cells[before] ?? ''}" and "${cell}". Remove one of them.`,
      };
    places.set(column, place);
  }
  return places.has('email')
    ? { ok: true, places, others }
    : { ok: false, why: t`No column is called "email". ${headerText()}` };
}

/** Characters of a cell that are shown. */
const SHOWN = 60;

const plain = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

/** A longer header cell is no column name. */
const LONGEST_COLUMN_NAME = 100;

function columnCalled(cell: string): Column | undefined {
  if (cell.length > LONGEST_COLUMN_NAME) return undefined;
  const name = plain(cell);
  return (Object.keys(columnNames) as Column[]).find((column) =>
    columnNames[column].includes(name),
  );
}

async function readRows(
  records: readonly CsvRecord[],
  places: Places,
): Promise<Pick<Extract<ParsedCsv, { ok: true }>, 'rows' | 'problems' | 'partly'>> {
  const rows: CsvRow[] = [];
  const problems: RowProblem[] = [];
  const partly: RowProblem[] = [];
  const lines = new Map<string, number>();
  const check = checker();
  for (const [index, { line, cells }] of records.entries()) {
    if (index % ROWS_A_TURN === 0) await nextTurn();
    const read = readRow(cells, places, check);
    if (!read.ok) {
      const { reason, text, who } = read;
      problems.push({ line, reason, text, who });
      continue;
    }
    const { email } = read.details;
    const before = lines.get(email);
    if (before !== undefined) {
      const text = t`${email} is already in line ${before}, and that one counts.`;
      problems.push({ line, reason: 'duplicate', text });
      continue;
    }
    lines.set(email, line);
    rows.push({ line, details: read.details });
    if (read.without !== undefined)
      partly.push({
        line,
        who: email,
        reason: 'bad-phone',
        text: withoutIt(read.without),
      });
  }
  return { rows, problems, partly };
}

/** Adds to a sentence that the row is imported without the value. */
export const withoutIt = (sentence: string): string =>
  t`${sentence} The row is imported without it.`;

type ReadRow =
  | {
      readonly ok: true;
      readonly details: CsvRow['details'];
      /** Why the row is imported without its phone number. */
      readonly without?: string;
    }
  | {
      readonly ok: false;
      readonly reason: ProblemReason;
      readonly text: string;
      readonly who: string | undefined;
    };

/** A row without an address is told by its name. */
const whoIs = (email: string | undefined, firstName: string, lastName: string) =>
  email ?? (shorten(`${firstName} ${lastName}`.trim(), SHOWN) || undefined);

function readRow(cells: readonly string[], places: Places, check: typeof checkDetails): ReadRow {
  const cell = (column: Column): string => cells[places.get(column) ?? -1] ?? '';
  const typed = cell('email');
  const email = readEmail(typed);
  const [first = '', ...rest] = cell('name').split(/\s+/);
  const firstName = cell('firstName') || (cell('lastName') === '' ? first : '');
  const lastName = cell('lastName') || (cell('firstName') === '' ? rest.join(' ') : '');
  const wrong = (reason: ProblemReason, text: string): ReadRow => ({
    ok: false,
    reason,
    text,
    who: whoIs(email, firstName, lastName),
  });
  if (typed === '')
    return wrong('no-email', t`The email address is missing; Latchkey tells people apart by it.`);
  if (email === undefined)
    return wrong('bad-email', t`"${typed.slice(0, SHOWN)}" isn't an email address.`);
  const role = cell('role') === '' ? undefined : roles.get(plain(cell('role')));
  if (cell('role') !== '' && !role)
    return wrong(
      'bad-value',
      t`"${cell('role').slice(0, SHOWN)}" isn't a role; use admin, manager, new hire or other.`,
    );
  const details = withoutBlanks({
    firstName,
    lastName,
    managerEmail: cell('managerEmail').toLowerCase(),
    buddyEmail: cell('buddyEmail').toLowerCase(),
    position: cell('position'),
    department: cell('department'),
    startDate: isoDay(cell('startDate')),
    timeZone: cell('timeZone'),
    phone: cell('phone'),
    employeeId: cell('employeeId'),
  });
  const { phone: wrongPhone, ...errors } = check(details);
  const [problem] = problemsOf(errors);
  if (problem !== undefined) return wrong('bad-value', `${problem}.`);
  const taken = { ...details, email, role };
  if (wrongPhone === undefined) return { ok: true, details: taken };
  const without = `${problemsOf({ phone: wrongPhone })[0]}.`;
  return { ok: true, details: { ...taken, phone: undefined }, without };
}

/** `01.12.2026`, as German spreadsheets write it, in ISO. Other texts, and days that don't exist, stay as they are. */
function isoDay(typed: string): string {
  const [, day = '', month = '', year = ''] = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(typed) ?? [];
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  return dayProblem(iso) === 'no-day' ? typed : iso;
}

/** Remembers time zones: looking one up again is slow. */
function checker(): typeof checkDetails {
  const zones = new Set<string>();
  const listed = new Set(Intl.supportedValuesOf('timeZone'));
  let unknown = 0;
  return (details) => {
    const { timeZone, ...others } = details;
    if (timeZone === undefined || zones.has(timeZone)) return checkDetails(others);
    // Looking up an unknown zone is slow, and a column of other values has one in every row.
    if (unknown >= MAX_UNKNOWN_ZONES) return checkDetails(details, (name) => listed.has(name));
    const errors = checkDetails(details);
    if (errors.timeZone === undefined) zones.add(timeZone);
    else unknown += 1;
    return errors;
  };
}

const withoutBlanks = <T extends object>(texts: T): { readonly [K in keyof T]?: string } =>
  Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')) as {
    readonly [K in keyof T]?: string;
  }; // Every value is a text.
