import { describe, expect, test } from 'vitest';
import { diffManifests } from '../../../src/engine/manifest/diff.ts';

const diff = (before: unknown, after: unknown) =>
  diffManifests(JSON.stringify(before), JSON.stringify(after));

describe('what changes', () => {
  test('is named by its place, with both values as JSON', () => {
    expect(
      diff(
        { execute: [{ url: 'https://a.io', method: 'POST' }] },
        { execute: [{ url: 'https://b.io', method: 'POST' }] },
      ),
    ).toEqual([
      {
        place: 'execute[0].url',
        kind: 'changed',
        before: '"https://a.io"',
        after: '"https://b.io"',
      },
    ]);
  });

  test('is added or removed as a whole', () => {
    expect(diff({ exists: { url: 'x' } }, { revoke: [] })).toEqual([
      { place: 'exists', kind: 'removed', before: '{"url":"x"}' },
      { place: 'revoke', kind: 'added', after: '[]' },
    ]);
  });

  test('is the type, too', () => {
    expect(diff({ a: 1 }, { a: '1' })).toEqual([
      { place: 'a', kind: 'changed', before: '1', after: '"1"' },
    ]);
  });

  test('is not the order of keys, nor white space', () => {
    expect(
      diffManifests('{"a":1,"b":[{"c":2,"d":3}]}', '{ "b": [{"d": 3, "c": 2}], "a": 1 }'),
    ).toEqual([]);
  });

  test('keeps the digits of a number that a double can not hold', () => {
    expect(diffManifests('{"a":9007199254740993}', '{"a":9007199254740992}')).toMatchObject([
      { before: '9007199254740993', after: '9007199254740992' },
    ]);
  });

  test('is never what an object inherits', () => {
    expect(diff({}, { constructor: 'x' })).toEqual([
      { place: 'constructor', kind: 'added', after: '"x"' },
    ]);
  });
});

describe('a list', () => {
  const step = (url: string, more = {}) => ({ url, ...more });

  test('with an item put first has one change', () => {
    expect(diff({ e: [step('b'), step('c')] }, { e: [step('a'), step('b'), step('c')] })).toEqual([
      { place: 'e[0]', kind: 'added', after: '{"url":"a"}' },
    ]);
  });

  test('with an item taken out says where it was', () => {
    expect(diff({ e: [step('a'), step('b'), step('c')] }, { e: [step('a'), step('c')] })).toEqual([
      { place: 'e[1]', kind: 'removed', before: '{"url":"b"}' },
    ]);
  });

  test('with an item changed behind one that is new names what changed in it', () => {
    expect(
      diff(
        { e: [step('a'), step('b'), step('c')] },
        { e: [step('z'), step('a'), step('b', { n: 1 }), step('c')] },
      ),
    ).toEqual([
      { place: 'e[0]', kind: 'added', after: '{"url":"z"}' },
      { place: 'e[2].n', kind: 'added', after: '1' },
    ]);
  });
});

test('a text that is not JSON is one change as a whole, and none where it is the same', () => {
  expect(diffManifests('{', '{}')).toEqual([
    { place: 'manifest', kind: 'changed', before: '{', after: '{}' },
  ]);
  expect(diffManifests('{', '{')).toEqual([]);
});

test('lists that share nothing are compared at once, however long they are', () => {
  const list = (key: string) => Array.from({ length: 4000 }, (_, value) => ({ [key]: value }));
  const found = diff({ execute: list('a') }, { execute: list('b') });
  expect(found).toHaveLength(8000);
  expect(found.at(-1)).toEqual({ place: 'execute[3999].b', kind: 'added', after: '3999' });
});

test('what looks like a secret is shown as •••, also within what is added as a whole', () => {
  const step = (token: string) => ({
    url: 'https://api.example.com/?a=1',
    headers: { Authorization: `Bearer ${token}`, 'X-Team': 'main' },
  });
  const changed = diff({ execute: [step('hunter2hunter2')] }, { execute: [step('s3cr3ts3cr3t')] });
  expect(changed).toEqual([
    {
      place: 'execute[0].headers.Authorization',
      kind: 'changed',
      before: '"•••"',
      after: '"•••"',
    },
  ]);
  const [added] = diff({}, { execute: [step('hunter2hunter2')] });
  expect(added?.after).not.toContain('hunter2');
  expect(added?.after).toContain('"X-Team":"main"');
});
