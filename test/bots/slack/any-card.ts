/** Cards of every kind: markup of each platform as text, texts at Slack's limits and far over them, many blocks. */
import * as fc from 'fast-check';
import type { Block, Card, Span, Text } from '../../../src/bots/view/card.ts';
import { anyCharacter } from '../../support/any-character.ts';

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
  'half of 🙂'.slice(0, -1),
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
export const anyText = fc.oneof(
  { weight: 1, arbitrary: atTheLimit },
  { weight: 4, arbitrary: hostile },
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme' }) },
  { weight: 1, arbitrary: fc.string({ unit: anyCharacter, maxLength: 200 }) },
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
export const anyLine: fc.Arbitrary<Text> = fc.array(anySpan, { maxLength: 5 });
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
  fc.record({
    kind: fc.constant('checklist' as const),
    label: anyText,
    entries: fc.array(fc.record({ text: anyText, note: anyText, isDone: fc.boolean() }), {
      minLength: 1,
      maxLength: 25,
    }),
    does: fc.constantFrom(undefined, {
      id: 'task.tick',
      payload: JSON.stringify({ taskId: 'x'.repeat(36) }),
      opensForm: false,
    }),
  }),
  fc.record({
    kind: fc.constant('row' as const),
    text: anyLine,
    detail: anyLine,
    buttons: anyButtons(3),
    more: anyButtons(8),
  }),
  fc.record({
    kind: fc.constant('buttons' as const),
    buttons: anyButtons(60),
    more: anyButtons(8),
  }),
);
export const anyCard: fc.Arbitrary<Card> = fc.record({
  title: anyText,
  blocks: fc.oneof(
    fc.array(anyBlock, { maxLength: 6 }),
    fc.array(fc.constant({ kind: 'divider' } as const), { minLength: 40, maxLength: 120 }),
  ),
});
