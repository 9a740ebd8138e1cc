/** What stories in Teams read of a card, and send with its buttons, is what Microsoft's renderer draws and sends (decision 237). */
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderCard } from '../../../src/bots/teams/render-card.ts';
import { type Card, rich } from '../../../src/bots/view/card.ts';
import { openBrowser } from '../../support/browser/browser.ts';
import { drawnCard, toggled } from '../../support/teams/drawn-card.ts';

const STORY_MS = 240_000;
/** What opens a menu, and a card below the buttons. */
const OPENERS = ['...', 'More…'];

const button = (label: string) => ({ label, does: { id: 'x', payload: '{}', opensForm: false } });
const card: Card = {
  title: 'Access of Ann Lee',
  blocks: [
    { kind: 'text', text: rich`Type ${{ kind: 'code', text: 'help' }} to *begin*.` },
    { kind: 'text', text: [{ kind: 'link', text: 'Open it', url: 'https://latchkey.example/x' }] },
    { kind: 'facts', facts: [['Role', ['Editor']]] },
    {
      kind: 'row',
      text: ['Fernboard'],
      detail: ['Has access'],
      buttons: [button('Revoke…')],
      more: [button('Check'), button('Grant again…')],
    },
    {
      kind: 'checklist',
      label: 'Checklist',
      entries: [
        { text: 'Choose', isDone: true },
        { text: 'Order', isDone: false },
      ],
      does: button('').does,
    },
    { kind: 'buttons', buttons: Array.from({ length: 14 }, (_, n) => button(`Button ${n}`)) },
  ],
};
const [sent] = renderCard(card, { dialogs: false });
const drawn = drawnCard(sent);

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await openBrowser();
  page = await browser.newPage();
  await page.setContent('<!doctype html><html lang="en"><title>Card</title><main></main></html>');
  const script = fileURLToPath(import.meta.resolve('adaptivecards/dist/adaptivecards.min.js'));
  await page.addScriptTag({ path: script });
  await page.evaluate((json) => {
    const { AdaptiveCards, document } = globalThis as unknown as Renderer;
    const official = new AdaptiveCards.AdaptiveCard();
    official.hostConfig = new AdaptiveCards.HostConfig({ actions: { maxActions: 6 } });
    official.parse(json);
    document.querySelector('main')?.append(official.render());
    Object.assign(globalThis, { official });
  }, sent);
}, STORY_MS);
afterAll(() => browser?.close());

/** With `hostConfig` as Teams has it; and what the page keeps of it. */
interface Renderer {
  readonly AdaptiveCards: {
    readonly AdaptiveCard: new () => Official & {
      hostConfig: unknown;
      parse(json: unknown): void;
      render(): unknown;
    };
    readonly HostConfig: new (config: object) => unknown;
  };
  readonly document: { querySelector(selector: string): { append(node: unknown): void } | null };
}
interface Official {
  getAllInputs(): readonly { readonly id: string; readonly value: string }[];
}

const buttonsShown = async (): Promise<readonly string[]> => {
  const all = await page.locator('main button:visible').allInnerTexts();
  return all.map((label) => label.trim()).filter((label) => !OPENERS.includes(label));
};
const withoutSpace = (text: string): string => text.replaceAll(/\s|\.\.\./g, '');

test('it has the same text in the same order', async () => {
  expect(withoutSpace(await page.locator('main').innerText())).toBe(withoutSpace(drawn.text));
});

test('it has the same links', async () => {
  const links = await page.locator('main a').all();
  const found = links.map(async (link) => ({
    text: await link.textContent(),
    url: await link.getAttribute('href'),
  }));
  expect(await Promise.all(found)).toEqual(drawn.links);
});

test('a button that is in a menu or behind "More…" is seen when that is opened', async () => {
  const labels = (is: (behind: unknown) => boolean): readonly string[] =>
    drawn.buttons.filter(({ behind }) => is(behind)).map(({ label }) => label);
  const atOnce = labels((behind) => behind === undefined);
  expect(await buttonsShown()).toEqual(atOnce);
  await page.getByRole('button', { name: 'More…' }).click();
  const more = labels((behind) => behind === 'more');
  expect(more).toHaveLength(11);
  expect(await buttonsShown()).toEqual([...atOnce, ...more]);
});

test('a ticked entry is sent with those that were ticked before', async () => {
  const ticked = async () =>
    page.evaluate(() =>
      (globalThis as unknown as { official: Official }).official
        .getAllInputs()
        .map(({ id, value }) => [id, value]),
    );
  const values = (change: (value: string) => string) =>
    drawn.inputs.map(({ id, value }) => [id, change(value)]);
  expect(await ticked()).toEqual(values((value) => value));
  await page.getByText('Order', { exact: true }).click();
  expect(await ticked()).toEqual(values((value) => toggled(value, '1')));
});
