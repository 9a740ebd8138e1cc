/** Every column of plain JSON, to find damaged rows. Those with who did something are read by `readActor`. */
import type { Knex } from 'knex';
import { z } from 'zod';
import { WORKSPACE, workspace } from '../engine/settings/settings.ts';
import { tagsColumn } from './bundles/bundles.ts';
import { progressColumn as roundColumn } from './findings/account-rounds.ts';
import { progressColumn as fileImportColumn } from './imports/file-imports.ts';
import { detailsColumn } from './imports/sync-rows.ts';
import { progressColumn as syncColumn } from './imports/sync-runs.ts';
import { approvalColumn, settingsColumn } from './integrations/integrations.ts';
import { routeColumn } from './requests/requests.ts';
import { reviewerIdsColumn as campaignReviewersColumn, scopeColumn } from './reviews/campaigns.ts';
import { nextColumn, reviewerIdsColumn } from './reviews/review-rows.ts';
import { definitionColumn, draftColumn } from './rules/rules.ts';
import { errorColumn } from './runs/run-rows.ts';
import { warningsColumn } from './runs/step-rows.ts';
import { countsColumn, whomColumn } from './sequences/sequence-batches.ts';
import { causeColumn } from './sequences/sequence-events.ts';
import { timingColumn } from './sequences/sequences.ts';
import { columns as transitionColumns } from './transitions/transitions.ts';
import { type JsonColumn, jsonColumn, readColumnOr } from './work/columns.ts';

const anyObject = z.record(z.string(), z.unknown());

/** With what an admin can do about a row that is damaged; left out: only a backup helps. */
export const jsonColumns: readonly {
  readonly column: JsonColumn<unknown>;
  /** Of its table. Left out: `id`. */
  readonly key?: readonly string[];
  readonly cure?: string;
  /** Rows with a shape of their own, by their key. */
  readonly rows?: Readonly<
    Record<string, Pick<DamagedRow, 'cure'> & Pick<JsonColumn<unknown>, 'schema'>>
  >;
}[] = [
  { column: settingsColumn, cure: 'set its policy again on its card in chat ("integrations")' },
  { column: approvalColumn, cure: 'set its policy again on its card in chat ("integrations")' },
  { column: definitionColumn, cure: 'write its conditions and apps again in chat ("rules")' },
  { column: draftColumn, cure: 'discard its draft in chat ("rules")' },
  { column: tagsColumn, cure: 'enter its tags again in chat ("bundles")' },
  { column: routeColumn, cure: 'let an admin approve or deny it in chat' },
  { column: nextColumn, cure: 'close this review and start another one' },
  { column: reviewerIdsColumn },
  { column: campaignReviewersColumn, cure: 'choose its reviewers again in chat ("reviews")' },
  { column: scopeColumn, cure: 'choose again what it asks about in chat ("reviews")' },
  { column: timingColumn, cure: 'add this step again in chat ("sequences")' },
  { column: causeColumn },
  { column: whomColumn },
  { column: countsColumn },
  { column: roundColumn, cure: 'wait for the next list of accounts' },
  { column: syncColumn, cure: 'import again' },
  { column: detailsColumn, key: ['run_id', 'seq'], cure: 'import again' },
  { column: fileImportColumn, cure: 'discard this import, and begin again' },
  { column: errorColumn },
  { column: warningsColumn, key: ['run_id', 'attempt', 'step_index'] },
  ...Object.values(transitionColumns).map((column) => ({ column })),
  { column: jsonColumn('people.stored', anyObject) },
  { column: jsonColumn('people.stored_by', anyObject) },
  {
    column: jsonColumn('settings.value', z.unknown()),
    key: ['key'],
    rows: {
      [WORKSPACE]: { schema: workspace, cure: 'choose all settings again in chat ("settings")' },
    },
  },
];

export interface DamagedRow {
  readonly table: string;
  readonly column: string;
  /** The parts of its key, with slashes between them. */
  readonly row: string;
  readonly cure?: string | undefined;
}

/** `rules.definition of 0192…`, and what to do about it. */
export const damagedWords = ({ table, column, row, cure }: DamagedRow) => ({
  what: `${table}.${column} of ${row} holds something that Latchkey did not write`,
  next:
    cure === undefined
      ? 'Restore that row from a backup.'
      : `Restore that row from a backup, or ${cure}.`,
});

/** Rows that are read at once. */
const AT_ONCE = 1000;
/** Of one column: after the loss of a whole table its name helps, not its rows. */
const MAX_NAMED = 5;

/** What files of the configuration say, and which column shows that it is deleted. */
const inFiles: Readonly<Record<string, 'deleted_at' | 'removed_at' | undefined>> = {
  [settingsColumn.place]: 'deleted_at',
  [approvalColumn.place]: 'deleted_at',
  [definitionColumn.place]: 'deleted_at',
  [tagsColumn.place]: 'deleted_at',
  [timingColumn.place]: 'removed_at',
  'settings.value': undefined,
};

/** Of what `latchkey export` would write: a file without it would later take it away. */
export const damagedInFiles = (db: Knex): Promise<readonly DamagedRow[]> =>
  damagedAmong(
    db,
    jsonColumns.filter(({ column: { place } }) => Object.hasOwn(inFiles, place)),
    ({ place }) => inFiles[place],
  );

/** Steps of sequences, which `latchkey apply` would add once more. */
export const damagedSteps = (db: Knex): Promise<readonly DamagedRow[]> =>
  damagedAmong(
    db,
    jsonColumns.filter(({ column }) => column.place === timingColumn.place),
    () => 'removed_at',
  );

/** Reads every JSON column, so it is for the operator, who waits at a terminal. */
export const damagedRows = (db: Knex): Promise<readonly DamagedRow[]> =>
  damagedAmong(db, jsonColumns);

async function damagedAmong(
  db: Knex,
  columns: typeof jsonColumns,
  deletedBy: (column: JsonColumn<unknown>) => string | undefined = () => undefined,
): Promise<readonly DamagedRow[]> {
  const found: DamagedRow[] = [];
  for (const { column: json, key = ['id'], cure, rows: shapes = {} } of columns) {
    const [table = '', column = ''] = json.place.split('.');
    const deleted = deletedBy(json);
    let named = 0;
    let last: Readonly<Record<string, string | number>> | undefined;
    while (named < MAX_NAMED) {
      const query = db<Record<string, string | number>>(table)
        .select([...key, column])
        .whereNotNull(column)
        .orderBy([...key])
        .limit(AT_ONCE);
      if (last) query.whereRaw(...after(key, last));
      if (deleted !== undefined) query.whereNull(deleted);
      const rows: readonly Readonly<Record<string, string | number>>[] = await query;
      const damaged = rows
        .map((row) => ({ name: key.map((part) => row[part]).join('/'), text: String(row[column]) }))
        .filter(({ name, text }) => !isReadable({ ...json, ...shapes[name] }, text));
      for (const { name } of damaged.slice(0, MAX_NAMED - named))
        found.push({ table, column, row: name, cure: shapes[name]?.cure ?? cure });
      named += damaged.length;
      last = rows.at(-1);
      if (rows.length < AT_ONCE) break;
    }
  }
  return found;
}

/** The rows whose key comes after that row's. */
const after = (
  key: readonly string[],
  row: Readonly<Record<string, string | number>>,
): [string, (string | number)[]] => {
  const marks = (mark: string) => key.map(() => mark).join(', ');
  return [`(${marks('??')}) > (${marks('?')})`, [...key, ...key.map((part) => row[part] ?? '')]];
};

const DAMAGED = Symbol('damaged');
const isReadable = (column: JsonColumn<unknown>, text: string): boolean =>
  readColumnOr<unknown, typeof DAMAGED>(column, text, DAMAGED) !== DAMAGED;
