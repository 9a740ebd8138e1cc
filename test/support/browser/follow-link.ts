/** Opens a link of Latchkey in a browser, as the one person who may use it. */
import type { Page } from 'playwright-core';
import { until } from '../until.ts';
import type { TeamsPage } from './teams-page.ts';

interface Following {
  readonly page: TeamsPage;
  /** Of the same person. */
  readonly web: Page;
  /** When both show the number. */
  readonly atNumber?: () => Promise<void>;
}

/** What leads nowhere any more. */
const followed = new Set<string>();

/** @param text of the card with the link */
export async function followLink(text: string, { page, web, atNumber }: Following): Promise<void> {
  const link = page.card(text).getByRole('link', { name: 'Open it in your browser' });
  const href = async () => (await link.getAttribute('href')) ?? '';
  await until(async () => !followed.has(await href())); // The new one may still be on its way.
  followed.add(await href());
  await web.goto(await href());
  const code = await web.locator('.code').innerText();
  await reload(web); // It does that by itself a second later, and asks then.
  await page
    .card('Which number does your browser show?')
    .getByRole('button', { name: code, exact: true })
    .waitFor();
  await atNumber?.();
  await page.press(code);
  await page.card('Which number does your browser show?').waitFor({ state: 'detached' });
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
