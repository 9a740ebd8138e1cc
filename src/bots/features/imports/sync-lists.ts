/** The rows of an import by outcome: one list at a time, with search and pages. */
import { compact } from '../../../core/compact.ts';
import { shorten } from '../../../core/shorten.ts';
import { sayStored } from '../../../core/stored-sentence.ts';
import { t } from '../../../core/translate.ts';
import { fieldLabel } from '../../../engine/imports/owned-fields.ts';
import { type ChangedField, changesOfRows } from '../../../engine/imports/row-changes.ts';
import type { SyncRow, SyncRun } from '../../../engine/imports/sync-run.ts';
import { withManagers } from '../../../engine/imports/with-managers.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { Page } from '../../../engine/ports/store.ts';
import type { Reader } from '../../live/context.ts';
import { type Block, type Button, muted, strong, type Text } from '../../view/card.ts';
import { showDay } from '../../view/dates.ts';
import { searchedFor } from '../list-card.ts';
import { type Paging, pageButtons, type Rows, readPage, withPage } from '../paging.ts';
import { countRows } from '../people/person-words.ts';
import { filterSyncRows, turnSyncPage } from './sync-actions.ts';
import { listsOf, openLists } from './sync-list-kinds.ts';
import type { ShownSync, SyncList } from './sync-ref.ts';
import { changesInWords } from './sync-words.ts';

/** Even rows with long names and two buttons must fit one message, since the card is edited as a whole. */
const ROWS = 5;

/** The rows of a newer import have replaced these. */
const notKept = () => t`these rows are only kept until the next import.`;
/** How many characters of a name, an address or a title are shown. */
const SHOWN_CHARACTERS = 50;
/** Of what a row changes. */
const FIELDS_SHOWN = 6;

export interface ListedRows {
  /** The list that is shown; undefined where there is none. */
  readonly list: SyncList | undefined;
  /** How many of its rows the search finds. */
  readonly found: number;
  readonly blocks: readonly Block[];
  /** To other pages, and to other lists. */
  readonly buttons: readonly Button[];
}

/** @param buttonsOf the buttons of one row in the list */
export async function listRows(
  { run, wanted }: { readonly run: SyncRun; readonly wanted: ShownSync },
  { stores }: Reader,
  buttonsOf: (row: SyncRow, shown: ShownSync) => Promise<readonly Button[]>,
): Promise<ListedRows> {
  const open = await openLists(run, stores);
  const list = wanted.list && open.includes(wanted.list) ? wanted.list : open[0];
  if (!list) return { list, found: 0, blocks: [], buttons: [] };
  const all = listsOf(run);
  const filter = { ...all[list].rows, search: wanted.text };
  const read = async (at: Page) => {
    const { rows: items, total } = await stores.syncRows.list(run.id, filter, at);
    return { items, total };
  };
  const found = await readPage(wanted.page, read, ROWS);
  const shown: ShownSync = { ...wanted, list, page: found.page };
  const blocks: Block[] = [{ kind: 'divider' }, heading(all[list].title, shown, found)];
  const managers = await managerNotes(run, found.items, stores);
  // Afterwards nothing is left to change.
  const changes =
    list === 'filled' && run.state === 'ready'
      ? await changesOfRows(stores, run, found.items)
      : undefined;
  const isOnlyCompleted = list === 'filled' && changesInWords(run) === undefined;
  for (const row of found.items)
    blocks.push({
      kind: 'row',
      ...(changes
        ? changedText(row, changes.get(row.seq) ?? [], managers(row))
        : rowText(isOnlyCompleted ? withoutDetails(row) : row, list, managers(row))),
      buttons: await buttonsOf(row, shown),
    });
  const isFiltered = found.pages > 1 || shown.text !== '' || open.length > 1;
  const buttons = compact([
    ...pageButtons(found, (page) => turnSyncPage.with({ ...shown, page })),
    isFiltered && { label: t`Filter…`, does: filterSyncRows.with(shown) },
  ]);
  return { list, found: found.total, blocks, buttons };
}

function heading(title: string, { text }: ShownSync, found: Rows<SyncRow> & Paging): Block {
  const words =
    found.total === 0 && text === ''
      ? notKept()
      : withPage(searchedFor(countRows(found.total), text), found);
  return muted(`${title}: ${words}`);
}

/** Problems with the managers in these rows, checked against the current directory and other rows of the import. */
async function managerNotes(
  run: SyncRun,
  rows: readonly SyncRow[],
  { people, syncRows }: Reader['stores'],
): Promise<(row: SyncRow) => string | undefined> {
  const all = await withManagers({ people, syncRows }, run.id, rows);
  const named = [...new Set(all.flatMap(({ details }) => details?.managerEmail || []))];
  if (named.length === 0) return () => undefined;
  const here = new Map((await people.findByEmails(named)).map((each) => [each.email, each]));
  const coming: ReadonlySet<string> =
    run.state === 'ready' ? await syncRows.known(run.id, named) : new Set();
  const managers = new Map(all.map(({ seq, details }) => [seq, details?.managerEmail]));
  return ({ email, seq }) => {
    const manager = managers.get(seq);
    if (!manager) return undefined; // An empty one is nobody.
    if (manager === email) return t`named as their own manager`;
    const person = here.get(manager);
    if (person?.active || coming.has(manager)) return undefined;
    return person
      ? t`manager ${cut(manager)} has left`
      : t`manager ${cut(manager)} isn't in the directory`;
  };
}

/** Who it is, and what the row would change. */
function changedText(
  row: SyncRow,
  changes: readonly ChangedField[],
  aboutManager: string | undefined,
): { readonly text: Text; readonly detail: Text } {
  const fields = changes.slice(0, FIELDS_SHOWN).map(({ key, value, holder }) => {
    if (value === '') return t`no ${fieldLabel(key)}`;
    const field = `${fieldLabel(key)}: ${isDayKey(key) ? showDay(value) : cut(value)}`;
    return holder ? t`${field} (${cut(fullName(holder))} has it now)` : field;
  });
  const more = changes.length > FIELDS_SHOWN ? ['…'] : [];
  const { text } = rowText(row, 'filled', undefined);
  const isNamed = `${row.firstName}${row.lastName}`.trim() !== '';
  const isSaid = !isNamed || changes.some(({ key }) => key === 'email'); // The row begins with it, or says it as a change.
  const email = isSaid ? '' : cut(row.email ?? '');
  const detail = [email, ...fields, ...more, aboutManager, row.note && sayStored(row.note)];
  return { text, detail: [detail.filter(Boolean).join(' · ')] };
}

/** The source may say another position than the directory: who is here keeps theirs. */
const withoutDetails = (row: SyncRow): SyncRow => ({ ...row, details: undefined });

function rowText(
  row: SyncRow,
  list: SyncList,
  aboutManager: string | undefined,
): { readonly text: Text; readonly detail: Text } {
  const { email, firstName, lastName, details = {}, note } = row;
  const name = cut(`${firstName} ${lastName}`.trim());
  const place = t`Row ${row.seq + 1}`;
  const about = compact([
    name !== '' && (email === undefined ? place : cut(email)),
    ...[details.position, details.department].flatMap((value) => (value ? [cut(value)] : [])),
    list === 'new' && details.startDate && t`first day ${showDay(details.startDate)}`,
    aboutManager,
    note && sayStored(note),
  ]);
  const whom = name || cut(email ?? '') || place;
  const mark = list === 'new' || list === 'left' ? (row.chosen ? '☑ ' : '☐ ') : '';
  return {
    text: [strong(mark + whom)],
    detail: [about.join(' · ')],
  };
}

/** A row that can't be read as a day isn't taken, so its value is one. */
const isDayKey = (key: string): boolean => key === 'start' || key === 'end';

const cut = (text: string): string => shorten(text, SHOWN_CHARACTERS);
