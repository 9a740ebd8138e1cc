/** Pictures for the documents. They are taken where `SCREENSHOTS` names a folder, by `npm run screenshots`. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';

const folder = process.env['SCREENSHOTS'];
/** A card that changes is drawn again before its picture is taken. */
const TIMEOUT_MS = 60_000;
/** A page may load itself again, and a client draw its cards again, while the picture is taken. */
const MAX_TRIES = 3;
/** Where a picture says that the installation is, in place of a test's own folder. */
const INSTALLED_IN = '/var/lib/latchkey/';
/** What the local Teams client has above and below a conversation; in pixels. */
const BARS = 300;

type Clip = NonNullable<NonNullable<Parameters<Page['screenshot']>[0]>['clip']>;

export const takesPictures = folder !== undefined;

/**
 * Nothing happens where no pictures are taken.
 * @param shown an element, or a page of which only a part is wanted
 * @param name without its ending
 */
export async function takePicture(
  shown: Locator | { readonly page: Page; readonly clip: Clip },
  name: string,
): Promise<void> {
  if (folder === undefined) return;
  const path = join(folder, `${name}.png`);
  const how = { path, animations: 'disabled', timeout: TIMEOUT_MS } as const;
  if ('clip' in shown) await shown.page.screenshot({ ...how, clip: shown.clip });
  else {
    await makeRoom(shown);
    await untilStill(async () => {
      await shown.evaluate(nameInstallation, { ours: tmpdir(), installedIn: INSTALLED_IN });
      await shown.screenshot(how);
    });
  }
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

function nameInstallation(
  element: DrawnElement,
  { ours, installedIn }: { readonly ours: string; readonly installedIn: string },
): void {
  const texts = element.ownerDocument.createTreeWalker(element, 4);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const words = text.data.split(' ');
    const named = words.map((word) =>
      word.startsWith(ours) ? `${installedIn}${word.slice(word.lastIndexOf('/') + 1)}` : word,
    );
    if (words.some((word, at) => word !== named[at])) text.data = named.join(' ');
  }
}

async function untilStill(take: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; tries < MAX_TRIES; tries++) {
    const isTaken = await take().then(
      () => true,
      () => false,
    );
    if (isTaken) return;
  }
  await take();
}
