/** Emails whose secret is behind a link: real SMTP, the pages over real express, opened as people and mail scanners do. */
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { confirmLinkNumber, linkQuestion } from '../../src/bots/features/messages/confirm-link.ts';
import { deliveryLine } from '../../src/bots/features/messages/delivery-words.ts';
import { startGrant } from '../../src/engine/access/grant.ts';
import { type DeliveryDeps, sendDelivery } from '../../src/engine/messages/deliver.ts';
import { storeDeliveries } from '../../src/engine/messages/deliveries.ts';
import type { Delivery } from '../../src/engine/messages/delivery.ts';
import { emailedLinkPath, revealEmailed } from '../../src/engine/messages/emailed-links.ts';
import { changeAddresses } from '../../src/engine/people/change-addresses.ts';
import { deactivate } from '../../src/engine/people/change-person.ts';
import type { Person } from '../../src/engine/people/directory.ts';
import { addPerson } from '../../src/engine/people/people.ts';
import { changeWorkspaceSettings } from '../../src/engine/settings/workspace-settings.ts';
import { sweep } from '../../src/jobs/take-over.ts';
import { createMailer } from '../../src/mail/smtp.ts';
import { emailedLinkPages } from '../../src/web/emailed-links.ts';
import { linkPages } from '../../src/web/links.ts';
import { type Listening, listen } from '../../src/web/listen.ts';
import { inChosenLanguage } from '../../src/web/reader-language.ts';
import { createWebApp } from '../../src/web/server.ts';
import { codeOn, WebBrowser } from '../support/browser/web.ts';
import { testChatOn, textOf } from '../support/chat.ts';
import { bothDatabases } from '../support/database/both-databases.ts';
import { firstOf, ofKind, present } from '../support/given/outcomes.ts';
import { type MailServer, startMailServer } from '../support/peers/mail-server.ts';

const SECRET = 'tr0ub4dor&3 <&>';
const DAY = 24 * 60 * 60_000;
const PUBLIC_URL = 'https://latchkey.example.com';
/** An address that nobody in the directory has. */
const PRIVATE = 'ann@home.example';

describe.each(bothDatabases)('on %s', (on, open) => {
  let chat: Awaited<ReturnType<typeof testChatOn>>;
  let mail: MailServer;
  let server: Listening;
  let errors: unknown[];
  let ann: Person;

  beforeEach(async () => {
    chat = await testChatOn(open);
    mail = await startMailServer();
    errors = [];
    ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
    const { services } = chat;
    await services.transact((tx) => changeWorkspaceSettings(tx, { secretsAsLinks: true }));
    const sessions = { ...services, publicUrl: PUBLIC_URL };
    const app = createWebApp({
      pages: [
        inChosenLanguage(sessions),
        emailedLinkPages(sessions),
        linkPages({
          ...sessions,
          question: ({ id, openings }) => linkQuestion.with({ linkId: id, opening: openings }),
          reveal: {
            ask: () => ({ title: 'Ready', text: 'It is shown once.', button: 'Show it now' }),
            use: (tx, link) => revealEmailed(tx, link),
          },
        }),
      ],
      health: { ready: async () => [] },
      metrics: new Registry(),
      onError: (error) => errors.push(error),
    });
    server = await listen(app, { host: '127.0.0.1', port: 0 });
  });
  afterEach(async () => {
    if (errors.length > 0) throw new AggregateError(errors);
    await server.close(0);
    await mail.stop();
    await chat.cleanup();
  });

  const delivering = (workerId = 'worker-1'): DeliveryDeps => {
    const absent = async () => ({ kind: 'refused', why: 'There is no chat.' }) as const;
    return {
      ...chat.services,
      workerId,
      mailer: createMailer({ smtpUrl: mail.url, from: 'Latchkey <it@example.com>' }),
      findTexts: async () => undefined,
      timeZone: 'UTC',
      messenger: { toPerson: absent, toChannel: absent },
      emailedLinks: {
        urlOf: (token) => PUBLIC_URL + emailedLinkPath(token),
        randomBytes: chat.services.randomBytes,
      },
      underWay: new Set(),
    };
  };

  /** A grant of Ann's leaves an email with a secret in it, which waits. */
  async function waitingEmail(to: string): Promise<Delivery> {
    const { services } = chat;
    const taken = await services.stores.integrations.findByName('Fernboard');
    const id = await chat.integration(taken ? 'Lodestone' : 'Fernboard', {
      execute: [{ url: 'https://api.example.com' }],
    });
    const integration = present(await services.stores.integrations.find(id));
    const wish = { actor: { kind: 'system' } as const, person: ann, integration, form: {} };
    const started = ofKind('started', await services.transact((tx) => startGrant(tx, wish)));
    const runId = started.run.id;
    const outgoing = {
      notification: { type: 'email', to, subject: 'Your account', message: SECRET },
      secret: true,
      shownTo: to,
      hasPlainSubject: true,
    } as const;
    await services.transact((tx) => storeDeliveries(tx, runId, [{ ok: true, outgoing }]));
    return firstOf(await services.stores.deliveries.forRun(runId));
  }

  /** @returns the path of the link in the email, and what finds its delivery */
  async function emailed(to: string) {
    const { id } = await waitingEmail(to);
    await sendDelivery(id, delivering());
    const now = async (): Promise<Delivery> =>
      present(await chat.services.stores.deliveries.find(id));
    return { id, path: pathIn(mail.mails.at(-1)?.text), now };
  }

  const pathIn = (text = ''): string =>
    /https:\/\/latchkey\.example\.com(\/links\/\S+)/.exec(text)?.[1] ?? '';
  const browser = () => new WebBrowser(`http://127.0.0.1:${server.port}`);

  /** Ann writes to Latchkey, which makes her known in chat. */
  async function inChat(person = ann): Promise<void> {
    await chat.turn(person.email);
    const address = { platform: 'slack', key: `direct-${person.id}` } as const;
    const lastWroteAt = chat.services.now();
    await chat.services.transact((tx) =>
      tx.conversations.put({ personId: person.id, address, lastWroteAt }),
    );
  }

  /** Answers what Ann is asked in chat. */
  async function answers(linkId: string, code: string | undefined, email = ann.email) {
    const link = await chat.services.stores.links.find(linkId);
    const asked = { linkId, opening: link?.openings ?? 0, ...(code !== undefined && { code }) };
    const reply = await confirmLinkNumber.press(
      confirmLinkNumber.with(asked).payload,
      await chat.turn(email),
    );
    return reply.kind === 'say' && 'blocks' in reply.card ? textOf(reply.card) : reply.kind;
  }

  /** Opens it up to the number that has to be confirmed. */
  async function upToNumber(path: string) {
    const opened = browser();
    const went = await opened.post(path);
    const page = await opened.follow(went);
    await opened.get(page.at); // The page asks for itself again.
    return { browser: opened, at: page.at, code: codeOn(page.text) };
  }

  test('someone who is in no chat sees it once after a press, and what was kept is gone', async () => {
    const { now, path } = await emailed(PRIVATE);
    const page = await browser().get(path);
    expect(page.text).toContain('Show it now');
    expect(page.text).not.toContain('tr0ub4dor');

    const shown = await browser().post(path);
    expect(shown.status).toBe(200);
    expect(shown.text).toContain('<pre id="revealed">tr0ub4dor&amp;3 &lt;&amp;&gt;</pre>');
    expect(shown.headers.get('cache-control')).toBe('no-store');
    expect(shown.headers.get('referrer-policy')).toBe('no-referrer');
    expect(shown.headers.get('content-security-policy')).toContain("default-src 'self'");

    for (const again of [await browser().post(path), await browser().get(path)]) {
      expect(again.status).toBe(410);
      expect(again.text).toContain('This has already been shown');
      expect(again.text).not.toContain('tr0ub4dor');
    }
    const after = await now();
    expect(after).toMatchObject({ body: 'revealed', shownAt: chat.services.now() });
    expect(JSON.stringify(after)).not.toContain('tr0ub4dor');
    const audit = await chat.services.stores.auditLog.list({ offset: 0, limit: 50 });
    expect(audit.find(({ what }) => what === 'delivery.link-used')).toMatchObject({
      actor: { kind: 'system' },
      detail: { to: PRIVATE },
    });
    const line = deliveryLine(after, { timeZone: 'UTC' });
    expect(line).toContain('sent by email, as a link on 25 Nov 2026');
    expect(line).toContain('Shown on 25 Nov 2026');
  });

  test('two presses at once show it to one of them', async () => {
    const { path } = await emailed(PRIVATE);
    const both = await Promise.all([browser().post(path), browser().post(path)]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 410]);
  });

  test('it is good for seven days, and then its message is deleted', async () => {
    await inChat();
    const linked = await emailed(ann.email);
    const { now, path } = await emailed(PRIVATE);
    const sweeping = () => sweep({ ...chat.services, releaseJobsOf: async () => 0 });
    chat.clock += 7 * DAY - 1;
    await sweeping();
    expect((await browser().get(path)).status).toBe(200);
    const confirming = await upToNumber(linked.path);
    expect((await now()).body).toBe('kept');

    chat.clock += 1;
    for (const late of [await browser().get(path), await browser().post(path)]) {
      expect(late.status).toBe(410);
      expect(late.text).toContain('It worked for 7 days, and the message has been deleted.');
    }
    expect((await confirming.browser.post(confirming.at)).text).toContain('This link has expired');
    chat.clock += 1;
    await sweeping();
    for (const after of [await now(), await linked.now()]) {
      expect(after.body).toBe('dropped');
      expect(JSON.stringify(after)).not.toContain('tr0ub4dor');
    }
    expect((await browser().post(path)).text).toContain('This link has expired');
    expect(deliveryLine(await now(), { timeZone: 'UTC' })).toContain(
      'Not viewed before its time was over',
    );
  });

  test('a link of someone who was erased leads nowhere, and nothing of the message is kept', async () => {
    const own = await emailed(ann.email);
    const other = await emailed(PRIVATE);
    await chat.personalData.erase(ann, {
      id: chat.services.newId(),
      at: chat.services.now(),
      actor: { kind: 'system' },
      what: 'person.erased',
    });
    for (const { id, path } of [own, other]) {
      expect(await chat.services.stores.deliveries.find(id)).toBeUndefined();
      const page = await browser().post(path);
      expect(page.status).toBe(404);
      expect(page.text).toContain('This link doesn&#39;t work');
    }
  });

  test('a link about an integration that was deleted leads nowhere, also for a confirmed browser', async () => {
    await inChat();
    const { id, path } = await emailed(ann.email);
    const confirmed = await upToNumber(path);
    await answers(id, confirmed.code);
    const { stores, transact, now } = chat.services;
    await transact(async (tx) => {
      const integration = await tx.integrations.findByName('Fernboard');
      if (integration) await tx.integrations.save({ ...integration, deletingSince: now() });
    });
    for (const page of [await browser().post(path), await confirmed.browser.post(confirmed.at)]) {
      expect(page.status).toBe(410);
      expect(page.text).toContain('This link no longer works');
    }
    expect((await stores.deliveries.find(id))?.body).toBe('kept');
  });

  test('nothing of the message or the link can be read in the database', async () => {
    const { path } = await emailed(PRIVATE);
    const rows = JSON.stringify(await chat.database.db('deliveries').select('*'));
    expect(rows).not.toContain('tr0ub4dor');
    expect(rows).not.toContain(path.split('.').at(-1));
  });

  // What follows is decided by the same code on both databases: the quicker one shows it.
  if (on === 'PostgreSQL') return;

  test('the email says from whom and about what, and has a link in the place of the secret', async () => {
    const { now, path } = await emailed(PRIVATE);
    const [sent] = mail.mails;
    expect(sent).toMatchObject({ to: [PRIVATE], subject: 'Your account' });
    expect(sent?.from).toBe('Latchkey <it@example.com>');
    expect(sent?.text).toContain('has a message for you about Fernboard.');
    expect(sent?.text).not.toContain('tr0ub4dor');
    expect(path).toMatch(/^\/links\/emailed\./);
    expect(await now()).toMatchObject({ state: 'sent', via: 'email-link', body: 'kept' });
  });

  test('mail scanners that open the link change nothing, and nobody is asked for them', async () => {
    const linked = await emailed(ann.email);
    await inChat();
    const unlinked = await emailed(PRIVATE);
    const before = [await linked.now(), await unlinked.now()];
    const scanner = browser();
    for (const path of [linked.path, unlinked.path])
      for (let n = 0; n < 3; n += 1) {
        await scanner.head(path);
        await scanner.get(path);
      }
    expect([await linked.now(), await unlinked.now()]).toEqual(before);
    expect(await chat.services.stores.links.find(linked.id)).toBeUndefined();
    expect((await browser().post(unlinked.path)).text).toContain('tr0ub4dor');
  });

  test('someone who is in chat confirms their number there, and sees it once', async () => {
    await inChat();
    const { id, now, path } = await emailed(ann.email);
    const opened = await upToNumber(path);
    expect(opened.code).toMatch(/^\d{4}$/);
    expect((await opened.browser.post(opened.at)).status).toBe(403);

    await answers(id, opened.code);
    expect((await opened.browser.get(opened.at)).text).toContain('Show it now');
    const other = browser();
    expect((await other.post(opened.at)).text).not.toContain('tr0ub4dor');
    expect((await opened.browser.post(opened.at)).text).toContain('tr0ub4dor');
    for (const again of [await opened.browser.post(opened.at), await browser().post(path)])
      expect(again).toMatchObject({ status: 410 });
    expect((await now()).body).toBe('revealed');
  });

  test.each(['another number', 'that they opened nothing'])(
    'someone who is in chat and answers %s ends the link and its message',
    async (answer) => {
      await inChat();
      const { id, now, path } = await emailed(ann.email);
      const { code, at, browser: stranger } = await upToNumber(path);
      const wrong = code === '0000' ? '1111' : '0000';
      const said = await answers(id, answer === 'another number' ? wrong : undefined);
      expect(said).toContain('Nothing was shown, and the message is deleted.');

      for (const refused of [await stranger.get(at), await stranger.post(at)])
        expect(refused).toMatchObject({ status: 403 });
      const again = await browser().post(path);
      expect(again.status).toBe(403);
      expect(again.text).toContain('This link was blocked');
      expect(await now()).toMatchObject({ body: 'stopped' });
      expect(JSON.stringify(await now())).not.toContain('tr0ub4dor');
    },
  );

  test('nobody else in chat can confirm it', async () => {
    await inChat();
    await chat.person({ email: 'mallory@example.com', firstName: 'Mallory' });
    const { id, path } = await emailed(ann.email);
    const { code } = await upToNumber(path);
    expect(await answers(id, code, 'mallory@example.com')).toContain("This isn't yours");
    expect(await chat.services.stores.links.find(id)).toMatchObject({ state: 'opened' });
  });

  test('the question comes to someone who was not in chat when it was sent, and is now', async () => {
    const { path } = await emailed(ann.email);
    await inChat();
    const pressed = await browser().post(path);
    expect(pressed.status).toBe(303);
    expect(pressed.text).not.toContain('tr0ub4dor');
  });

  test('someone who is linked in chat and has no conversation yet writes there first', async () => {
    const user = { platform: 'slack', tenant: 'T1', userId: 'U1' } as const;
    const linkedAt = chat.services.now();
    await chat.services.transact((tx) =>
      tx.identities.insert({ ...user, personId: ann.id, linkedAt }),
    );
    const { now, path } = await emailed(ann.email);
    const pressed = await browser().post(path);
    expect(pressed.status).toBe(409);
    expect(pressed.text).toContain('Write to Latchkey first');
    expect((await now()).body).toBe('kept');
  });

  test('a browser that was confirmed and lost is no end of it: the next one is confirmed, too', async () => {
    await inChat();
    const { id, path } = await emailed(ann.email);
    const lost = await upToNumber(path);
    await answers(id, lost.code);
    chat.clock += 60_000;
    const next = await upToNumber(path);
    expect((await next.browser.post(next.at)).status).toBe(403);
    await answers(id, next.code);
    expect((await lost.browser.post(lost.at)).text).not.toContain('tr0ub4dor');
    expect((await next.browser.post(next.at)).text).toContain('tr0ub4dor');
  });

  test('a link of someone who has left leads nowhere', async () => {
    const own = await emailed(ann.email);
    const other = await emailed(PRIVATE);
    await chat.services.transact(async (tx) => {
      const person = await tx.people.find(ann.id);
      if (person) await tx.people.save({ ...person, active: false });
    });
    for (const { path } of [own, other])
      for (const page of [await browser().get(path), await browser().post(path)]) {
        expect(page.status).toBe(410);
        expect(page.text).toContain('This link no longer works');
      }
  });

  test('a link that was sent before they left shows nothing to the next person with their address', async () => {
    const { services } = chat;
    const [toThem, private_] = [await emailed(ann.email), await emailed(PRIVATE)];
    const deps = { ...services, actor: { kind: 'system' } as const };
    await services.transact(async (tx) =>
      deactivate(tx, (await tx.people.find(ann.id)) ?? ann, deps),
    );
    expect((await browser().get(toThem.path)).status).toBe(410);
    await services.transact((tx) => addPerson(tx, { email: ann.email, firstName: 'Anouk' }, deps));
    for (const { path, now } of [toThem, private_]) {
      const shown = await browser().post(path);
      expect(shown.status).toBe(410);
      expect(shown.text).not.toContain('tr0ub4dor');
      const after = await now();
      expect(after.body).toBe('dropped');
      expect(JSON.stringify(after)).not.toContain('tr0ub4dor');
    }
  });

  test('where only the mailbox says who they are, a link shows nothing once the address is no longer theirs', async () => {
    const { path, now } = await emailed(ann.email);
    await chat.services.transact(async (tx) => {
      const person = (await tx.people.find(ann.id)) ?? ann;
      await tx.people.save({ ...person, email: 'ann.lee@example.com' });
    });
    const shown = await browser().post(path);
    expect(shown.status).toBe(410);
    expect(shown.text).toContain('the address is no longer theirs');
    expect(shown.text).not.toContain('tr0ub4dor');
    expect((await now()).body).toBe('kept');
  });

  test('where two have just exchanged addresses, the mailbox says nothing, and they write in chat first', async () => {
    const bob = await chat.person({ email: 'bob@example.com' });
    await chat.services.transact(async (tx) => {
      const wanted = [
        { person: (await tx.people.find(ann.id)) ?? ann, email: bob.email },
        { person: bob, email: ann.email },
      ];
      await changeAddresses(tx, wanted, { actor: { kind: 'system' } });
    });
    const { path, now } = await emailed(bob.email);
    const shown = await browser().post(path);
    expect(shown.status).toBe(409);
    expect(shown.text).not.toContain('tr0ub4dor');
    expect((await now()).body).toBe('kept');
  });

  test('someone who confirms in chat sees it, though their address has changed since', async () => {
    await inChat();
    const { id, path } = await emailed(ann.email);
    await chat.services.transact(async (tx) => {
      const person = (await tx.people.find(ann.id)) ?? ann;
      await tx.people.save({ ...person, email: 'ann.lee@example.com' });
    });
    const { browser: theirs, at, code } = await upToNumber(path);
    await answers(id, code);
    expect((await theirs.post(at)).text).toContain('tr0ub4dor');
  });

  test('someone who leaves between the number and the button sees nothing', async () => {
    await inChat();
    const { id, path } = await emailed(ann.email);
    const { browser: theirs, at, code } = await upToNumber(path);
    await answers(id, code);
    await chat.services.transact(async (tx) => {
      const person = await tx.people.find(ann.id);
      if (person) await tx.people.save({ ...person, active: false });
    });
    expect((await theirs.post(at)).status).toBe(404);
  });

  test('a changed or guessed link leads nowhere', async () => {
    const { id, path } = await emailed(PRIVATE);
    const changed = path.slice(0, -1) + (path.endsWith('A') ? 'B' : 'A');
    const guesses = [
      changed,
      `/links/emailed.${id}`,
      `/links/emailed.${id}.`,
      '/links/emailed.%00',
    ];
    for (const guess of guesses) expect((await browser().post(guess)).status).toBe(404);
    expect((await browser().post(path)).status).toBe(200);
  });

  test('an email that is tried again has the same link, and what is stored afterwards opens nothing', async () => {
    const { id } = await waitingEmail(PRIVATE);
    const parts = delivering();
    const { mailer } = parts;
    const texts: string[] = [];
    // It arrives, and the connection breaks before that is said.
    const breaks: DeliveryDeps['mailer'] = {
      async send(letter) {
        await mailer?.send(letter);
        texts.push(letter.text);
        return { kind: 'later', why: 'The connection broke.' };
      },
    };
    await sendDelivery(id, { ...parts, mailer: breaks });
    const [first] = mail.mails;
    expect((await browser().post(pathIn(first?.text))).text).toContain('is not ready yet');

    chat.clock += DAY;
    await sendDelivery(id, parts);
    const [, second] = mail.mails;
    expect(second).toEqual(first);
    const token = pathIn(second?.text).replace('/links/emailed.', '');
    const stored = await chat.services.stores.deliveries.find(id);
    expect(stored?.state).toBe('sent');
    expect(JSON.stringify(stored)).not.toContain(token);
    expect((await browser().post(pathIn(first?.text))).text).toContain('tr0ub4dor');
  });
});
