/** A checklist in Slack: real checkboxes, each of whose clicks says what is ticked then. */
import { expect, test } from 'vitest';
import { checksChoice, renderCard } from '../../../src/bots/slack/render-card.ts';
import type { Card } from '../../../src/bots/view/card.ts';
import { ok } from '../../support/given/outcomes.ts';
import { checkMessageBlocks } from '../../support/slack-double/block-kit.ts';

const cardOf = (count: number): Card => ({
  title: 'Order a laptop',
  blocks: [
    {
      kind: 'checklist',
      label: 'Checklist',
      entries: Array.from({ length: count }, (_, position) => ({
        text: `Entry ${position}`,
        isDone: position === 1,
        ...(position === 1 && { note: 'Ada' }),
      })),
      does: { id: 'task.tick', payload: '{"taskId":"t1"}', opensForm: false },
    },
  ],
});

/** The checkboxes of the card, as Slack takes them. */
function boxesOf(card: Card) {
  const checked = ok(checkMessageBlocks(renderCard(card)[0].blocks));
  return checked.value
    .flatMap((block) => (block.type === 'actions' ? block.elements : []))
    .filter((element) => element.type === 'checkboxes');
}

type Click = Parameters<typeof checksChoice>[0];

test('shows what is done, and by whom', () => {
  expect(boxesOf(cardOf(2))).toMatchObject([
    {
      options: [{ text: { text: 'Entry 0' } }, { description: { text: 'Ada' } }],
      initial_options: [{ value: '1' }],
    },
  ]);
});

test('a click sends what was ticked on the card and what is ticked now', () => {
  const [boxes] = boxesOf(cardOf(3));
  const click = { ...boxes, selected_options: boxes?.options.slice(1) } as unknown as Click;
  expect(checksChoice(click)).toEqual({
    id: 'task.tick',
    payload: '{"taskId":"t1","ticks":{"shown":[1],"ticked":[1,2],"offered":[0,1,2]}}',
  });
});

test('the last tick that is removed is sent, too', () => {
  const [boxes] = boxesOf(cardOf(3));
  const click = { ...boxes, selected_options: [] } as unknown as Click;
  expect(checksChoice(click)?.payload).toContain('{"shown":[1],"ticked":[],');
});

test('more entries than one element takes are several, which know of their own ticks only', () => {
  const boxes = boxesOf(cardOf(15));
  expect(boxes.map(({ options }) => options.length)).toEqual([10, 5]);
  expect(boxes[1]?.action_id).toContain('"shown":[]');
  expect(boxes[1]?.action_id).toContain('"offered":[10,11,12,13,14]');
});

test('checkboxes of a form are no checklist', () => {
  const click = { type: 'checkboxes', action_id: 'answer', selected_options: [] };
  expect(checksChoice(click as unknown as Click)).toBeUndefined();
});
