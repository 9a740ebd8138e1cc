/** What an interaction costs the database beside what its feature does. */
import { beforeEach, expect, test } from 'vitest';
import { identifyWith } from '../../../src/bots/live/identify.ts';
import { type TestChat, testChat } from '../../support/chat.ts';
import { idleInbox } from '../../support/inbox.ts';

let chat: TestChat;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' });
});

test('two statements before its feature, and one after it', async () => {
  const { services, database } = chat;
  const inbox = idleInbox(chat);
  const identify = identifyWith(services);
  const interact = async () => {
    const inbound = chat.inbound('ann@example.com');
    const { user, key } = inbound;
    const receipt = inbox.receive({ user, key, content: {}, withinMs: 2500 });
    expect([await receipt.refusal, await receipt.begin()]).toEqual([undefined, true]);
    expect(await identify(inbound)).toHaveProperty('actor');
    receipt.end();
    await inbox.close();
  };
  await interact(); // Links them, and stores where they write from.

  const statements: string[] = [];
  database.db.on('query', ({ sql }: { readonly sql: string }) => {
    if (!sql.startsWith('COMMIT')) statements.push(sql.slice(0, 6));
  });
  await interact();
  expect(statements).toEqual(['insert', 'select', 'update']);
});
