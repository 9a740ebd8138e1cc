/** Pictures for the documents. They are taken where `SCREENSHOTS` names a folder, by `npm run screenshots`. */
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { escapeRegExp } from './escape-reg-exp.ts';

const folder = process.env['SCREENSHOTS'];
/** A card that changes is drawn again before its picture is taken. */
const TIMEOUT_MS = 60_000;
/** A page may load itself again, and a client draw its cards again, while the picture is taken. */
const MAX_TRIES = 10;
/** A path into a folder of this machine, and none that an address has. */
const OURS = [tmpdir(), process.cwd()]
  .filter((path) => path !== '/')
  .map((path) => String.raw`(?<![\w/.-])${escapeRegExp(path)}/\S*`)
  .join('|');
/** Where a picture says that the installation is instead. */
const PATHS = { ours: OURS, installedIn: '/var/lib/latchkey/' };
/** What the local Teams client has above and below a conversation; in pixels. */
const BARS = 300;

type Clip = NonNullable<NonNullable<Parameters<Page['screenshot']>[0]>['clip']>;

export const takesPictures = folder !== undefined;

type Shown = Locator | { readonly page: Page; readonly clip: Clip };
/**
 * Nothing happens where no pictures are taken.
 * @param shown an element, or a page of which only a part is wanted
 * @param name without its ending
 */
export async function takePicture(shown: Shown, name: string): Promise<void> {
  if (folder === undefined) return;
  await writeFile(join(folder, `${name}.png`), await pictureOf(shown));
}

/** A picture of what needed no putting right before it was taken, nor afterwards. */
export async function pictureOf(shown: Shown): Promise<Buffer> {
  const how = { animations: 'disabled', timeout: TIMEOUT_MS } as const;
  const element = 'clip' in shown ? shown.page.locator('body') : shown;
  if (!('clip' in shown)) await makeRoom(shown);
  let failure: unknown;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    try {
      await element.evaluate(nameInstallation, PATHS);
      const picture =
        'clip' in shown
          ? await shown.page.screenshot({ ...how, clip: shown.clip })
          : await shown.screenshot(how);
      if (!(await element.evaluate(nameInstallation, PATHS))) return picture;
    } catch (error) {
      failure = error;
    }
  }
  throw new Error('What is shown did not stay as it should be for a picture', { cause: failure });
}

/** A card that is taller than the window would be drawn beneath the bars of its client. */
async function makeRoom(shown: Locator): Promise<void> {
  const page = shown.page();
  const classes = (await shown.getAttribute('class')) ?? '';
  if (!classes.split(' ').includes('ac-adaptiveCard')) return;
  const [box, window] = [await shown.boundingBox(), page.viewportSize()];
  if (!box || !window || box.height + BARS <= window.height) return;
  await page.setViewportSize({ width: window.width, height: Math.ceil(box.height) + BARS });
}

/** What it uses of a page's elements, where it runs. */
interface DrawnElement {
  readonly ownerDocument: {
    createTreeWalker(root: unknown, texts: 4): { nextNode(): { data: string } | null };
  };
}

/** @returns whether a path of this machine was there */
function nameInstallation(
  element: DrawnElement,
  { ours, installedIn }: { readonly ours: string; readonly installedIn: string },
): boolean {
  let wasThere = false;
  const texts = element.ownerDocument.createTreeWalker(element, 4);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const named = text.data.replaceAll(
      new RegExp(ours, 'g'),
      (path) => `${installedIn}${path.slice(path.lastIndexOf('/') + 1)}`,
    );
    if (named === text.data) continue;
    text.data = named;
    wasThere = true;
  }
  return wasThere;
}
