import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CARD_BYTES } from '../../../src/bots/teams/limits.ts';
import { renderCard, renderInOne } from '../../../src/bots/teams/render-card.ts';
import type { Block, Button, Card, Span } from '../../../src/bots/view/card.ts';
import { note } from '../../../src/bots/view/card.ts';
import { buttonsOf } from '../../support/clicks.ts';
import { hostile } from './hostile.ts';
import { runText, textsOf, validate } from './official-parser.ts';
import { welcome } from './small-bot.ts';

const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

test('a card with text, facts, a divider and buttons is what it was', async () => {
  await expect(
    JSON.stringify(renderCard(welcome, { dialogs: false }), undefined, 2),
  ).toMatchFileSnapshot('card.golden.json');
});

test('a button that opens a form asks for a dialog only where the client has them', () => {
  const withDialogs = JSON.stringify(renderCard(welcome, { dialogs: true }));
  expect(withDialogs.match(/"task\/fetch"/g)).toHaveLength(2);
  expect(JSON.stringify(renderCard(welcome, { dialogs: false }))).not.toContain('task/fetch');
});

test('of many buttons three stand on the card, and the rest is on a card that "More…" opens', () => {
  const [card] = renderCard(
    {
      title: 'Many',
      blocks: [
        {
          kind: 'buttons',
          buttons: Array.from({ length: 14 }, (_, index) => ({
            label: `Button ${index}`,
            does: { id: 'x', payload: '{}', opensForm: false },
          })),
        },
      ],
    },
    { dialogs: false },
  );
  expect(card.body.slice(1)).toMatchObject([{ type: 'ActionSet', actions: { length: 4 } }]);
  expect(JSON.stringify(card.body)).toMatch(/"Button 2".*"More…".*"Button 3".*"Button 13"/);
});

test('a title is larger than the text, and its mark has the color of the status', () => {
  const [{ body }] = renderCard({ title: '⚠ Zoom failed', blocks: [] }, { dialogs: false });
  expect(body).toEqual([
    {
      type: 'RichTextBlock',
      inlines: [
        { type: 'TextRun', text: '⚠', size: 'Large', weight: 'Bolder', color: 'Warning' },
        { type: 'TextRun', text: ' Zoom failed', size: 'Large', weight: 'Bolder' },
      ],
    },
  ]);
});

describe('a row', () => {
  const button = (label: string) => ({ label, does: { id: 'x', payload: '{}', opensForm: false } });
  const bodyOf = (buttons: readonly Button[], more: readonly Button[] = []) =>
    renderCard(
      {
        title: 'x',
        blocks: [{ kind: 'row', text: ['Zoom'], detail: ['Has access'], buttons, more }],
      },
      { dialogs: false },
    )[0].body.slice(1);

  test('has a short button beside its text, and the rest behind "…"', () => {
    expect(bodyOf([button('Revoke…')], [button('Re-grant…'), button('Check')])).toMatchObject([
      {
        type: 'ColumnSet',
        columns: [
          {
            width: 'stretch',
            items: [
              { inlines: [{ text: 'Zoom' }] },
              { inlines: [{ text: 'Has access', isSubtle: true }], spacing: 'None' },
            ],
          },
          {
            width: 'auto',
            items: [
              {
                actions: [
                  { title: 'Revoke…' },
                  { title: 'Re-grant…', mode: 'secondary' },
                  { title: 'Check', mode: 'secondary' },
                ],
              },
            ],
          },
        ],
      },
    ]);
  });

  test('has two short buttons beside its text', () => {
    expect(bodyOf([button('Keep'), button('Revoke…')])).toMatchObject([
      { columns: [{}, { items: [{ actions: [{ title: 'Keep' }, { title: 'Revoke…' }] }] }] },
    ]);
  });

  test('has what does not fit beside its text behind "…"', () => {
    const buttons = ['Approve', 'Deny…', 'View', 'Reassign…'].map(button);
    expect(bodyOf(buttons)).toMatchObject([
      {
        columns: [
          {},
          {
            items: [
              {
                actions: [
                  { title: 'Approve' },
                  { title: 'Deny…' },
                  { title: 'View', mode: 'secondary' },
                  { title: 'Reassign…', mode: 'secondary' },
                ],
              },
            ],
          },
        ],
      },
    ]);
  });

  test('has several buttons below a long text', () => {
    const row: Block = {
      kind: 'row',
      text: ['Asana'],
      detail: ['Adds the person to the organization and to one team. '.repeat(2)],
      buttons: [button('Add…'), button('View')],
    };
    const [{ body }] = renderCard({ title: 'x', blocks: [row] }, { dialogs: false });
    expect(body.slice(1).map(({ type }) => type)).toEqual([
      'RichTextBlock',
      'RichTextBlock',
      'ActionSet',
    ]);
  });

  test('has a button and its menu below a long text', () => {
    const row: Block = {
      kind: 'row',
      text: ['Codehaven'],
      detail: [
        'Being removed by hand. Their username is not known, so Latchkey cannot tell which account it is.',
      ],
      buttons: [button('Open the task')],
      more: [button('View removal')],
    };
    const [{ body }] = renderCard({ title: 'x', blocks: [row] }, { dialogs: false });
    expect(body.at(-1)).toMatchObject({
      actions: [{ title: 'Open the task' }, { title: 'View removal', mode: 'secondary' }],
    });
  });

  test('has a button with a long label below its text', () => {
    expect(bodyOf([button('Look at what waits for you')]).map(({ type }) => type)).toEqual([
      'RichTextBlock',
      'RichTextBlock',
      'ActionSet',
    ]);
  });
});

test('more buttons than a set holds are on a card that "More…" opens', () => {
  const button = (label: string) => ({ label, does: { id: 'x', payload: '{}', opensForm: false } });
  const more = Array.from({ length: 8 }, (_, index) => button(`Button ${index}`));
  const [card] = renderCard(
    { title: 'x', blocks: [{ kind: 'buttons', buttons: [button('Access')], more }] },
    { dialogs: false },
  );
  expect(validate(card)).toEqual([]);
  expect(card.body.at(-1)).toMatchObject({
    actions: [
      { title: 'Access' },
      {
        type: 'Action.ShowCard',
        title: 'More…',
        card: { body: [{ actions: { length: 6 } }, { actions: { length: 2 } }] },
      },
    ],
  });
});

test('an address that no browser should open is text, not a link', () => {
  const [card] = renderCard(
    note('Links', [
      { kind: 'link', text: 'here', url: 'javascript:alert(1)' },
      { kind: 'link', text: 'there', url: 'https://example.com/a' },
    ]),
    { dialogs: false },
  );
  expect(runText(card)).toContain('here (javascript:alert(1))');
  expect(textsOf(card, ['url'])).toEqual(['https://example.com/a']);
});

test('a card that is edited stays one message and says that there is more', () => {
  const long = note('Long', ...Array.from({ length: 60 }, () => 'x'.repeat(1000)));
  const card = renderInOne(long, { dialogs: false });
  expect(bytes(card)).toBeLessThanOrEqual(CARD_BYTES);
  expect(runText(card)).toContain('There is more than fits in one message.');
});

test('the buttons that a card ends with stay when it is edited, and those of a row above are left out', () => {
  const button = (label: string): Button => ({
    label,
    does: { id: 'x', payload: '{}', opensForm: false },
  });
  const rows: readonly Block[] = Array.from({ length: 60 }, (_, n) => ({
    kind: 'row',
    text: ['x'.repeat(1000)],
    buttons: [button(`Open ${n}`)],
  }));
  const card = renderInOne(
    {
      title: 'Long',
      blocks: [
        ...rows,
        { kind: 'buttons', buttons: [button('Next')] },
        { kind: 'divider' },
        { kind: 'buttons', buttons: [button('Turn off…')] },
      ],
    },
    { dialogs: false },
  );
  expect(bytes(card)).toBeLessThanOrEqual(CARD_BYTES);
  expect(runText(card)).toMatch(/There is more than fits in one message\.[^.]*\.$/);
  const titles = textsOf(card, ['title']);
  expect(titles.slice(-2)).toEqual(['Next', 'Turn off…']);
  expect(titles).not.toContain('Open 59');
});

test('what a card keeps at its end stays when it is edited, whatever is left out above', () => {
  const long = note('Long', ...Array.from({ length: 60 }, () => 'x'.repeat(1000)));
  const kept = note('', 'Here is the way on.').blocks;
  const card = renderInOne(
    { ...long, blocks: [...long.blocks, ...kept], keptAtEnd: kept.length },
    { dialogs: false },
  );
  expect(bytes(card)).toBeLessThanOrEqual(CARD_BYTES);
  expect(runText(card)).toMatch(
    /There is more than fits in one message\.[^.]*\.Here is the way on\.$/,
  );
});

describe('whatever a card holds', () => {
  const span: fc.Arbitrary<Span> = fc.oneof(
    hostile,
    fc.record({ kind: fc.constantFrom('strong', 'code'), text: hostile }),
    fc.record({ kind: fc.constant('link' as const), text: hostile, url: fc.webUrl() }),
  );
  const text = fc.array(span, { maxLength: 5 });
  const anyButtons = (maxLength: number) =>
    fc.array(
      fc.record({
        label: hostile,
        about: hostile,
        does: fc.record({
          id: fc.constant('x'),
          payload: hostile.filter(({ length }) => length < 200),
          opensForm: fc.boolean(),
        }),
      }),
      { maxLength },
    );
  const block: fc.Arbitrary<Block> = fc.oneof(
    fc.record({ kind: fc.constant('text' as const), text, muted: fc.boolean() }),
    fc.record({
      kind: fc.constant('facts' as const),
      facts: fc.array(fc.tuple(hostile, text), { maxLength: 12 }),
    }),
    fc.constant({ kind: 'divider' as const }),
    fc.record({
      kind: fc.constant('row' as const),
      text,
      detail: text,
      buttons: anyButtons(3),
      more: anyButtons(8),
    }),
    fc.record({
      kind: fc.constant('buttons' as const),
      buttons: anyButtons(60),
      more: anyButtons(8),
    }),
  );
  const card: fc.Arbitrary<Card> = fc.record({
    title: hostile,
    blocks: fc.array(block, { maxLength: 12 }),
  });
  /** One seed, so that a run says the same tomorrow; raise the number and change the seed to look further. */
  const RUNS = { numRuns: 75, seed: 20_261_124, endOnFailure: true };
  const rendered = (one: Card, dialogs: boolean) => renderCard(one, { dialogs });

  test('no message is over the limit, and the official parser takes every one', () => {
    fc.assert(
      fc.property(card, fc.boolean(), (one, dialogs) => {
        for (const part of rendered(one, dialogs)) {
          expect(bytes(part)).toBeLessThanOrEqual(CARD_BYTES);
          expect(validate(part)).toEqual([]);
        }
        expect(bytes(renderInOne(one, { dialogs }))).toBeLessThanOrEqual(CARD_BYTES);
      }),
      RUNS,
    );
  });

  test('every string of it is there character by character, and none is a TextBlock', () => {
    fc.assert(
      fc.property(card, (one) => {
        const parts = rendered(one, false);
        expect(JSON.stringify(parts)).not.toContain('"TextBlock"');
        // Each card after the first begins with a title that says so.
        const shown = runText(parts.map(({ body }, index) => (index === 0 ? body : body.slice(1))));
        const titles = textsOf(parts, ['title']);
        for (const string of stringsOf(one.blocks)) expect(shown).toContain(string);
        expect(shown).toContain(one.title);
        const labels = buttonsOf(one).map(({ label }) => label);
        for (const label of labels)
          expect(titles.includes(label) || shown.includes(label)).toBe(true);
      }),
      RUNS,
    );
  });
});

/** The strings that must be shown in runs that belong together. */
function stringsOf(blocks: readonly Block[]): readonly string[] {
  const ofSpan = (span: Span) => (typeof span === 'string' ? span : span.text);
  return blocks.flatMap((block) => {
    if (block.kind === 'text') return block.text.map(ofSpan);
    if (block.kind === 'row') return [...block.text, ...(block.detail ?? [])].map(ofSpan);
    if (block.kind === 'facts')
      return block.facts.flatMap(([label, value]) => [label, ...value.map(ofSpan)]);
    return [];
  });
}

test('a button says what it is about to those who hear the card', () => {
  const does = { id: 'x', payload: '{}', opensForm: false };
  const [card] = renderCard(
    {
      title: 'x',
      blocks: [{ kind: 'buttons', buttons: [{ label: 'Go', about: 'Go: Zoom', does }] }],
    },
    { dialogs: false },
  );
  expect(JSON.stringify(card)).toContain('"tooltip":"Go: Zoom"');
});
