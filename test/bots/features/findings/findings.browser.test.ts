/** The list of findings as Slack shows it, drawn in Chromium: every row has its words, and one button or a menu beside it. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findingsCard } from '../../../../src/bots/features/findings/findings-card.ts';
import { newId } from '../../../../src/core/ids.ts';
import { endRound } from '../../../../src/engine/findings/account-round.ts';
import type { Finding } from '../../../../src/engine/findings/finding.ts';
import { beginRound } from '../../../../src/engine/findings/hold-round.ts';
import { openBrowser } from '../../../support/browser/browser.ts';
import { liveReader, sharedChat, type TestChat } from '../../../support/chat.ts';
import { present } from '../../../support/given/outcomes.ts';
import { drawnInSlack } from '../../../support/peers/slack-drawing.ts';

const BROWSER_MS = 240_000;
const ADMIN = 'ada.okafor@harbour.example';

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
    await chat.services.transact(async (tx) => {
      const integration = await tx.integrations.find(integrationId);
      const round = present(integration && (await beginRound(tx, integration)));
      const why = 'It has 12 accounts, but the last complete one had 40.';
      const short = { ...round, list: 'cut', why, listed: 12, completeCount: 40 } as const;
      await tx.accountRounds.save(endRound(short, { state: 'done' }, at));
    });
    await kept({ kind: 'left-behind', label: 'b.sato@harbour.example', personId: ben.id });
    const shown = await findingsCard.render(
      '{"page":0,"standing":"open"}',
      await liveReader(chat, ADMIN),
    );
    const text = await drawnInSlack(browser, shown, 'slack-findings');
    expect(text).toContain('Fernboard: agency@elsewhere.example');
    expect(text).toContain('had 40.');
    expect(text).toContain('Accept the list');
    expect(text).toContain('Ben Sato has left, but still has this account.');
  },
  BROWSER_MS,
);
