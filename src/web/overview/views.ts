/** What the pages of the overview show: tables of one layout. */
import { t } from '../../core/translate.ts';
import { pageTemplate } from '../pages.ts';
import type { GoodSession } from '../sessions.ts';

/** What every page has. */
export interface Frame {
  readonly session: GoodSession;
  /** The session's first page. */
  readonly root: string;
  /** The script of all pages. */
  readonly script: string;
}

export interface Cell {
  readonly text: string;
  /** Where it leads. */
  readonly url?: string;
}

export interface Table {
  readonly heading?: string;
  /** How many rows there are, in words. */
  readonly counted: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** What limits a list, each by its name in the address. */
interface Filters {
  readonly selects: readonly {
    readonly name: string;
    readonly label: string;
    readonly shown: string;
    readonly all: readonly Choice[];
  }[];
  /** ISO dates; empty: any. */
  readonly days: readonly {
    readonly name: string;
    readonly label: string;
    readonly value: string;
  }[];
  /** Stay as they are when something else is chosen. */
  readonly kept: Readonly<Record<string, string>>;
}

export interface View {
  readonly title: string;
  readonly about?: string | undefined;
  readonly tab: Tab;
  readonly tables: readonly Table[];
  readonly search?: { readonly text: string; readonly who: string };
  readonly filters?: Filters;
  /** Another page about the same. */
  readonly further?: { readonly label: string; readonly url: string };
  readonly previous?: string | undefined;
  readonly following?: string | undefined;
  /** The address of the same as a file. */
  readonly file?: string;
  /** What it is. Left out: CSV. */
  readonly fileLabel?: string;
}

const render = pageTemplate<Record<string, unknown>>(
  new URL('./pages/overview.mustache', import.meta.url),
);

export type Tab =
  | ''
  | 'people'
  | 'apps'
  | 'removals'
  | 'reviews'
  | 'findings'
  | 'health'
  | 'evidence';

const tabs = (): readonly (readonly [Tab, string])[] => [
  ['', t`Overview`],
  ['people', t`People`],
  ['apps', t`Apps`],
  ['removals', t`Removals`],
  ['reviews', t`Reviews`],
  ['findings', t`Findings`],
  ['health', t`Health`],
  ['evidence', t`Evidence`],
];

const people = (): readonly Choice[] => [
  { value: 'active', label: t`People who work here` },
  { value: 'left', label: t`People who have left` },
  { value: 'everybody', label: t`Everyone` },
];

const chosen = (choices: readonly Choice[], value: string) =>
  choices.map((choice) => ({ ...choice, isChosen: choice.value === value }));

function section({ rows, heading, columns, counted }: Table, title: string) {
  const isStacked = columns.length > COLUMNS_OF_A_PHONE;
  const cell = ({ text, url }: Cell, index: number) => ({
    text: breakable(text),
    url,
    column: isStacked && columns[index],
  });
  return {
    heading,
    columns,
    counted,
    isStacked,
    label: heading ?? title,
    rows: rows.map((cells) => ({ cells: cells.map(cell) })),
  };
}

/** A line may break between them: an address before its @ and its dots, and not inside a word. */
function breakable(text: string) {
  const [first, ...others] = text.includes('@') ? text.split(/(?<=\S)(?=@|\.[^\s.])/) : [text];
  return { first, others };
}

/** As many stand side by side on 360 pixels; of wider tables a phone shows each row as a list, in which each value has its column's name. */
const COLUMNS_OF_A_PHONE = 2;

export const draw = (view: View, { session, root, script }: Frame): string =>
  render({
    ...view,
    about: view.about ? breakable(view.about) : undefined,
    fileLabel: view.fileLabel ?? t`Save as CSV`,
    wide: true,
    scripts: [script],
    endsAt: session.expiresAt,
    tabs: tabs().map(([tab, label]) => ({
      label,
      url: tab === '' ? root : `${root}/${tab}`,
      isHere: tab === view.tab,
    })),
    search: view.search && { ...view.search, choices: chosen(people(), view.search.who) },
    filters: view.filters && {
      days: view.filters.days,
      selects: view.filters.selects.map(({ name, label, all, shown }) => ({
        name,
        label,
        choices: chosen(all, shown),
      })),
      kept: Object.entries(view.filters.kept)
        .filter(([, value]) => value !== '')
        .map(([name, value]) => ({ name, value })),
    },
    sections: view.tables.map((table) => section(table, view.title)),
  });
