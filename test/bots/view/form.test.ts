import { describe, expect, test } from 'vitest';
import { renderChoice } from '../../../src/bots/slack/render-form.ts';
import { renderForm } from '../../../src/bots/teams/render-form.ts';
import {
  answerInWords,
  type Fields,
  initialAnswers,
  MAX_CHOSEN,
  type Option,
  optionText,
  readValues,
  suggest,
} from '../../../src/bots/view/form.ts';
import { answersBody } from '../../../src/web/api/answers.ts';

const options = ['a', 'b', 'b', 'c'].map((value) => ({ label: value, value }));

describe('a form that opens with answers', () => {
  test('reads them as they are when nothing was changed', () => {
    const fields = {
      name: { kind: 'text', label: 'Name', initial: 'Ann' },
      start: { kind: 'date', label: 'Start', initial: '2028-02-29' },
      one: { kind: 'choice', label: 'One', options, initial: 'b' },
      many: { kind: 'choices', label: 'Many', options, initial: ['c', 'b', 'c'] },
    } as const satisfies Fields;
    expect(readValues(fields, initialAnswers(fields))).toEqual({
      ok: true,
      values: { name: 'Ann', start: '2028-02-29', one: 'b', many: ['b', 'c'] },
    });
  });

  test('ignores what is not among the options, and what is no date', () => {
    expect(
      initialAnswers({
        one: { kind: 'choice', label: 'One', options, initial: 'x' },
        many: { kind: 'choices', label: 'Many', options, initial: ['x', 'a'] },
        none: { kind: 'choices', label: 'None', options: [], initial: ['a'] },
        start: { kind: 'date', label: 'Start', initial: '2026-02-30' },
        name: { kind: 'text', label: 'Name', initial: '' },
      }),
    ).toEqual({ many: ['0'] });
  });
});

test('what is typed into a type-ahead finds labels in any case and without accents, first those that begin with it', () => {
  const teams = ['Nord, Équipe', 'Jürgen Müller', 'ÉQUIPE sud'];
  const all = teams.map((label) => ({ label, value: label }));
  const found = (typed: string) => suggest(all, typed, 100).map(({ position }) => position);
  expect(found('equipe')).toEqual([2, 0]);
  expect(found('équ NORD')).toEqual([0]);
  expect(found('muller')).toEqual([1]);
  expect(found('MÜLLER')).toEqual([1]);
  expect(found(' ')).toEqual([0, 1, 2]);
});

test('a day that no calendar reaches is refused, with the years that are taken', () => {
  const start = '9999-12-31';
  expect(readValues({ start: { kind: 'date', label: 'Start' } }, { start })).toEqual({
    ok: false,
    errors: { start: 'Choose a day between the years 1900 and 2199.' },
  });
});

test.each(['24.11.2026', '2026-02-30', 'tomorrow'])('%s is no date', (start) => {
  expect(readValues({ start: { kind: 'date', label: 'Start' } }, { start })).toEqual({
    ok: false,
    errors: { start: 'Not a date. Write it like 2026-11-24.' },
  });
});

test.each([
  ['U0ANN', true],
  [' 0f6b1c2d-3e4f-4a5b-8c6d-7e8f9a0b1c2d ', true],
  ['ann@example.com', false],
  ['<@U0ANN>', false],
  ['x'.repeat(101), false],
])('%j is the id of a chat user: %j', (who, ok) => {
  expect(readValues({ who: { kind: 'user', label: 'Who' } }, { who }).ok).toBe(ok);
});

test('several chat users are a list of ids, and no more than twenty', () => {
  const fields = { who: { kind: 'people', label: 'Who', optional: true } } as const;
  expect(readValues(fields, { who: ['U0ANN', 'U0BO'] })).toEqual({
    ok: true,
    values: { who: ['U0ANN', 'U0BO'] },
  });
  expect(readValues(fields, { who: ['U0ANN', 'ann@example.com'] }).ok).toBe(false);
  expect(readValues(fields, { who: Array.from({ length: 21 }, () => 'U0ANN') })).toEqual({
    ok: false,
    errors: { who: 'Choose at most 20 people.' },
  });
});

test('what was pasted in place of a file may be as long as the file, in bytes', () => {
  const fields = { list: { kind: 'file', label: 'List', endings: [], maxBytes: 4 } } as const;
  expect(readValues(fields, { list: 'abcd' })).toMatchObject({ ok: true });
  expect(readValues(fields, { list: 'ÅÅÅ' })).toEqual({
    ok: false,
    errors: { list: 'Longer than 4 bytes. Make it shorter.' },
  });
});

test('a text says how long it may be', () => {
  const fields = { why: { kind: 'text', label: 'Why', maxLength: 4 } } as const;
  expect(readValues(fields, { why: 'abcd' })).toMatchObject({ ok: true });
  expect(readValues(fields, { why: 'abcde' })).toEqual({
    ok: false,
    errors: { why: 'This has 5 characters; the limit is 4. Please shorten it.' },
  });
});

describe('a note of an option', () => {
  const owner: Option = { label: 'Owner', value: 'admin', note: 'needs approval' };

  test('stands behind its label, and stays whole behind a long one', () => {
    expect(optionText(owner)).toBe('Owner (needs approval)');
    expect(optionText({ ...owner, label: 'O'.repeat(80) })).toBe(
      `${'O'.repeat(49)}… (needs approval)`,
    );
  });

  test.each([
    ['Slack', () => renderChoice([owner], [], 100)],
    [
      'Teams',
      () =>
        renderForm({
          form: {
            title: 'Grant',
            submitLabel: 'Grant',
            intro: [],
            fields: { role: { kind: 'choice', label: 'Role', options: [owner] } },
          },
          session: 's',
          call: { id: 'c', payload: '{}' },
          mode: 'dialog',
        }),
    ],
    ['a type-ahead', () => suggest([owner], 'own', 10)],
  ])('is shown by %s', (_, shown) => {
    expect(JSON.stringify(shown())).toContain('"Owner (needs approval)"');
  });

  test('is no part of the answer', () => {
    const fields: Fields = { role: { kind: 'choice', label: 'Role', options: [owner] } };
    expect(answerInWords(fields['role'], 'admin')).toBe('Owner');
  });
});

test('more choices than a message of Teams can keep are refused, with how many there may be', () => {
  const long = Array.from({ length: 300 }, (_, n) => ({ label: `Team ${n}`, value: `t${n}` }));
  const fields = { many: { kind: 'choices', label: 'Many', options: long } } as const;
  const chosen = (count: number) => Array.from({ length: count }, (_, n) => String(n));
  expect(readValues(fields, { many: chosen(MAX_CHOSEN) }).ok).toBe(true);
  expect(readValues(fields, { many: chosen(MAX_CHOSEN + 1) })).toEqual({
    ok: false,
    errors: { many: 'Choose at most 100; you chose 101.' },
  });
});

test('as many choices as a form opened with can be saved, and no more', () => {
  const teams = Array.from({ length: 300 }, (_, n) => ({ label: `Team ${n}`, value: `t${n}` }));
  const initial = teams.slice(0, 150).map(({ value }) => value);
  const fields = { many: { kind: 'choices', label: 'Many', options: teams, initial } } as const;
  const chosen = (count: number) => Array.from({ length: count }, (_, n) => String(n));
  expect(readValues(fields, { many: chosen(150) })).toEqual({
    ok: true,
    values: { many: initial },
  });
  expect(readValues(fields, { many: chosen(151) })).toEqual({
    ok: false,
    errors: { many: 'Choose at most 150; you chose 151.' },
  });
});

test('the REST API takes as many choices as a field of chat', () => {
  const taken = (count: number) =>
    answersBody.answers.safeParse({ many: Array(count).fill('x') }).success;
  expect([taken(MAX_CHOSEN), taken(MAX_CHOSEN + 1)]).toEqual([true, false]);
});
