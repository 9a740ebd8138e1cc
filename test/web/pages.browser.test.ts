/** The pages in a real browser: with and without scripts, and through an OAuth2 provider and back. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { confirmLinkNumber } from '../../src/bots/features/messages/confirm-link.ts';
import { packPage } from '../../src/engine/evidence/pack-page.ts';
import { setSecrets } from '../../src/engine/integrations/integrations.ts';
import { startReview } from '../../src/engine/reviews/start-review.ts';
import { docsPage } from '../../src/web/api/docs-page.ts';
import { problemsInBothLooks, problemsOnPhone } from '../support/browser/accessibility.ts';
import { openBrowser } from '../support/browser/browser.ts';
import { reload } from '../support/browser/follow-link.ts';
import { takePicture } from '../support/browser/pictures.ts';
import { buttonOn, MINUTE, type TestWeb, testWeb } from '../support/browser/web.ts';
import { codeAt } from '../support/given/authenticator.ts';
import { firstOf, present } from '../support/given/outcomes.ts';
import { hasAccess } from '../support/has-access.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type OAuthProvider,
  startOAuthProvider,
} from '../support/peers/oauth-provider.ts';

const STORY_MS = 240_000;
const SECRET = 'hb_live_3kq9-tr0ub4dor';

let browser: Browser;
let web: TestWeb;
let provider: OAuthProvider;
let id: string;
/** What pages complained about: a refused style or script, an exception. */
let complaints: string[];

beforeAll(async () => {
  browser = await openBrowser();
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
  for (const context of browser.contexts()) await context.close();
  await provider.close();
  await web.close();
});

async function newPage(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 680, height: 900 }, ...options });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A page that says no is an error to the browser only.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text()))
      complaints.push(message.text());
  });
  return page;
}

/**
 * Each page that has a picture is one that people read: it has to be readable without eyes, and in both looks.
 * @param look which one the picture has
 */
async function picture(page: Page, name: string, look: 'dark' | 'light' = 'light'): Promise<void> {
  expect(await problemsInBothLooks(page, look)).toEqual([]);
  await takePicture(page.locator('body'), `web-${name}`);
}

/** From the link, over the number that its person confirms, to the page with the button. */
async function confirmIn(page: Page, path: string): Promise<void> {
  await page.goto(`${web.url}${path}`);
  await answer(page, await page.locator('.code').innerText());
}

/** The person presses that button of the question which the open page of a link asks. */
async function answer(page: Page, label: string): Promise<void> {
  await reload(page);
  const question = firstOf(await web.posted());
  const call = buttonOn(question.card, label);
  await confirmLinkNumber.press(call.payload, await web.chat.turn(question.to.email));
  await reload(page);
}

test(
  'secrets are typed, and then the integration is connected: no script is needed, nor a form that leads elsewhere',
  async () => {
    const page = await newPage({ javaScriptEnabled: false });
    await confirmIn(page, await web.link('secrets', id));
    await page.getByRole('button', { name: 'Open the page' }).click();
    await page.getByLabel('Client ID').fill(CLIENT_ID);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('This is still needed.').waitFor(); // The one.
    await page.getByLabel('Client secret').fill(CLIENT_SECRET);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'Saved for Harbour' }).waitFor();

    await confirmIn(page, await web.link('connect', id));
    await page.getByRole('button', { name: 'Continue to Harbour' }).click();
    await page.getByRole('heading', { name: 'Harbour is connected' }).waitFor();
    expect(page.url()).toBe(`${web.url}/oauth/${id}/connected`);
    expect(await web.chat.services.stores.oauth.find(id)).toMatchObject({ state: 'connected' });
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'a page with a number is read in peace, and goes on once the number is pressed in chat',
  async () => {
    const page = await newPage();
    const path = await web.link('secrets', id);
    await page.goto(`${web.url}${path}`);
    const number = await page.locator('.code').elementHandle();
    await page.waitForResponse(`${web.url}${path}`); // It looks by itself, and asks then.
    expect(await problemsInBothLooks(page)).toEqual([]);
    const question = firstOf(await web.posted());
    const call = buttonOn(question.card, present(await number?.innerText()));
    await confirmLinkNumber.press(call.payload, await web.chat.turn(question.to.email));
    await page.getByRole('button', { name: 'Open the page' }).waitFor();
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'with scripts, what is typed can be looked at, and is not kept by the browser',
  async () => {
    const page = await newPage();
    await confirmIn(page, await web.link('secrets', id));
    await page.getByRole('button', { name: 'Open the page' }).click();
    const field = page.getByLabel('Client secret', { exact: true });
    await field.fill(SECRET);
    expect(await field.getAttribute('type')).toBe('password');
    await page.getByRole('button', { name: 'Show Client secret' }).click();
    expect(await field.getAttribute('type')).toBe('text');
    await page.getByRole('button', { name: 'Hide Client secret' }).click();
    await page.getByLabel('Client ID').fill(CLIENT_ID);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'Saved for Harbour' }).waitFor();
    await page.goBack();
    expect(await page.content()).not.toContain(SECRET);
    await page.getByRole('heading', { name: 'This page is not open here' }).waitFor();
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'a form that is sent again before its answer has come is sent once: the first answer has what is shown once',
  async () => {
    const page = await newPage();
    await confirmIn(page, await web.link('authenticator', 'authenticator'));
    await page.getByRole('button', { name: 'Open the page' }).click();
    const key = (await page.locator('#key').innerText()).replaceAll(' ', '');
    await page.getByLabel('Type the code').fill(codeAt(key, new Date(web.chat.clock)));
    let letGo = () => {};
    const pressedTwice = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let sent = 0;
    await page.route(`${web.url}/authenticator/*`, async (route) => {
      sent += 1;
      await pressedTwice;
      await route.continue();
    });
    const first = page.waitForRequest((request) => request.method() === 'POST');
    await page.getByRole('button', { name: 'Continue' }).focus();
    await page.keyboard.press('Enter');
    await first;
    await page.keyboard.press('Enter');
    letGo();
    await page.getByText('Your app has the key').waitFor({ timeout: 20_000 });
    expect(sent).toBe(1);
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'the button that shows what is typed speaks the language of its page',
  async () => {
    const page = await newPage({ locale: 'de' });
    await confirmIn(page, await web.link('secrets', id));
    await page.getByRole('button', { name: 'Seite öffnen' }).click();
    const show = page.getByRole('button', { name: 'Client-Secret anzeigen' });
    expect(await show.innerText()).toBe('Anzeigen');
    await show.click();
    await page.getByRole('button', { name: 'Client-Secret verbergen' }).waitFor();
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
    const copy = await page.getByRole('button', { name: 'Copy' }).boundingBox();
    expect(copy?.width).toBeGreaterThan(copy?.height ?? 0); // Its letters stand in a row.
    await picture(page, 'secrets-phone', 'dark');
    const edge = 'getComputedStyle(document.activeElement).borderColor';
    await wrong.focus();
    const red = await page.evaluate<string>(edge);
    await page.getByLabel('Client ID').focus();
    expect(await page.evaluate<string>(edge)).not.toBe(red);
    const size = await page.evaluate<readonly number[]>(
      '[document.documentElement.scrollWidth, window.innerWidth]',
    );
    expect(size[0]).toBeLessThanOrEqual(size[1] ?? 0);
  },
  STORY_MS,
);

/** The title of a page that only says something. What all of them are drawn with is looked at once, where a link was used already. */
async function shown(page: Page, name: string): Promise<string> {
  await takePicture(page.locator('body'), `web-${name}`);
  return page.getByRole('heading', { level: 1 }).innerText();
}

test(
  'every link and page that leads no further says why',
  async () => {
    const page = await newPage();
    const at = (path: string) => page.goto(`${web.url}${path}`);
    const open = (name: string) => page.getByRole('button', { name }).click();
    const link = await web.link('secrets', id);
    await confirmIn(page, link);
    await open('Open the page');
    const secretsPage = page.url();
    await at(link);
    expect(await shown(page, 'refused-used')).toBe('This link has already been used');
    expect(await problemsInBothLooks(page)).toEqual([]);

    await at(await web.link('secrets', id));
    await answer(page, "I didn't open it");
    expect(await shown(page, 'refused-stopped')).toBe('This link was blocked');

    const taken = await web.link('secrets', id);
    await confirmIn(await newPage(), taken);
    await at(taken);
    expect(await shown(page, 'refused-elsewhere')).toBe('This link is open in another browser');

    await at('/links/forgotten');
    expect(await shown(page, 'refused-unknown')).toBe("This link doesn't work");

    await web.role('manager');
    await page.goto(secretsPage);
    expect(await shown(page, 'refused-role')).toBe("You can't do this any more");
    await web.role('admin');

    const old = await web.link('secrets', id);
    web.chat.clock += 15 * MINUTE;
    await page.goto(secretsPage);
    expect(await shown(page, 'refused-ended')).toBe('This page is closed');
    await at(old);
    expect(await shown(page, 'refused-old')).toBe('This link has expired');

    const doomed = await web.chat.integration('Doomed', {
      execute: [{ url: 'https://x.example' }],
    });
    await confirmIn(page, await web.link('manifest', doomed));
    const { transact, now } = web.chat.services;
    await transact(async (tx) => {
      const integration = await tx.integrations.find(doomed);
      if (integration) await tx.integrations.save({ ...integration, deletedAt: now() });
    });
    await open('Open the editor');
    expect(await shown(page, 'refused-deleted')).toBe('This integration no longer exists');
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'an admin makes a bundle with the keyboard alone, on pages that can be read without eyes',
  async () => {
    const page = await newPage();
    await confirmIn(page, await web.link('bundles', 'bundles'));
    await page.getByRole('button', { name: 'Open the page' }).click();
    expect(await problemsInBothLooks(page)).toEqual([]);
    await page.getByLabel('Name', { exact: true }).fill('Starter kit');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Starter kit' }).waitFor();
    expect(await problemsInBothLooks(page)).toEqual([]);
    expect(await problemsOnPhone(page)).toEqual([]);
    await page.getByRole('button', { name: 'Add…' }).press('Enter');
    await page.getByLabel('Or another time').fill('30 days');
    expect(await problemsInBothLooks(page)).toEqual([]);
    expect(await problemsOnPhone(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByText('30 days').waitFor();
    await picture(page, 'bundle');
    await web.chat.integration('Bundesverwaltungsinformationssystem', {
      execute: [{ url: 'https://x.example' }],
    });
    await reload(page);
    await page.getByRole('button', { name: 'Add…' }).press('Enter');
    await page.getByLabel('Or another time').press('Enter');
    await page.getByText('Bundesverwaltungsinformationssystem').waitFor();
    expect(await problemsOnPhone(page)).toEqual([]);
    // The keyboard goes on at the app, and not at the top.
    const here = page.locator('li:focus');
    expect(await here.innerText()).toContain('Bundesverwaltungsinformationssystem');
    await page.getByRole('button', { name: /^Move up/ }).press('Enter');
    await page.getByRole('button', { name: 'Move up: Harbour' }).waitFor();
    expect(await here.innerText()).toContain('Bundesverwaltungsinformationssystem');
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'a table of the guide keeps away from what follows it',
  async () => {
    const page = await newPage();
    await page.goto(`${web.url}/manifest-guide/reference`);
    const gaps = await page.evaluate<number[]>(`[...document.querySelectorAll('article table')].map(
      (table) => table.nextElementSibling.getBoundingClientRect().top - table.getBoundingClientRect().bottom,
    )`);
    expect(gaps.length).toBeGreaterThan(0);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(16);
  },
  STORY_MS,
);

test(
  'the documents of the API, the guide to manifests and the page of a pack can be read without eyes',
  async () => {
    const page = await newPage();
    await page.goto(`${web.url}/manifest-guide/reference`);
    expect([...(await problemsInBothLooks(page)), ...(await problemsOnPhone(page))]).toEqual([]);
    await page.setContent(docsPage('https://latchkey.example.com/api/v1'));
    expect([...(await problemsInBothLooks(page)), ...(await problemsOnPhone(page))]).toEqual([]);
    const line = { person: 'Ann Lee', app: 'Harbour', holds: 'by hand', approvals: 'Ada' };
    const about = {
      form: 1,
      from: '2026-01-01',
      before: '2026-12-01',
      person: null,
      integration: null,
      review: null,
      madeAt: '2026-12-01T09:00:00Z',
      madeBy: 'Ada',
      head: 'head',
      key: 'key',
      lines: { audit: 3 },
    } as const;
    await page.setContent(
      packPage(about, [{ name: 'access', columns: Object.keys(line), count: 1, first: [line] }]),
    );
    expect([...(await problemsInBothLooks(page)), ...(await problemsOnPhone(page))]).toEqual([]);
  },
  STORY_MS,
);

test(
  'an auditor finds a leaver who still has access, on pages that can be read without eyes',
  async () => {
    const leaver = await web.chat.person({
      email: 'cy@example.com',
      firstName: 'Cy',
      lastName: 'Vance',
      department: 'Sales',
    });
    await hasAccess(web.chat, leaver, { integrationId: id });
    const page = await newPage();
    await page.setViewportSize({ width: 1100, height: 700 });
    await confirmIn(page, await web.link('overview', 'overview'));
    await page.getByRole('button', { name: 'Open the page' }).click();
    expect(await problemsInBothLooks(page)).toEqual([]);
    await page.getByRole('link', { name: 'People', exact: true }).press('Enter');
    await page.getByText('by hand, since').waitFor();
    expect(await problemsInBothLooks(page)).toEqual([]);
    await picture(page, 'overview');
    await web.chat.services.stores.people.save({ ...leaver, active: false });
    await page.getByLabel('Who', { exact: true }).selectOption('People who have left');
    await page.getByRole('button', { name: 'Search' }).press('Enter');
    await page.getByRole('link', { name: 'Cy Vance' }).press('Enter');
    await page.getByText('has left').waitFor();
    await page.getByRole('cell', { name: 'has access' }).waitFor();
    expect(await problemsInBothLooks(page)).toEqual([]);
    await page.getByRole('link', { name: 'Findings', exact: true }).press('Enter');
    await page.getByLabel('Found on or after').waitFor();
    expect(await problemsInBothLooks(page)).toEqual([]);
    await page.getByRole('link', { name: 'Health', exact: true }).press('Enter');
    await page.getByText('Apps that need someone').waitFor();
    expect(await problemsInBothLooks(page)).toEqual([]);
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'a reviewer’s work fits a phone, in German, whose words are long',
  async () => {
    const { transact } = web.chat.services;
    const boss = await web.chat.person({ email: 'bo@example.com', firstName: 'Bartholomew' });
    const about = { email: 'cy.vance@harbour-international.example', managerEmail: boss.email };
    const cy = await web.chat.person({ ...about, firstName: 'Cy', lastName: 'Vance' });
    for (const who of [boss, cy]) await hasAccess(web.chat, who, { integrationId: id });
    const how = { dueDate: '2026-12-09', actor: { kind: 'system' }, startedBy: boss } as const;
    const review = await transact((tx) => startReview(tx, { ...how, name: 'Herbst' }));
    await transact(async (tx) => {
      const admin = await tx.people.find(web.admin.id);
      if (admin) await tx.people.save({ ...admin, locale: 'de' });
    });
    await web.posted(); // What the review asks, before the question about the link.
    const page = await newPage();
    await confirmIn(page, await web.link('overview', 'overview'));
    await page.getByRole('button', { name: 'Seite öffnen' }).click();
    const root = page.url();
    for (const path of ['', '/people', `/people/${cy.id}`, `/reviews/${review?.id}`, '/findings']) {
      await page.goto(`${root}${path}`);
      expect([path, await problemsOnPhone(page)]).toEqual([path, []]);
    }
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'what the Teams package names can be read by everyone, also without eyes',
  async () => {
    const page = await newPage();
    for (const path of ['/', '/privacy', '/terms']) {
      await page.goto(`${web.url}${path}`);
      expect(await problemsInBothLooks(page)).toEqual([]);
    }
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'a page says in the reader’s own time and format when it ends, and how long that still is',
  async () => {
    const page = await newPage({ timezoneId: 'Asia/Tokyo' });
    await page.clock.setFixedTime(web.chat.clock);
    await page.goto(`${web.url}${await web.link('secrets', id)}`);
    const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'Asia/Tokyo' });
    const ends = new Date(web.chat.clock + 15 * MINUTE);
    await page.getByText('15:00 left.').waitFor();
    expect(await page.locator('.ends time').innerText()).toBe(clock.format(ends));
    await confirmIn(page, await web.link('overview', 'overview'));
    await page.getByRole('button', { name: 'Open the page' }).click();
    await page.getByText('120 minutes left.').waitFor();
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'an address to enter elsewhere is copied by a button beside it',
  async () => {
    const page = await newPage({ permissions: ['clipboard-read', 'clipboard-write'] });
    await confirmIn(page, await web.link('secrets', id));
    await page.getByRole('button', { name: 'Open the page' }).click();
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(
      `${web.url}/oauth/${id}/callback`,
    );
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'an admin who comes back from the third party without a connection reads why',
  async () => {
    const { transact } = web.chat.services;
    const integration = present(await web.chat.services.stores.integrations.find(id));
    const values = { CLIENT_ID, CLIENT_SECRET };
    const deps = { actor: { kind: 'system' } } as const;
    await transact((tx) => setSecrets(tx, integration, { secrets: values, ...deps }));

    const page = await newPage();
    await confirmIn(page, await web.link('connect', id));
    const back: string[] = [];
    await page.route(`${provider.url}/**`, (route) => {
      const state = new URL(route.request().url()).searchParams.get('state') ?? '';
      const refused = new URLSearchParams({ error: 'access_denied', state });
      back.push(`${web.url}/oauth/${id}/callback?${refused.toString()}`);
      return route.fulfill({ body: 'Harbour asks whether it may.' });
    });
    await page.getByRole('button', { name: 'Continue to Harbour' }).click();
    await page.getByText('Harbour asks whether it may.').waitFor();
    const [refused = ''] = back;
    await page.goto(`${refused}x`);
    expect(await shown(page, 'connect-changed')).toBe("This wasn't started in this browser");
    await page.goto(refused);
    expect(await shown(page, 'connect-refused')).toBe('Harbour did not allow the connection');
    expect(await problemsInBothLooks(page)).toEqual([]);
    await page.goto(refused);
    expect(await shown(page, 'connect-again')).toBe('This has already been used');
  },
  STORY_MS,
);

test(
  'a file that an admin takes out is offered on a page',
  async () => {
    const page = await newPage();
    await confirmIn(page, await web.link('export', '{"of":"audit","filter":{}}'));
    await page.getByRole('button', { name: 'Continue' }).click();
    expect(await shown(page, 'export')).toBe('Your file is ready');
    expect(await problemsInBothLooks(page)).toEqual([]);
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);

test(
  'someone sets up an authenticator, and reads the recovery codes once',
  async () => {
    const page = await newPage();
    await confirmIn(page, await web.link('authenticator', 'authenticator'));
    await page.getByRole('button', { name: 'Open the page' }).click();
    await page.getByText('Scan this with your authenticator app').waitFor();
    await picture(page, 'authenticator');
    const key = (await page.locator('#key').innerText()).replaceAll(' ', '');
    await page.getByLabel('Type the code').fill(codeAt(key, new Date(web.chat.clock)));
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Your app has the key').waitFor();
    expect((await page.locator('#recovery').innerText()).split('\n')).toHaveLength(8);
    const command = await page.locator('pre').last().innerText();
    expect(command).toMatch(/^latchkey authenticator confirm ada@example\.com \w{5}$/);
    expect(complaints).toEqual([]);
  },
  STORY_MS,
);
