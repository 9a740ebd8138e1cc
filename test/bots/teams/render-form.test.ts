import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FormView } from '../../../src/bots/teams/form-view.ts';
import { CARD_BYTES } from '../../../src/bots/teams/limits.ts';
import { readPressed } from '../../../src/bots/teams/read-form.ts';
import { readDataset } from '../../../src/bots/teams/render-choices.ts';
import { renderForm } from '../../../src/bots/teams/render-form.ts';
import { type Field, type Form, MAX_CHOSEN, type RawValues } from '../../../src/bots/view/form.ts';
import { hostile } from './hostile.ts';
import { runText, textsOf, validate } from './official-parser.ts';

const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const options = (count: number, label = 'Option') =>
  Array.from({ length: count }, (_, index) => ({ label: `${label} ${index}`, value: `v${index}` }));

const form: Form = {
  title: 'Grant access',
  submitLabel: 'Grant',
  intro: [['To ', { kind: 'strong', text: 'Ann Lee' }]],
  fields: {
    reason: { kind: 'text', label: 'Reason', hint: 'One line is enough.', multiline: true },
    level: { kind: 'choice', label: 'Level', options: options(3) },
    rights: { kind: 'choices', label: 'Rights', optional: true, options: options(3, 'Right') },
    until: { kind: 'date', label: 'Until', optional: true },
    project: { kind: 'choice', label: 'Project', options: options(240, 'Project') },
  },
};
const view: FormView = {
  form,
  session: 's1',
  call: { id: 'grant', payload: '{"who":"ann"}' },
  mode: 'inline',
  from: '17',
};
const fieldsOf = (fields: Form['fields']): Form => ({ ...form, fields });

const inputs = (card: unknown): Record<string, Record<string, unknown>> => {
  const found: Record<string, Record<string, unknown>> = {};
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk);
    if (typeof value !== 'object' || value === null) return;
    const element = value as Record<string, unknown>;
    if (String(element['type']).startsWith('Input.')) found[String(element['id'])] = element;
    Object.values(element).forEach(walk);
  };
  walk(card);
  return found;
};
const actions = (card: unknown): Record<string, Record<string, unknown>> => {
  const found: Record<string, Record<string, unknown>> = {};
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk);
    if (typeof value !== 'object' || value === null) return;
    const element = value as Record<string, unknown>;
    if (element['type'] === 'Action.Submit') found[String(element['title'])] = element;
    Object.values(element).forEach(walk);
  };
  walk(card);
  return found;
};

test('an inline form is what it was', async () => {
  await expect(JSON.stringify(renderForm(view), undefined, 2)).toMatchFileSnapshot(
    'inline-form.golden.json',
  );
});

test('a dialog is what it was, with errors and the answers that were given', async () => {
  const dialog = renderForm({
    ...view,
    mode: 'dialog',
    errors: { reason: 'Say more.' },
    kept: { reason: 'x', level: '2', rights: ['0', '2'], until: '2026-11-24', project: '239' },
  });
  await expect(JSON.stringify(dialog, undefined, 2)).toMatchFileSnapshot('dialog.golden.json');
});

test('the wire carries positions, never what a third party calls its choices', () => {
  const text = JSON.stringify(renderForm(view));
  expect(text).not.toContain('"v1"');
  expect(inputs(renderForm(view))['t:level']).toMatchObject({
    choices: [{ title: 'Option 0', value: '0' }, { title: 'Option 1', value: '1' }, { value: '2' }],
  });
});

test('a long list in a dialog is searched on the server as one types, for that session and field', () => {
  const project = inputs(renderForm({ ...view, mode: 'dialog' }))['t:project'];
  expect(project).toMatchObject({ style: 'filtered', choices: [] });
  const query = project?.['choices.data'] as { type: string; dataset: string };
  expect(query.type).toBe('Data.Query');
  expect(readDataset(query.dataset)).toEqual({ session: 's1', field: 'project' });
});

test('a long list inline has a search box, and shows what was found with what was picked before', () => {
  const card = renderForm({
    ...view,
    kept: { project: '7' },
    found: { project: { typed: '239', options: [{ label: 'Project 239', position: 239 }] } },
  });
  expect(inputs(card)['q:project']).toMatchObject({ value: '239' });
  expect(inputs(card)['t:project']).toMatchObject({
    value: '7',
    choices: [
      { title: 'Project 7', value: '7' },
      { title: 'Project 239', value: '239' },
    ],
  });
});

test("people are picked in the organization's own search, and can be unticked where a client has none", () => {
  const people = {
    kind: 'people',
    label: 'Who',
    hint: 'Up to five',
    optional: true,
    initial: ['id-1', 'id-2'],
    names: ['Ann Lee', 'Bo Ray'],
  } as const;
  const shown = { ...view, form: fieldsOf({ people }) };
  expect(inputs(renderForm({ ...shown, mode: 'dialog' }))['m:people']).toMatchObject({
    isMultiSelect: true,
    value: 'id-1,id-2',
    'choices.data': { type: 'Data.Query', dataset: 'graph.microsoft.com/users' },
  });
  expect(inputs(renderForm(shown))['m:people']).toMatchObject({
    label: 'Who (optional)',
    choices: [
      { title: 'Ann Lee', value: 'id-1' },
      { title: 'Bo Ray', value: 'id-2' },
    ],
    style: 'expanded',
    isMultiSelect: true,
    value: 'id-1,id-2',
  });
  expect(JSON.stringify(renderForm(shown))).not.toContain('Up to five');
});

test('an address is optional beside a list of people, and needed where a client has none', () => {
  const email = { kind: 'text', label: 'Email', optional: true, neededAlone: true } as const;
  const shown = { ...view, form: fieldsOf({ email }) };
  expect(inputs(renderForm({ ...shown, mode: 'dialog' }))['t:email']).toMatchObject({
    label: 'Email (optional)',
  });
  expect(inputs(renderForm(shown))['t:email']).toMatchObject({ label: 'Email' });
});

test('who was chosen and is unticked stays so when the form is shown again', () => {
  const picked = {
    kind: 'person',
    label: 'Who',
    optional: true,
    initial: 'id-1',
    names: ['Ann Lee'],
  } as const;
  const shown = { ...view, form: fieldsOf({ picked }) };
  expect(inputs(renderForm(shown))['t:picked']).toMatchObject({ value: 'id-1' });
  const again = inputs(renderForm({ ...shown, kept: {} }))['t:picked'];
  expect(again).toMatchObject({ choices: [{ title: 'Ann Lee', value: 'id-1' }] });
  expect(again).not.toHaveProperty('value');
});

test('a list from which no one was chosen is left out where a client has none', () => {
  const picked = { kind: 'person', label: 'Who', optional: true } as const;
  expect(inputs(renderForm({ ...view, form: fieldsOf({ picked }) }))).toEqual({});
});

test('an optional choice has one to leave it blank, since a client can empty no list', () => {
  const level = { kind: 'choice', label: 'Level', optional: true, options: options(2) } as const;
  const card = renderForm({ ...view, form: fieldsOf({ level }), kept: { level: '1' } });
  expect(inputs(card)['o:level']).toMatchObject({
    choices: [
      { title: 'Leave blank', value: 'none' },
      { title: 'Option 0', value: '0' },
      { title: 'Option 1', value: '1' },
    ],
    value: '1',
  });
  const sent = (value: string) =>
    readPressed({ ...Object(actions(card)['Grant']?.['data']), 'o:level': value })?.does;
  expect(sent('1')).toMatchObject({ raw: { level: '1' } });
  expect(sent('none')).toMatchObject({ raw: {} });
});

test('a search that finds one choice says so', () => {
  const card = renderForm({
    ...view,
    found: { project: { typed: '239', options: [{ label: 'Project 239', position: 239 }] } },
  });
  expect(runText(card)).toContain('1 of 240 options matches.');
});

test('a search that finds nothing says so and still offers what was picked', () => {
  const card = renderForm({
    ...view,
    kept: { project: '7' },
    found: { project: { typed: 'zz', options: [] } },
  });
  expect(runText(card)).toContain('None of the 240 options match.');
  expect(inputs(card)['t:project']).toMatchObject({ choices: [{ value: '7' }] });
});

describe('a field with very many choices', () => {
  const many = (chosen: number, fields: readonly string[] = ['teams']): FormView => ({
    ...view,
    form: fieldsOf(
      Object.fromEntries(
        fields.map((name): [string, Field] => [
          name,
          {
            kind: 'choices',
            label: name,
            options: options(3000, 'A team with a long name, number'),
          },
        ]),
      ),
    ),
    kept: Object.fromEntries(
      fields.map((name) => [name, Array.from({ length: chosen }, (_, at) => String(at))]),
    ),
  });
  const keptIn = (card: unknown, name = 'teams') =>
    String(inputs(card)[`m:${name}`]?.['value']).split(',').length;

  test.each(['dialog', 'inline'] as const)(
    'keeps as many as an answer may have in a %s, in two fields at once',
    (mode) => {
      const card = renderForm({ ...many(MAX_CHOSEN, ['teams', 'groups']), mode });
      expect(bytes(card)).toBeLessThanOrEqual(CARD_BYTES);
      expect([keptIn(card), keptIn(card, 'groups')]).toEqual([MAX_CHOSEN, MAX_CHOSEN]);
      expect(runText(card)).not.toContain('no longer chosen');
    },
  );

  test.each(['dialog', 'inline'] as const)(
    'says in a %s what it can no longer keep, in place of "too many fields"',
    (mode) => {
      const card = renderForm({ ...many(2000), mode });
      expect(bytes(card)).toBeLessThanOrEqual(CARD_BYTES);
      expect(keptIn(card)).toBe(MAX_CHOSEN);
      expect(runText(card)).toContain(
        'Only the first 100 of the 2000 chosen fit here. The others are no longer chosen.',
      );
    },
  );
});

test('required inputs are checked by the client in a dialog only, where no search would be held up', () => {
  expect(inputs(renderForm({ ...view, mode: 'dialog' }))['t:reason']).toMatchObject({
    isRequired: true,
    errorMessage: 'Needs an answer.',
  });
  expect(inputs(renderForm(view))['t:reason']).not.toHaveProperty('isRequired');
});

test('a form with a field that could not be loaded offers Try again and no way to send it', () => {
  const card = renderForm({
    ...view,
    form: fieldsOf({
      list: { kind: 'problem', label: 'List', message: 'The service answered 503.' },
    }),
  });
  expect(Object.keys(actions(card))).toEqual(['Try again', 'Cancel']);
  expect(runText(card)).toContain('The service answered 503.');
  expect(readPressed(actions(card)['Try again']?.['data'])).toEqual({
    call: { id: 'grant', payload: '{"who":"ann"}' },
    from: '17',
    does: { kind: 'again' },
  });
});

test('a form that no message holds says so instead of showing a part of it', () => {
  const fields = Object.fromEntries(
    Array.from({ length: 1000 }, (_, index): [string, Field] => [
      `f${index}`,
      { kind: 'text', label: `Field ${index}` },
    ]),
  );
  const card = renderForm({ ...view, form: fieldsOf(fields) });
  expect(runText(card)).toContain('more fields than a Teams message can hold');
  expect(actions(card)).toEqual({});
});

describe('a form that opens with answers', () => {
  const opened: Form = fieldsOf({
    name: { kind: 'text', label: 'Name', initial: 'Ann' },
    start: { kind: 'date', label: 'Start', initial: '2026-11-24' },
    level: { kind: 'choice', label: 'Level', options: options(3), initial: 'v1' },
    rights: {
      kind: 'choices',
      label: 'Rights',
      options: options(3),
      initial: ['v2', 'gone', 'v0'],
    },
    project: { kind: 'choice', label: 'Project', options: options(240), initial: 'v200' },
    none: { kind: 'choice', label: 'None', options: options(3), initial: 'gone' },
    no: { kind: 'date', label: 'No', initial: '24.11.2026' },
  });
  const values = (card: unknown) =>
    Object.fromEntries(
      Object.entries(inputs(card)).flatMap(([id, { value }]) =>
        value === undefined ? [] : [[id, value]],
      ),
    );

  test.each(['dialog', 'inline'] as const)(
    'shows them in a %s, and none that are not possible',
    (mode) => {
      const card = renderForm({ ...view, form: opened, mode });
      expect(values(card)).toEqual({
        't:name': 'Ann',
        't:start': '2026-11-24',
        't:level': '1',
        'm:rights': '0,2',
        't:project': '200',
      });
      expect(inputs(card)['t:project']?.['choices']).toContainEqual({
        title: 'Option 200',
        value: '200',
      });
    },
  );

  test('shows what was answered since in their place, blanks too', () => {
    const card = renderForm({ ...view, form: opened, kept: { level: '2' } });
    expect(values(card)).toEqual({ 't:level': '2' });
  });

  const tooLong = 'x'.repeat(40_000);

  test('a text that is too long for a message is left out, and the form says so', () => {
    const long = fieldsOf({ text: { kind: 'text', label: 'Text', initial: tooLong } });
    const card = renderForm({ ...view, form: long });
    expect(bytes(card)).toBeLessThanOrEqual(CARD_BYTES);
    expect(runText(card)).toContain(
      "Long texts of your previous answers can't be shown here. Please type them again.",
    );
    expect(values(card)).toEqual({});
  });

  test.each(['dialog', 'inline'] as const)(
    'what was chosen beside it stays chosen in a %s: people above all, whom it would drop when it is sent',
    (mode) => {
      const levels = [
        { value: 'a', label: 'A' },
        { value: 'b', label: 'B' },
      ];
      const asked = fieldsOf({
        text: { kind: 'text', label: 'Text' },
        name: { kind: 'text', label: 'Name' },
        owners: {
          kind: 'people',
          label: 'Owners',
          optional: true,
          initial: ['u1', 'u2'],
          names: ['Ann', 'Bo'],
        },
        level: { kind: 'choice', label: 'Level', options: levels },
      });
      const kept = { text: tooLong, name: 'Ann', owners: ['u1', 'u2'], level: '1' };
      const card = renderForm({ ...view, form: asked, mode, kept });
      expect(bytes(card)).toBeLessThanOrEqual(CARD_BYTES);
      expect(runText(card)).toContain("Long texts couldn't be kept here. Please type them again.");
      expect(values(card)).toEqual({ 't:name': 'Ann', 'm:owners': 'u1,u2', 't:level': '1' });
    },
  );
});

test('a field for a file is one to paste its text into, since forms here take no files', () => {
  const list = { kind: 'file', label: 'List', endings: ['csv'], maxBytes: 10 } as const;
  const card = renderForm({ ...view, form: fieldsOf({ list }), kept: { list: 'name' } });
  expect(inputs(card)['t:list']).toMatchObject({
    type: 'Input.Text',
    isMultiline: true,
    placeholder: 'Paste the text of the file here',
    value: 'name',
  });
});

describe('what a form sends back', () => {
  test('is read by field: text, a position, several positions, and nothing for a blank', () => {
    const data = actions(renderForm(view))['Grant']?.['data'] as object;
    const pressed = readPressed({
      ...data,
      't:reason': 'a,b',
      't:level': '1',
      'm:rights': '0,2',
      't:until': '',
      'm:other': '',
      'q:project': 'pro',
      'x:forged': '1',
      reason: 'forged',
      't:object': { a: 1 },
    });
    expect(pressed).toEqual({
      call: { id: 'grant', payload: '{"who":"ann"}' },
      from: '17',
      does: {
        kind: 'submit',
        session: 's1',
        raw: { reason: 'a,b', level: '1', rights: ['0', '2'] },
      },
    });
  });

  test('keeps a field that is named like one of our own keys, or like a part of every object', () => {
    const raw = readPressed({
      $action: 'grant',
      $payload: '{}',
      $do: 'submit',
      $form: 's1',
      't:$action': 'x',
      't:__proto__': 'y',
      't:constructor': 'z',
    })?.does;
    expect(raw).toMatchObject({ kind: 'submit' });
    const entries = Object.entries((raw as { raw: RawValues }).raw);
    expect(entries).toEqual([
      ['$action', 'x'],
      ['__proto__', 'y'],
      ['constructor', 'z'],
    ]);
  });

  test('is nothing for what none of our buttons sends', () => {
    for (const value of [
      undefined,
      null,
      'x',
      1,
      [],
      {},
      { $action: 'a' },
      { $action: 1, $payload: '{}' },
    ])
      expect(readPressed(value)).toBeUndefined();
    expect(readPressed({ $action: 'a', $payload: '{}', $do: 'submit' })).toBeUndefined();
    expect(readPressed({ $action: 'a', $payload: '{}', $do: 'other' })).toBeUndefined();
  });
});

describe('whatever a form holds', () => {
  const common = {
    label: hostile,
    hint: fc.option(hostile, { nil: undefined }),
    optional: fc.boolean(),
  };
  const choices = fc.oneof(
    { weight: 3, arbitrary: fc.array(hostile, { maxLength: 8 }) },
    {
      weight: 1,
      arbitrary: hostile.map((label) =>
        Array.from({ length: 300 }, (_, index) => `${label}${index}`),
      ),
    },
  );
  const listed = choices.map((labels) => labels.map((label) => ({ label, value: label })));
  const field = fc.oneof(
    fc.record({ ...common, kind: fc.constant('text'), multiline: fc.boolean(), initial: hostile }),
    fc.record({
      ...common,
      kind: fc.constant('choice'),
      options: listed,
      initial: fc.option(hostile, { nil: undefined }),
    }),
    listed.chain((all) =>
      fc.record({
        ...common,
        kind: fc.constant('choices'),
        options: fc.constant(all),
        initial: fc.subarray(all.map(({ value }) => value)),
      }),
    ),
    fc.record({
      ...common,
      kind: fc.constant('date'),
      initial: fc.constantFrom('2026-11-24', '2026-02-30', ''),
    }),
    fc.record({ ...common, kind: fc.constant('user') }),
    fc.record({
      ...common,
      kind: fc.constant('people'),
      initial: fc.array(fc.uuid(), { maxLength: 20 }),
    }),
    fc.record({
      ...common,
      kind: fc.constant('file'),
      endings: fc.constant(['csv']),
      maxBytes: fc.constant(10),
    }),
    fc.record({ ...common, kind: fc.constant('problem'), message: hostile }),
  ) as fc.Arbitrary<Field>;
  const anyForm: fc.Arbitrary<Form> = fc.record({
    title: hostile,
    submitLabel: hostile,
    intro: fc.array(fc.array(hostile, { maxLength: 3 }), { maxLength: 3 }),
    fields: fc.dictionary(fc.string({ maxLength: 12 }), field, { maxKeys: 8 }),
  });

  test('it fits one message and the official parser takes it, in both modes, with errors and answers', () => {
    fc.assert(
      fc.property(
        anyForm,
        fc.constantFrom('dialog', 'inline'),
        hostile,
        fc.boolean(),
        (one, mode, text, again) => {
          const names = Object.keys(one.fields);
          const card = renderForm({
            ...view,
            form: one,
            mode,
            ...(again && {
              errors: Object.fromEntries(names.map((name) => [name, text])),
              kept: Object.fromEntries(
                names.map((name) => [name, one.fields[name]?.kind === 'text' ? text : '0']),
              ),
            }),
          });
          expect(bytes(card)).toBeLessThanOrEqual(CARD_BYTES);
          // The parser of 1.5 wants choices in every list; Teams takes an empty one with a type-ahead.
          expect(validate(card).filter((wrong) => !/choices|Choice/.test(wrong))).toEqual([]);
          expect(JSON.stringify(card)).not.toContain('"TextBlock"');
        },
      ),
      { numRuns: 200, seed: 29 },
    );
  });

  test('what it says is there character by character where it fits', () => {
    const short = hostile.filter((text) => text.length < 200);
    const field2 = fc.record({
      kind: fc.constant('text'),
      label: short,
      hint: short,
    }) as fc.Arbitrary<Field>;
    fc.assert(
      fc.property(
        fc.array(fc.array(short)),
        fc.dictionary(fc.string({ maxLength: 12 }), field2, { maxKeys: 4 }),
        (intro, fields) => {
          const card = renderForm({ ...view, form: { ...form, intro: intro.slice(0, 5), fields } });
          const shown = [runText(card), ...textsOf(card, ['label'])];
          const said = [
            ...intro.slice(0, 5).flat(),
            ...Object.values(fields).flatMap(({ label, hint }) => [label, hint ?? '']),
          ];
          for (const text of said) expect(shown.some((one) => one.includes(text))).toBe(true);
        },
      ),
      { numRuns: 150, seed: 29 },
    );
  });
});
