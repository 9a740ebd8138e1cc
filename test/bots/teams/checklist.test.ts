/** A checklist in Teams: boxes that a button saves, and that Done sends with it. */
import { expect, test } from 'vitest';
import { readPressed } from '../../../src/bots/teams/read-form.ts';
import { renderCard } from '../../../src/bots/teams/render-card.ts';
import type { Card } from '../../../src/bots/view/card.ts';
import { note } from '../../../src/bots/view/card.ts';
import { drawnCard } from '../../support/teams/drawn-card.ts';
import { textsOf, validate } from './official-parser.ts';

const does = { id: 'task.tick', payload: '{"taskId":"t1"}', opensForm: false };
const task: Card = {
  title: 'Order a laptop',
  blocks: [
    {
      kind: 'checklist',
      label: 'Checklist',
      entries: [
        { text: 'Choose', isDone: true, note: 'Ada' },
        { text: 'Order', isDone: false },
      ],
      does,
    },
    {
      kind: 'buttons',
      buttons: [
        { label: 'Done', does: { ...does, id: 'task.done' }, sendsTicks: true },
        { label: 'Comment…', does: { ...does, id: 'task.comment', opensForm: true } },
      ],
    },
  ],
};
const render = (card: Card) => renderCard(card, { dialogs: false });

const dataOf = (cards: readonly unknown[], label: string): object | undefined =>
  cards.flatMap((card) => drawnCard(card).buttons).find((button) => button.label === label)?.data;

/** What the bot reads of a press, with these boxes ticked. */
const pressed = (label: string, ticked?: string) =>
  readPressed({
    ...dataOf(render(task), label),
    ...(ticked !== undefined && { 'm:$ticks': ticked }),
  });

test('has a box for each entry, which the official parser takes', () => {
  const [card] = render(task);
  expect(validate(card)).toEqual([]);
  expect(card.body[1]).toMatchObject({
    items: [
      {
        label: 'Checklist',
        isMultiSelect: true,
        value: '0',
        choices: [{ title: 'Choose · Ada' }, { title: 'Order' }],
      },
      { type: 'ActionSet' },
    ],
  });
});

test.each([
  ['Save ticks', 'task.tick'],
  ['Done', 'task.done'],
])('%s sends what was ticked on the card and what is ticked now', (label, id) => {
  expect(pressed(label, '0,1')?.call).toEqual({
    id,
    payload: '{"taskId":"t1","ticks":{"shown":[0],"ticked":[0,1]}}',
  });
  expect(pressed(label)?.call.payload).toContain('"ticked":[]');
});

test('another button sends no ticks', () => {
  expect(pressed('Comment…', '0,1')?.call.payload).toBe('{"taskId":"t1"}');
});

test('a forged payload is no press', () => {
  expect(readPressed({ $action: 'task.tick', $payload: '{}', $do: 'check' })).toBeUndefined();
});

test('Done sends no ticks where the boxes are in another message', () => {
  const long = note('x', ...Array.from({ length: 40 }, () => 'x'.repeat(1000))).blocks;
  const [list, buttons] = task.blocks;
  if (!list || !buttons) throw new Error('The card has both');
  const cards = render({ ...task, blocks: [list, ...long, buttons] });
  expect(cards.length).toBeGreaterThan(1);
  expect(textsOf(dataOf(cards, 'Done'), ['$payload'])).toEqual(['{"taskId":"t1"}']);
});

test('those who may only read it see lines', () => {
  const [list] = task.blocks;
  if (list?.kind !== 'checklist') throw new Error('It is the first block');
  const { does: _, ...mayRead } = list;
  expect(textsOf(render({ ...task, blocks: [mayRead] }), ['text'])).toEqual([
    'Order a laptop',
    '☑ Choose · Ada',
    '☐ Order',
  ]);
});
