/** What is refused of every link that opens a page, whatever it is for: each with a page that says why, and no session. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { confirmLinkNumber } from '../../src/bots/features/messages/confirm-link.ts';
import type { LinkPurpose } from '../../src/engine/links/link.ts';
import {
  type Answer,
  buttonOn,
  codeOn,
  MINUTE,
  type TestWeb,
  testWeb,
  WebBrowser,
} from '../support/browser/web.ts';
import { present } from '../support/given/outcomes.ts';

/** What `tried` gives. */
const refused = (answer: string) => ({ answers: [answer, answer], opened: 0 });

const purposes = ['secrets', 'manifest', 'connect', 'export'] as const satisfies LinkPurpose[];

const integration = (web: TestWeb): Promise<string> =>
  web.chat.integration(`Fernboard ${web.chat.services.newId()}`, {
    initial_data_form: [{ id: 'KEY', name: 'Key' }],
    oauth: {
      authenticate_url: 'https://login.example.com',
      access_token: { url: 'https://login.example.com/token' },
    },
    execute: [{ url: 'https://api.example.com' }],
  });

const sessions = async (web: TestWeb): Promise<number> =>
  (await web.chat.database.db('web_sessions')).length;

/** Opens it and presses its button. @returns status and title of both answers, and how many pages that opened */
async function tried(web: TestWeb, browser: WebBrowser, path: string) {
  const before = await sessions(web);
  const answers: readonly Answer[] = [await browser.get(path), await browser.post(path)];
  return {
    answers: answers.map(
      ({ status, text }) => `${status} ${/<h1>([^<]*)</.exec(text)?.[1]?.replaceAll('&#39;', "'")}`,
    ),
    opened: (await sessions(web)) - before,
  };
}

describe.each(purposes)('a link for %s', (purpose) => {
  let web: TestWeb;
  /** What the link is about. */
  let subject: string;

  beforeAll(async () => {
    web = await testWeb();
    subject = purpose === 'export' ? '{"of":"audit","filter":{}}' : await integration(web);
  });
  afterAll(() => web.close());
  afterEach(() => web.role('admin'));

  test('that was used already', async () => {
    const { path, browser } = await web.opened(purpose, subject);
    expect(await tried(web, browser, path)).toEqual(refused('410 This link has already been used'));
  });

  test('that is too old, confirmed or not', async () => {
    const path = await web.link(purpose, subject);
    const browser = await web.confirmed(path);
    const other = await web.link(purpose, subject);
    web.chat.clock += 15 * MINUTE;
    for (const [each, at] of [
      [browser, path],
      [new WebBrowser(web.url), other],
    ] as const)
      expect(await tried(web, each, at)).toEqual(refused('410 This link has expired'));
  });

  test('that a preview has opened first works for its person all the same', async () => {
    await web.posted(); // What came before.
    const path = await web.link(purpose, subject);
    await new WebBrowser(web.url).get(path);
    await new WebBrowser(web.url).head(path);
    expect(await web.posted()).toEqual([]); // Nobody was asked.
    const browser = await web.confirmed(path);
    expect((await browser.post(path)).status).toBe(303);
  });

  test('that was forwarded to someone whose number nobody confirms', async () => {
    const path = await web.link(purpose, subject);
    const thief = new WebBrowser(web.url);
    await thief.get(path);
    const seen = await thief.get(path);
    expect(seen.text).toContain('Is this you?');
    const taken = await thief.post(path);
    expect([taken.status, taken.text.includes('This was not confirmed')]).toEqual([403, true]);

    const [question] = await web.posted();
    const denied = buttonOn(question?.card, "I didn't open it");
    await confirmLinkNumber.press(denied.payload, await web.chat.turn(web.admin.email));
    expect(await tried(web, thief, path)).toEqual(refused('403 This link was blocked'));
  });

  test('whose number someone else presses', async () => {
    const path = await web.link(purpose, subject);
    const thief = new WebBrowser(web.url);
    const code = codeOn((await thief.get(path)).text);
    await thief.get(path);
    const [question] = await web.posted();
    const eve = await web.chat.person({ email: `eve-${web.chat.services.newId()}@example.com` });
    const pressed = buttonOn(question?.card, code);
    await confirmLinkNumber.press(pressed.payload, await web.chat.turn(eve.email));
    expect((await thief.post(path)).text).toContain('This was not confirmed');
  });

  test('that was forwarded after its person has confirmed their browser', async () => {
    const path = await web.link(purpose, subject);
    await web.confirmed(path);
    const late = new WebBrowser(web.url);
    expect((await late.get(path)).text).toContain('This link is open in another browser');
    expect((await late.post(path)).status).toBe(403);
  });

  test('that was changed', async () => {
    const path = await web.link(purpose, subject);
    const browser = await web.confirmed(path);
    const changed = `${path.slice(0, -1)}${path.endsWith('A') ? 'B' : 'A'}`;
    expect(await tried(web, browser, changed)).toEqual(refused("404 This link doesn't work"));
  });

  test('whose row was given to another person, subject or purpose', async () => {
    const path = await web.link(purpose, subject);
    const browser = await web.confirmed(path);
    const [id = ''] = path.replace('/links/', '').split('.');
    const row = () =>
      web.chat.database
        .db<Record<'id' | 'subject' | 'person_id' | 'purpose', string>>('links')
        .where({ id });
    const kept = present(await row().first());
    const others: Partial<typeof kept> = {
      subject: await integration(web),
      person_id: (await web.chat.person({ email: `${id}@example.com` })).id,
      purpose: purpose === 'secrets' ? 'manifest' : 'secrets',
    };
    for (const [column, value] of Object.entries(others)) {
      await row().update({ [column]: value });
      expect(await tried(web, browser, path)).toEqual(refused("404 This link doesn't work"));
      await row().update(kept);
    }
    expect((await browser.post(path)).status).toBe(303);
  });

  test('of an admin whose role was taken away between link and use, which is audited', async () => {
    const path = await web.link(purpose, subject);
    const browser = await web.confirmed(path);
    await web.role('manager');
    const before = (await web.audit()).filter((what) => what === 'refused').length;
    expect(await tried(web, browser, path)).toEqual(refused("403 You can't do this any more"));
    expect((await web.audit()).filter((what) => what === 'refused').length).toBe(before + 2);
  });
});

test.each(purposes.filter((purpose) => purpose !== 'export'))(
  'a link for %s of an integration that has been deleted',
  async (purpose) => {
    const web = await testWeb();
    const doomed = await integration(web);
    const path = await web.link(purpose, doomed);
    const browser = await web.confirmed(path);
    const { transact, now } = web.chat.services;
    await transact(async (tx) => {
      const found = await tx.integrations.find(doomed);
      if (found) await tx.integrations.save({ ...found, deletedAt: now() });
    });
    expect(await tried(web, browser, path)).toEqual(
      refused('410 This integration no longer exists'),
    );
    await web.close();
  },
);
