/** What stands beside a link where no public address is configured. */
import { beforeEach, expect, test } from 'vitest';
import { sendLink } from '../../../src/bots/live/send-link.ts';
import { type TestChat, testChat, textOf } from '../../support/chat.ts';

let chat: TestChat;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
});

async function linkFor(email: string): Promise<string> {
  const turn = await chat.turn(email);
  const said = await sendLink(
    { purpose: 'export', subject: turn.actor.id },
    { title: 'Your file', paragraphs: [] },
    { ...turn, links: { ...turn.links, isPublic: false } },
  );
  return said.kind === 'say' && 'blocks' in said.card ? textOf(said.card) : '';
}

test('an admin reads which variable to set, and everyone else whom to ask', async () => {
  expect(await linkFor('ada@example.com')).toContain('Set PUBLIC_URL where Latchkey is started');
  const text = await linkFor('ann@example.com');
  expect(text).toContain('no public address yet. Ask a Latchkey admin.');
  expect(text).not.toContain('PUBLIC_URL');
});
