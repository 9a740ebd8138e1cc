/** Which buttons of a card are shown and which are in its menu, whatever a feature gives it. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { arranged, BUTTONS_SHOWN } from '../../../src/bots/view/arrange.ts';
import type { Block, Button } from '../../../src/bots/view/card.ts';
import { anyCard } from '../slack/any-card.ts';

const button = (label: string, rest: Partial<Button> = {}): Button => ({
  label,
  does: { id: 'x', payload: '{}', opensForm: false },
  ...rest,
});
const primary = (label: string) => button(label, { tone: 'primary' });
const labels = (blocks: readonly Block[]) =>
  blocks.flatMap((block) =>
    block.kind === 'buttons' || block.kind === 'row'
      ? [[block.buttons, block.more ?? []].map((some) => some.map(({ label }) => label).join(' '))]
      : [],
  );
const set = (buttons: readonly Button[], more: readonly Button[] = []): Block => ({
  kind: 'buttons',
  buttons,
  more,
});

test('three buttons stay as they are', () => {
  expect(labels(arranged([set(['a', 'b', 'c'].map((each) => button(each)))]))).toEqual([
    ['a b c', ''],
  ]);
});

test('more than three share a menu, which has at least two', () => {
  expect(labels(arranged([set(['a', 'b', 'c', 'd'].map((each) => button(each)))]))).toEqual([
    ['a b', 'c d'],
  ]);
  expect(labels(arranged([set(['a', 'b', 'c', 'd', 'e'].map((each) => button(each)))]))).toEqual([
    ['a b c', 'd e'],
  ]);
});

test('a menu of one is a button', () => {
  expect(labels(arranged([set([button('a'), button('b')], [button('c')])]))).toEqual([
    ['a b c', ''],
  ]);
});

test('a row that has a menu shows one button beside it, also where the menu has one', () => {
  const row = (buttons: readonly Button[], more: readonly Button[] = []): Block => ({
    kind: 'row',
    text: ['Zoom'],
    buttons,
    more,
  });
  const [a, b, c] = [button('a'), button('b'), button('c')];
  expect(labels(arranged([row([a], [b]), row([a, b], [c]), row([a, b]), row([], [a])]))).toEqual([
    ['a', 'b'],
    ['a', 'b c'],
    ['a b', ''],
    ['a', ''],
  ]);
  expect(labels(arranged([row([a, primary('p')], [b])]))).toEqual([['p', 'a b']]);
});

test('each set of buttons stays with what is above it, and has its own menu', () => {
  const blocks: Block[] = [
    set(['a', 'b', 'c', 'd', 'e'].map((each) => button(each))),
    { kind: 'divider' },
    set([button('f'), button('g')]),
  ];
  expect(labels(arranged(blocks))).toEqual([
    ['a b c', 'd e'],
    ['f g', ''],
  ]);
});

test('the answers to a question all stand', () => {
  const answers = ['1', '2', '3', '4', 'none'].map((each) => button(each));
  expect(labels(arranged([{ kind: 'buttons', allShown: true, buttons: answers }]))).toEqual([
    ['1 2 3 4 none', ''],
  ]);
});

test('the primary button is shown wherever it is, and a second one is plain', () => {
  const blocks = [set([button('a'), button('b'), button('c'), primary('d'), primary('e')])];
  const [shown] = arranged(blocks);
  expect(labels(arranged(blocks))).toEqual([['a b d', 'c e']]);
  expect(shown).toMatchObject({ buttons: [{}, {}, { tone: 'primary' }] });
  expect(JSON.stringify(shown).match(/"primary"/g)).toHaveLength(1);
});

test('a button is red where it destroys, and not where it opens a form', () => {
  const opens = { id: 'x', payload: '{}', opensForm: true };
  const [shown] = arranged([
    set([button('Remove', { tone: 'danger' }), button('Delete…', { tone: 'danger', does: opens })]),
  ]);
  expect(shown).toMatchObject({ buttons: [{ tone: 'danger' }, { label: 'Delete…' }] });
  expect(JSON.stringify(shown).match(/"danger"/g)).toHaveLength(1);
});

test('a button of a row is named with its row for those who hear the card', () => {
  const [row] = arranged([
    {
      kind: 'row',
      text: [{ kind: 'strong', text: 'Zoom' }],
      buttons: [button('Grant…'), button('Retry', { about: 'Ask Zoom once more' })],
      more: [button('Cancel'), button('View')],
    },
  ]);
  expect(row).toMatchObject({
    buttons: [{ about: 'Grant: Zoom' }],
    more: [{ about: 'Ask Zoom once more' }, { about: 'Cancel: Zoom' }, { about: 'View: Zoom' }],
  });
});

test('any card keeps every button, shows at most three, and has no menu of one below a set', () => {
  const labelsOf = (blocks: readonly Block[]) =>
    blocks
      .flatMap((block) =>
        block.kind === 'buttons' || block.kind === 'row'
          ? [...block.buttons, ...(block.more ?? [])]
          : [],
      )
      .map(({ label }) => label)
      .toSorted();
  fc.assert(
    fc.property(anyCard, ({ blocks }) => {
      const drawn = arranged(blocks);
      expect(labelsOf(drawn)).toEqual(labelsOf(blocks));
      const withButtons = drawn.filter((each) => each.kind === 'buttons' || each.kind === 'row');
      for (const { kind, buttons, more } of withButtons) {
        expect(buttons.length).toBeLessThanOrEqual(BUTTONS_SHOWN);
        const isMenuOfOne = more?.length === 1;
        expect(isMenuOfOne && (kind === 'buttons' || buttons.length > 1)).toBe(false);
      }
    }),
    { numRuns: 200, seed: 29 },
  );
});
