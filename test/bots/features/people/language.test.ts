import { beforeEach, expect, test } from 'vitest';
import { chooseLanguage } from '../../../../src/bots/features/people/language.ts';
import { changeWorkspaceSettings } from '../../../../src/engine/settings/workspace-settings.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker } from '../../../support/clicks.ts';

let chat: TestChat;
let ann: Clicker;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' });
  ann = new Clicker(chat, 'ann@example.com');
});

const chatSays = (locale: string) => {
  chat.profiles.set('ann@example.com', {
    email: 'ann@example.com',
    name: 'Ann Lee',
    kind: 'member',
    locale,
  });
};

test('who chooses a language is answered in it, with their own dates', async () => {
  const card = await ann.types('language');
  expect(textOf(card)).toContain('Your language: British English');
  const answer = textOf(await ann.gets(buttonOf(card, 'Change…'), { language: 'de' }));
  expect(answer).toContain('25. Nov. 2026');
  expect(answer).not.toContain('Your language is saved');
  expect(textOf(await ann.types('language'))).not.toContain('Your language');
});

test('who names a language is asked in it, and gets it with one press', async () => {
  const card = await ann.types('language', 'deutsch');
  expect(card.title).toBe('Latchkey auf Deutsch lesen?');
  await ann.presses(buttonOf(card, 'Ja, umstellen'));
  expect(textOf(await ann.types('language'))).toContain('Ihre Sprache: Deutsch');
  expect((await ann.types('language', 'English')).title).toBe('Read Latchkey in British English?');
});

test('who names the language that they read, or one that is none of ours, reads what it is', async () => {
  for (const name of ['English', 'Klingon'])
    expect((await ann.types('language', name)).title).toBe('Your language: British English');
});

test('who goes back to English gets the English that the workspace has', async () => {
  await chat.services.transact((tx) => changeWorkspaceSettings(tx, { dateLanguage: 'en-US' }));
  await ann.gets(chooseLanguage.with({}), { language: 'de' });
  const card = await ann.types('language', 'english');
  expect(card.title).toBe('Read Latchkey in American English?');
  await ann.presses(buttonOf(card, 'Yes, switch'));
  expect(textOf(await ann.types('language'))).toContain('Your language: American English');
});

test('someone who chooses a language without sentences reads that only dates and numbers follow', async () => {
  const told = 'Your language: English, with dates and numbers in Español';
  expect(textOf(await ann.gets(chooseLanguage.with({}), { language: 'es' }))).toContain(told);
  expect(textOf(await ann.types('language'))).toContain(told);
});

test('who has chosen nothing is spoken to as their chat client says', async () => {
  chatSays('de-AT');
  const form = await ann.opens(chooseLanguage.with({}));
  expect(form.locale).toBe('de-AT');
  expect(form.fields['language']).toMatchObject({ initial: 'chat' });
});

test('says why it is that language: the workspace, the chat client or their own choice', async () => {
  const bo = await chat.person({ email: 'bo@example.com', firstName: 'Bo' });
  const asBo = new Clicker(chat, bo.email);
  expect(textOf(await asBo.types('language'))).toContain("It's the language of the workspace.");
  expect(JSON.stringify(await asBo.opens(chooseLanguage.with({})))).toContain('the workspace:');
  chatSays('fr-FR');
  expect(textOf(await ann.types('language'))).toContain('Your chat app says so.');
  expect(JSON.stringify(await ann.opens(chooseLanguage.with({})))).toContain('Same as my chat app');
  await ann.gets(chooseLanguage.with({}), { language: 'en-GB' });
  expect(textOf(await ann.types('language'))).toContain('You chose it here.');
});

test('a client that came set to American English says English, also where the workspace is German', async () => {
  await chat.services.transact((tx) => changeWorkspaceSettings(tx, { dateLanguage: 'de' }));
  chatSays('en-US');
  const said = textOf(await ann.types('language'));
  expect(said).toContain('Your language: British English\nYour chat app says so.');
  expect(JSON.stringify(await ann.opens(chooseLanguage.with({})))).toContain('Same as my chat app');
});

test('a choice can be taken back, and the chat client counts again', async () => {
  chatSays('de-DE');
  await ann.gets(chooseLanguage.with({}), { language: 'en-US' });
  expect(textOf(await ann.types('language'))).toContain('Your language: American English');
  await ann.gets(chooseLanguage.with({}), { language: 'chat' });
  expect(textOf(await ann.types('language'))).not.toContain('Your language');
});

test('a refusal is shown in their language, and kept in that of the workspace', async () => {
  chatSays('de-DE');
  const told = textOf(await ann.types('audit'));
  expect(told).toContain('Sie sind nicht berechtigt, das Prüfprotokoll zu lesen');
  const [entry] = await chat.services.stores.auditLog.list(
    { offset: 0, limit: 1 },
    { what: 'refused' },
  );
  expect(entry?.detail).toEqual({ wanted: 'read the audit log' });
});
