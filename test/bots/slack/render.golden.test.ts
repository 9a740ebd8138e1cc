import { describe, expect, test } from 'vitest';
import { renderCard } from '../../../src/bots/slack/render-card.ts';
import { renderForm, renderLoading } from '../../../src/bots/slack/render-form.ts';
import { type Block, type Card, type Row, strong } from '../../../src/bots/view/card.ts';
import type { Form } from '../../../src/bots/view/form.ts';

const pretty = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
const call = { id: 'access.grant', payload: '{"person":"p1"}', opensForm: true };
const frame = { call, origin: { channel: 'D1', message: { ts: '1.2' }, place: 'direct' as const } };

const card: Card = {
  title: 'Access of Ann <!here>',
  blocks: [
    {
      kind: 'facts',
      facts: [
        ['Zoom', ['has access']],
        ['Asana', ['unknown: the service answered ', { kind: 'code', text: '404' }]],
      ],
    },
    { kind: 'text', text: ['Why: *not bold* & <https://evil.example|Approve>'] },
    {
      kind: 'text',
      text: ['See the ', { kind: 'link', text: 'secrets page', url: 'https://latchkey.example/s' }],
    },
    { kind: 'divider' },
    { kind: 'text', text: ['Last checked 10:15'], muted: true },
    {
      kind: 'buttons',
      buttons: [
        { label: 'Grant', tone: 'primary', does: call },
        { label: 'Revoke', tone: 'danger', does: { ...call, id: 'access.revoke' } },
        { label: 'Grant again', does: call },
      ],
    },
  ],
};

test('a button says what it is about to those who hear the card, as far as Slack takes it', () => {
  const buttons = [{ label: 'Go', about: `Go: ${'x'.repeat(100)}`, does: call }];
  const [message] = renderCard({ title: 'x', blocks: [{ kind: 'buttons', buttons }] });
  expect(JSON.stringify(message)).toContain(`"accessibility_label":"Go: ${'x'.repeat(70)}…"`);
});

describe('a row', () => {
  const button = (label: string, payload = '{}') => ({
    label,
    does: { id: 'access.grant', payload, opensForm: false },
  });
  const blocksOf = (row: Omit<Row, 'kind'>) =>
    renderCard({ title: 'x', blocks: [{ kind: 'row', ...row }] })[0].blocks.slice(1);
  const zoom = { text: [strong('Zoom')], detail: ['✓ Has access & more'] };

  test('has its only button beside its name in bold and its second line', () => {
    expect(blocksOf({ ...zoom, buttons: [button('Open')] })).toMatchObject([
      {
        type: 'section',
        text: { type: 'mrkdwn', text: '*Zoom*\n✓ Has access &amp; more', verbatim: true },
        accessory: { type: 'button', text: { text: 'Open' }, action_id: 'access.grant' },
      },
    ]);
  });

  test('has several buttons below it, and the rest in a menu', () => {
    const more = [button('Re-grant…', '{"a":1}'), button('Check')];
    expect(blocksOf({ ...zoom, buttons: [button('Revoke…')], more })).toMatchObject([
      { type: 'section' },
      {
        type: 'actions',
        elements: [
          { type: 'button', text: { text: 'Revoke…' } },
          {
            type: 'overflow',
            options: [
              { text: { text: 'Re-grant…' }, value: 'access.grant {"a":1}' },
              { text: { text: 'Check' }, value: 'access.grant {}' },
            ],
          },
        ],
      },
    ]);
  });

  test('has several menus where one would be too long', () => {
    const more = Array.from({ length: 7 }, (_, index) => button(`Action ${index}`));
    const [, actions] = blocksOf({ ...zoom, buttons: [button('Access')], more });
    expect(actions).toMatchObject({
      elements: [{ type: 'button' }, { options: { length: 4 } }, { options: { length: 3 } }],
    });
  });

  test('shows as buttons what an option of a menu can not carry', () => {
    const more = [button('Re-grant…', 'x'.repeat(151)), button('Check')];
    expect(JSON.stringify(blocksOf({ ...zoom, buttons: [], more }))).not.toContain('overflow');
  });

  test.each(['*Zoom*', 'a_b_c', ':smile:', '> quoted', '~no~', '`x`', ' Zoom'])(
    'named %j is plain text, since Slack would format it',
    (name) => {
      expect(blocksOf({ text: [strong(name)], buttons: [] })).toEqual([
        { type: 'section', text: { type: 'plain_text', text: name, emoji: false } },
      ]);
    },
  );
});

describe('facts', () => {
  const blocksOf = (facts: Extract<Block, { kind: 'facts' }>['facts'], ...more: Block[]) =>
    renderCard({ title: 'x', blocks: [{ kind: 'facts', facts }, ...more] })[0].blocks.slice(1);
  const said: Block = { kind: 'text', text: ['Said.'] };
  const fields = (...texts: string[]) => ({
    type: 'section',
    fields: texts.map((text) => ({ type: 'mrkdwn', text, verbatim: true })),
  });

  test('stand in two columns, each with its label in bold above its value', () => {
    expect(
      blocksOf(
        [
          ['Email', ['a&b@x.io']],
          ['Manager', ['Ada']],
        ],
        said,
      ),
    ).toMatchObject([fields('*Email*\na&amp;b@x.io', '*Manager*\nAda'), { type: 'rich_text' }]);
  });

  test('have a line of their own where they are long, alone, or look like markup', () => {
    const long = 'x'.repeat(100);
    const blocks = blocksOf([
      ['A', ['1']],
      ['B', ['2']],
      ['C', [long]],
      ['D', ['*bold*']],
      ['E', ['5']],
    ]);
    expect(blocks).toMatchObject([fields('*A*\n1', '*B*\n2'), { type: 'rich_text' }]);
    expect(JSON.stringify(blocks)).toContain('*bold*');
  });

  test('leave a line that an edit may keep, where the message has no other text', () => {
    expect(
      blocksOf([
        ['A', ['1']],
        ['B', ['2']],
        ['C', ['3']],
      ]),
    ).toMatchObject([fields('*A*\n1', '*B*\n2'), { type: 'rich_text' }]);
    const two = blocksOf([
      ['A', ['1']],
      ['B', ['2']],
    ]);
    expect(two).toMatchObject([{ type: 'rich_text' }]);
    const four = blocksOf(['A', 'B', 'C', 'D'].map((label) => [label, ['1']] as const));
    expect(four).toMatchObject([fields('*A*\n1', '*B*\n1'), { type: 'rich_text' }]);
    expect(JSON.stringify(four[1])).toMatch(/"C: "[^]*"D: "/);
  });

  test('are spoken with their label', () => {
    const [{ text }] = renderCard({
      title: 'x',
      blocks: [
        {
          kind: 'facts',
          facts: [
            ['A', ['1']],
            ['B', ['2']],
          ],
        },
        said,
      ],
    });
    expect(text).toBe('x\nA: 1\nB: 2\nSaid.');
  });
});

const form: Form = {
  title: 'Grant access to Ann Lovelace',
  submitLabel: 'Grant',
  intro: [['Asana asks for these.']],
  fields: {
    team: {
      kind: 'choice',
      label: 'Team',
      hint: 'Where Ann will work',
      options: [
        { label: 'Design', value: 'd' },
        { label: 'Design', value: 'd2' },
        { label: `Team ${'x'.repeat(80)}`, value: 't' },
      ],
    },
    tools: {
      kind: 'choices',
      label: 'Tools',
      optional: true,
      options: [
        { label: 'Board', value: 'b' },
        { label: '', value: 'w' },
      ],
    },
    many: {
      kind: 'choice',
      label: 'One of many',
      options: Array.from({ length: 101 }, (_, index) => ({
        label: `Team ${index}`,
        value: `${index}`,
      })),
    },
    reason: { kind: 'text', label: 'Reason', multiline: true, initial: 'Joins on Monday' },
    until: { kind: 'date', label: 'Until', optional: true },
    none: { kind: 'choice', label: 'Nothing', optional: true, options: [] },
  },
};

describe('what Slack is sent', () => {
  test('for a card', async () => {
    await expect(pretty(renderCard(card))).toMatchFileSnapshot('golden/card.golden.json');
  });
  test('for a form', async () => {
    await expect(pretty(renderForm(form, { ...frame, session: 's1' }))).toMatchFileSnapshot(
      'golden/form.golden.json',
    );
  });
  test('for a form that is loading', async () => {
    await expect(pretty(renderLoading(frame, form.title))).toMatchFileSnapshot(
      'golden/loading.golden.json',
    );
  });
  test('for a form that takes something away', async () => {
    const danger: Form = { ...form, submitLabel: 'Revoke', tone: 'danger', fields: {} };
    await expect(pretty(renderForm(danger, { ...frame, session: 's1' }))).toMatchFileSnapshot(
      'golden/danger.golden.json',
    );
  });
});

describe('a card', () => {
  test('with more buttons than a row has room for gets several rows', () => {
    const does = { ...call, payload: 'x'.repeat(151) }; // Too long for an option of a menu.
    const buttons = Array.from({ length: 60 }, (_, index) => ({ label: `B${index}`, does }));
    const messages = renderCard({ title: 'Many', blocks: [{ kind: 'buttons', buttons }] });
    const blocks = messages.flatMap((message) => message.blocks);
    expect(
      blocks.flatMap((block) => (block.type === 'actions' ? [block.elements.length] : [])),
    ).toEqual([25, 25, 10]);
  });

  test('that is too long for a message becomes several, numbered', () => {
    const blocks = Array.from({ length: 100 }, () => ({ kind: 'divider' }) as const);
    expect(renderCard({ title: 'Long', blocks }).map(({ text }) => text)).toEqual([
      'Long (1 of 3)',
      'Long (2 of 3)',
      'Long (3 of 3)',
    ]);
  });

  test('whose button has a long label shows it whole, as text above', () => {
    const label = `Grant ${'x'.repeat(100)}`;
    const [{ blocks }] = renderCard({
      title: 'Long',
      blocks: [{ kind: 'buttons', buttons: [{ label, does: call }] }],
    });
    expect(JSON.stringify(blocks[1])).toContain(label);
    expect(blocks[2]).toMatchObject({
      elements: [{ text: { text: `${label.slice(0, 74)}…` } }],
    });
  });

  test('shows an address that is no web page as text, not as a link', () => {
    const [{ blocks }] = renderCard({
      title: 'Link',
      blocks: [
        { kind: 'text', text: [{ kind: 'link', text: 'Approve', url: 'javascript:alert(1)' }] },
      ],
    });
    expect(blocks[1]).toMatchObject({
      elements: [{ elements: [{ type: 'text', text: 'Approve javascript:alert(1)' }] }],
    });
  });
});

describe('a form', () => {
  test('with many long lists keeps below the size of a view by making them type-aheads', () => {
    const options = Array.from({ length: 100 }, (_, index) => ({
      label: `${'界'.repeat(70)}${index}`,
      value: `${index}`,
    }));
    const fields = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [
        `f${index}`,
        { kind: 'choices', label: `Field ${index}`, options } as const,
      ]),
    );
    const view = renderForm({ ...form, fields }, { ...frame, session: 's1' });
    expect(Buffer.byteLength(JSON.stringify(view))).toBeLessThan(250_000);
    expect(JSON.stringify(view)).toContain('multi_external_select');
  });

  test('with more fields than a modal has room for is refused, not cut', () => {
    const fields = Object.fromEntries(
      Array.from({ length: 101 }, (_, index) => [
        `f${index}`,
        { kind: 'text', label: 'x' } as const,
      ]),
    );
    expect(() => renderForm({ ...form, fields }, { ...frame, session: 's1' })).toThrow(RangeError);
  });
});
