/** What a page of a busy machine does while a picture of it is taken: here it does it each time. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openBrowser } from '../support/browser/browser.ts';
import { pictureOf } from '../support/browser/pictures.ts';

const STORY_MS = 240_000;
/** A client with one card, which it draws anew when it is told to. */
const CLIENT = `<!doctype html><div id="place"></div><script>
const draw = () => {
  document.querySelector('#place').innerHTML = '<div class="ac-adaptiveCard"><p>Request Fernboard</p>' +
    '<p>key: "${join(tmpdir(), 'latchkey-1', 'vault.key')}"</p></div>';
};
draw();
</script>`;

let browser: Browser;
let page: Page;
let card: Locator;
const draw = (): Promise<unknown> => page.evaluate('draw()');

beforeAll(async () => {
  browser = await openBrowser();
}, STORY_MS);
afterAll(() => browser?.close());
beforeEach(async () => {
  page = await browser.newPage();
  await page.goto(`data:text/html,${encodeURIComponent(CLIENT)}`);
  card = page.locator('.ac-adaptiveCard');
  return () => page.close();
});

/** The card, which is drawn anew as soon as its picture is wanted. */
function drawnAnew(): Locator {
  const screenshot = card.screenshot.bind(card);
  let isDrawn = false;
  card.screenshot = async (how) => {
    if (!isDrawn) await draw();
    isDrawn = true;
    return screenshot(how);
  };
  return card;
}

test(
  'a picture shows no path of this machine, also where the card is drawn anew',
  async () => {
    const picture = await pictureOf(drawnAnew());
    expect(await card.innerText()).toContain('key: "/var/lib/latchkey/vault.key"');
    expect(picture.equals(await card.screenshot({ animations: 'disabled' }))).toBe(true);
    await draw();
    expect(picture.equals(await card.screenshot({ animations: 'disabled' }))).toBe(false);
  },
  STORY_MS,
);

test(
  'where a card never stays as it should be, there is no picture of it',
  async () => {
    await page.evaluate('setInterval(draw)');
    await expect(pictureOf(card)).rejects.toThrow('did not stay as it should be');
  },
  STORY_MS,
);
