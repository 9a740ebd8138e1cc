/** The list of API tokens, who revokes which, and what people hear of their end. */
import { beforeEach, expect, test } from 'vitest';
import { openAudit } from '../../../../src/bots/features/settings/audit-log.ts';
import { revokeToken } from '../../../../src/bots/features/tokens/revoke-token.ts';
import { endedNotice, expiringNotice } from '../../../../src/bots/features/tokens/token-notices.ts';
import { changePerson } from '../../../../src/engine/people/change-person.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { changeWorkspaceSettings } from '../../../../src/engine/settings/workspace-settings.ts';
import { authenticateToken } from '../../../../src/engine/tokens/authenticate-token.ts';
import { createToken, type TokenWish } from '../../../../src/engine/tokens/create-token.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker, introOf } from '../../../support/clicks.ts';
import { ok } from '../../../support/given/outcomes.ts';
import { messaged } from '../../../support/messaged.ts';

let chat: TestChat;
let ada: Person;
let ann: Person;
beforeEach(async () => {
  chat = await testChat();
  ada = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await chat.person({ email: 'bob@example.com', firstName: 'Bob', role: 'admin' });
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
  await chat.services.transact((tx) => changeWorkspaceSettings(tx, { personalTokens: 'everyone' }));
});

const by = (name: string): Clicker => new Clicker(chat, `${name}@example.com`);

async function made(change: Partial<TokenWish> = {}) {
  const wish = {
    name: 'CI',
    kind: 'personal',
    ownerId: ann.id,
    scopes: ['read'],
    days: 90,
  } as const;
  const created = await chat.services.transact((tx) =>
    createToken(tx, { ...wish, ...change }, { actor: { kind: 'system' } }),
  );
  if (!created.ok) throw new Error(created.why);
  return created;
}

test('everyone sees their own, and an admin everyone’s with its owner', async () => {
  await made();
  await made({ name: 'Nightly', kind: 'service', ownerId: ada.id, scopes: ['audit'] });
  const own = textOf(await by('ann').types('tokens'));
  expect(own).toContain('CI');
  expect(own).not.toContain('Nightly');
  const everyones = textOf(await by('bob').types('tokens'));
  expect(everyones).toContain('Ann · personal · read · expires on 23 Feb 2027 · never used');
  expect(everyones).toContain('Ada · service · audit');
});

test('a list of many has pages and a search', async () => {
  for (let n = 1; n <= 12; n += 1) await made({ name: `Token ${n}`, ownerId: ada.id });
  const first = await by('ada').types('tokens');
  expect(textOf(first)).toContain('12 API tokens, page 1 of 2');
  const second = await by('ada').presses(buttonOf(first, 'Next'));
  expect(buttonsOf(second).filter(({ label }) => label === 'Revoke…')).toHaveLength(4);
  const found = await by('ada').gets(buttonOf(first, 'Search…'), { text: 'token 12' });
  expect(textOf(found)).toContain('1 API token');
});

test('its owner revokes it after a question, and it is refused then', async () => {
  const { presented } = await made();
  const revoke = buttonOf(await by('ann').types('tokens'), 'Revoke: CI');
  expect(introOf(await by('ann').opens(revoke))).toContain('Programs that use CI are refused');
  expect((await by('ann').gets(revoke)).title).toBe('CI is revoked');
  expect(await authenticateToken(presented, chat.services)).toEqual({
    ok: false,
    reason: 'revoked',
  });
  expect(textOf(await by('ann').types('tokens'))).toContain('revoked on 25 Nov 2026');
  const again = await by('ann').answers(revoke, {});
  expect(again).toMatchObject({ card: { title: 'Nothing changed' } });
});

test('an admin revokes someone else’s; others can’t, and learn nothing of it', async () => {
  const { token } = await made({ name: 'Secret name', ownerId: ada.id });
  const call = revokeToken.with({ tokenId: token.id });
  const refused = await by('ann').answers(call, {});
  expect(JSON.stringify(refused)).not.toContain('Secret name');
  const unknown = await by('ann').answers(revokeToken.with({ tokenId: 'none' }), {});
  expect(unknown).toEqual(refused);
  expect((await by('bob').gets(call)).title).toBe('Secret name is revoked');
});

test('who may have none reads why, and has no button for a new one', async () => {
  await chat.services.transact((tx) => changeWorkspaceSettings(tx, { personalTokens: 'admins' }));
  const card = await by('ann').types('tokens');
  expect(textOf(card)).toContain('Only admins may have API tokens here.');
  expect(buttonsOf(card).map(({ label }) => label)).toEqual(['Request access…', 'What I can do']);
});

test('admins hear which service tokens ended with their owner', async () => {
  const { token } = await made({ name: 'Nightly', kind: 'service', ownerId: ada.id });
  await chat.services.transact((tx) =>
    changePerson(tx, ada, { details: { role: 'other' }, actor: { kind: 'system' } }),
  );
  expect(await messaged(chat)).toEqual(['Bob']);
  const notice = await by('bob').sees(endedNotice.with({ tokenIds: [token.id] }));
  expect(textOf(notice)).toContain('Ada answered for Nightly and is no admin any more.');
  const others = await by('ann').sees(endedNotice.with({ tokenIds: [token.id] }));
  expect(textOf(others)).not.toContain('Nightly');
});

test('the notice of its end follows it', async () => {
  const { token } = await made();
  const notice = expiringNotice.with({ tokenId: token.id });
  expect(textOf(await by('ann').sees(notice))).toContain('It works until 23 Feb 2027.');
  chat.clock = token.expiresAt.getTime();
  expect((await by('ann').sees(notice)).title).toBe('The API token CI has ended');
});

test('the audit log says by which token something was done', async () => {
  const { presented } = await made({ ownerId: ada.id });
  const call = ok(await authenticateToken(presented, chat.services));
  await chat.services.transact((tx) => tx.audit('export.made', { actor: call.actor }));
  const reply = await openAudit(await chat.turn('bob@example.com'));
  expect(JSON.stringify(reply)).toContain('Ada (by the token CI)');
  expect(JSON.stringify(reply)).toContain('over the API');
});
