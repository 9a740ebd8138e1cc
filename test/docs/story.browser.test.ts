/** The moving picture of the README. It is made of the pictures that other tests take, where pictures are taken: `npm run screenshots`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Gifenc from 'gifenc';
import type { Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { openBrowser } from '../support/browser/browser.ts';
import { takesPictures } from '../support/browser/pictures.ts';

// Node finds no names in the package's module.
const { applyPalette, GIFEncoder, quantize } = createRequire(import.meta.url)(
  'gifenc',
) as typeof Gifenc;

const FOLDER = 'docs/images';
const FILE = `${FOLDER}/story.gif`;
/** Of `test/e2e/requests.browser.test.ts`. */
const SCENES = [
  ['requests-form', '1. Ann requests access where she chats'],
  ['requests-to-decide', '2. Her manager reads why, and approves'],
  ['requests-approved', '3. Latchkey sets it up'],
  ['offboarding-plan', '4. Her last day is planned'],
  ['offboarding-done', '5. Everything is gone, and proven gone'],
] as const;
const SIZE = { width: 680, height: 720 };
const SCENE_MS = 3000;
const COLORS = 64;
const MAX_BYTES = 1_500_000;

test.runIf(takesPictures)('the scenes make one moving picture', async () => {
  const browser = await openBrowser();
  const page = await browser.newPage({ viewport: SIZE });
  const gif = GIFEncoder();
  for (const [picture, caption] of SCENES) {
    const { data } = PNG.sync.read(await drawn(page, picture, caption));
    const palette = quantize(data, COLORS);
    const pixels = applyPalette(data, palette);
    gif.writeFrame(pixels, SIZE.width, SIZE.height, { palette, delay: SCENE_MS });
  }
  gif.finish();
  await browser.close();
  expect(gif.bytes().length).toBeLessThan(MAX_BYTES);
  writeFileSync(FILE, gif.bytes());
});

test('the moving picture loads on a phone', () => {
  expect(readFileSync(FILE).length).toBeLessThan(MAX_BYTES);
});

async function drawn(page: Page, picture: string, caption: string): Promise<Buffer> {
  const png = readFileSync(`${FOLDER}/${picture}.png`).toString('base64');
  await page.setContent(`<style>
    body { margin: 0; font: 600 22px system-ui, sans-serif; color: #fff; background: #33344a; text-align: center }
    p { margin: 0; line-height: 60px }
    main { height: 660px; display: grid; place-items: center; background: #e8e8f0 }
    img { max-height: 630px; border-radius: 6px; box-shadow: 0 2px 10px #0003 }
  </style><p>${caption}</p><main><img src="data:image/png;base64,${png}"></main>`);
  await page.evaluate("document.querySelector('img').decode()");
  return page.screenshot({ animations: 'disabled' });
}
