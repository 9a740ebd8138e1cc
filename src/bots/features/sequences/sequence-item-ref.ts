/** One item of a sequence that an admin adds or changes. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { addItem, changeItem, type NewItem } from '../../../engine/sequences/change-items.ts';
import type { Sequence, SequenceItem } from '../../../engine/sequences/sequence.ts';
import type { Turn } from '../../live/context.ts';
import type { OrRefused, Reply } from '../../view/action.ts';
import { outdatedForm } from '../../view/answers.ts';
import { note } from '../../view/card.ts';
import type { Option } from '../../view/form.ts';
import { foundForAdmins, refuse } from '../admins.ts';
import { change, unlessFailed } from '../change.ts';
import { sequenceNow, showSequence } from './sequence-ref.ts';

/** Without `itemId`: a new one. */
export const itemTarget = z.object({ sequenceId: z.string(), itemId: z.string().optional() });
export type ItemTarget = z.infer<typeof itemTarget>;

/** What the form of an item opens with. */
export interface ItemFacts {
  readonly sequence: Sequence;
  /** Undefined for a new one. */
  readonly item?: SequenceItem | undefined;
  /** The tasks that it may wait for. */
  readonly tasks: readonly Option[];
}

export const itemFor = foundForAdmins(() => t`change sequences`, itemNow);

async function itemNow(
  { sequenceId, itemId }: ItemTarget,
  turn: Turn,
): Promise<OrRefused<ItemFacts>> {
  const { sequence, refused } = await sequenceNow({ sequenceId }, turn);
  if (refused) return { refused };
  const item = itemId === undefined ? undefined : await turn.stores.sequences.findItem(itemId);
  if (itemId !== undefined && (!item || item.removedAt))
    return {
      refused: note(t`This item has been removed`, t`Open the sequence to see its items.`),
    };
  return { sequence, item, tasks: await tasksOf(sequence, itemId, turn.stores) };
}

const tasksOf = async (
  { id }: Sequence,
  but: string | undefined,
  { sequences }: Stores,
): Promise<readonly Option[]> =>
  (await sequences.items(id)).flatMap((item) =>
    item.does.kind === 'task' && item.id !== but
      ? [{ value: item.id, label: item.does.title }]
      : [],
  );

/** Adds or changes the item, and shows the sequence. */
export async function saveItem(
  { sequence: { id: sequenceId }, item }: Pick<ItemFacts, 'sequence' | 'item'>,
  wanted: NewItem,
  turn: Turn,
): Promise<Reply> {
  const saved = await change(turn, (tx, by) =>
    item === undefined
      ? addItem(tx, sequenceId, { ...wanted, ...by })
      : changeItem(tx, item, { ...wanted, ...by }),
  );
  if (saved === 'outdated') return refuse(outdatedForm());
  return unlessFailed(saved, t`Nothing was saved`, showSequence(sequenceId));
}
