/** A headless Chromium for browser tests: the one in `CHROMIUM_PATH`, or the one that comes inside an npm package. */
import packaged from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

/** Works as root in a container. The caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const own = process.env['CHROMIUM_PATH'];
  return chromium.launch({
    executablePath: own ?? (await packaged.executablePath()),
    args: own ? ['--no-sandbox', '--disable-dev-shm-usage'] : [...packaged.args, '--no-sandbox'],
    headless: true,
  });
}
