/** From the form in chat to the page that makes an API token and shows it, once. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newToken } from '../../src/bots/features/tokens/new-token.ts';
import type { Card } from '../../src/bots/view/card.ts';
import { changeWorkspaceSettings } from '../../src/engine/settings/workspace-settings.ts';
import { authenticateToken } from '../../src/engine/tokens/authenticate-token.ts';
import { type TestWeb, testWeb } from '../support/browser/web.ts';
import { Clicker } from '../support/clicks.ts';
import { filesOf } from '../support/database/database.ts';
import { leaks } from '../support/leaks.ts';

let web: TestWeb;
beforeEach(async () => {
  web = await testWeb({ ownFile: true });
});
afterEach(() => web.close());

const asked = { name: 'CI', tokenKind: 'service', scopes: ['read', 'audit'], days: '30' } as const;
const ada = () => new Clicker(web.chat, 'ada@example.com');
const pathOn = (card: Card): string =>
  /"url":"http:\/\/localhost([^"]+)"/.exec(JSON.stringify(card))?.[1] ?? '';
const wish = async (answers = {}): Promise<string> =>
  pathOn(await ada().gets(newToken.with({}), { ...asked, ...answers }));
const tokenOn = ({ text }: { readonly text: string }): string =>
  /<pre id="revealed">([^<]+)<\/pre>/.exec(text)?.[1] ?? '';
const all = async () =>
  web.chat.services.stores.apiTokens.list(
    {},
    { offset: 0, limit: 10, now: web.chat.services.now() },
  );

test('the page shows it to the person who confirmed the number, once; nothing else ever has it', async () => {
  const path = await wish();
  const browser = await web.confirmed(path);
  const page = await browser.get(path);
  expect(page.text).toContain('Show it now');
  expect((await all()).total).toBe(0);

  const shown = await browser.post(path);
  const presented = tokenOn(shown);
  expect(shown.text).toContain('The API token CI');
  expect(shown.headers.get('cache-control')).toBe('no-store');
  expect(await authenticateToken(presented, web.chat.services)).toMatchObject({
    ok: true,
    token: { name: 'CI', kind: 'service', scopes: ['read', 'audit'] },
    person: { id: web.admin.id },
  });
  for (const again of [await browser.post(path), await browser.get(path)]) {
    expect(again.status).toBe(410);
    expect(tokenOn(again)).toBe('');
  }
  expect((await all()).total).toBe(1);
  expect(leaks({ presented }, { database: filesOf(web.chat.database) })).toEqual([]);
});

test('a link preview, and a browser without the confirmed number, make nothing', async () => {
  const path = await wish();
  const browser = await web.confirmed(path);
  const other = browser.without();
  await other.head(path);
  await other.get(path);
  expect((await other.post(path)).status).toBe(403);
  expect((await all()).total).toBe(0);
  expect(tokenOn(await browser.post(path))).not.toBe('');
});

test('two links for the same token make one', async () => {
  const [one, two] = [await wish(), await wish()];
  const first = await (await web.confirmed(one)).post(one);
  const second = await (await web.confirmed(two)).post(two);
  expect(tokenOn(first)).not.toBe('');
  expect(second.status).toBe(410);
  expect(second.text).toContain('No token was created');
  expect((await all()).total).toBe(1);
});

test('someone who is no admin any more when they press gets none', async () => {
  const path = await wish();
  const browser = await web.confirmed(path);
  await web.role('other');
  expect((await browser.post(path)).status).toBe(410);
  expect((await all()).total).toBe(0);
});

test('a forged service token of someone who is no admin is not made', async () => {
  await web.chat.services.transact((tx) =>
    changeWorkspaceSettings(tx, { personalTokens: 'everyone' }),
  );
  await web.role('other');
  expect(await ada().sends(newToken.with({}), asked)).toMatchObject({ kind: 'say' });
  expect(pathOn(await ada().gets(newToken.with({}), asked))).toBe('');
  const path = await wish({ tokenKind: 'personal' });
  const shown = await (await web.confirmed(path)).post(path);
  expect(tokenOn(shown)).not.toBe('');
});

test.each([
  [{ name: ' ' }, 'name'],
  [{ days: '400' }, 'days'],
  [{ days: 'soon' }, 'days'],
  [{ scopes: [] }, 'scopes'],
])('the form says what is wrong with %j', async (answers, field) => {
  const errors = await ada().isTold(newToken.with({}), { ...asked, ...answers });
  expect(Object.keys(errors)).toEqual([field]);
});
