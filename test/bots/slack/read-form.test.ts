import { describe, expect, test } from 'vitest';
import { readForm, readFormFiles } from '../../../src/bots/slack/read-form.ts';

describe('the answers of a modal', () => {
  test('are read by field, choices as positions', () => {
    expect(
      readForm({
        'field:reason': { answer: { type: 'plain_text_input', value: ' new team ' } },
        'field:who': { answer: { type: 'users_select', selected_user: 'U0ANN' } },
        'field:all': { answer: { type: 'multi_users_select', selected_users: ['U0ANN', 'U0BO'] } },
        'field:until': { answer: { type: 'datepicker', selected_date: '2027-01-31' } },
        'field:team': { answer: { type: 'static_select', selected_option: { value: '3' } } },
        'field:tools': {
          answer: { type: 'checkboxes', selected_options: [{ value: '0' }, { value: '2' }] },
        },
      }),
    ).toEqual({
      reason: ' new team ',
      who: 'U0ANN',
      all: ['U0ANN', 'U0BO'],
      until: '2027-01-31',
      team: '3',
      tools: ['0', '2'],
    });
  });
  test('leave out what is blank', () => {
    expect(
      readForm({
        'field:a': { answer: { value: null } },
        'field:b': { answer: { value: '  ' } },
        'field:c': { answer: { selected_option: null } },
        'field:d': { answer: { selected_options: [] } },
        'field:e': {},
      }),
    ).toEqual({});
  });
  test('that were forged are not read', () => {
    expect(readForm(undefined)).toEqual({});
    expect(readForm({ a: 1 })).toEqual({});
    expect(readForm({ other: { answer: { value: 'x' } } })).toEqual({});
    expect(readForm({ 'field:a': { answer: { value: { $gt: '' } } } })).toEqual({});
  });
  test('of a field called __proto__ is an answer like any other', () => {
    const read = readForm(JSON.parse('{"field:__proto__":{"answer":{"value":"x"}}}'));
    expect(Object.entries(read)).toEqual([['__proto__', 'x']]);
  });
});

test('the files of a modal are read by field: the first of each, where it can be one', () => {
  const files = (given: unknown) => ({ answer: { type: 'file_input', files: given } });
  expect(
    readFormFiles({
      'field:list': files([{ id: 'F1', name: 'a.csv', size: 3 }, { id: 'F2' }]),
      'field:none': files([]),
      'field:forged': files({ id: 'F3' }),
      'field:nameless': files([{ name: 'b.csv' }, 1]),
      'field:text': { answer: { type: 'plain_text_input', value: 'x' } },
      other: files([{ id: 'F4' }]),
    }),
  ).toEqual({ list: { id: 'F1', name: 'a.csv', size: 3 } });
});
