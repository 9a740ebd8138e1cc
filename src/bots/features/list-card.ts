/**
 * A list as a card, once for all of them: page by page, with its buttons, a search where it has one, and a sentence where it
 * is empty. A feature says what the list is of, how a page is read and what a row looks like.
 *
 * Its buttons stand in chat for months. A page that is gone shows the last one, and what the actor may not see any more is
 * looked up at each click.
 */
import { z } from 'zod';
import { t } from '../../core/translate.ts';
import type { Page } from '../../engine/ports/store.ts';
import type { Turn } from '../live/context.ts';
import {
  type ButtonOf,
  buttonAction,
  type FormOf,
  formAction,
  type Reply,
  type Schema,
} from '../view/action.ts';
import type { ActionCall } from '../view/action-call.ts';
import { type Block, type Button, buttonRow, type Card } from '../view/card.ts';
import { asAdmin, refuse } from './admins.ts';
import { type Paging, pageButtons, pageShown, type Rows, readPage, withPage } from './paging.ts';

/** More of a name than that nobody types; it travels in a button. */
export const MAX_SEARCH = 100;

const searched = z.string().max(MAX_SEARCH);

/** The page, and what was searched for. Buttons of older messages call that `typed`, or leave it out. */
export const searchShown = pageShown
  .extend({ text: searched.optional(), typed: searched.optional() })
  .transform((shown) => ({ page: shown.page, text: shown.text ?? shown.typed ?? '' }));

/** How many are found, and for what; every one where nothing was searched for. */
export const searchedFor = (counted: string, typed: string): string =>
  typed === '' ? counted : t`${counted} for "${typed}"`;

/** A row: what it is called, what is to be said of it, and what can be done. */
export const listRow = (name: string, about: string, ...buttons: readonly Button[]): Block[] => [
  { kind: 'text', text: [{ kind: 'strong', text: name }, ` · ${about}`] },
  ...buttonRow(buttons),
];

/** To the card of what stands in the row. @param name tells it from those of the other rows */
export const openButton = (name: string, does: ActionCall): Button => ({
  label: t`Open`,
  about: t`Open: ${name}`,
  does,
});

/** What a list shows: what was read, on which page of how many, and narrowed by what. */
export type Found<S, F> = F & Paging & { readonly shown: S };

interface ListSpec<S extends { readonly page: number }, F extends Rows<unknown>> {
  /** Of the button to another page. */
  readonly id: string;
  /** What that button carries: the page, and what narrows the list. */
  readonly payload: Schema<S>;
  /** Rows on a page; left out: as many as most lists show. */
  readonly size?: number;
  /** Where it is for admins alone: what ends the sentence "You can't …". */
  readonly forAdmins?: () => string;
  /** Why else this person can't see it. */
  refuse?(turn: Turn): Promise<Card | undefined>;
  /** What of it this person may see: a payload may be forged, or older than a change of role. */
  narrow?(shown: S, turn: Turn): Promise<S>;
  read(shown: S, at: Page, turn: Turn): Promise<F>;
  title(found: Found<S, F>): string;
  /** Said where there is nothing in it. */
  empty(found: Found<S, F>): string;
  /** How many there are, to go on with the page: `12 people`. */
  counted(found: Found<S, F>): string;
  /** Whole sentences that follow how many there are. */
  explained?(found: Found<S, F>): string;
  row(
    item: F['items'][number],
    found: Found<S, F>,
    turn: Turn,
  ): readonly Block[] | Promise<readonly Block[]>;
  /** Buttons before those to other pages. */
  before?(found: Found<S, F>): readonly Button[];
  /** Buttons after them. */
  after?(found: Found<S, F>): readonly Button[];
  below?(found: Found<S, F>, turn: Turn): Promise<readonly Block[]>;
  /** Newest first: the pages are older and newer ones. */
  readonly byTime?: boolean;
}

export interface ListCard<S> {
  readonly turnPage: ButtonOf<S, Turn>;
  /** The list, or why there is none for this person. */
  card(shown: S, turn: Turn): Promise<Card>;
  /** The same as a message of its own. */
  reply(shown: S, turn: Turn): Promise<Reply>;
}

export function listCard<S extends { readonly page: number }, F extends Rows<unknown>>(
  spec: ListSpec<S, F>,
): ListCard<S> {
  const refused = async (turn: Turn): Promise<Card | undefined> =>
    spec.forAdmins ? (await asAdmin(spec.forAdmins, turn)).refused : spec.refuse?.(turn);
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
        { kind: 'text', muted: true, text: [headOf(spec, found)] },
        ...blocks.flat(),
        ...buttonRow([
          ...(spec.before?.(found) ?? []),
          ...pageButtons(found, to, labels),
          ...(spec.after?.(found) ?? []),
        ]),
        ...((await spec.below?.(found, turn)) ?? []),
      ],
    };
  };
  const card = async (shown: S, turn: Turn) => (await refused(turn)) ?? draw(shown, turn);
  const turnPage = buttonAction({
    id: spec.id,
    payload: spec.payload,
    handle: async (shown, turn: Turn) => ({ kind: 'replace', card: await card(shown, turn) }),
  });
  return {
    turnPage,
    card,
    async reply(shown, turn) {
      const refusal = await refused(turn);
      return refusal
        ? refuse(refusal)
        : { kind: 'say', to: 'person', card: await draw(shown, turn) };
    },
  };
}

function headOf<S extends { readonly page: number }, F extends Rows<unknown>>(
  spec: ListSpec<S, F>,
  found: Found<S, F>,
): string {
  if (found.total === 0) return spec.empty(found);
  const counted = withPage(spec.counted(found), found);
  const explained = spec.explained?.(found);
  return explained === undefined ? counted : `${counted}. ${explained}`;
}

interface SearchSpec {
  /** Of the form. */
  readonly id: string;
  readonly title: () => string;
  readonly label: () => string;
  /** What an empty field means, where it may be left empty. Left out: there is a button to show all. */
  readonly leftEmpty?: () => string;
  readonly example?: string;
  /** What a search shows; left out: the list. */
  readonly submit?: (text: string, turn: Turn) => Promise<Reply>;
}

type Searched = { readonly page: number; readonly text: string };

export interface SearchableList extends ListCard<Searched> {
  readonly search: FormOf<{ readonly text: string }, Turn>;
}

export function searchableList<F extends Rows<unknown>>(
  spec: Omit<ListSpec<Searched, F>, 'payload'> & { readonly search: SearchSpec },
): SearchableList {
  const { before, search: asked } = spec;
  const list: ListCard<Searched> = listCard({
    ...spec,
    payload: searchShown,
    before: (found: Found<Searched, F>) => [...(before?.(found) ?? []), ...searchButtons(found)],
  });
  const search = searchForm(asked, list, spec.forAdmins);

  function searchButtons({ pages, all, shown: { text } }: Found<Searched, F>): Button[] {
    if (all === 0 || (pages === 1 && text === '')) return [];
    const showAll = { label: t`Show all`, does: list.turnPage.with({ page: 0, text: '' }) };
    return [
      { label: t`Search…`, does: search.with({ text }) },
      ...(text === '' || asked.leftEmpty ? [] : [showAll]),
    ];
  }

  return { ...list, search };
}

/** @param before what was searched for */
export const searchField = <A extends { readonly label: string }>(before: string, asked: A) => ({
  kind: 'text' as const,
  ...asked,
  ...(before !== '' && { initial: before }),
});

/** What is wrong with it, beside its field. */
export const searchProblem = (typed: string, most = MAX_SEARCH): string | undefined =>
  typed.length > most ? t`At most ${most} characters.` : undefined;

const searchForm = (
  { id, title, label, leftEmpty, example, submit }: SearchSpec,
  list: ListCard<Searched>,
  forAdmins: (() => string) | undefined,
): SearchableList['search'] => {
  const refused = async (turn: Turn) => forAdmins && (await asAdmin(forAdmins, turn)).refused;
  return formAction({
    id,
    // Older buttons carry nothing.
    payload: z.object({ text: searched.default('') }),
    title,
    submitLabel: () => t`Search`,

    async fields({ text: before }, turn: Turn) {
      const refusal = await refused(turn);
      if (refusal) return { refused: refusal };
      const hint = leftEmpty?.() ?? example;
      const asked = { label: label(), optional: leftEmpty !== undefined, ...(hint && { hint }) };
      return { fields: { text: searchField(before, asked) } };
    },

    async submit(values, _payload, turn) {
      const refusal = await refused(turn);
      if (refusal) return refuse(refusal);
      const typed = (values.text as string | undefined) ?? ''; // It may be left empty where it says so.
      const problem = searchProblem(typed);
      if (problem !== undefined) return { kind: 'invalid', errors: { text: problem } };
      return submit ? submit(typed, turn) : list.reply({ page: 0, text: typed }, turn);
    },
  });
};
