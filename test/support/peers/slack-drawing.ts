/** Pictures of what Slack was sent: drawn by ourselves, as Slack's own client can't be had. */
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { renderCard } from '../../../src/bots/slack/render-card.ts';
import type { Card } from '../../../src/bots/view/card.ts';
import { drawSlack, drawSlackModal } from '../../../src/web/editor/draw-slack.ts';
import { takePicture, takesPictures } from '../browser/pictures.ts';
import type { DoubleBlock } from '../slack-double/block-kit.ts';
import type { DoubleMessage, DoubleModal, InputState } from '../slack-double/workspace.ts';

const stylesheets = ['pages/style.css', 'assets/editor.css'].map(
  (path) => new URL(`../../../src/web/${path}`, import.meta.url),
);

/**
 * Draws a message or modal, filled in as it is now, where pictures are taken.
 * @param page its content is replaced
 */
export async function slackPicture(
  page: Page,
  shown: Pick<DoubleMessage, 'blocks'> | DoubleModal,
  name: string,
): Promise<void> {
  if (!takesPictures) return;
  const css = await Promise.all(stylesheets.map((url) => readFile(url, 'utf8')));
  const drawn =
    'view' in shown
      ? drawSlackModal({ ...shown.view, blocks: asSent(shown.view.blocks, shown.values) })
      : drawSlack(asSent(shown.blocks));
  await page.setContent(`<!doctype html><meta charset="utf-8"><style>${css.join('\n')}
body { display: inline-block; width: 36rem; padding: .5rem; background: #fff; }</style>
<div class="slack">${drawn}</div>
<p class="hint">Drawn by Latchkey from the blocks that Slack gets.</p>`);
  await takePicture(page.locator('body'), name);
}

/** What Slack shows of a card, as text; and its picture, where pictures are taken. */
export async function drawnInSlack(browser: Browser, card: Card, name: string): Promise<string> {
  const blocks = renderCard(card).flatMap((message) => message.blocks);
  const page = await browser.newPage({ viewport: { width: 600, height: 400 } });
  try {
    await page.setContent(drawSlack(blocks));
    const text = await page.locator('body').innerText();
    await slackPicture(page, { blocks } as Pick<DoubleMessage, 'blocks'>, name);
    return text;
  } finally {
    await page.close();
  }
}

/** Without the ids that Slack gives, and with what was typed since. */
const asSent = (
  blocks: readonly DoubleBlock[],
  values: DoubleModal['values'] = {},
): readonly object[] =>
  blocks.map((block) => {
    const { block_id: id = '', ...sent } = block;
    if (sent.type !== 'input') return sent;
    const [state] = Object.values(values[id] ?? {});
    return { ...sent, block_id: id, element: { ...sent.element, ...(state && typedIn(state)) } };
  });

/** An input's state as what the input would open with. */
const typedIn = (state: InputState): object =>
  Object.fromEntries(
    Object.entries({
      initial_value: state['value'],
      initial_date: state['selected_date'],
      initial_option: state['selected_option'],
      initial_options: state['selected_options'],
    }).filter(([, value]) => value !== undefined && value !== null),
  );
