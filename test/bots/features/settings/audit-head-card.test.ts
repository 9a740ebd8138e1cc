/** What admins read of the head of the audit log, and of one that could not be sent. */
import { beforeEach, expect, test } from 'vitest';
import {
  auditHeadCard,
  headNotSentCard,
} from '../../../../src/bots/features/settings/audit-head-card.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker } from '../../../support/clicks.ts';

let chat: TestChat;
let ada: Clicker;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
  ada = new Clicker(chat, 'ada@example.com');
});

const notSent = headNotSentCard.with({ to: 'aud@example.org', why: 'No such mailbox.', id: '1' });

test('an admin reads why the head was not sent, what that means, and has the settings at hand', async () => {
  const card = await ada.sees(notSent);
  expect(textOf(card).split('\n')).toEqual([
    '⚠ The head of the audit log was not sent',
    'The email to aud@example.org failed. No such mailbox.',
    "Until someone keeps it elsewhere, no one can prove later that the end of the log wasn't cut off. An admin can change the address in the settings.",
    '[Settings]',
  ]);
  expect((await ada.presses(buttonOf(card, 'Settings'))).title).toBe('Settings of Latchkey');
});

test('nobody else reads either of them', async () => {
  const ann = new Clicker(chat, 'ann@example.com');
  for (const card of [notSent, auditHeadCard.with({ line: 'latchkey-head.1.7', seq: 7 })]) {
    const text = textOf(await ann.sees(card));
    expect(text).toContain('This was for Latchkey admins');
    expect(text).not.toMatch(/aud@example|latchkey-head/);
  }
});
