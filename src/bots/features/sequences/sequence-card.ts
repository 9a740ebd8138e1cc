/** One sequence: its state, its items in order, and buttons for all changes. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { plural, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { answerLine } from '../../../engine/integrations/form.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import { moveItem, removeItem as removeIt } from '../../../engine/sequences/change-items.ts';
import type { Sequence, SequenceItem } from '../../../engine/sequences/sequence.ts';
import { anchorWords, timingWords } from '../../../engine/sequences/timing-words.ts';
import type { Reader } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  factList,
  muted,
  note,
  rich,
  type Span,
  strong,
  type Text,
  withButtons,
} from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { change, unlessFailed } from '../change.ts';
import { managedByFiles } from '../managed-by-files.ts';
import { onPage, pageButtons, turnPage, withPage } from '../paging.ts';
import { onlyReadersCan } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';
import { deleteSequence, duplicateSequence, editSequence, turnSequence } from './edit-sequence.ts';
import { integrationItem, pickForSequence } from './integration-item.ts';
import { messageItem } from './message-item.ts';
import { previewOfMessage } from './preview-message.ts';
import { itemFor, itemTarget } from './sequence-item-ref.ts';
import { sequencePayload, sequenceRefs, showSequence } from './sequence-ref.ts';
import { openStarts } from './sequence-starts.ts';
import { countItems, effectWords, sequenceStanding, withNames } from './sequence-words.ts';
import { taskItem } from './task-item.ts';

export const sequenceCard = liveCard({
  ...sequenceRefs,

  async render({ sequenceId, page }, context: Reader): Promise<Card> {
    const { stores, reader } = context;
    const sequence = await stores.sequences.find(sequenceId);
    if (!maySeeSetUp(reader)) return onlyReadersCan(t`You can't see sequences any more`, context);
    if (!sequence || sequence.deletedAt)
      return withButtons(
        note(t`${sequence?.name ?? t`This sequence`} was deleted`),
        wordButton(t`Sequences`, 'sequences'),
      );
    const items = await stores.sequences.items(sequence.id);
    const shown = onPage(items, page);
    const rows = await Promise.all(
      shown.items.map((item) => itemRow(item, { sequence, items }, context)),
    );
    return {
      title: sequence.name,
      blocks: [
        statusRow(sequence, await stores.assignments.countCurrent(sequence.id)),
        ...(await managedByFiles(stores, 'sequence', sequenceId)),
        factList([
          [
            t`Counts from`,
            t`${anchorWords()[sequence.anchor]}; times are in the person's time zone`,
          ],
        ]),
        muted(
          items.length === 0
            ? t`It does nothing yet. Add an item.`
            : withPage(countItems(items.length), shown),
        ),
        ...rows.flat(),
        ...buttonRow(pageButtons(shown, (to) => turnSequencePage.with({ sequenceId, page: to }))),
        { kind: 'divider' },
        ...buttonRow(addButtons(sequence), buttonsOf(sequence)),
      ],
    };
  },
});

export const turnSequencePage = turnPage(
  { id: 'sequence.page', payload: sequencePayload, right: 'see the set-up' },
  sequenceCard,
);

const addButtons = ({ id: sequenceId, anchor }: Sequence): Button[] =>
  compact([
    anchor !== 'end-date' && {
      label: t`Add a grant…`,
      does: pickForSequence.with({ sequenceId, does: 'grant', page: 0 }),
    },
    anchor !== 'start-date' && {
      label: t`Add a revoke…`,
      does: pickForSequence.with({ sequenceId, does: 'revoke', page: 0 }),
    },
    { label: t`Add a message…`, does: messageItem.with({ sequenceId }) },
    { label: t`Add a task…`, does: taskItem.with({ sequenceId }) },
  ]);

/** Its button stands here, so that the rest fits one menu of Slack's, which has five choices. */
function statusRow(sequence: Sequence, people: number): Block {
  const { id: sequenceId, isOn } = sequence;
  const turn: Button = {
    label: isOn ? t`Turn off` : t`Turn on`,
    does: turnSequence.with({ sequenceId, on: !isOn }),
  };
  const detail = [sequenceStanding(sequence, people)];
  return { kind: 'row', text: [strong(t`Status`)], detail, buttons: [turn] };
}

const buttonsOf = ({ id: sequenceId }: Sequence): Button[] => [
  { label: t`Edit…`, does: editSequence.with({ sequenceId }) },
  { label: t`Start automatically…`, does: openStarts.with({ sequenceId }) },
  { label: t`Duplicate`, does: duplicateSequence.with({ sequenceId }) },
  { label: t`Delete…`, does: deleteSequence.with({ sequenceId }) },
];

async function itemRow(
  item: SequenceItem,
  { sequence, items }: { readonly sequence: Sequence; readonly items: readonly SequenceItem[] },
  { stores }: Reader,
): Promise<Block[]> {
  const { id: sequenceId, anchor } = sequence;
  const index = items.indexOf(item);
  const what = withNames(await effectWords(item.does, stores));
  const move = (direction: 'up' | 'down', label: string): Button => ({
    label,
    does: moveSequenceItem.with({ itemId: item.id, sequenceId, direction }),
  });
  return [
    {
      kind: 'row',
      text: [strong(what)],
      detail: [[timingWords(item.timing, anchor), ...detailsOf(item, items)].join(' · ')],
      buttons: [{ label: t`Edit…`, does: editAction(item) }],
      more: compact([
        item.does.kind === 'message' && {
          label: t`Preview…`,
          does: previewOfMessage.with({ sequenceId, itemId: item.id }),
        },
        index > 0 && move('up', t`Move up`),
        index + 1 < items.length && move('down', t`Move down`),
        {
          label: t`Remove…`,
          does: removeSequenceItem.with({ itemId: item.id, sequenceId }),
        },
      ]),
    },
  ];
}

function detailsOf(item: SequenceItem, items: readonly SequenceItem[]): readonly string[] {
  const { does, waitsForItemId } = item;
  const awaited = items.find(({ id }) => id === waitsForItemId)?.does;
  return compact([
    does.kind === 'grant' && does.answers.length > 0 && does.answers.map(answerLine).join(', '),
    does.kind === 'task' && does.checklist.length > 0 && t`checklist: ${does.checklist.length}`,
    awaited?.kind === 'task' && t`waits for "${withNames(awaited.title)}"`,
  ]);
}

function editAction({ id: itemId, sequenceId, does }: SequenceItem) {
  switch (does.kind) {
    case 'message':
      return messageItem.with({ sequenceId, itemId });
    case 'task':
      return taskItem.with({ sequenceId, itemId });
    case 'grant':
    case 'revoke':
      return integrationItem.with({
        sequenceId,
        itemId,
        integrationId: does.integrationId,
        does: does.kind,
      });
    default:
      return unreachable(does);
  }
}

const oneItem = itemTarget.extend({ itemId: z.string() });

export const moveSequenceItem = buttonAction({
  id: 'sequence.move-item',
  payload: oneItem.extend({ direction: z.enum(['up', 'down']) }),
  admit: itemFor,

  async handle({ direction, ...target }, turn): Promise<Reply> {
    const moved = await change(turn, (tx, by) => moveItem(tx, target.itemId, { ...by, direction }));
    return unlessFailed(moved, t`Nothing was moved`);
  },
});

export const removeSequenceItem = formAction({
  id: 'sequence.remove-item',
  payload: oneItem,
  admit: itemFor,
  title: () => t`Remove an item`,
  submitLabel: () => t`Remove`,
  tone: 'danger',

  async fields(target, { item, ...turn }) {
    const open = await turn.stores.plannedItems.openOf({ itemIds: [target.itemId] });
    const what = item ? await effectWords(item.does, turn.stores) : t`This item`;
    return {
      intro: [removalWords(strong(what), open.length)],
    };
  },

  async submit(_values, target, turn) {
    const removed = await change(turn, (tx, by) => removeIt(tx, target.itemId, by));
    return unlessFailed(removed, t`Nothing was removed`, showSequence(target.sequenceId));
  },
});

/** @param people how many people have the item pending */
function removalWords(what: Span, people: number): Text {
  if (people === 0)
    return rich`${what} will be removed from the sequence. It isn't planned for anyone now.`;
  return plural(people, {
    one: rich`${what} will be removed from the sequence, and cancelled for one person who is still waiting for it.`,
    other: rich`${what} will be removed from the sequence, and cancelled for ${people} people who are still waiting for it.`,
  });
}
