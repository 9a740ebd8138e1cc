/** Opens a link of Latchkey in a browser, as the one person who may use it. */
import type { Page } from 'playwright-core';
import type { TeamsChat } from '../teams/teams-chat.ts';
import { until } from '../until.ts';

interface Following {
  readonly page: TeamsChat;
  /** Of the same person. */
  readonly web: Page;
  /** When both show the number. */
  readonly atNumber?: () => Promise<void>;
}

/** What leads nowhere any more. */
const followed = new Set<string>();

/** @param text of the card with the link */
export async function followLink(text: string, { page, web, atNumber }: Following): Promise<void> {
  let link = '';
  await until(async () => {
    link = await page.linkOn(text, 'Open it in your browser');
    return link !== '' && !followed.has(link); // The new one may still be on its way.
  });
  followed.add(link);
  await web.goto(link);
  const code = await web.locator('.code').innerText();
  await reload(web); // It does that by itself a second later, and asks then.
  await page.waitForButton('Which number does your browser show?', code);
  await atNumber?.();
  await page.press(code);
  await page.waitUntilGone('Which number does your browser show?');
  await reload(web);
  await web.locator('.code').waitFor({ state: 'detached' });
}

/** A page that waits for its number loads itself again, and may be about to: then that is the reload. */
export async function reload(page: Page): Promise<void> {
  await page.reload().catch(async (error: Error) => {
    if (!error.message.includes('net::ERR_ABORTED')) throw error;
    await page.waitForLoadState();
  });
}
