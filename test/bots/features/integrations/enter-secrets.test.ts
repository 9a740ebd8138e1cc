import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { enterSecrets } from '../../../../src/bots/features/integrations/enter-secrets.ts';
import { openPage } from '../../../../src/bots/features/integrations/open-page.ts';
import type { Turn } from '../../../../src/bots/live/context.ts';
import type { Action } from '../../../../src/bots/view/action.ts';
import { saveManifest } from '../../../../src/engine/integrations/change-integration.ts';
import { type TestChat, testChatOn, textOf } from '../../../support/chat.ts';
import { Clicker } from '../../../support/clicks.ts';
import { databaseWithFile, filesOf } from '../../../support/database/database.ts';
import { present } from '../../../support/given/outcomes.ts';
import { leaks } from '../../../support/leaks.ts';

const SECRET = 'hb_live-tr0ub4dor&3';

let chat: TestChat;
let ada: Clicker;
let id: string;
beforeEach(async () => {
  chat = await testChatOn(databaseWithFile);
  const person = await chat.person({ email: 'ada@example.com', firstName: 'Ada' });
  await chat.services.transact((tx) => tx.people.save({ ...person, role: 'admin' }));
  ada = new Clicker(chat, 'ada@example.com');
  id = await integration([
    { id: 'API_KEY', name: 'API key' },
    { id: 'WORKSPACE', name: 'Workspace', description: 'Its short name.', secret: false },
  ]);
});
afterEach(() => chat.cleanup());

let made = 0;
const integration = (items: readonly object[]) =>
  chat.integration(`Fernboard ${++made}`, {
    initial_data_form: items,
    execute: [{ url: 'https://api.example.com' }],
  });

async function manifestNow(items: readonly object[]): Promise<void> {
  const { stores, transact } = chat.services;
  const current = present(await stores.integrations.find(id));
  const text = JSON.stringify({
    initial_data_form: items,
    execute: [{ url: 'https://api.example.com' }],
  });
  await transact((tx) =>
    saveManifest(tx, current, { ...chat.services, text, actor: { kind: 'system' } }),
  );
}

const button = () => enterSecrets.with({ integrationId: id });
const saved = () => chat.services.stores.secrets.all(id);
const links = async () =>
  (await chat.database.db<{ purpose: string }>('links')).map(({ purpose }) => purpose);

describe('where a page can be opened', () => {
  test('a link is sent where only secrets are needed; each press makes a new one', async () => {
    id = await integration([{ id: 'API_KEY', name: 'API key' }]);
    const text = textOf(await ada.presses(button()));
    expect(text).toContain('Enter on a secure page: API key.');
    expect(text).toContain(
      "Only you can use this link, and it expires in 15 minutes. I'll ask you here which number the page shows.",
    );
    await ada.presses(button());
    expect(await links()).toEqual(['secrets', 'secrets']);
  });

  test('what is no secret is asked here, and the link for the secrets comes after it', async () => {
    const form = await ada.opens(button());
    expect(Object.keys(form.fields)).toEqual(['WORKSPACE']);
    expect(JSON.stringify(form.intro)).toContain(
      "After this, I'll send you a link to the page for API key.",
    );
    const text = textOf(await ada.gets(button(), { WORKSPACE: 'main' }));
    expect(text).toContain('Enter on a secure page: API key.');
    expect([await saved(), await links()]).toEqual([{ WORKSPACE: 'main' }, ['secrets']]);
  });

  test('where nothing is secret, the form is all', async () => {
    id = await integration([{ id: 'WORKSPACE', name: 'Workspace', secret: false }]);
    const text = textOf(await ada.gets(button(), { WORKSPACE: 'main' }));
    expect(text).toContain('is ready to use');
    expect(await links()).toEqual([]);
  });
});

describe('where nobody could open a page', () => {
  beforeEach(() => Object.assign(chat.services.links, { openFrom: () => false, isPublic: false }));

  test('a form asks for everything, and what is typed is nowhere but in the vault', async () => {
    const form = await ada.opens(button());
    expect(Object.keys(form.fields)).toEqual(['API_KEY', 'WORKSPACE']);
    expect(JSON.stringify(form.intro)).toContain('is never shown again');
    const card = await ada.gets(button(), { API_KEY: ` ${SECRET}`, WORKSPACE: 'main' });
    expect(await saved()).toEqual({ API_KEY: SECRET, WORKSPACE: 'main' });
    expect(
      leaks({ SECRET }, { card: JSON.stringify(card), database: filesOf(chat.database) }),
    ).toEqual([]);
  });

  test('a saved value is not in the form, and an empty field keeps it', async () => {
    await ada.gets(button(), { API_KEY: SECRET, WORKSPACE: 'main' });
    const form = await ada.opens(button());
    expect(form.fields['API_KEY']).toEqual({
      kind: 'text',
      label: 'API key',
      optional: true,
      secret: true,
      hint: 'Saved. Leave blank to keep it.',
    });
    expect(JSON.stringify(form)).not.toContain(SECRET);
    await ada.gets(button(), { WORKSPACE: 'other' });
    expect(await saved()).toEqual({ API_KEY: SECRET, WORKSPACE: 'other' });
  });

  test('a value that was typed as a secret is not saved where a newer manifest would show it', async () => {
    const form = await ada.opens(button());
    await manifestNow([{ id: 'API_KEY', name: 'API key', secret: false }]);
    const told = await ada.answersTo(form, button(), { API_KEY: SECRET });
    expect(told).toMatchObject({ card: { title: 'This form is out of date' } });
    expect(await saved()).toEqual({});
  });

  test('SECRETS_IN_CHAT=never: secrets are not asked, and it says how they are set', async () => {
    Object.assign(chat.services.installation, { secretsInChat: false });
    const form = await ada.opens(button());
    expect(Object.keys(form.fields)).toEqual(['WORKSPACE']);
    expect(textOf(await ada.gets(button(), { WORKSPACE: 'main' }))).toContain('Set PUBLIC_URL');

    id = await integration([{ id: 'API_KEY', name: 'API key' }]);
    const text = textOf(await ada.presses(button()));
    expect(text).toContain("can't be entered in chat");
    expect(text).toContain(`latchkey integration secrets "Fernboard ${made}" FILE`);
  });
});

describe('refused:', () => {
  const presses = async (action: Action<Turn>, call: { payload: string }, email: string) => {
    const reply = await action.press(call.payload, await chat.turn(email));
    return reply.kind === 'say' && 'title' in reply.card ? reply.card.title : reply.kind;
  };

  test.each(['mia@example.com', 'noa@example.com'])('%s, who is no admin', async (email) => {
    const person = await chat.person({ email });
    await chat.services.transact((tx) =>
      tx.people.save({ ...person, role: email.startsWith('mia') ? 'manager' : 'other' }),
    );
    expect(await presses(enterSecrets, button(), email)).toBe("You can't enter secrets");
    const connect = openPage.with({ purpose: 'connect', subject: id });
    expect(await presses(openPage, connect, email)).toBe("You can't connect integrations");
    const audit = await chat.services.stores.auditLog.list({ offset: 0, limit: 10 });
    expect(audit.filter(({ what }) => what === 'refused')).toHaveLength(2);
    expect(await links()).toEqual([]);
  });

  test('an admin whose role was taken away while the form was open', async () => {
    await ada.opens(button());
    const { transact, stores } = chat.services;
    const person = await stores.people.findByEmail('ada@example.com');
    if (person) await transact((tx) => tx.people.save({ ...person, role: 'other' }));
    const reply = await ada.answers(button(), { WORKSPACE: 'main' });
    expect(JSON.stringify(reply)).toContain("You can't enter secrets");
    expect(await saved()).toEqual({});
  });

  test('an integration that was deleted, one that needs no connection, and one that lacks values', async () => {
    const title = async (subject: string) =>
      (await ada.presses(openPage.with({ purpose: 'connect', subject }))).title;
    expect(await title(id)).toContain('needs no connection');
    const hub = await chat.integration('Hub', {
      initial_data_form: [{ id: 'KEY', name: 'Key' }],
      oauth: { authenticate_url: 'https://x.example', access_token: { url: 'https://x.example' } },
      execute: [{ url: 'https://x.example' }],
    });
    expect(await title(hub)).toBe("Hub can't be connected yet");
    const { transact, now } = chat.services;
    await transact(async (tx) => {
      const found = await tx.integrations.find(hub);
      if (found) await tx.integrations.save({ ...found, deletedAt: now() });
    });
    expect(await title(hub)).toBe('This no longer exists');
    expect((await ada.presses(enterSecrets.with({ integrationId: hub }))).title).toBe(
      'Hub has been deleted',
    );
  });
});

test('the editor and a connection are opened by a link to the admin who asks', async () => {
  const hub = await chat.integration('Hub', {
    oauth: { authenticate_url: 'https://x.example', access_token: { url: 'https://x.example' } },
    execute: [{ url: 'https://x.example' }],
  });
  const editor = await ada.presses(openPage.with({ purpose: 'manifest', subject: hub }));
  expect(editor.title).toBe('The manifest of Hub');
  const connect = await ada.presses(openPage.with({ purpose: 'connect', subject: hub }));
  expect(textOf(connect)).toContain('Sign in to Hub there and allow Latchkey to use it.');
  expect(await links()).toEqual(['manifest', 'connect']);
});
