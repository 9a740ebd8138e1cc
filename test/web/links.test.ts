import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cards } from '../../src/bots/features/features.ts';
import { confirmLinkNumber, linkQuestion } from '../../src/bots/features/messages/confirm-link.ts';
import { showDelivery } from '../../src/bots/features/messages/delivery-card.ts';
import type { Turn } from '../../src/bots/live/context.ts';
import type { Action } from '../../src/bots/view/action.ts';
import type { ActionCall } from '../../src/bots/view/action-call.ts';
import type { Card } from '../../src/bots/view/card.ts';
import { newId } from '../../src/core/ids.ts';
import { startGrant } from '../../src/engine/access/grant.ts';
import type { Delivery } from '../../src/engine/messages/delivery.ts';
import { revealDelivery } from '../../src/engine/messages/reveal-delivery.ts';
import type { Person } from '../../src/engine/people/directory.ts';
import { sweep } from '../../src/jobs/take-over.ts';
import { claimJobs, finishJobs } from '../../src/store/queue/queue.ts';
import { linkPages } from '../../src/web/links.ts';
import { type Listening, listen } from '../../src/web/listen.ts';
import { createWebApp } from '../../src/web/server.ts';
import { type TestChat, testChat, textOf } from '../support/chat.ts';
import { buttonsOf } from '../support/clicks.ts';
import { ofKind, present } from '../support/given/outcomes.ts';

const SECRET = 'tr0ub4dor&3 <&>\nsecond line';
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let chat: TestChat;
let server: Listening;
let errors: [unknown, string][];
let ann: Person;
let delivery: Delivery;

beforeEach(async () => {
  chat = await testChat();
  errors = [];
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
  await chat.person({ email: 'mallory@example.com', firstName: 'Mallory' });
  delivery = await sentDelivery();
  server = await serve('http://localhost');
});
afterEach(() => server.close(0));

async function serve(publicUrl: string): Promise<Listening> {
  const { services } = chat;
  const app = createWebApp({
    pages: [
      linkPages({
        ...services,
        publicUrl,
        question: ({ id, openings }) => linkQuestion.with({ linkId: id, opening: openings }),
        reveal: {
          ask: () => ({ title: 'Ready', text: 'It is shown once.', button: 'Show it now' }),
          use: (tx, link) => revealDelivery(tx, link),
        },
      }),
    ],
    health: { ready: async () => [] },
    metrics: new Registry(),
    onError: (error, where) => errors.push([error, where]),
  });
  return listen(app, { host: '127.0.0.1', port: 0 });
}

/** What a run has left for Ann in chat, with a secret in it. */
async function sentDelivery(): Promise<Delivery> {
  const { stores, transact, now } = chat.services;
  const id = await chat.integration('Fernboard', { execute: [{ url: 'https://api.example.com' }] });
  const integration = present(await stores.integrations.find(id));
  const wish = { actor: { kind: 'system' } as const, person: ann, integration, form: {} };
  const started = ofKind('started', await transact((tx) => startGrant(tx, wish)));
  const sent: Delivery = {
    id: newId(),
    version: 1,
    runId: started.run.id,
    position: 0,
    createdAt: now(),
    attempts: 1,
    outgoing: {
      notification: { type: 'chat', to: ann.email, message: SECRET },
      secret: true,
      shownTo: ann.email,
    },
    body: 'kept',
    recipientId: ann.id,
    state: 'sent',
    finishedAt: now(),
    via: 'link',
  };
  await transact((tx) => tx.deliveries.insert(sent));
  return sent;
}

const current = () => chat.services.stores.deliveries.find(delivery.id);

const press = async (call: ActionCall, email: string, action: Action<Turn> = confirmLinkNumber) => {
  const reply = await action.press(call.payload, await chat.turn(email));
  if (reply.kind === 'show') return reply.card.drawn;
  return reply.kind === 'say' ? reply.card : undefined;
};

/** Ann presses Show it. @returns the path of her link, and the card that it came in */
async function showIt(email = ann.email): Promise<{ readonly card: Card; readonly path: string }> {
  const card = await press(showDelivery.with({ deliveryId: delivery.id }), email, showDelivery);
  if (!card) throw new Error('There is no answer');
  const url = /"url":"http:\/\/localhost([^"]+)"/.exec(JSON.stringify(card))?.[1] ?? '';
  return { card, path: url };
}

const linkIn = (path: string): string => path.split('/')[2]?.split('.')[0] ?? '';

/** One browser, with its cookies. */
class BrowserOf {
  cookie = '';

  async get(path: string, method = 'GET') {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method,
      headers: this.cookie ? { cookie: this.cookie } : {},
    });
    const set = response.headers.get('set-cookie');
    if (set) this.cookie = set.split(';')[0] ?? '';
    return { status: response.status, text: await response.text(), headers: response.headers, set };
  }

  post = (path: string) => this.get(path, 'POST');
}

const codeOn = (page: string): string => /class="code">(\d{4})</.exec(page)?.[1] ?? '';

/** What the person was asked since the last time. */
async function questions(): Promise<readonly Card[]> {
  const { stores, now } = chat.services;
  const claim = { lane: 'chat', limit: 50, leaseMs: MINUTE, workerId: 'w' } as const;
  const jobs = await claimJobs(chat.database.db, { ...claim, now: now() });
  const asked: Card[] = [];
  for (const job of jobs) {
    await finishJobs(chat.database.db, [job]);
    if (job.name !== 'message.post') continue;
    expect(job.payload.personId).toBe(ann.id);
    const { view, payload } = job.payload.card;
    asked.push(
      await cards.find(view).render(payload, {
        reader: ann,
        stores,
        now,
        timeZone: 'UTC',
        scheduleZone: 'UTC',
      }),
    );
  }
  return asked;
}

function button(card: Card | undefined, label: string): ActionCall {
  const found = card && buttonsOf(card).find((each) => each.label === label);
  if (!found) throw new Error(`There is no button ${label}`);
  return found.does;
}

/** The whole way up to the page with the button. */
async function confirmed() {
  const browser = new BrowserOf();
  const { path } = await showIt();
  const code = codeOn((await browser.get(path)).text);
  await browser.get(path);
  const [question] = await questions();
  await press(button(question, code), ann.email);
  return { browser, path };
}

test('the message is shown to whom it was sent, once, and is gone', async () => {
  const { browser, path } = await confirmed();
  const page = await browser.get(path);
  expect(page.text).toContain('Show it now');
  expect(page.text).not.toContain('tr0ub4dor');
  expect((await current())?.body).toBe('kept');

  const shown = await browser.post(path);
  expect(shown.status).toBe(200);
  expect(shown.text).toContain(
    '<pre id="revealed">tr0ub4dor&amp;3 &lt;&amp;&gt;\nsecond line</pre>',
  );
  expect(shown.headers.get('cache-control')).toBe('no-store');
  expect(shown.headers.get('referrer-policy')).toBe('no-referrer');
  const after = await current();
  expect(after).toMatchObject({ state: 'sent', body: 'revealed' });
  expect(JSON.stringify(after)).not.toContain('tr0ub4dor');

  for (const again of [await browser.post(path), await browser.get(path)]) {
    expect(again.status).toBe(410);
    expect(again.text).not.toContain('tr0ub4dor');
  }
  const audit = await chat.services.stores.auditLog.list({ offset: 0, limit: 50 });
  expect(audit.map(({ what }) => what)).toContain('delivery.revealed');
  expect(errors).toEqual([]);
});

test('the cookie is for this link, out of reach of scripts, and over https only where there is one', async () => {
  const { path } = await showIt();
  const { set } = await new BrowserOf().get(path);
  expect(set).toMatch(/^latchkey-link-[\w-]+=/);
  expect(set).toContain('HttpOnly');
  expect(set).toContain('SameSite=Lax');
  expect(set).not.toContain('Secure');
  await server.close(0);
  server = await serve('https://localhost');
  expect((await new BrowserOf().get(path)).set).toContain('Secure');
});

test('the cookie of a link ends with it: a week of emails would leave more than a request can carry', async () => {
  const { browser, path } = await confirmed();
  const { set } = await browser.post(path);
  expect(set).toMatch(/^latchkey-link-[\w-]+=;/);
  expect(set).toContain('Path=/links; Expires=Thu, 01 Jan 1970 00:00:00 GMT');
});

test('a message that was deleted before the button was pressed is not said to have been seen by someone', async () => {
  chat.clock += DAY - MINUTE;
  const { browser, path } = await confirmed();
  chat.clock += MINUTE + 1;
  await sweep({ ...chat.services, releaseJobsOf: async () => undefined });
  const page = await browser.post(path);
  expect(page.status).toBe(410);
  expect(page.text).toContain('There is nothing left to see here');
  expect(page.text).not.toContain('already been shown');
});

test('pressed twice at once, the button shows it once', async () => {
  const { browser, path } = await confirmed();
  const pages = await Promise.all([browser.post(path), browser.post(path)]);
  expect(pages.filter(({ text }) => text.includes('tr0ub4dor'))).toHaveLength(1);
  expect(errors).toEqual([]);
});

test('previews open the link as often as they like: nobody is asked, and nothing is used up', async () => {
  const { path } = await showIt();
  for (const method of ['HEAD', 'GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'HEAD'])
    expect((await new BrowserOf().get(path, method)).status).toBe(200);
  expect(await questions()).toEqual([]);
  expect(await chat.services.stores.links.find(linkIn(path))).toMatchObject({ state: 'new' });
});

test('a page that waits asks once, shows its number, and comes back by itself', async () => {
  const browser = new BrowserOf();
  const { path } = await showIt();
  const first = await browser.get(path);
  expect(first.text).toContain('<noscript><meta http-equiv="refresh" content="5"></noscript>');
  for (let times = 0; times < 5; times += 1)
    expect(codeOn((await browser.get(path)).text)).toBe(codeOn(first.text));
  const asked = await questions();
  expect(asked).toHaveLength(1);
  expect(textOf(asked[0] as Card)).toContain(`[${codeOn(first.text)}]`);
});

describe('someone else who has the link', () => {
  test('gets no further than a number, and a wrong answer stops the link', async () => {
    const thief = new BrowserOf();
    const { path } = await showIt();
    const code = codeOn((await thief.get(path)).text);
    await thief.get(path);
    expect((await thief.post(path)).status).toBe(403);

    const [question] = await questions();
    const wrong = question?.blocks
      .flatMap((block) => (block.kind === 'buttons' ? block.buttons : []))
      .find(({ label }) => label !== code);
    if (!wrong) throw new Error('There is only one number');
    const answer = await press(wrong.does, ann.email);
    expect(answer?.title).toBe('The link is blocked');
    expect((await thief.get(path)).status).toBe(403);
    // Nor does the right number help afterwards.
    await press(button(question, code), ann.email);
    const page = await thief.post(path);
    expect([page.status, page.text.includes('tr0ub4dor')]).toEqual([403, false]);
    expect((await current())?.body).toBe('kept');
  });

  test('can not answer the question in the place of its person', async () => {
    const thief = new BrowserOf();
    const { path } = await showIt();
    const code = codeOn((await thief.get(path)).text);
    await thief.get(path);
    const [question] = await questions();
    const answer = await press(button(question, code), 'mallory@example.com');
    expect(answer?.title).toBe("This isn't yours");
    expect((await thief.post(path)).status).toBe(403);
    const audit = await chat.services.stores.auditLog.list({ offset: 0, limit: 50 });
    expect(audit.map(({ what }) => what)).toContain('link.refused');
  });

  test('sees nothing of a link that its person has confirmed', async () => {
    const { path } = await confirmed();
    const thief = new BrowserOf();
    expect((await thief.get(path)).status).toBe(403);
    expect(thief.cookie).toBe('');
    expect((await thief.post(path)).status).toBe(403);
  });

  test('who opens it after its person takes it over, and the older answer confirms neither', async () => {
    const [browser, thief] = [new BrowserOf(), new BrowserOf()];
    const { path } = await showIt();
    const code = codeOn((await browser.get(path)).text);
    await browser.get(path);
    const [question] = await questions();
    chat.clock += 1;
    await thief.get(path);
    await thief.get(path);
    expect((await browser.get(path)).text).toContain('open in another browser');
    const answer = await press(button(question, code), ann.email);
    expect(answer?.title).toBe('There is a newer question');
    expect((await thief.post(path)).status).toBe(403);
    expect((await browser.post(path)).status).toBe(403);
  });

  test('can not flood its person with questions', async () => {
    const { path } = await showIt();
    for (let times = 0; times < 20; times += 1) {
      const thief = new BrowserOf();
      chat.clock += 1;
      await thief.get(path);
      await thief.get(path);
    }
    expect((await questions()).length).toBeLessThanOrEqual(5);
  });

  test('is refused the card itself, also where it was forwarded', async () => {
    const { card, path } = await showIt('mallory@example.com');
    expect([card.title, path]).toEqual(["This isn't for you", '']);
  });
});

test('a link is good for 15 minutes, and the message gets a fresh one', async () => {
  const { browser, path } = await confirmed();
  chat.clock += 15 * MINUTE;
  const page = await browser.post(path);
  expect([page.status, page.text.includes('Links work for 15 minutes')]).toEqual([410, true]);

  const fresh = await confirmed();
  expect(fresh.path).not.toBe(path);
  expect((await fresh.browser.post(fresh.path)).text).toContain('tr0ub4dor');
});

test('two links to one message show it once', async () => {
  const [first, second] = [await confirmed(), await confirmed()];
  expect((await first.browser.post(first.path)).text).toContain('tr0ub4dor');
  const page = await second.browser.post(second.path);
  expect([page.status, page.text.includes('tr0ub4dor')]).toEqual([410, false]);
});

describe('a link that was changed', () => {
  test.each([
    ['its signature', (path: string) => `${path.slice(0, -1)}${path.endsWith('A') ? 'B' : 'A'}`],
    ['no signature', (path: string) => path.split('.')[0] ?? ''],
    ['an id that there is none of', (path: string) => path.replace(/links\/../, 'links/zz')],
  ])('in %s leads nowhere', async (_what, change) => {
    const { browser, path } = await confirmed();
    expect((await browser.get(change(path))).status).toBe(404);
    expect((await browser.post(change(path))).status).toBe(404);
  });

  test('in the database, to another person or message, leads nowhere', async () => {
    const { browser, path } = await confirmed();
    await chat.database.db('links').update({ subject: 'another' });
    expect((await browser.post(path)).status).toBe(404);
  });

  test("a cookie that isn't ours is as good as none", async () => {
    const { browser, path } = await confirmed();
    browser.cookie = `${browser.cookie.slice(0, -2)}zz`;
    expect((await browser.post(path)).status).toBe(403);
  });
});

test('someone who has left is shown nothing', async () => {
  const { browser, path } = await confirmed();
  await chat.services.transact(async (tx) => {
    const person = await tx.people.find(ann.id);
    if (person) await tx.people.save({ ...person, active: false });
  });
  expect((await browser.post(path)).status).toBe(404);
});

describe('the card of the message', () => {
  const shown = async (reader = ann): Promise<string> => {
    const { stores, now } = chat.services;
    const payload = JSON.stringify({ deliveryId: delivery.id });
    return textOf(
      await cards.find('delivery').render(payload, {
        reader,
        stores,
        now,
        timeZone: 'UTC',
        scheduleZone: 'UTC',
      }),
    );
  };

  test('holds no secret, and says until when it waits', async () => {
    const text = await shown();
    expect(text).toContain('You have a private message about Fernboard');
    expect(text).toContain('You can view it until 26 Nov 2026, 09:00.');
    expect(text).toContain('[View]');
    expect(text).not.toContain('tr0ub4dor');
  });

  test('says that it was shown, and has no button any more', async () => {
    const { browser, path } = await confirmed();
    await browser.post(path);
    expect(await shown()).toContain('You have seen the message about Fernboard');
    expect(await shown()).not.toContain('[View]');
    expect((await showIt()).card.title).toBe('You have already seen this message');
  });

  test('says after a day that it is gone', async () => {
    chat.clock += DAY + 1;
    await sweep({ ...chat.services, releaseJobsOf: async () => undefined });
    expect(await shown()).toContain('The message about Fernboard is no longer available');
    expect((await showIt()).card.title).toBe('This message is no longer available');
  });

  test('shows nothing to anybody else', async () => {
    const other = await chat.person({ email: 'other@example.com' });
    expect(await shown(other)).toContain('This item no longer exists');
  });

  test('says that the link opens on one machine only, where no public address is configured', async () => {
    expect(textOf((await showIt()).card)).not.toContain('on the machine');
    Object.assign(chat.services.links, { isPublic: false });
    expect(textOf((await showIt()).card)).toContain(
      'The link only opens on the machine that Latchkey runs on',
    );
  });
});

test('an error under a link is logged without the link, in whatever case it was asked for', async () => {
  const { path } = await showIt();
  await chat.database.db.schema.dropTable('links');
  expect((await new BrowserOf().get(path)).status).toBe(500);
  expect((await new BrowserOf().get(path.replace('links', 'Links'))).status).toBe(500);
  expect(errors.map(([, where]) => where)).toEqual(['GET /links/…', 'GET /Links/…']);
});
