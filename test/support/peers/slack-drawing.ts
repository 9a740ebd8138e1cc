/** Pictures of what Slack was sent: drawn by ourselves, as Slack's own client can't be had. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
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
