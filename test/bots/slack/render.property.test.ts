import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { optionTexts } from '../../../src/bots/slack/option-labels.ts';
import { readForm } from '../../../src/bots/slack/read-form.ts';
import { renderCard } from '../../../src/bots/slack/render-card.ts';
import { renderForm, renderRefusal } from '../../../src/bots/slack/render-form.ts';
import type { Block, Card, Span, Text } from '../../../src/bots/view/card.ts';
import { type Field, type Form, hasProblem, initialAnswers } from '../../../src/bots/view/form.ts';
import { unreachable } from '../../../src/core/unreachable.ts';
import {
  checkMessageBlocks,
  checkView,
  type DoubleBlock,
  type DoubleView,
} from '../../support/slack-double/block-kit.ts';
import { Workspace } from '../../support/slack-double/workspace.ts';

/** One seed, so that a run says the same tomorrow; raise the number and change the seed to look further. */
const RUNS = { numRuns: 200, seed: 20_261_124 };

const hostile = fc.constantFrom(
  '<!channel>',
  '<@U0ANN> <#C1|x>',
  '<https://evil.example|Approve>',
  '[a](https://b.example)',
  '*bold* _it_ ~no~ `code` ```block```',
  ':smile: 👩‍👩‍👧‍👦 é\u0301',
  '&amp; & < >',
  '"quoted" \\ back\nslash\n\n',
  '\u202Eright to left',
  '\u0000\u0007',
  '',
  ' ',
  '\n',
);
const long = fc
  .tuple(
    fc.constantFrom('word ', 'x', '&', '<', '界', '😀', '\n', '\u0001'),
    fc.integer({ min: 70, max: 9000 }),
  )
  .map(([piece, times]) => piece.repeat(times));
/** Right at what Slack takes, and one over. */
const atTheLimit = fc
  .constantFrom(24, 25, 75, 76, 150, 151, 2000, 2001, 3000, 3001)
  .map((length) => 'x'.repeat(length));
const anyText = fc.oneof(
  { weight: 1, arbitrary: atTheLimit },
  { weight: 4, arbitrary: hostile },
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme' }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  { weight: 1, arbitrary: long },
);
const anyUrl = fc.constantFrom(
  'https://latchkey.example/links/1?a=b&c=d',
  'mailto:ann@example.com',
  'javascript:alert(1)',
  'not a url',
  `https://long.example/${'x'.repeat(4000)}`,
);
const anySpan: fc.Arbitrary<Span> = fc.oneof(
  anyText,
  fc.record({ kind: fc.constantFrom('strong' as const, 'code' as const), text: anyText }),
  fc.record({ kind: fc.constant('link' as const), text: anyText, url: anyUrl }),
);
const anyLine: fc.Arbitrary<Text> = fc.array(anySpan, { maxLength: 5 });
const anyButtons = (max: number) =>
  fc.array(
    fc.record({
      label: anyText,
      about: anyText,
      does: fc.record({
        id: fc.constantFrom('access.grant', 'request.approve'),
        payload: fc.oneof(fc.constant('{}'), fc.string({ maxLength: 2000 })),
        opensForm: fc.boolean(),
      }),
    }),
    { maxLength: max },
  );
const anyBlock: fc.Arbitrary<Block> = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), text: anyLine, muted: fc.boolean() }),
  fc.record({
    kind: fc.constant('facts' as const),
    facts: fc.array(fc.tuple(anyText, anyLine), { maxLength: 6 }),
  }),
  fc.constant({ kind: 'divider' } as const),
  fc.record({ kind: fc.constant('buttons' as const), buttons: anyButtons(60) }),
);
const anyCard: fc.Arbitrary<Card> = fc.record({
  title: anyText,
  blocks: fc.oneof(
    fc.array(anyBlock, { maxLength: 6 }),
    fc.array(fc.constant({ kind: 'divider' } as const), { minLength: 40, maxLength: 120 }),
  ),
});

const common = { label: anyText, optional: fc.boolean() };
const anyOptions = fc
  .tuple(fc.array(anyText, { maxLength: 12 }), fc.integer({ min: 0, max: 300 }))
  .map(([some, more]) =>
    [...some, ...Array.from({ length: more }, (_, index) => `Option ${index % 250}`)].map(
      (label, index) => ({ label, value: `id-${index}` }),
    ),
  );
/** Most of them among the options. */
const anyValue = fc.oneof(
  fc.integer({ min: 0, max: 320 }).map((index) => `id-${index}`),
  fc.constantFrom('', 'unknown', '__proto__'),
);
const anyDate = fc.constantFrom('2026-11-24', '2028-02-29', '2026-02-30', '24.11.2026', '', 'x');
const anyField: fc.Arbitrary<Field> = fc.oneof(
  fc.record({ ...common, kind: fc.constant('text' as const), initial: anyText, hint: anyText }),
  fc.record({
    ...common,
    kind: fc.constant('choice' as const),
    options: anyOptions,
    initial: anyValue,
  }),
  fc.record({
    ...common,
    kind: fc.constant('choices' as const),
    options: anyOptions,
    initial: fc.array(anyValue, { maxLength: 20 }),
  }),
  fc.record({ ...common, kind: fc.constant('date' as const), initial: anyDate }),
  fc.record({
    ...common,
    kind: fc.constant('file' as const),
    endings: fc.subarray(['json', 'csv', '.txt']),
    maxBytes: fc.constant(1000),
  }),
);
const aProblem: fc.Arbitrary<Field> = fc.record({
  label: anyText,
  kind: fc.constant('problem' as const),
  message: anyText,
});
const formOf = (field: fc.Arbitrary<Field>): fc.Arbitrary<Form> =>
  fc.record({
    title: anyText,
    submitLabel: anyText,
    tone: fc.constant('danger' as const),
    intro: fc.array(anyLine, { maxLength: 3 }),
    fields: fc.dictionary(fc.string({ minLength: 1, maxLength: 40 }), field, { maxKeys: 8 }),
  });
const frame = {
  call: { id: 'access.grant', payload: '{"person":"1"}' },
  origin: { place: 'direct' as const },
};

/** All that the blocks say, joined as it is read: a text that was split is whole again. */
function said(blocks: readonly DoubleBlock[]): string {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner !== 'string') visit(inner);
      else if (['text', 'url', 'initial_value'].includes(key)) found.push(inner);
    }
  };
  visit(blocks);
  return found.join('');
}

const spanTexts = (span: Span): string[] =>
  typeof span === 'string' ? [span] : span.kind === 'link' ? [span.text, span.url] : [span.text];
const lineTexts = (line: Text): string[] => line.flatMap(spanTexts);
const blockTexts = (block: Block): string[] => {
  switch (block.kind) {
    case 'text':
      return lineTexts(block.text);
    case 'facts':
      return block.facts.flatMap(([label, value]) => [label, ...lineTexts(value)]);
    case 'buttons':
      return block.buttons.map(({ label }) => label);
    case 'divider':
      return [];
    default:
      return unreachable(block);
  }
};
const isVisible = (text: string): boolean => text.trim() !== '';

/** What is used as markup: mrkdwn objects, and elements that would notify somebody. */
const types = (value: unknown): string[] =>
  typeof value !== 'object' || value === null
    ? []
    : [
        ...('type' in value && typeof value.type === 'string' ? [value.type] : []),
        ...Object.values(value).flatMap(types),
      ];
const MARKUP = ['mrkdwn', 'user', 'channel', 'usergroup', 'broadcast', 'emoji'];

describe('any card', () => {
  test('becomes messages that Slack accepts', () => {
    fc.assert(
      fc.property(anyCard, (card) => {
        for (const { blocks, text } of renderCard(card)) {
          expect(checkMessageBlocks(blocks)).toMatchObject({ ok: true });
          expect(text.length).toBeGreaterThan(0);
        }
      }),
      RUNS,
    );
  });

  test('is shown character by character, with no markup made of its words', () => {
    fc.assert(
      fc.property(anyCard, (card) => {
        const messages = renderCard(card);
        const whole = said(messages.flatMap(({ blocks }) => blocks as DoubleBlock[]));
        for (const text of [card.title, ...card.blocks.flatMap(blockTexts)].filter(isVisible))
          expect(whole.includes(text)).toBe(true);
        for (const { blocks, text } of messages) {
          expect(types(blocks).filter((type) => MARKUP.includes(type))).toEqual([]);
          expect(text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
        }
      }),
      RUNS,
    );
  });

  test('in place of a form is a modal that Slack accepts', () => {
    fc.assert(
      fc.property(anyCard, (card) => {
        expect(checkView(renderRefusal(frame, card))).toMatchObject({ ok: true });
      }),
      RUNS,
    );
  });
});

describe('any form', () => {
  test('becomes a modal that Slack accepts, and says all of its labels', () => {
    fc.assert(
      fc.property(formOf(anyField), (form) => {
        const view = renderForm(form, 'session-1', frame);
        expect(checkView(view)).toMatchObject({ ok: true });
        const whole = said(view.blocks as DoubleBlock[]) + view.title.text;
        const fields = Object.values(form.fields);
        const texts = [
          form.title,
          ...form.intro.flatMap(lineTexts),
          ...fields.map(({ label }) => label),
          ...fields.flatMap((field) => (field.kind === 'text' && field.initial) || []),
        ];
        for (const text of texts.filter(isVisible)) expect(whole.includes(text)).toBe(true);
        expect(types(view).filter((type) => MARKUP.includes(type))).toEqual([]);
      }),
      RUNS,
    );
  });

  test('opens with the answers that are there and possible, and with no others', () => {
    fc.assert(
      fc.property(formOf(anyField), (form) => {
        const view = renderForm(form, 'session-1', frame);
        const modal = new Workspace(Date.now).openModal('U1', view as DoubleView);
        const answers = Object.entries(initialAnswers(form.fields)).filter(
          ([, answer]) =>
            typeof answer !== 'string' || (isVisible(answer) && answer.length <= 3000),
        );
        expect(new Map(Object.entries(readForm(modal?.values)))).toEqual(new Map(answers));
      }),
      RUNS,
    );
  });

  test('with a problem has no submit button, and Try again', () => {
    fc.assert(
      fc.property(formOf(fc.oneof(anyField, aProblem)), (form) => {
        const view = renderForm(form, 'session-1', frame);
        expect(checkView(view)).toMatchObject({ ok: true });
        expect(view.submit === undefined).toBe(hasProblem(form));
        expect(said(view.blocks as DoubleBlock[]).endsWith('Try again')).toBe(hasProblem(form));
      }),
      RUNS,
    );
  });
});

test('options that would look the same get their number, and no two look alike', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(anyText, fc.constantFrom('A', 'A (1)', 'A (2)', 'A (2) (3)')), {
        maxLength: 300,
      }),
      (labels) => {
        const texts = optionTexts(labels.map((label, position) => ({ label, position })));
        expect(new Set(texts).size).toBe(labels.length);
        for (const [index, text] of texts.entries()) {
          expect(text.length).toBeLessThanOrEqual(75);
          const label = labels[index] ?? '';
          expect(text.includes('…') || !isVisible(label) || label.length <= 75).toBe(true);
        }
      },
    ),
    RUNS,
  );
});
