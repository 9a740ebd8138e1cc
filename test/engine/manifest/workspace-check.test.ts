import { beforeEach, expect, test } from 'vitest';
import { checkHere } from '../../../src/engine/manifest/workspace-check.ts';
import { type TestChat, testChat } from '../../support/chat.ts';

let chat: TestChat;
beforeEach(async () => {
  chat = await testChat();
});

const using = (name: string): string =>
  JSON.stringify({ execute: [{ url: `https://x.example.com/{{${name}}}` }] });
const warned = async (name: string): Promise<number> =>
  (await checkHere(chat.services.stores, using(name))).warnings.length;

test('what another integration stores with people is no undefined variable', async () => {
  expect(await warned('HR_ID')).toBe(1);
  await chat.integration('HR', {
    action: 'update',
    schedule: '0 6 * * *',
    execute: [{ url: 'https://hr.example.com/people', method: 'GET' }],
    data_structure: { email: 'email', HR_ID: 'id' },
  });
  await chat.integration('Zoom', {
    extra_user_info: [{ id: 'PHONE', name: 'Phone' }],
    execute: [{ url: 'https://zoom.example.com', store_data: { ZOOM_ID: 'id' } }],
  });
  for (const name of ['HR_ID', 'PHONE', 'ZOOM_ID']) expect(await warned(name)).toBe(0);
  expect(await warned('NOBODY')).toBe(1);
});

test('errors are errors wherever it is used', async () => {
  expect(await checkHere(chat.services.stores, '{')).toMatchObject({ ok: false });
});
