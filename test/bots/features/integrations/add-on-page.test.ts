/** Write one… asks for a name before a page is opened for it. */
import { expect, test } from 'vitest';
import { addOnPage } from '../../../../src/bots/features/integrations/add-integration.ts';
import { testChat } from '../../../support/chat.ts';
import { Clicker } from '../../../support/clicks.ts';

test('a name that no integration may have is refused before its manifest is written', async () => {
  const chat = await testChat();
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await chat.integration('Fernboard', { execute: [{ url: 'https://api.example.com/u' }] });
  const ada = new Clicker(chat, 'ada@example.com');
  const long = await ada.isTold(addOnPage.with({}), { name: 'x'.repeat(61) });
  expect(long).toEqual({ name: 'The name has 61 characters; use 60 at most.' });
  const taken = await ada.isTold(addOnPage.with({}), { name: ' fernboard ' });
  expect(taken['name']).toContain("There's already an integration called Fernboard.");
});

test('it leaves the text to the editor, which begins with an example', async () => {
  const chat = await testChat();
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  const ada = new Clicker(chat, 'ada@example.com');
  await ada.gets(addOnPage.with({}), { name: 'Lodestone' });
  const [row] = await chat.database.db('drafts').select<{ id: string }[]>('id');
  expect(await chat.services.stores.drafts.find(row?.id ?? '')).toMatchObject({
    name: 'Lodestone',
    text: '',
  });
});
