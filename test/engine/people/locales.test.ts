import { expect, test } from 'vitest';
import { locale } from '../../../src/core/translate.ts';
import {
  inWorkspaceLocale,
  localeOf,
  workspaceLocaleOf,
} from '../../../src/engine/people/locales.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { temporaryDatabase } from '../../support/database/database.ts';

test.each([
  ['what they chose', { locale: 'sv', chatLocale: 'de-DE' }, 'en-GB', 'sv'],
  ['what their chat client says', { chatLocale: 'de-AT' }, 'en-GB', 'de-AT'],
  ["the workspace's, where nothing is known of them", {}, 'de', 'de'],
  [
    "the workspace's way to write the language of their client",
    { chatLocale: 'en-US' },
    'en-GB',
    'en-GB',
  ],
  [
    'American dates where their client and their own time zone are American',
    { chatLocale: 'en-US', timeZone: 'America/Chicago' },
    'en-GB',
    'en-US',
  ],
  [
    'English whose dates are not American where their client came so, and the workspace has another language',
    { chatLocale: 'en-US', timeZone: 'Europe/Berlin' },
    'de',
    'en-GB',
  ],
  [
    'American dates beside a workspace of another language, too',
    { chatLocale: 'en-US', timeZone: 'America/Chicago' },
    'de',
    'en-US',
  ],
] as const)('someone reads %s', (_what, person, dateLanguage, expected) => {
  expect(localeOf(person, { dateLanguage })).toBe(expected);
});

test('what everybody reads is in the language of the workspace', async () => {
  const { stores, transact, cleanup } = await temporaryDatabase();
  await transact((tx) => changeWorkspaceSettings(tx, { dateLanguage: 'de' }));
  expect(await inWorkspaceLocale(stores, async () => locale())).toBe('de');
  await cleanup();
});

test('what begins often reads the language of the workspace once a second', async () => {
  const { db, stores, transact, cleanup } = await temporaryDatabase();
  let now = new Date(Date.UTC(2026, 2, 1));
  let questions = 0;
  db.on('query', () => (questions += 1));
  const inLanguage = workspaceLocaleOf(stores, () => now);
  expect(await inLanguage(async () => locale())).toBe('en-GB');
  await transact((tx) => changeWorkspaceSettings(tx, { dateLanguage: 'de' }));
  questions = 0;
  now = new Date(now.getTime() + 999);
  expect(await inLanguage(async () => locale())).toBe('en-GB');
  now = new Date(now.getTime() + 1);
  const both = [inLanguage(async () => locale()), inLanguage(async () => locale())];
  expect([await Promise.all(both), questions]).toEqual([['de', 'de'], 1]);
  await cleanup();
});
