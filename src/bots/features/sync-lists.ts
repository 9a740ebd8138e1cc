/** The rows of an import, by what they came to: one list at a time, searched and page by page. */
import type { SyncRowFilter } from '../../engine/ports.ts';
import type { SyncRow, SyncRun } from '../../engine/sync/sync-run.ts';
import type { Block, Button, Text } from '../view/card.ts';
import type { Reader } from './context.ts';
import { pageButtons, pageWords } from './paging.ts';
import { countOf } from './person-words.ts';
import { searchSyncRows, turnSyncPage } from './sync-actions.ts';
import type { ShownSync, SyncList } from './sync-ref.ts';

/** A row is two blocks, and a Slack message has fifty. */
const PAGE = 8;

/** What a list is called, and which rows are in it. `new` is for who may still come, `added` for who has. */
const lists: Readonly<Record<SyncList, { readonly title: string; readonly rows: SyncRowFilter }>> =
  {
    new: { title: 'New', rows: { states: ['new'] } },
    added: { title: 'Added', rows: { states: ['new'], isChosen: true } },
    updated: { title: 'Updated', rows: { states: ['updated'] } },
    filled: { title: 'Got what they lacked', rows: { states: ['fill'] } },
    left: { title: 'Had left', rows: { states: ['left'] } },
    existing: { title: 'Here already', rows: { states: ['existing'] } },
    unchanged: { title: 'Without a change', rows: { states: ['unchanged'] } },
    ignored: { title: 'Ignored', rows: { states: ['ignored'] } },
    invalid: { title: 'Not valid', rows: { states: ['invalid'] } },
    duplicate: { title: 'Came twice', rows: { states: ['duplicate'] } },
    unknown: { title: 'Not here', rows: { states: ['unknown'] } },
    missing: { title: 'No longer there', rows: { states: ['missing'] } },
  };

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
  /** Rows that the search finds in it. */
  readonly found: number;
  readonly blocks: readonly Block[];
}

/** @param buttonsOf what can be done about one row of the list that is shown */
export async function listRows(
  run: SyncRun,
  wanted: ShownSync,
  { stores }: Reader,
  buttonsOf: (row: SyncRow, shown: ShownSync) => Promise<readonly Button[]>,
): Promise<ListedRows> {
  const open: SyncList[] = [];
  for (const list of run.state === 'ready' ? BEFORE : AFTER) {
    const { rows } = await stores.syncRows.list(run.id, lists[list].rows, { offset: 0, limit: 1 });
    if (rows.length > 0) open.push(list);
  }
  const list = wanted.list && open.includes(wanted.list) ? wanted.list : open[0];
  if (!list) return { list, found: 0, blocks: [] };
  const filter = { ...lists[list].rows, search: wanted.text };
  const read = (page: number) =>
    stores.syncRows.list(run.id, filter, { offset: page * PAGE, limit: PAGE });
  const asked = await read(wanted.page);
  // Rows went meanwhile, and the page with them.
  const isGone = asked.rows.length === 0 && wanted.page > 0;
  const { rows, total } = isGone ? await read(0) : asked;
  const shown: ShownSync = { ...wanted, list, page: isGone ? 0 : wanted.page };
  const pages = Math.max(1, Math.ceil(total / PAGE));
  const blocks: Block[] = [{ kind: 'divider' }, heading(list, shown, total, pages)];
  for (const row of rows) {
    blocks.push({ kind: 'text', text: rowText(row, list) });
    const buttons = await buttonsOf(row, shown);
    if (buttons.length > 0) blocks.push({ kind: 'buttons', buttons });
  }
  const turning = [
    ...(total > PAGE || shown.text !== ''
      ? [{ label: 'Search…', does: searchSyncRows.with(shown) }]
      : []),
    ...pageButtons({ page: shown.page, pages }, (page) => turnSyncPage.with({ ...shown, page })),
    ...open
      .filter((other) => other !== list)
      .map((other) => ({
        label: lists[other].title,
        does: turnSyncPage.with({ runId: run.id, list: other, text: '', page: 0 }),
      })),
  ];
  if (turning.length > 0) blocks.push({ kind: 'buttons', buttons: turning });
  return { list, found: total, blocks };
}

function heading(list: SyncList, { text, page }: ShownSync, total: number, pages: number): Block {
  const found = text === '' ? '' : ` for "${text}"`;
  const many = countOf(total, 'row', 'rows');
  return {
    kind: 'text',
    muted: true,
    text: [`${lists[list].title}: ${many}${found}${pageWords({ page, pages })}`],
  };
}

function rowText(row: SyncRow, list: SyncList): Text {
  const { email, firstName, lastName, details = {}, note } = row;
  const name = `${firstName} ${lastName}`.trim();
  const about = [
    ...(email !== undefined && name !== '' ? [email] : []),
    ...[details.position, details.department].flatMap((value) => value ?? []),
    ...(note === undefined ? [] : [note]),
  ];
  const mark = list === 'new' || list === 'left' ? (row.chosen ? '☑ ' : '☐ ') : '';
  return [
    mark,
    { kind: 'strong' as const, text: name || email || `Row ${row.seq + 1}` },
    about.length > 0 ? ` · ${about.join(' · ')}` : '',
  ].filter((span) => span !== '');
}
