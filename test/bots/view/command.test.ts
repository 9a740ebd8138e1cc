import { expect, test } from 'vitest';
import { isGreeting, readWish, words } from '../../../src/bots/view/command.ts';

const known = ['access', 'help', 'data', 'request'];

test.each([
  ['I need Figma', 'request Figma'],
  ['i need access to GitHub team please', 'request GitHub team'],
  ['access to figma please', 'request figma'],
  ['Can I get Zoom?', 'request Zoom'],
  ['I need the Figma app', 'request Figma'],
  ['need figma', 'request figma'],
  ['I need access please', 'request'],
  ['Ich brauche Zugriff auf Figma, bitte', 'request Figma'],
  ['Kann ich Zugriff auf Figma bekommen?', 'request Figma'],
  ['Zugang zu Figma bitte', 'request Figma'],
  ['Ich brauche Zugriff', 'request'],
  ['Zugriff anfragen …', 'request'],
  ['Request access…', 'request'],
])('%s is a request', (typed, command) => {
  expect(readWish(words(typed), known)).toEqual(words(command));
});

test.each([
  'access Ann',
  'request Figma',
  'I need',
  'I need help',
  'Can I get my data?',
  'I need it',
  'I want to cancel',
  'access to Figma for Ann',
  `I need ${'x'.repeat(200)}`,
  'help',
])('%s stays as it is', (typed) => {
  expect(readWish(words(typed), known)).toEqual(words(typed));
});

test('a mention is no app', () => {
  const text = ['I', 'need', { kind: 'mention', userId: 'U1', name: 'Ann' }] as const;
  expect(readWish(text, known)).toBe(text);
});

test.each(['hi', 'Hello!', 'hey there', 'Hi Latchkey.', 'Guten Morgen', 'hallo zusammen!', ''])(
  '"%s" only says hello',
  (typed) => expect(isGreeting(words(typed))).toBe(true),
);

test.each(['hello world access', 'hire', 'history', 'help'])('"%s" says more', (typed) => {
  expect(isGreeting(words(typed))).toBe(false);
});

test('a file alone is no greeting', () => {
  const file = { kind: 'file', name: 'people.csv', text: async () => 'email' } as const;
  expect(isGreeting([file])).toBe(false);
});
