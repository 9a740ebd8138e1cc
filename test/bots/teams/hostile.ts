/** Strings that a chat client might read as something else than text, and strings of awkward lengths. */
import * as fc from 'fast-check';

const nasty = fc.constantFrom(
  '',
  ' ',
  '<!channel>',
  '<https://evil.example|Approve>',
  '[a](https://evil.example)',
  '**bold** _it_ `code` ~~gone~~',
  '```\nblock\n```',
  '<at>Ann Lee</at>',
  '{{DATE(2026-11-24T10:00:00Z, SHORT)}}',
  '{{{TIME(2026-11-24T10:00:00Z)}}}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what someone typed.
  '${name} {{x}} &amp; &nbsp; <b>x</b>',
  '🙂👩‍👩‍👧‍👦é\u202Eabc',
  'line\nline\r\n\ttab "quoted" \\ back\u0000\u0007',
  '-1,2,3',
);
const long = fc
  .tuple(
    fc.constantFrom('x', '🙂', 'é', '"', '\u0001', '{{DATE(', 'word '),
    fc.integer({ min: 200, max: 9000 }),
  )
  .map(([unit, times]) => unit.repeat(times));

export const hostile = fc.oneof(
  { weight: 6, arbitrary: nasty },
  { weight: 5, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  { weight: 1, arbitrary: long },
);
