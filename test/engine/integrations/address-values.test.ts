import { expect, test } from 'vitest';
import { addressProblem, addressUsesOf } from '../../../src/engine/integrations/address-values.ts';

const problem = (url: string, value: string): string | undefined =>
  addressProblem(value, addressUsesOf('VALUE', { execute: [{ url }] }));

const ADDRESS = 'This must be an address that begins with https://';
const SLASH = 'Leave out the slash at the end';
const HOST = 'This is part of a host name';

test.each([
  ['{{VALUE}}/api', 'tidebook.example.com', ADDRESS],
  ['{{VALUE}}/api', 'not an address', ADDRESS],
  ['{{VALUE}}/api', 'https://tide book.example.com', ADDRESS],
  ['{{VALUE}}/api', 'https://', ADDRESS],
  ['{{VALUE}}', 'ftp://tidebook.example.com', ADDRESS],
  ['{{{VALUE}}}?page=1', 'tidebook.example.com', ADDRESS],
  ['{{VALUE}}/api', 'https://tidebook.example.com/', SLASH],
  ['https://{{VALUE}}.example.com/api', 'https://acme.example.com', HOST],
  ['https://{{VALUE}}.example.com/api', 'acme/', HOST],
  ['https://{{VALUE}}/api', 'acme example', HOST],
])('%s takes no %j, and says so where it is typed', (url, value, why) => {
  expect(problem(url, value)).toContain(why);
});

test.each([
  ['{{VALUE}}/api', 'https://tidebook.example.com'],
  ['{{VALUE}}/api', 'http://10.0.0.7:8080/base'],
  ['{{VALUE}}', 'https://tidebook.example.com/hook/'],
  ['{{VALUE}}?page=1', 'https://tidebook.example.com/'],
  ['https://{{VALUE}}.example.com/api', 'acme'],
  ['https://{{VALUE}}/api', 'acme.example.com:8443'],
  ['https://example.com/{{VALUE}}/api', 'any thing / at all'],
  ['https://example.com/?key={{VALUE}}', 'https://'],
  ['https://{{VALUE}}:{{KEY}}@example.com/', 'ada@example.com'],
  ['{{VALUE}}://example.com/', 'https'],
  ['{{VALUE}}{{REST}}/api', 'https://acme.'],
])('%s takes %j', (url, value) => {
  expect(problem(url, value)).toBeUndefined();
});

test('an address is looked for wherever a manifest has one, and nowhere else', () => {
  const at = (raw: object) => [...addressUsesOf('VALUE', JSON.parse(JSON.stringify(raw)))];
  const url = '{{VALUE}}/x';
  expect(at({ exists: { url } })).toEqual(['base-before-slash']);
  expect(at({ form: [{ id: 'T', url }] })).toEqual(['base-before-slash']);
  expect(at({ oauth: { authenticate_url: url } })).toEqual(['base-before-slash']);
  expect(at({ oauth: { refresh: { url } } })).toEqual(['base-before-slash']);
  expect(
    at({ headers: { Referer: url }, execute: [{ url: 'https://a.b', data: { url } }] }),
  ).toEqual([]);
});
