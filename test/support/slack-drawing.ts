/** Pictures of what Slack was sent: drawn by ourselves, as Slack's own client can't be had. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { drawSlack, drawSlackModal } from '../../src/web/editor/draw-slack.ts';
import type { DoubleMessage, DoubleModal } from './slack-double/workspace.ts';

const stylesheets = ['pages/style.css', 'assets/editor.css'].map(
  (path) => new URL(`../../src/web/${path}`, import.meta.url),
);

/** Draws a message or modal and keeps the picture. @param page its content is replaced */
export async function slackPicture(
  page: Page,
  shown: DoubleMessage | DoubleModal,
  path: string,
): Promise<void> {
  const css = await Promise.all(stylesheets.map((url) => readFile(url, 'utf8')));
  const drawn = 'view' in shown ? drawSlackModal(shown.view) : drawSlack(shown.blocks);
  await page.setContent(`<!doctype html><meta charset="utf-8"><style>${css.join('\n')}
body { display: inline-block; width: 36rem; padding: .5rem; background: #fff; }</style>
<div class="slack">${drawn}</div>
<p class="hint">Drawn by Latchkey from the blocks that Slack gets.</p>`);
  await page.locator('body').screenshot({ path });
}
