import { afterEach, beforeEach, expect, test } from 'vitest';
import { csrfOn, type TestWeb, testWeb } from '../support/browser/web.ts';

let web: TestWeb;
let id: string;
beforeEach(async () => {
  web = await testWeb();
  id = await web.chat.integration('Fernboard', {
    initial_data_form: [{ id: 'API_KEY', name: 'API key' }],
    execute: [{ url: 'https://api.example.com', data: { key: '{{API_KEY}}' } }],
  });
});
afterEach(() => web.close());

async function chooses(locale: string): Promise<void> {
  const { transact } = web.chat.services;
  await transact(async (tx) => {
    const admin = await tx.people.find(web.admin.id);
    if (admin) await tx.people.save({ ...admin, locale });
  });
}

const get = async (path: string, accepts: string): Promise<string> =>
  (await fetch(`${web.url}${path}`, { headers: { 'accept-language': accepts } })).text();

test('the page of a link is in the language that its person chose in chat, whatever the browser says', async () => {
  await chooses('de');
  expect(await get(await web.link('secrets', id), 'en')).toContain('<html lang="de"');
});

test('a person who chose English reads it in a German browser, too', async () => {
  await chooses('en-GB');
  expect(await get(await web.link('secrets', id), 'de')).toContain('<html lang="en"');
});

test('a person who chose no language reads that of their browser', async () => {
  expect(await get(await web.link('secrets', id), 'de')).toContain('<html lang="de"');
});

test('a link that someone made up leads to a page as the browser has it', async () => {
  await chooses('de');
  const path = await web.link('secrets', id);
  expect(await get(`${path}x`, 'en')).toContain('<html lang="en"');
});

test('the pages behind a link are in that language from the first to the last', async () => {
  await chooses('de');
  const { browser, page } = await web.opened('secrets', id);
  expect(page.text).toContain('Fernboard einrichten');
  const done = await browser.post(page.at, {
    csrf: csrfOn(page.text),
    'value.API_KEY': 'hunter2hunter2',
  });
  expect(done.text).toContain('<html lang="de"');
});
