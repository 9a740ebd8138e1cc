/** The pages in a real browser: with and without scripts, and through an OAuth2 provider and back. */
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { confirmLinkNumber } from '../../src/bots/features/confirm-link.ts';
import { launchBrowser } from '../support/browser.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type OAuthProvider,
  startOAuthProvider,
} from '../support/oauth-provider.ts';
import { buttonOn, type TestWeb, testWeb } from '../support/web.ts';

const STORY_MS = 60_000;
/** Where `SCREENSHOTS` names a folder, pictures for the documents go there. */
const pictures = process.env['SCREENSHOTS'];
const SECRET = 'hb_live_3kq9-tr0ub4dor';

let browser: Browser;
let web: TestWeb;
let provider: OAuthProvider;
let id: string;
/** What pages complained about: a refused style or script, an exception. */
let complaints: string[];

beforeAll(async () => {
  browser = await launchBrowser();
}, STORY_MS);
afterAll(() => browser?.close());

beforeEach(async () => {
  complaints = [];
  web = await testWeb();
  provider = await startOAuthProvider();
  const client = { client_id: '{{CLIENT_ID}}', client_secret: '{{CLIENT_SECRET}}' };
  id = await web.chat.integration('Harbour', {
    initial_data_form: [
      {
        id: 'CLIENT_ID',
        name: 'Client ID',
        description: 'In Harbour under Settings > Developers > Your app.',
        secret: false,
      },
      {
        id: 'CLIENT_SECRET',
        name: 'Client secret',
        description: 'Beside the client ID. It is shown once there.',
      },
    ],
    oauth: {
      authenticate_url: `${provider.url}/auth?client_id={{CLIENT_ID}}&response_type=code&scope=openid&redirect_uri={{redirect_url}}`,
      access_token: {
        url: `${provider.url}/token`,
        data: {
          grant_type: 'authorization_code',
          code: '{{code}}',
          redirect_uri: '{{redirect_url}}',
          ...client,
        },
      },
    },
    execute: [{ url: `${provider.url}/api/users` }],
  });
  await provider.open(`${web.url}/oauth/${id}/callback`);
});
afterEach(async () => {
  await provider.close();
  await web.close();
});

async function newPage(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 900, height: 800 }, ...options });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A page that says no is an error to the browser only.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text()))
      complaints.push(message.text());
  });
  return page;
}

const picture = async (page: Page, name: string) =>
  pictures && page.screenshot({ path: join(pictures, `web-${name}.png`) });

/** From the link, over the number that its person confirms, to the page with the button. */
async function confirmIn(page: Page, path: string): Promise<void> {
  await page.goto(`${web.url}${path}`);
  const code = await page.locator('.code').innerText();
  await picture(page, 'number');
  await page.reload();
  const [question] = await web.posted();
  if (!question) throw new Error('Nobody was asked');
  const call = buttonOn(question.card, code);
  await confirmLinkNumber.press(call.payload, await web.chat.turn(question.to.email));
  await page.reload();
}

test(
  'secrets are typed, and then the integration is connected: no script is needed, nor a form that leads elsewhere',
  async () => {
    const page = await newPage({ javaScriptEnabled: false });
    await confirmIn(page, await web.link('secrets', id));
    await page.getByRole('button', { name: 'Open the page' }).click();
    await page.getByLabel('Client ID').fill(CLIENT_ID);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    expect(await page.getByText('This is still needed.').count()).toBe(1);
    await page.getByLabel('Client secret').fill(CLIENT_SECRET);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'Saved for Harbour' }).waitFor();

    await confirmIn(page, await web.link('connect', id));
    await picture(page, 'connect');
    await page.getByRole('button', { name: 'Go on to Harbour' }).click();
    await page.getByRole('heading', { name: 'Harbour is connected' }).waitFor();
    expect(page.url()).toBe(`${web.url}/oauth/${id}/connected`);
    await picture(page, 'connected');
    expect(await web.chat.services.stores.oauth.find(id)).toMatchObject({ state: 'connected' });
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'with scripts, what is typed can be looked at, and is not kept by the browser',
  async () => {
    const page = await newPage();
    await confirmIn(page, await web.link('secrets', id));
    await picture(page, 'ask');
    await page.getByRole('button', { name: 'Open the page' }).click();
    const field = page.getByLabel('Client secret', { exact: true });
    await field.fill(SECRET);
    expect(await field.getAttribute('type')).toBe('password');
    await page.getByRole('button', { name: 'Show Client secret' }).click();
    expect(await field.getAttribute('type')).toBe('text');
    await page.getByRole('button', { name: 'Hide Client secret' }).click();
    await page.getByLabel('Client ID').fill(CLIENT_ID);
    await picture(page, 'secrets');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'Saved for Harbour' }).waitFor();
    await picture(page, 'saved');
    await page.goBack();
    expect(await page.content()).not.toContain(SECRET);
    await page.getByRole('heading', { name: 'This page is not open here' }).waitFor();
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'it fits a phone, in the dark too, and says what is wrong beside its field',
  async () => {
    const page = await newPage({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
    await confirmIn(page, await web.link('secrets', id));
    await page.getByRole('button', { name: 'Open the page' }).click();
    await page.getByLabel('Client ID').fill(CLIENT_ID);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const wrong = page.getByLabel('Client secret', { exact: true });
    expect(await wrong.getAttribute('aria-invalid')).toBe('true');
    const hint = await wrong.getAttribute('aria-describedby');
    expect(hint?.split(' ')).toHaveLength(2);
    await picture(page, 'secrets-phone');
    const size = await page.evaluate<readonly number[]>(
      '[document.documentElement.scrollWidth, window.innerWidth]',
    );
    expect(size[0]).toBeLessThanOrEqual(size[1] ?? 0);
  },
  STORY_MS,
);
