/** The search of a list that another card opens below itself (`pickerShown` in `paging.ts`). */
import { z } from 'zod';
import { t } from '../../core/translate.ts';
import type { Turn } from '../live/context.ts';
import { type FormOf, formAction, type Reply, type Schema } from '../view/action.ts';
import type { ActionCall } from '../view/action-call.ts';
import { type Block, buttonRow, type Card } from '../view/card.ts';
import { refuse } from './admins.ts';
import { MAX_SEARCH, searchedFor, searchField, searchProblem } from './list-card.ts';
import { type Paging, pageButtons, pickerShown, withPage } from './paging.ts';

export const searchedPicker = pickerShown.extend({ text: z.string().max(MAX_SEARCH).optional() });
type Shown = z.infer<typeof searchedPicker>;

/** @param payload that of the picker's page button */
export const searchPicker = <P extends Shown>(
  id: string,
  payload: Schema<P>,
  {
    refused,
    open,
  }: {
    readonly refused: (shown: P, turn: Turn) => Promise<Card | undefined>;
    readonly open: (shown: P, turn: Turn) => Promise<Reply>;
  },
): FormOf<P, Turn> =>
  formAction({
    id,
    payload,
    title: () => t`Search`,
    submitLabel: () => t`Search`,

    async fields(shown, turn: Turn) {
      const refusal = await refused(shown, turn);
      if (refusal) return { refused: refusal };
      const label = t`Part of a name`;
      const hint = t`Leave it empty to see all.`;
      return { fields: { text: searchField(shown.text ?? '', { label, hint, optional: true }) } };
    },

    async submit({ text }, shown, turn) {
      const problem = searchProblem(text ?? '');
      if (problem !== undefined) return { kind: 'invalid', errors: { text: problem } };
      const refusal = await refused(shown, turn);
      if (refusal) return refuse(refusal);
      return open({ ...shown, page: 0, turned: false, text }, turn);
    },
  });

interface Foot {
  readonly text: string | undefined;
  readonly to: (page: number) => ActionCall;
  readonly search: ActionCall;
}

/** The buttons below a picker: other pages, and the search where it has several, or was searched. */
export const pickerButtons = (list: Paging, { text = '', to, search }: Foot): Block[] =>
  buttonRow([
    ...pageButtons(list, to),
    ...(list.pages > 1 || text !== '' ? [{ label: t`Search…`, does: search }] : []),
  ]);

/** The same below a line. @param counted how many there are: `12 apps` */
export function pickerFoot(list: Paging, foot: Foot, counted: string): Block[] {
  const { text = '' } = foot;
  if (list.pages <= 1 && text === '') return [];
  const line = withPage(searchedFor(counted, text), list);
  return [{ kind: 'text', muted: true, text: [line] }, ...pickerButtons(list, foot)];
}
