/** The list of findings as Slack shows it, drawn in Chromium: every row has its words, and one button or a menu beside it. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findingsCard } from '../../../../src/bots/features/findings/findings-card.ts';
import { renderCard } from '../../../../src/bots/slack/render-card.ts';
import { newId } from '../../../../src/core/ids.ts';
import type { Finding } from '../../../../src/engine/findings/finding.ts';
import { drawSlack } from '../../../../src/web/editor/draw-slack.ts';
import { openBrowser } from '../../../support/browser/browser.ts';
import { liveReader, type TestChat, testChat } from '../../../support/chat.ts';
import { slackPicture } from '../../../support/peers/slack-drawing.ts';

const BROWSER_MS = 120_000;
const ADMIN = 'ada.okafor@harbour.example';

let chat: TestChat;
let browser: Browser;
beforeAll(async () => {
  chat = await testChat();
  browser = await openBrowser();
}, BROWSER_MS);
afterAll(async () => {
  await browser.close();
  await chat.cleanup();
});

test(
  'every row is drawn with what it says',
  async () => {
    await chat.person({ email: ADMIN, firstName: 'Ada', lastName: 'Okafor', role: 'admin' });
    const ben = await chat.person({
      email: 'ben.sato@harbour.example',
      firstName: 'Ben',
      lastName: 'Sato',
    });
    const integrationId = await chat.integration('Fernboard', {
      execute: [{ url: 'https://api.example.com/users' }],
      accounts: {
        execute: [{ url: 'https://api.example.com/users', method: 'GET' }],
        data_structure: { email: 'mail' },
      },
    });
    const at = chat.services.now();
    const kept = async (about: Partial<Finding>) =>
      chat.services.transact((tx) =>
        tx.findings.insert({
          id: newId(),
          version: 1,
          integrationId,
          accountId: newId(),
          kind: 'orphan',
          state: 'open',
          label: '',
          foundAt: at,
          seenAt: at,
          roundId: 'r',
          ...about,
        }),
      );
    await kept({ label: 'agency@elsewhere.example' });
    await kept({ kind: 'left-behind', label: 'b.sato@harbour.example', personId: ben.id });
    const shown = await findingsCard.render(
      '{"page":0,"standing":"open"}',
      await liveReader(chat, ADMIN),
    );
    const blocks = renderCard(shown).flatMap((message) => message.blocks);
    const page = await browser.newPage({ viewport: { width: 600, height: 400 } });
    await page.setContent(drawSlack(blocks));
    const text = await page.locator('body').textContent();
    expect(text).toContain('Fernboard: agency@elsewhere.example');
    expect(text).toContain('Ben Sato has left, but still has this account.');
    await slackPicture(page, { blocks } as Parameters<typeof slackPicture>[1], 'slack-findings');
  },
  BROWSER_MS,
);
