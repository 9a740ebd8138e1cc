/** What a page of the overview costs the database where there are very many apps. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestWeb, testWeb, type WebBrowser } from '../../support/browser/web.ts';
import { statementsOf } from '../../support/database/plans.ts';

let web: TestWeb;
let browser: WebBrowser;
let root: string;

beforeEach(async () => {
  web = await testWeb();
  for (let each = 0; each < 60; each += 1)
    await web.chat.integration(`App ${each}`, {
      // Half of them need someone, so that the page of what is wrong is full.
      ...(each % 2 === 0 && { initial_data_form: [{ id: 'TOKEN', name: 'Token' }] }),
      execute: [{ url: 'https://api.example.com/u' }],
    });
  const opened = await web.opened('overview', 'overview');
  browser = opened.browser;
  root = opened.page.at;
});
afterEach(() => web.close());

test.each([
  ['/apps', 'App 0', 20],
  ['/health', 'App 0', 40],
  ['/health.csv', 'App 0', 40],
])('%s asks once for all of them', async (path, shown, ceiling) => {
  let text = '';
  const statements = await statementsOf(web.chat.database.db, async () => {
    ({ text } = await browser.get(`${root}${path}`));
  });
  expect(text).toContain(shown);
  expect(statements.length).toBeLessThanOrEqual(ceiling);
});
