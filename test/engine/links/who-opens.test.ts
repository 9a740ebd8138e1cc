/** Which pages each role may open by a link. */
import { beforeEach, expect, test } from 'vitest';
import { subjectNow } from '../../../src/engine/links/web-sessions.ts';
import { ROLES } from '../../../src/engine/people/directory.ts';
import { type TestChat, testChat } from '../../support/chat.ts';

let chat: TestChat;
let integrationId: string;
beforeEach(async () => {
  chat = await testChat();
  integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
  });
});

const audit = JSON.stringify({ of: 'audit', filter: {} });

test('an auditor takes files out, and opens no other page', async () => {
  const opened: Record<string, readonly string[]> = {};
  for (const role of ROLES) {
    const { id: personId } = await chat.person({ email: `${role}@example.com`, role });
    const links = [
      { purpose: 'export', subject: audit, personId },
      { purpose: 'secrets', subject: integrationId, personId },
      { purpose: 'manifest', subject: integrationId, personId },
    ] as const;
    const found = await Promise.all(links.map((link) => subjectNow(chat.services.stores, link)));
    opened[role] = links.flatMap(({ purpose }, at) =>
      found[at]?.kind === 'good' ? [purpose] : [],
    );
  }
  expect(opened).toEqual({
    admin: ['export', 'secrets', 'manifest'],
    auditor: ['export'],
    helpdesk: [],
    manager: [],
    new_hire: [],
    other: [],
  });
});
