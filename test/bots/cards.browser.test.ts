/** Cards and forms without eyes: Teams' drawn by Microsoft's renderer, Slack's by the preview of the editor. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawSlack, drawSlackModal } from '../../src/web/editor/draw-slack.ts';
import { accessibilityProblems } from '../support/browser/accessibility.ts';
import { openBrowser } from '../support/browser/browser.ts';

const STORY_MS = 240_000;

/** They are pieces of a chat client's page, which has its own landmarks and its own heading. */
const OF_THE_CLIENT = ['page-has-heading-one', 'region', 'landmark-one-main', 'heading-order'];

/** Of a choice that is searched the renderer leaves the label to nobody, whatever the card says. */
const SEARCHED_CHOICE = '.ac-choiceSetInput-filtered-textbox';

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await openBrowser();
  page = await browser.newPage();
}, STORY_MS);
afterAll(() => browser?.close());

test.each(['card', 'dialog', 'inline-form'])(
  'the %s of Teams names each of its controls',
  async (name) => {
    await pageOf('');
    await page.addScriptTag({
      path: fileURLToPath(import.meta.resolve('adaptivecards/dist/adaptivecards.min.js')),
    });
    const cards = [JSON.parse(await text(`teams/${name}.golden.json`)) as unknown].flat();
    await page.evaluate(async (all) => {
      const { AdaptiveCards, document } = globalThis as unknown as Renderer;
      const { AdaptiveCard } = AdaptiveCards;
      const place = document.querySelector('main');
      for (const json of all) {
        const card = new AdaptiveCard();
        card.parse(json);
        place?.append(card.render() ?? 'Not drawn');
      }
    }, cards);
    expect(await controls()).toBeGreaterThan(0);
    const problems = await accessibilityProblems(page, 'main', OF_THE_CLIENT);
    expect(problems.filter((problem) => !problem.includes(SEARCHED_CHOICE))).toEqual([]);
    expect(inputsOf(cards).filter((input) => !input.label && !input.placeholder)).toEqual([]);
  },
);

test.each(['card', 'form', 'danger', 'loading'])(
  'the %s of Slack names each of its controls',
  async (name) => {
    const sent: unknown = JSON.parse(await text(`slack/golden/${name}.golden.json`));
    const drawn = Array.isArray(sent)
      ? sent.map(({ blocks }: { blocks: unknown }) => drawSlack(blocks)).join('')
      : drawSlackModal(sent);
    await pageOf(drawn);
    expect(await controls()).toBeGreaterThan(0);
    expect(await accessibilityProblems(page, 'main', OF_THE_CLIENT)).toEqual([]);
  },
);

/** What names it aloud: its label, or where that is a text of its own above it, what stands in it while it is empty. */
interface Input {
  readonly label?: string;
  readonly placeholder?: string;
}

interface Renderer {
  readonly AdaptiveCards: {
    readonly AdaptiveCard: new () => {
      parse(json: unknown): void;
      render(): unknown;
    };
  };
  readonly document: {
    querySelector(selector: string): { append(node: unknown): void } | null;
  };
}

/** Every input of a card, however deep. */
function inputsOf(node: unknown): Input[] {
  if (typeof node !== 'object' || node === null) return [];
  const isInput = 'type' in node && String(node.type).startsWith('Input.');
  return [...(isInput ? [node as Input] : []), ...Object.values(node).flatMap(inputsOf)];
}

const text = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

const pageOf = (content: string): Promise<void> =>
  page.setContent(
    `<!doctype html><html lang="en"><title>Cards</title><main>${content}</main></html>`,
  );

const controls = () => page.locator('main').locator('button, input, select, textarea').count();
