/**
 * A list as a card, shared by all features: pages, buttons, an optional search, and a sentence for an empty list. A
 * feature defines what the list contains, how a page is read and how a row looks.
 *
 * Its buttons stay in chat for months. A page that no longer exists shows the last one, and each click checks the actor's
 * permissions again.
 */
import { z } from 'zod';
import { compact } from '../../core/compact.ts';
import { t } from '../../core/translate.ts';
import type { NamedStore, Page } from '../../engine/ports/store.ts';
import type { Turn } from '../live/context.ts';
import {
  type Admission,
  type Admit,
  type ButtonOf,
  buttonAction,
  type FormOf,
  formAction,
  type Reply,
  replaceWith,
  type Schema,
  sayToPerson,
} from '../view/action.ts';
import type { ActionCall } from '../view/action-call.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  muted,
  type Row,
  strong,
} from '../view/card.ts';
import { refuse } from './admins.ts';
import { type Paging, pageButtons, pageShown, type Rows, readPage, withPage } from './paging.ts';

/** Longer than any name. The limit exists because the text travels in a button. */
export const MAX_SEARCH = 100;

const searched = z.string().max(MAX_SEARCH);

/** The page and the search text. Buttons of older messages call the text `typed`, or leave it out. */
export const searchShown = pageShown
  .extend({ text: searched.optional(), typed: searched.optional() })
  .transform((shown) => ({ page: shown.page, text: shown.text ?? shown.typed ?? '' }));

/** How many were found and for what; only the count where nothing was searched for. */
export const searchedFor = (counted: string, typed: string): string =>
  typed === '' ? counted : t`${counted} for "${typed}"`;

/** A row: its name, what is said about it, and its buttons. */
export const listRow = (name: string, about: string, ...buttons: readonly Button[]): Row[] => [
  { kind: 'row', text: [strong(name)], detail: [about], buttons },
];

/** Opens the card of what the row shows. @param name distinguishes it from other rows */
export const openButton = (name: string, does: ActionCall): Button => ({
  label: t`Open`,
  about: t`Open: ${name}`,
  does,
});

/** What a list shows: the rows, the page and the number of pages, and the filters. */
export type ListPage<S, F> = F & Paging & { readonly shown: S };

interface ListSpec<S extends { readonly page: number }, F extends Rows<unknown>> {
  /** The id of the button to another page. */
  readonly id: string;
  /** The payload of that button: the page and the filters. */
  readonly payload: Schema<S>;
  /** Rows on a page; left out: the usual number. */
  readonly size?: number;
  /** Who may see it; left out: everyone. */
  readonly admit?: Admit<S, Turn, Admission>;
  /** Another reason why this person can't see it. */
  refuse?(turn: Turn, shown: S): Promise<Card | undefined>;
  /** Limits the filters to what this person may see: a payload may be forged, or older than a change of role. */
  narrow?(shown: S, turn: Turn): Promise<S>;
  read(shown: S, at: Page, turn: Turn): Promise<F>;
  title(found: ListPage<S, F>): string;
  /** The sentence for an empty list. */
  empty(found: ListPage<S, F>): string;
  /** How many there are: `12 people`. What was searched for and the page follow it. */
  counted(found: ListPage<S, F>): string;
  /** Whole sentences after the count. */
  explained?(found: ListPage<S, F>): string | undefined;
  row(
    item: F['items'][number],
    found: ListPage<S, F>,
    turn: Turn,
  ): readonly Block[] | Promise<readonly Block[]>;
  /** Buttons after the page buttons. */
  before?(found: ListPage<S, F>): readonly Button[];
  /** Buttons after all others. */
  after?(found: ListPage<S, F>): readonly Button[];
  below?(found: ListPage<S, F>, turn: Turn): Promise<readonly Block[]>;
  /** Sorted newest first, so the page buttons are Newer and Older. */
  readonly byTime?: boolean;
}

export interface ListCard<S> {
  readonly turnPage: ButtonOf<S, Turn>;
  /** The list, or why this person can't see it. */
  card(shown: S, turn: Turn): Promise<Card>;
  /** The same as a new message. */
  reply(shown: S, turn: Turn): Promise<Reply>;
}

export function listCard<S extends { readonly page: number }, F extends Rows<unknown>>(
  spec: ListSpec<S, F>,
): ListCard<S> {
  const refused = async (shown: S, turn: Turn): Promise<Card | undefined> =>
    (await spec.admit?.(shown, turn))?.refused ?? spec.refuse?.(turn, shown);
  const draw = async (wanted: S, turn: Turn): Promise<Card> => {
    const shown = (await spec.narrow?.(wanted, turn)) ?? wanted;
    const read = (at: Page) => spec.read(shown, at, turn);
    const found = { ...(await readPage(shown.page, read, spec.size)), shown };
    const rows: readonly F['items'][number][] = found.items;
    const blocks = await Promise.all(rows.map(async (item) => spec.row(item, found, turn)));
    const to = (other: number) => turnPage.with({ ...shown, page: other });
    const labels = spec.byTime ? { back: t`Newer`, on: t`Older` } : undefined;
    return {
      title: spec.title(found),
      blocks: [
        muted(headOf(spec, found)),
        ...blocks.flat(),
        ...buttonRow([
          ...pageButtons(found, to, labels),
          ...(spec.before?.(found) ?? []),
          ...(spec.after?.(found) ?? []),
        ]),
        ...((await spec.below?.(found, turn)) ?? []),
      ],
    };
  };
  const card = async (shown: S, turn: Turn) => (await refused(shown, turn)) ?? draw(shown, turn);
  const turnPage = buttonAction({
    id: spec.id,
    payload: spec.payload,
    right: spec.admit?.right,
    handle: async (shown, turn: Turn) => replaceWith(await card(shown, turn)),
  });
  return {
    turnPage,
    card,
    async reply(shown, turn) {
      const refusal = await refused(shown, turn);
      return refusal ? refuse(refusal) : sayToPerson(await draw(shown, turn));
    },
  };
}

function headOf<S extends { readonly page: number }, F extends Rows<unknown>>(
  spec: ListSpec<S, F>,
  found: ListPage<S, F>,
): string {
  if (found.total === 0) return spec.empty(found);
  const counted = withPage(spec.counted(found), found);
  const explained = spec.explained?.(found);
  return explained === undefined ? counted : `${counted}. ${explained}`;
}

interface SearchSpec {
  /** The id of the form. */
  readonly id: string;
  readonly title: () => string;
  readonly label: () => string;
  /** What an empty field means. Left out: the field is required, and a button shows all. */
  readonly leftEmpty?: () => string;
  readonly example?: string;
  /** What a search opens; left out: the list, or `one`. */
  readonly submit?: (text: string, turn: Turn) => Promise<Reply>;
}

type Searched = { readonly page: number; readonly text: string };

interface OneOf<T> {
  store(turn: Turn): Pick<NamedStore<T>, 'findByName' | 'list'>;
  show(one: T): Reply;
}

export interface SearchableList extends ListCard<Searched> {
  readonly search: FormOf<{ readonly text: string }, Turn>;
  /** What was typed: the list of it, or the card of one, if that is its whole name or only it matches. */
  readonly open: (typed: string, turn: Turn) => Promise<Reply>;
}

/** `one`: left out where a search always shows the list. */
export function searchableList<F extends Rows<unknown>, T = never>(
  spec: Omit<ListSpec<Searched, F>, 'payload' | 'admit'> & {
    readonly admit?: Admit<unknown, Turn, Admission>;
    readonly search: SearchSpec;
    readonly one?: OneOf<T>;
  },
): SearchableList {
  const { before, one, search: asked } = spec;
  const list: ListCard<Searched> = listCard({
    ...spec,
    payload: searchShown,
    counted: (found) => searchedFor(spec.counted(found), found.shown.text),
    before: (found: ListPage<Searched, F>) => [...(before?.(found) ?? []), ...searchButtons(found)],
  });
  const search = searchForm(asked, open, spec.admit);

  function searchButtons({ pages, all, shown: { text } }: ListPage<Searched, F>): Button[] {
    if (all === 0 || (pages === 1 && text === '')) return [];
    const showAll = { label: t`Show all`, does: list.turnPage.with({ page: 0, text: '' }) };
    return compact([
      { label: t`Search…`, does: search.with({ text }) },
      text !== '' && !asked.leftEmpty && showAll,
    ]);
  }

  async function open(typed: string, turn: Turn): Promise<Reply> {
    const text = typed.slice(0, MAX_SEARCH);
    const all = () => list.reply({ page: 0, text }, turn);
    if (!one || text === '') return all();
    const refused = (await spec.admit?.({}, turn))?.refused;
    if (refused) return refuse(refused);
    const store = one.store(turn);
    const exact = await store.findByName(text);
    if (exact) return one.show(exact);
    const { items, total } = await store.list(text, FIRST);
    const [first] = items;
    return first !== undefined && total === 1 ? one.show(first) : all();
  }

  return { ...list, search, open };
}

/** What a list reads to say whether only one matches. */
const FIRST = { offset: 0, limit: 1 };

/** @param before the previous search */
export const searchField = <A extends { readonly label: string }>(before: string, asked: A) => ({
  kind: 'text' as const,
  ...asked,
  initial: before || undefined,
});

/** The error for the field; undefined where the text is valid. */
export const searchProblem = (typed: string, most = MAX_SEARCH): string | undefined =>
  typed.length > most ? t`At most ${most} characters.` : undefined;

const searchForm = (
  { id, title, label, leftEmpty, example, submit }: SearchSpec,
  open: SearchableList['open'],
  admit: Admit<unknown, Turn, Admission> | undefined,
): SearchableList['search'] => {
  return formAction({
    id,
    // Buttons of older messages have an empty payload.
    payload: z.object({ text: searched.default('') }),
    ...(admit && { admit }),
    title,
    submitLabel: () => t`Search`,

    async fields({ text: before }) {
      const hint = leftEmpty?.() ?? (example && t`Like ${example}.`);
      const asked = { label: label(), optional: leftEmpty !== undefined, hint };
      return { fields: { text: searchField(before, asked) } };
    },

    async submit(values, _payload, turn) {
      const typed = values.text ?? '';
      const problem = searchProblem(typed);
      if (problem !== undefined) return { kind: 'invalid', errors: { text: problem } };
      return (submit ?? open)(typed, turn);
    },
  });
};
