/** The search of a list that another card opens below itself (`pickerShown` in `paging.ts`). */
import { z } from 'zod';
import { t } from '../../core/translate.ts';
import type { Turn } from '../live/context.ts';
import {
  type Admission,
  type Admit,
  type Admitted,
  type ButtonOf,
  buttonAction,
  type FormOf,
  formAction,
  type Reply,
  type Schema,
} from '../view/action.ts';
import { type Block, buttonRow, type Card, muted } from '../view/card.ts';
import { MAX_SEARCH, searchedFor, searchField, searchProblem } from './list-card.ts';
import { type Paging, pageButtons, pickerReply, pickerShown, withPage } from './paging.ts';

export const searchedShown = pickerShown.extend({ text: z.string().max(MAX_SEARCH).optional() });
type PickPayload = z.infer<typeof searchedShown>;

export interface SearchedPicker<P> {
  /** Opens it, and turns its pages. */
  readonly open: ButtonOf<P, Turn>;
  readonly search: FormOf<P, Turn>;
  /** The buttons below the list: other pages, and the search where it has several, or was searched. */
  readonly buttons: (list: Paging, shown: P) => Block[];
  /** The same below a line. @param counted how many there are: `12 apps` */
  readonly foot: (list: Paging, shown: P, counted: string) => Block[];
}

/** @param admit as of an action: what the list is for, or the card that refuses the actor */
export function searchedPicker<P extends PickPayload, A extends Admission>(
  id: string,
  payload: Schema<P>,
  {
    admit,
    card,
  }: {
    readonly admit: Admit<P, Turn, A>;
    readonly card: (shown: P, turn: Turn & Admitted<A>) => Promise<Card>;
  },
): SearchedPicker<P> {
  const handle = async (shown: P, turn: Turn & Admitted<A>): Promise<Reply> =>
    pickerReply(shown, await card(shown, turn));
  const open: ButtonOf<P, Turn> = buttonAction({ id, payload, admit, handle });
  const search: FormOf<P, Turn> = formAction({
    id: `${id}-search`,
    payload,
    admit,
    title: () => t`Search`,
    submitLabel: () => t`Search`,

    async fields(shown) {
      const label = t`Part of a name`;
      const hint = t`Leave blank to see all.`;
      return { fields: { text: searchField(shown.text ?? '', { label, hint, optional: true }) } };
    },

    async submit({ text }, shown, turn) {
      const problem = searchProblem(text ?? '');
      if (problem !== undefined) return { kind: 'invalid', errors: { text: problem } };
      return handle({ ...shown, page: 0, turned: false, text }, turn);
    },
  });
  const buttons = (list: Paging, shown: P): Block[] =>
    buttonRow([
      ...pageButtons(list, (page) => open.with({ ...shown, page, turned: true })),
      (list.pages > 1 || shown.text) && {
        label: t`Search…`,
        does: search.with({ ...shown, page: 0 }),
      },
    ]);
  const foot = (list: Paging, shown: P, counted: string): Block[] => {
    if (list.pages <= 1 && !shown.text) return [];
    const line = withPage(searchedFor(counted, shown.text ?? ''), list);
    return [muted(line), ...buttons(list, shown)];
  };
  return { open, search, buttons, foot };
}
