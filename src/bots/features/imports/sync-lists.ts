/** The rows of an import by outcome: one list at a time, with search and pages. */
import { sayNumber, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { MAX_INVALID_KEPT } from '../../../engine/imports/judge-rows.ts';
import type { SyncRow, SyncRun } from '../../../engine/imports/sync-run.ts';
import type { SyncRowFilter } from '../../../engine/ports/import-stores.ts';
import type { Page } from '../../../engine/ports/store.ts';
import type { Reader } from '../../live/context.ts';
import { type Block, type Button, buttonRow, type Text } from '../../view/card.ts';
import { searchedFor } from '../list-card.ts';
import { type Paging, pageButtons, type Rows, readPage, withPage } from '../paging.ts';
import { countRows } from '../people/person-words.ts';
import { searchSyncRows, turnSyncPage } from './sync-actions.ts';
import type { ShownSync, SyncList } from './sync-ref.ts';

/** Even rows with long names and two buttons must fit one message, since the card is edited as a whole. */
const ROWS = 5;

/** The rows of a newer import have replaced these. */
const notKept = () => t`these rows are only kept until the next import.`;
/** How many characters of a name, an address or a title are shown. */
const SHOWN_CHARACTERS = 50;

/** The title of each list, and its rows. `new` has people who may still be added, `added` those who were. */
const lists = ({
  state,
  counts,
}: SyncRun): Readonly<
  Record<SyncList, { readonly title: string; readonly rows: SyncRowFilter }>
> => ({
  new: { title: t`New`, rows: { states: ['new'] } },
  added: { title: t`Added`, rows: { states: ['new'], isChosen: true } },
  updated: { title: t`Updated`, rows: { states: ['updated'] } },
  filled: {
    title: state === 'ready' ? t`Missing details filled in` : t`Completed`,
    rows: { states: ['fill'] },
  },
  left: { title: t`Left earlier`, rows: { states: ['left'] } },
  existing: { title: t`Already here`, rows: { states: ['existing'] } },
  unchanged: { title: t`No change`, rows: { states: ['unchanged'] } },
  ignored: { title: t`Ignored`, rows: { states: ['ignored'] } },
  invalid: {
    title:
      (counts.skipped.invalid ?? 0) > MAX_INVALID_KEPT
        ? t`Not valid, the first of ${sayNumber(counts.skipped.invalid ?? 0)}`
        : t`Not valid`,
    rows: { states: ['invalid'] },
  },
  duplicate: { title: t`Duplicates`, rows: { states: ['duplicate'] } },
  unknown: { title: t`Not in the directory`, rows: { states: ['unknown'] } },
  missing: { title: t`No longer in the source`, rows: { states: ['missing'] } },
});

const BEFORE: readonly SyncList[] = [
  'new',
  'left',
  'filled',
  'existing',
  'ignored',
  'invalid',
  'duplicate',
  'missing',
];
const AFTER: readonly SyncList[] = [
  'added',
  'left',
  'updated',
  'filled',
  'existing',
  'unchanged',
  'ignored',
  'invalid',
  'duplicate',
  'unknown',
  'missing',
];

export interface ListedRows {
  /** The list that is shown; undefined where there is none. */
  readonly list: SyncList | undefined;
  /** How many of its rows the search finds. */
  readonly found: number;
  readonly blocks: readonly Block[];
}

/**
 * @param fills how many people would get values that they lack, before the import
 * @param buttonsOf the buttons of one row in the list
 */
export async function listRows(
  run: SyncRun,
  wanted: ShownSync,
  { stores }: Reader,
  {
    fills,
    buttonsOf,
  }: {
    readonly fills: number;
    readonly buttonsOf: (row: SyncRow, shown: ShownSync) => Promise<readonly Button[]>;
  },
): Promise<ListedRows> {
  const open = (run.state === 'ready' ? BEFORE : AFTER).filter(
    (each) => (each === 'filled' && fills > 0) || hasRows(each, run),
  );
  const list = wanted.list && open.includes(wanted.list) ? wanted.list : open[0];
  if (!list) return { list, found: 0, blocks: [] };
  const all = lists(run);
  const filter = { ...all[list].rows, search: wanted.text };
  const read = async (at: Page) => {
    const { rows: items, total } = await stores.syncRows.list(run.id, filter, at);
    return { items, total };
  };
  const found = await readPage(wanted.page, read, ROWS);
  const shown: ShownSync = { ...wanted, list, page: found.page };
  const blocks: Block[] = [{ kind: 'divider' }, heading(all[list].title, shown, found)];
  const managers = await managerNotes(run, found.items, stores);
  for (const row of found.items) {
    blocks.push({ kind: 'text', text: rowText(row, list, managers(row)) });
    blocks.push(...buttonRow(await buttonsOf(row, shown)));
  }
  const turning = [
    ...(found.pages > 1 || shown.text !== ''
      ? [{ label: t`Search…`, does: searchSyncRows.with(shown) }]
      : []),
    ...pageButtons(found, (page) => turnSyncPage.with({ ...shown, page })),
  ];
  const others = open
    .filter((other) => other !== list)
    .map((other) => ({
      label: all[other].title,
      does: turnSyncPage.with({ runId: run.id, list: other, text: '', page: 0 }),
    }));
  blocks.push(...buttonRow(turning), ...buttonRow(others));
  return { list, found: found.total, blocks };
}

/** Uses the counts of the run, since reading a million rows would be slow. */
function hasRows(list: SyncList, { counts, action }: SyncRun): boolean {
  switch (list) {
    case 'new':
      return counts.fresh > 0;
    case 'added':
      return counts.created > 0;
    case 'updated':
      return action === 'update' && counts.updated > 0;
    case 'filled':
      return action === 'create' && counts.updated > 0;
    case 'missing':
      return counts.missing > 0;
    case 'left':
    case 'existing':
    case 'unchanged':
    case 'ignored':
    case 'invalid':
    case 'duplicate':
    case 'unknown':
      return (counts.skipped[list] ?? 0) > 0;
    default:
      return unreachable(list);
  }
}

function heading(title: string, { text }: ShownSync, found: Rows<SyncRow> & Paging): Block {
  const words =
    found.total === 0 && text === ''
      ? notKept()
      : withPage(searchedFor(countRows(found.total), text), found);
  return { kind: 'text', muted: true, text: [`${title}: ${words}`] };
}

/** Problems with the managers in these rows, checked against the current directory and other rows of the import. */
async function managerNotes(
  run: SyncRun,
  rows: readonly SyncRow[],
  { people, syncRows }: Reader['stores'],
): Promise<(row: SyncRow) => string | undefined> {
  const named = [...new Set(rows.flatMap(({ details }) => details?.managerEmail ?? []))];
  if (named.length === 0) return () => undefined;
  const here = new Map((await people.findByEmails(named)).map((each) => [each.email, each]));
  const coming: ReadonlySet<string> =
    run.state === 'ready' ? await syncRows.known(run.id, named) : new Set();
  return ({ email, details }) => {
    const manager = details?.managerEmail;
    if (manager === undefined) return undefined;
    if (manager === email) return t`named as their own manager`;
    const person = here.get(manager);
    if (person?.active || coming.has(manager)) return undefined;
    return person
      ? t`manager ${cut(manager)} has left`
      : t`manager ${cut(manager)} isn't in the directory`;
  };
}

function rowText(row: SyncRow, list: SyncList, aboutManager: string | undefined): Text {
  const { email, firstName, lastName, details = {}, note } = row;
  const name = cut(`${firstName} ${lastName}`.trim());
  const about = [
    ...(email !== undefined && name !== '' ? [cut(email)] : []),
    ...[details.position, details.department].flatMap((value) => (value ? [cut(value)] : [])),
    ...(aboutManager === undefined ? [] : [aboutManager]),
    ...(note === undefined ? [] : [note]),
  ];
  const mark = list === 'new' || list === 'left' ? (row.chosen ? '☑ ' : '☐ ') : '';
  return [
    mark,
    { kind: 'strong' as const, text: name || cut(email ?? '') || t`Row ${row.seq + 1}` },
    about.length > 0 ? ` · ${about.join(' · ')}` : '',
  ].filter((span) => span !== '');
}

const cut = (text: string): string =>
  text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
