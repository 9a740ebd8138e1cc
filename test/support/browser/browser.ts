/** A headless Chromium for browser tests: the one in `CHROMIUM_PATH`, or the one that comes inside an npm package. */
import packaged from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';
import { inject } from 'vitest';

/** Works as root in a container. The caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const given = inject('chromium');
  if ('problem' in given) throw new Error(given.problem);
  return chromium.launch({
    executablePath: given.file,
    args: process.env['CHROMIUM_PATH']
      ? ['--no-sandbox', '--disable-dev-shm-usage']
      : [...packaged.args, '--no-sandbox'],
    headless: true,
  });
}
