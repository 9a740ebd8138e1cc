/** The headless Chromium of this test run: the one in `CHROMIUM_PATH`, or the one that comes inside an npm package. */
import { type Browser, chromium } from 'playwright-core';
import { inject } from 'vitest';

/** A part of it with pages of its own. The caller closes that, and all of its pages with it. */
export async function openBrowser(): Promise<Browser> {
  const given = inject('chromium');
  if ('problem' in given) throw new Error(given.problem);
  return chromium.connect(given.endpoint);
}
