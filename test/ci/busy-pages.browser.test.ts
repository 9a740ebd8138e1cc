/** What a page of a busy machine does while it is pressed or a picture of it is taken: here it does it each time. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openBrowser } from '../support/browser/browser.ts';
import { pictureOf } from '../support/browser/pictures.ts';
import { TeamsPage } from '../support/browser/teams-page.ts';

const STORY_MS = 240_000;
/** A client with one form, which it draws anew when it is told to. */
const CLIENT = `<!doctype html><p>conversationUpdate 1</p><div id="place"></div><script>
const draw = () => {
  document.querySelector('#place').innerHTML = '<div class="ac-adaptiveCard"><p>Request Fernboard</p>' +
    '<p>key: "${join(tmpdir(), 'latchkey-1', 'vault.key')}"</p>' +
    '<label>Reason <input></label><label>Size <input></label><button>Request</button></div>';
  document.querySelector('button').addEventListener('click', () => {
    const body = [...document.querySelectorAll('input')].map(({ value }) => value).join();
    fetch('http://127.0.0.1:9/submit', { method: 'POST', mode: 'no-cors', body }).catch(() => undefined);
  });
};
draw();
</script>`;

let browser: Browser;
let teams: TeamsPage;
const draw = (page: Page): Promise<unknown> => page.evaluate('draw()');

beforeAll(async () => {
  browser = await openBrowser();
}, STORY_MS);
afterAll(() => browser?.close());
beforeEach(async () => {
  teams = await TeamsPage.visit(browser, `data:text/html,${encodeURIComponent(CLIENT)}`);
  await teams.fill('Reason', 'I plan the launch.');
  return () => teams.close();
});

test(
  'a form that is emptied before it is pressed is not sent empty',
  async () => {
    const sent: string[] = [];
    teams.page.on('request', (request) => {
      if (request.method() === 'POST') sent.push(request.postData() ?? '');
    });
    await teams.page.evaluate(
      "document.querySelector('button').addEventListener('pointerenter', draw, { once: true })",
    );
    await teams.press('Request');
    expect(sent).toEqual(['I plan the launch.,']);
  },
  STORY_MS,
);

/** The card, which is drawn anew as soon as its picture is wanted. */
function drawnAnew(card: Locator): Locator {
  const screenshot = card.screenshot.bind(card);
  let isDrawn = false;
  card.screenshot = async (how) => {
    if (!isDrawn) await draw(card.page());
    isDrawn = true;
    return screenshot(how);
  };
  return card;
}

test(
  'a picture shows what was filled in, and no path of this machine, also where the card is drawn anew',
  async () => {
    const card = teams.card('Request Fernboard');
    const picture = await pictureOf(drawnAnew(card), () => teams.fillAgain());
    expect(await card.innerText()).toContain('key: "/var/lib/latchkey/vault.key"');
    expect(await card.locator('input').first().inputValue()).toBe('I plan the launch.');
    expect(picture.equals(await card.screenshot({ animations: 'disabled' }))).toBe(true);
    await draw(teams.page);
    expect(picture.equals(await card.screenshot({ animations: 'disabled' }))).toBe(false);
  },
  STORY_MS,
);

test(
  'where a card never stays as it should be, there is no picture of it',
  async () => {
    const card = teams.card('Request Fernboard');
    await teams.page.evaluate('setInterval(draw)');
    await expect(pictureOf(card)).rejects.toThrow('did not stay as it should be');
  },
  STORY_MS,
);
