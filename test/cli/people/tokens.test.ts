/** API tokens on the command line. */
import { beforeEach, expect, test } from 'vitest';
import { addToken, listTokens, revoke } from '../../../src/cli/people/tokens.ts';
import { authenticateToken } from '../../../src/engine/tokens/authenticate-token.ts';
import { type TestChat, testChat } from '../../support/chat.ts';
import { capturedOutput } from '../captured.ts';

let chat: TestChat;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: 'ada@example.com', role: 'admin' });
  await chat.person({ email: 'ann@example.com' });
});

function session() {
  const captured = capturedOutput();
  const actor = { kind: 'operator', user: 'root' } as const;
  return { ...captured, ...chat.services, actor };
}
const given = { scopes: 'read', expires: '90d' };

test('stdout has the token alone, and the only admin answers for it', async () => {
  const made = session();
  await addToken('CI', { ...given, scopes: 'approve, read', expires: '7d' }, made);
  const presented = made.stdout().trim();
  expect(await authenticateToken(presented, chat.services)).toMatchObject({
    ok: true,
    token: { name: 'CI', kind: 'service', scopes: ['read', 'approve'] },
    person: { email: 'ada@example.com' },
  });
  expect(made.stderr()).not.toContain(presented);
  const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
  expect(entry).toMatchObject({ what: 'token.created', actor: { kind: 'operator', user: 'root' } });
  expect(JSON.stringify(entry)).not.toContain(presented);
});

test('the list shows it, and its id ends it', async () => {
  const made = session();
  await addToken('CI', given, made);
  const listed = session();
  await listTokens({ page: 1 }, listed);
  expect(listed.stdout()).toMatch(/CI +service +ada@example\.com +read +until 2027-02-23/);
  const id = listed.stdout().split('\n')[1]?.split(' ')[0] ?? '';
  await revoke(id, session());
  expect(await authenticateToken(made.stdout().trim(), chat.services)).toMatchObject({
    reason: 'revoked',
  });
  await expect(revoke(id, session())).rejects.toThrow('no API token that still works has the id');
});

test('a page that there is not is named beside the last one', async () => {
  await addToken('CI', given, session());
  const listed = session();
  await listTokens({ page: 3 }, listed);
  expect(listed.stderr()).toBe('There is no page 3; the last one is page 1.\n');
});

test.each([
  [{ scopes: 'read,everything' }, 'Scopes are read'],
  [{ expires: 'soon' }, '--expires takes'],
  [{ expires: '400d' }, '365 days'],
  [{ for: 'ann@example.com' }, 'only an admin can answer'],
  [{ personal: true }, '--for EMAIL'],
  [{ for: 'ann@example.com', personal: true }, 'Only admins may have API tokens'],
])('%j is refused with what to do', async (options, why) => {
  await expect(addToken('CI', { ...given, ...options }, session())).rejects.toThrow(why);
});
