/** The headless Chromium of this test run: the one in `CHROMIUM_PATH`, or the one that comes inside an npm package. */
import { type Browser, chromium } from 'playwright-core';
import { inject } from 'vitest';

/** For one thing to appear: a page answers in well under a second, unless the machine does much beside. */
const WAIT_MS = 120_000;

/** A part of it with pages of its own. The caller closes that, and all of its pages with it. */
export async function openBrowser(): Promise<Browser> {
  const given = inject('chromium');
  if ('problem' in given) throw new Error(given.problem);
  const browser = await chromium.connect(given.endpoint);
  const newContext = browser.newContext.bind(browser);
  // Of pages, too: each begins with a context.
  browser.newContext = async (options) => {
    const context = await newContext(options);
    context.setDefaultTimeout(WAIT_MS);
    return context;
  };
  return browser;
}
