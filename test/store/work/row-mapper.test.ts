import { expect, test } from 'vitest';
import { z } from 'zod';
import { CorruptRow, jsonColumn } from '../../../src/store/work/columns.ts';
import {
  actor,
  date,
  flag,
  json,
  jsonOrUnread,
  number,
  optional,
  rowMapper,
  text,
  word,
} from '../../../src/store/work/row-mapper.ts';

const tags = z.array(z.string());
const { toRow, fromRow } = rowMapper('things', {
  id: text,
  version: number,
  isOn: flag,
  createdAt: date,
  endedAt: optional(date),
  state: word({ open: true, closed: true }),
  madeBy: actor,
  tags: json<readonly string[]>(jsonColumn('things.tags', tags), []),
  scope: jsonOrUnread<readonly string[]>(jsonColumn('things.scope', tags)),
});

const thing = {
  id: 'a',
  version: 1,
  isOn: true,
  createdAt: new Date(5),
  state: 'open',
  madeBy: { kind: 'system' },
  tags: ['x'],
  scope: ['y'],
} as const;

const row = {
  id: 'a',
  version: 1,
  is_on: true,
  created_at: 5,
  ended_at: null,
  state: 'open',
  made_by: '{"kind":"system"}',
  tags: '["x"]',
  scope: '["y"]',
};

test('an item becomes a row with its columns in snake case, null where there is no value', () => {
  expect(toRow(thing)).toEqual(row);
});

test('a row becomes the item again, without what is null', () => {
  const read = fromRow(row);
  expect(read).toEqual(thing);
  expect('endedAt' in read).toBe(false);
});

test("SQLite's 1 is true", () => {
  expect(fromRow({ ...row, is_on: 1 }).isOn).toBe(true);
});

test('a word that Latchkey never wrote names its column', () => {
  expect(() => fromRow({ ...row, state: 'ajar' })).toThrow(CorruptRow);
  expect(() => fromRow({ ...row, state: 'ajar' })).toThrow('things.state');
});

test('damaged JSON is what the column says instead', () => {
  expect(fromRow({ ...row, tags: '{' }).tags).toEqual([]);
});

test("what can't be read is left out of the row, so that an update leaves it as it is", () => {
  const read = fromRow({ ...row, scope: '{' });
  expect(read.scope).toBe('unread');
  expect(toRow(read).scope).toBeUndefined();
});
