/** What an owner opens from Home, as Slack shows it, drawn in Chromium: the app's card, and who has access. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHold } from '../../../../src/engine/access/holds.ts';
import { changeSettings } from '../../../../src/engine/integrations/change-integration.ts';
import { openBrowser } from '../../../support/browser/browser.ts';
import { sharedChat, type TestChat } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker } from '../../../support/clicks.ts';
import { present } from '../../../support/given/outcomes.ts';
import { accessSince } from '../../../support/has-access.ts';
import { drawnInSlack } from '../../../support/peers/slack-drawing.ts';

const BROWSER_MS = 240_000;
const ACTOR = { actor: { kind: 'system' } } as const;

let chat: TestChat;
let browser: Browser;
beforeAll(async () => {
  chat = await sharedChat();
  browser = await openBrowser();
}, BROWSER_MS);
afterAll(async () => {
  await browser.close();
  await chat.cleanup();
});

test(
  'the card of an app, and who has access to it',
  async () => {
    const person = (email: string, firstName: string, lastName: string, position: string) =>
      chat.person({ email: `${email}@harbour.example`, firstName, lastName, position });
    const olga = await person('olga.ray', 'Olga', 'Ray', 'Design lead');
    const noor = await person('noor.haddad', 'Noor', 'Haddad', 'Designer');
    const ben = await person('ben.sato', 'Ben', 'Sato', 'Contractor');
    const id = await chat.integration('Fernboard', {
      execute: [{ url: 'https://api.example.com/users' }],
      exists: {
        url: 'https://api.example.com/users/{{email}}',
        method: 'GET',
        fail_when_4xx_response_code: false,
      },
      revoke: [{ url: 'https://api.example.com/users/{{email}}', method: 'DELETE' }],
    });
    const { transact, stores, now } = chat.services;
    await transact(async (tx) => {
      const integration = present(await tx.integrations.find(id));
      await changeSettings(tx, integration, { ...ACTOR, change: { ownerIds: [olga.id] } });
      for (const [held, hours] of [
        [olga, undefined],
        [noor, undefined],
        [ben, 30 * 24],
      ] as const)
        await openHold(
          tx,
          { person: held, integration, source: 'by-hand', ...ACTOR, ...(hours && { hours }) },
          {},
        );
    });
    for (const { id: personId } of [olga, noor, ben])
      await stores.access.put(accessSince(now(), { personId, integrationId: id }));
    const owner = new Clicker(chat, olga.email);
    const home = await owner.types('home');
    const open = present(buttonsOf(home).find(({ about }) => about === 'Open: Fernboard'));
    const card = await owner.presses(open);
    expect(await drawnInSlack(browser, card, 'slack-owner')).toContain('Has access\n3 people');
    const holders = await owner.presses(buttonOf(card, 'Who has access'));
    const text = await drawnInSlack(browser, holders, 'slack-holders');
    expect(text).toContain('Who has Fernboard');
    expect(text).toMatch(/Ben Sato.*\n?.*until 25 Dec 2026/);
  },
  BROWSER_MS,
);
