import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderBlocks } from '../../../src/bots/slack/render-card.ts';
import { renderForm } from '../../../src/bots/slack/render-form.ts';
import type { Field, Form, Option } from '../../../src/bots/view/form.ts';
import { inLocale } from '../../../src/core/translate.ts';
import { drawSlack, drawSlackModal, UnknownBlock } from '../../../src/web/editor/draw-slack.ts';

const options = (count: number): readonly Option[] =>
  Array.from({ length: count }, (_, index) => ({ label: `Team ${index}`, value: `t${index}` }));
const form = (fields: Record<string, Field>): Form => ({
  title: 'Grant Fernboard',
  submitLabel: 'Grant',
  intro: [[{ kind: 'strong', text: 'Ann' }, ' gets it']],
  fields,
});
const draw = (fields: Record<string, Field>): string =>
  drawSlackModal(
    renderForm(form(fields), {
      session: '',
      call: { id: 'preview', payload: '{}' },
      origin: { place: 'direct' },
    }),
  );

const kinds: readonly [string, Field, string][] = [
  ['a text', { kind: 'text', label: 'Name' }, '<input type="text"'],
  ['a long text', { kind: 'text', label: 'Name', multiline: true }, '<textarea'],
  ['a date', { kind: 'date', label: 'Start' }, '<input type="date"'],
  ['a list', { kind: 'choice', label: 'Team', options: options(3) }, '<option>Team 2</option>'],
  [
    'few of which many',
    { kind: 'choices', label: 'Teams', options: options(3) },
    'type="checkbox"',
  ],
  ['many of which many', { kind: 'choices', label: 'T', options: options(20) }, '<select multiple'],
  ['a long list', { kind: 'choice', label: 'Team', options: options(101) }, 'type="search"'],
  ['long lists', { kind: 'choices', label: 'Team', options: options(101) }, 'type="search"'],
  ['an empty list', { kind: 'choice', label: 'T', options: [] }, 'no options to choose from'],
  ['a problem', { kind: 'problem', label: 'Team', message: 'It is down.' }, 'Try again</button>'],
  [
    'what is chosen',
    { kind: 'choice', label: 'Team', options: options(3), initial: 't1' },
    '<option selected>Team 1</option>',
  ],
  [
    'what is ticked',
    { kind: 'choices', label: 'Teams', options: options(3), initial: ['t1'] },
    'checked> Team 1<',
  ],
  [
    'what is found',
    { kind: 'choice', label: 'Team', options: options(101), initial: 't1' },
    'value="Team 1"',
  ],
  ['a day', { kind: 'date', label: 'Start', initial: '2026-11-24' }, 'value="2026-11-24"'],
  ['a chat user', { kind: 'user', label: 'Who' }, 'placeholder="Select a user"'],
  ['a file', { kind: 'file', label: 'File', endings: ['csv'], maxBytes: 100 }, 'type="file"'],
];
test.each(kinds)('%s is drawn', (_, field, shows) => {
  expect(draw({ field })).toContain(shows);
});

test('what Slack itself writes into an empty control is in the language of the author', () => {
  const fields: Record<string, Field> = {
    team: { kind: 'choice', label: 'Team', options: options(3) },
    search: { kind: 'choice', label: 'Suche', options: options(101) },
    who: { kind: 'user', label: 'Wer' },
    others: { kind: 'people', label: 'Andere', optional: true },
  };
  const html = inLocale('de-DE', () => draw(fields));
  expect(html).toContain('<option>Option auswählen</option>');
  for (const words of ['Tippen, um zu suchen', 'Person auswählen', 'Personen auswählen'])
    expect(html).toContain(`placeholder="${words}"`);
});

test('every control has its label, hint included', () => {
  const html = draw({ a: { kind: 'text', label: 'Name', hint: 'As in HR', optional: true } });
  expect(html).toMatch(
    /<label for="(slack-2)">Name <span[^>]*>\(optional\)<\/span><\/label><input/,
  );
  expect(html).toContain('aria-describedby="slack-2-hint"');
  expect(html).toContain('id="slack-2-hint">As in HR<');
});

test('a card is drawn as well', () => {
  const html = drawSlack(
    renderBlocks({
      title: 'Access',
      blocks: [
        {
          kind: 'text',
          text: [
            { kind: 'code', text: 'x' },
            { kind: 'link', text: 'y', url: 'https://z.example' },
          ],
        },
        { kind: 'text', text: ['small'], muted: true },
        { kind: 'facts', facts: [['State', ['has']]] },
        { kind: 'divider' },
        {
          kind: 'buttons',
          buttons: [
            {
              label: 'Revoke',
              about: 'Revoke: Zoom',
              tone: 'danger',
              does: { id: 'a', payload: '{}', opensForm: false },
            },
          ],
        },
      ],
    }),
  );
  expect(html).toContain('<p class="slack-header">Access</p>');
  expect(html).toContain('<code>x</code>');
  expect(html).not.toContain('<a ');
  expect(html).toContain('<hr>');
  expect(html).toContain('class="slack-danger" aria-label="Revoke: Zoom">Revoke</button>');
});

test('whatever stands in a form is text', () => {
  const hostile = fc.oneof(
    fc.constantFrom(
      '<script>alert(1)</script>',
      '"><img src=x onerror=a()>',
      "' onfocus='a()",
      '&lt;',
    ),
    fc.string({ unit: 'grapheme' }),
  );
  const any = fc.record({
    label: hostile,
    hint: hostile,
    option: hostile,
    initial: hostile,
  });
  fc.assert(
    fc.property(any, ({ label, hint, option, initial }) => {
      const html = draw({
        a: { kind: 'text', label, hint, initial },
        b: { kind: 'choice', label, options: [{ label: option, value: 'x' }] },
        c: { kind: 'choices', label, hint, options: [{ label: option, value: 'x' }] },
      });
      const inside = html.replaceAll(/<\/?[a-z\d]+(?: [a-z-]+(?:="[^"<>]*")?)*>/g, '');
      expect(inside).not.toMatch(/[<>"']/);
      expect(html).not.toMatch(/<(script|img)/);
    }),
    { numRuns: 100, seed: 20_261_124 },
  );
});

test('what our renderer does not make is refused, and never left out', () => {
  expect(() => drawSlack([{ type: 'image', image_url: 'https://x.example' }])).toThrow(
    UnknownBlock,
  );
  expect(() => drawSlack([{ type: 'header', text: { type: 'mrkdwn', text: '*x*' } }])).toThrow(
    UnknownBlock,
  );
  expect(() => drawSlack([{ type: 'divider', block_id: 'x', new_thing: 1 }])).toThrow(UnknownBlock);
});
