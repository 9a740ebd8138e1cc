import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cards } from '../../../src/bots/features/features.ts';
import { createMessenger } from '../../../src/bots/features/messages/chat-messenger.ts';
import { MessageSender } from '../../../src/bots/live/message-sender.ts';
import type { Card } from '../../../src/bots/view/card.ts';
import { type ChatPlatform, PlatformError } from '../../../src/bots/view/platform.ts';
import { beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import { type DeliveryDeps, sendDelivery } from '../../../src/engine/messages/deliver.ts';
import type { Delivery } from '../../../src/engine/messages/delivery.ts';
import { emailedLinkPath } from '../../../src/engine/messages/emailed-links.ts';
import { sendAgain } from '../../../src/engine/messages/send-again.ts';
import { type Person, SYSTEM } from '../../../src/engine/people/directory.ts';
import type { Mailer, TextProvider } from '../../../src/engine/ports/sending.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { homeTopic, runTopic } from '../../../src/engine/work/topics.ts';
import { sweep } from '../../../src/jobs/take-over.ts';
import { createMailer } from '../../../src/mail/smtp.ts';
import { releaseJobsOf } from '../../../src/store/queue/queue.ts';
import { textOf } from '../../support/chat.ts';
import {
  HOUR,
  MINUTE,
  SECOND,
  startedRun,
  type TestEngine,
  type TestEngineOptions,
  testEngine,
} from '../../support/engine.ts';
import { firstOf, present } from '../../support/given/outcomes.ts';
import { type MailServer, startMailServer } from '../../support/peers/mail-server.ts';

const containing = (text: string): unknown => expect.stringContaining(text);

/** A chat platform that keeps what it gets, and can be down. */
class Chat implements ChatPlatform {
  readonly name = 'slack';
  readonly sent: { readonly to: string; readonly card: Card }[] = [];
  trouble: PlatformError | undefined;

  async send({ key }: { readonly key: string }, card: Card) {
    if (this.trouble) throw this.trouble;
    this.sent.push({ to: key, card });
    return { platform: 'slack', key: `${key}:${this.sent.length}` } as const;
  }
  async edit() {}
  /** Addresses that it knows, of people who have never written. */
  readonly members = new Set<string>();
  async directOf(email: string) {
    if (this.trouble) throw this.trouble;
    return this.members.has(email)
      ? ({ platform: 'slack', key: `found-${email}` } as const)
      : undefined;
  }
  channelNamed(name: string) {
    return name.startsWith('#') ? ({ platform: 'slack', key: name } as const) : undefined;
  }
}

let engine: TestEngine;
let server: MailServer;
let chat: Chat;
let grace: Person;
/** As the worker is set up; a test changes it. */
let setUp: {
  mailer: Mailer | undefined;
  texts: TextProvider | undefined;
  /** Whether others can open links. */
  isPublic: boolean;
  transact?: UnitOfWork;
};

const furnish = async (options: TestEngineOptions = {}) => {
  engine = await testEngine({ ...options, deliver: (id) => sendDelivery(id, delivering()) });
  grace = await engine.person({ phone: '+32 (470) 12.34.56' });
};
beforeEach(async () => {
  server = await startMailServer();
  chat = new Chat();
  setUp = {
    mailer: createMailer({ smtpUrl: server.url, from: 'Latchkey <it@example.com>' }),
    texts: undefined,
    isPublic: true,
  };
  await furnish();
});
afterEach(() => server.stop());

const delivering = (workerId = 'worker-1'): DeliveryDeps => {
  const sender = new MessageSender(
    {
      ...engine,
      timeZone: 'UTC',
      cards,
      onError: (error) => {
        throw error;
      },
    },
    [chat],
    () => engine.now().getTime(),
  );
  const messenger = createMessenger(sender, [chat], engine.stores);
  const { mailer, texts, transact = engine.transact } = setUp;
  return {
    ...engine,
    transact,
    workerId,
    mailer,
    findTexts: async () => texts,
    timeZone: 'UTC',
    messenger,
    ...(setUp.isPublic && {
      emailedLinks: {
        urlOf: (token: string) => `https://latchkey.example.com${emailedLinkPath(token)}`,
        randomBytes: engine.randomBytes,
      },
    }),
    underWay: new Set(),
  };
};

const isInChat = (person = grace) =>
  engine.transact((tx) =>
    tx.conversations.put({
      personId: person.id,
      address: { platform: 'slack', key: `direct-${person.firstName}` },
      lastWroteAt: engine.now(),
    }),
  );

const email = { type: 'email', to: '{{email}}', subject: 'Welcome', message: 'Hi {{first_name}}' };
const secretEmail = { ...email, message: 'Your password is {{PASSWORD}}' };
const textMessage = { type: 'text', to: '{{email}}', message: 'Hi {{first_name}}' };
const chatMessage = { type: 'chat', to: '{{email}}', message: 'Hi {{first_name}}' };

/** Grants something that sends this, and does all that is due. @returns the run's id */
async function granted(...notifications: readonly unknown[]): Promise<string> {
  engine.party.on('POST /users', { json: {} });
  const integration = await engine.integration({
    initial_data_form: [{ id: 'PASSWORD', name: 'generate' }],
    execute: [{ url: `${engine.party.url}/users`, data: { password: '{{PASSWORD}}' } }],
    post_execute_notification: notifications,
  });
  const run = startedRun(await engine.grant(grace, integration));
  await engine.runJobs();
  return run.id;
}

/** Grants, and does everything but send. */
async function waitingFor(notification: unknown): Promise<Delivery> {
  await granted(notification);
  return theOne();
}

/** The delivery, whichever run left it. */
async function theOne(): Promise<Delivery> {
  const rows = await engine.db('deliveries').select<{ readonly id: string }[]>('id');
  return found(rows[0]?.id ?? '');
}

async function found(id: string): Promise<Delivery> {
  const delivery = await engine.stores.deliveries.find(id);
  if (!delivery) throw new Error(`There is no delivery ${id}`);
  return delivery;
}

async function only(runId: string): Promise<Delivery> {
  return firstOf(await engine.stores.deliveries.forRun(runId));
}

/** The access that this run granted. */
const revoked = (runId: string) =>
  engine.transact(async (tx) => {
    const { integrationId } = present(await tx.runs.find(runId));
    const integration = present(await tx.integrations.find(integrationId));
    const cause = { kind: 'revoked', id: 'test' } as const;
    await beginRemoval(tx, { person: grace, integration, cause, actor: SYSTEM });
  });

const password = (): string =>
  (JSON.parse(engine.party.requests[0]?.body ?? '{}') as { readonly password: string }).password;
const sweeping = () =>
  sweep({ ...engine, releaseJobsOf: (...dead) => releaseJobsOf(engine.db, ...dead) });

/** Does what is due at every pause between attempts, until none is left. */
async function untilGivenUp(): Promise<void> {
  for (let hours = 0; hours < 5 * 60; hours += 10) await engine.later(10 * MINUTE);
}

describe('an email', () => {
  test('goes to whom it is for, from whom it is configured to come, as plain text', async () => {
    const runId = await granted({ ...email, message: 'Hi {{first_name}},\n<b>é</b>' });
    expect(server.mails).toEqual([
      {
        to: ['grace@example.com'],
        from: 'Latchkey <it@example.com>',
        subject: 'Welcome',
        text: 'Hi Grace,\n<b>é</b>',
        messageId: `<${(await only(runId)).id}@example.com>`,
      },
    ]);
    expect(await only(runId)).toMatchObject({ state: 'sent', via: 'email', attempts: 1 });
  });

  test('with a generated value is not sent to the address of someone who has left', async () => {
    const gone = await engine.person({ email: 'gone@example.com' });
    await engine.change(gone, { active: false });
    const runId = await granted({ ...secretEmail, to: gone.email });
    expect(server.mails).toEqual([]);
    expect(await only(runId)).toMatchObject({ state: 'failed', why: containing('has left') });
  });

  test('with a generated value waits for nobody: it is not sent once the person of its run has left', async () => {
    await server.stop();
    const runId = await granted({ ...secretEmail, to: 'grace@at-home.example' });
    await engine.change(grace, { active: false });
    await server.start();
    await engine.later(MINUTE);
    expect(server.mails).toEqual([]);
    expect(await only(runId)).toMatchObject({ state: 'failed', why: containing('has left') });
  });

  test('with a generated value is not sent to an address that is another person’s since', async () => {
    await server.stop();
    const runId = await granted(secretEmail);
    await engine.change(grace, { email: 'grace.hopper@example.com' });
    await engine.person({ email: 'grace@example.com' });
    await server.start();
    await engine.later(MINUTE);
    expect(server.mails).toEqual([]);
    expect(await only(runId)).toMatchObject({
      state: 'failed',
      why: containing('no longer belongs'),
    });
  });

  test('with a generated value goes out with it, to nobody else', async () => {
    await isInChat();
    await granted(secretEmail);
    expect(server.mails.map(({ text, to }) => [text, to])).toEqual([
      [`Your password is ${password()}`, ['grace@example.com']],
    ]);
    expect(chat.sent).toEqual([]);
  });

  describe('where secrets are sent as links', () => {
    beforeEach(() =>
      engine.transact((tx) => changeWorkspaceSettings(tx, { secretsAsLinks: true })),
    );

    test('has a link in the place of what was generated', async () => {
      const runId = await granted(secretEmail);
      const [mail] = server.mails;
      expect(mail).toMatchObject({ to: ['grace@example.com'], subject: 'Welcome' });
      expect(mail?.text).toContain('https://latchkey.example.com/links/emailed.');
      expect(mail?.text).not.toContain(password());
      expect(await only(runId)).toMatchObject({ state: 'sent', via: 'email-link' });
      expect(await only(runId)).toMatchObject({ recipientId: grace.id });
    });

    test('has a subject of ours where a secret stands in its own', async () => {
      await granted({ ...secretEmail, subject: 'Now {{PASSWORD}}' });
      const [mail] = server.mails;
      expect(mail?.subject).toContain('A message for you about');
      expect(JSON.stringify(mail)).not.toContain(password());
    });

    test('speaks the language of whom it goes to', async () => {
      await engine.change(grace, { locale: 'de' });
      await granted(secretEmail);
      expect(server.mails[0]?.text).toContain('Die Nachricht enthält ein Passwort');
    });

    test('without a secret goes as it is written', async () => {
      await granted(email);
      expect(server.mails.map(({ text }) => text)).toEqual(['Hi Grace']);
    });

    test('fails, and says so, where nobody could open the link', async () => {
      setUp.isPublic = false;
      const runId = await granted(secretEmail);
      expect(server.mails).toEqual([]);
      expect(await only(runId)).toMatchObject({
        state: 'failed',
        why: containing('no public address'),
      });
    });

    test('is not sent to the address of someone who has left', async () => {
      const gone = await engine.person({ email: 'gone@example.com' });
      await engine.change(gone, { active: false });
      const runId = await granted({ ...secretEmail, to: 'gone@example.com' });
      expect(server.mails).toEqual([]);
      expect(await only(runId)).toMatchObject({ state: 'failed', why: containing('has left') });
    });

    test('goes in chat as ever where no mail server is configured', async () => {
      setUp.mailer = undefined;
      await isInChat();
      const runId = await granted(secretEmail);
      expect(await only(runId)).toMatchObject({ state: 'sent', via: 'link' });
    });
  });

  test('waits while the mail server is down for an hour, and is sent once when it is back', async () => {
    await server.stop();
    const runId = await granted(email, { ...email, subject: 'Second' });
    expect(await only(runId)).toMatchObject({
      state: 'waiting',
      attempts: 1,
      why: containing("We couldn't reach the mail server"),
    });
    for (let minutes = 0; minutes < 60; minutes += 1) await engine.later(MINUTE);
    expect((await only(runId)).state).toBe('waiting');

    await server.start();
    for (let minutes = 0; minutes < 60; minutes += 1) await engine.later(MINUTE);
    expect(server.mails.map(({ subject }) => subject).toSorted()).toEqual(['Second', 'Welcome']);
    const states = (await engine.stores.deliveries.forRun(runId)).map(({ state }) => state);
    expect(states).toEqual(['sent', 'sent']);
  });

  test('that never gets through is given up after five retries, and says why', async () => {
    await server.stop();
    const runId = await granted(email);
    await untilGivenUp();
    expect(await only(runId)).toMatchObject({
      state: 'failed',
      attempts: 6,
      why: containing('Latchkey tried 6 times.'),
    });
    expect(await engine.runJobs()).toBe(0);
  });

  test('that the server refuses for good fails at once, with what it said', async () => {
    server.refusals.set('grace@example.com', 550);
    const runId = await granted(email);
    expect(await only(runId)).toMatchObject({
      state: 'failed',
      attempts: 1,
      why: containing('no such mailbox here'),
    });
  });

  test('that the server refuses for now is tried again', async () => {
    server.refusals.set('grace@example.com', 451);
    const runId = await granted(email);
    expect(await only(runId)).toMatchObject({ state: 'waiting' });
    server.refusals.clear();
    await engine.later(MINUTE);
    expect(await only(runId)).toMatchObject({ state: 'sent', attempts: 2 });
  });

  test('whose sending was interrupted is sent again, with the same Message-ID', async () => {
    const { mailer } = setUp;
    if (!mailer) throw new Error('There is no mailer');
    // It dies after the server has taken the mail and before that is stored.
    setUp.mailer = {
      async send(mail) {
        await mailer.send(mail);
        throw new Error('killed');
      },
    };
    await expect(granted(email)).rejects.toThrow('killed');
    expect(server.mails).toHaveLength(1);

    setUp.mailer = mailer;
    await engine.die('worker-1');
    await engine.runJobs();
    expect(server.mails).toHaveLength(2);
    expect(server.mails[1]).toEqual(server.mails[0]);
    expect(await engine.db('deliveries').select('state')).toEqual([{ state: 'sent' }]);
  });

  test('that was sent while another transaction was in the way of storing it is not sent again', async () => {
    let inTheWay = 0;
    setUp.transact = (work) =>
      engine.transact(async (tx) => {
        const done = await work(tx);
        // As where PostgreSQL ends one of two that wait for each other's cards.
        if (server.mails.length > 0 && inTheWay++ === 0) throw new StaleWrite('a row', 'of a card');
        return done;
      });
    expect(await only(await granted(email))).toMatchObject({ state: 'sent' });
    expect([server.mails.length, inTheWay]).toEqual([1, 2]);
  });

  test('is sent once, however many workers have its job', async () => {
    await server.stop();
    const { id } = await waitingFor(email);
    await server.start();
    engine.clock.advance(MINUTE);
    await Promise.all(['a', 'b', 'c'].map((worker) => sendDelivery(id, delivering(worker))));
    expect(server.mails).toHaveLength(1);
    expect(await found(id)).toMatchObject({ state: 'sent', attempts: 2 });
  });

  test('whose wake-up was lost is found by the sweep', async () => {
    await server.stop();
    const { id } = await waitingFor(email);
    await server.start();
    await engine.db('jobs').delete();
    engine.clock.advance(2 * MINUTE + SECOND);
    await sweeping();
    await engine.runJobs();
    expect(await found(id)).toMatchObject({ state: 'sent' });
  });

  test('to two addresses is not sent, and says why', async () => {
    const runId = await granted({ ...email, to: '{{email}}, nobody@example.com' });
    expect(await only(runId)).toMatchObject({
      state: 'failed',
      why: containing('must be exactly one email address'),
    });
    expect(server.mails).toEqual([]);
  });
});

describe('without a mail server, an email', () => {
  beforeEach(() => {
    setUp.mailer = undefined;
  });

  test('goes to that person in chat', async () => {
    await isInChat();
    const runId = await granted(email);
    expect(chat.sent.map(({ to, card }) => [to, textOf(card)])).toEqual([
      ['direct-Grace', 'Welcome\nHi Grace'],
    ]);
    expect(await only(runId)).toMatchObject({ state: 'sent', via: 'chat' });
  });

  test('goes to someone who has never written there, where the platform knows their address', async () => {
    chat.members.add('grace@example.com');
    const runId = await granted(email, { ...email, subject: 'Second' });
    expect(chat.sent.map(({ to }) => to)).toEqual([
      'found-grace@example.com',
      'found-grace@example.com',
    ]);
    expect(await only(runId)).toMatchObject({ state: 'sent', via: 'chat' });
    expect(await engine.stores.conversations.latest(grace.id)).toMatchObject({
      address: { key: 'found-grace@example.com' },
    });
  });

  test('to someone who has left goes to nobody', async () => {
    await isInChat();
    await server.stop();
    setUp.mailer = createMailer({ smtpUrl: server.url, from: 'it@example.com' });
    const runId = await granted(email);
    await engine.transact((tx) => tx.people.save({ ...grace, active: false }));
    setUp.mailer = undefined;
    await engine.later(MINUTE);
    expect(await only(runId)).toMatchObject({ state: 'failed' });
    expect(chat.sent).toEqual([]);
  });

  test('to someone who is not in chat fails, and says what to do', async () => {
    expect(await only(await granted(email))).toMatchObject({
      state: 'failed',
      why: "Latchkey can't send email yet, and grace@example.com can't be reached in chat either. Tell them yourself.",
    });
  });

  test('with a generated value goes there without it, as something to be shown once', async () => {
    await isInChat();
    const runId = await granted(secretEmail);
    expect(chat.sent.map(({ card }) => textOf(card))).toEqual([expect.stringContaining('[View]')]);
    expect(JSON.stringify(chat.sent)).not.toContain(password());
    expect(await only(runId)).toMatchObject({ state: 'sent', via: 'link' });
  });
});

describe('a text', () => {
  test('goes in chat to the person with that address, where no provider is configured', async () => {
    await isInChat();
    expect(await only(await granted(textMessage))).toMatchObject({ state: 'sent', via: 'chat' });
    expect(chat.sent).toHaveLength(1);
  });

  test('goes in chat to the person with that number, however it is written', async () => {
    await isInChat();
    await granted({ ...textMessage, to: '+32470123456' });
    expect(chat.sent.map(({ to }) => to)).toEqual(['direct-Grace']);
  });

  test('to a number that two people have goes to neither', async () => {
    await isInChat();
    await engine.person({ email: 'twin@example.com', phone: '+32470123456' });
    expect(await only(await granted({ ...textMessage, to: '+32470123456' }))).toMatchObject({
      state: 'failed',
      why: containing('No text provider is configured'),
    });
    expect(chat.sent).toEqual([]);
  });

  test("goes to the person's phone where there is a provider", async () => {
    const texts: { readonly to: string; readonly message: string }[] = [];
    setUp.texts = {
      async send(text) {
        texts.push(text);
        return { kind: 'sent' };
      },
    };
    expect(await only(await granted(textMessage))).toMatchObject({ state: 'sent', via: 'text' });
    expect(texts).toEqual([{ id: (await theOne()).id, to: '+32470123456', message: 'Hi Grace' }]);
  });

  test('with a secret is not sent to the phone of someone who has left', async () => {
    const gone = await engine.person({ email: 'gone@example.com', phone: '+32470999999' });
    await engine.change(gone, { active: false });
    setUp.texts = { send: async () => Promise.reject(new Error('Nothing is sent')) };
    const runId = await granted({ ...textMessage, to: gone.email, message: '{{PASSWORD}}' });
    expect(await only(runId)).toMatchObject({ state: 'failed', why: containing('has left') });
  });

  const toNobodyInParticular = { type: 'text', message: 'Hi {{first_name}}' };
  test('without to goes to the phone of the person themselves', async () => {
    const phones: string[] = [];
    setUp.texts = {
      async send({ to }) {
        phones.push(to);
        return { kind: 'sent' };
      },
    };
    await granted(toNobodyInParticular);
    expect(phones).toEqual(['+32470123456']);
  });

  test('without to goes to them in chat, where they have no phone', async () => {
    setUp.texts = { send: async () => ({ kind: 'sent' }) };
    grace = await engine.person({ email: 'nophone@example.com', firstName: 'Joan' });
    await isInChat();
    expect(await only(await granted(toNobodyInParticular))).toMatchObject({ via: 'chat' });
    expect(chat.sent.map(({ to }) => to)).toEqual(['direct-Joan']);
  });

  test('to a number that no provider could use goes in chat, and says why', async () => {
    await isInChat();
    setUp.texts = { send: async () => ({ kind: 'sent' }) };
    await engine.transact((tx) => tx.people.save({ ...grace, phone: '0470 12 34 56' }));
    expect(await only(await granted(textMessage))).toMatchObject({
      state: 'sent',
      via: 'chat',
      why: containing('write it with + and the country code, like +32470123456'),
    });
  });

  test('that waits its turn at a provider who has enough to do is no try, however often', async () => {
    let places = 0;
    setUp.texts = {
      send: async () =>
        places > 0
          ? { kind: 'sent' }
          : { kind: 'busy', why: 'It waits its turn.', afterMs: SECOND },
    };
    const runId = await granted(textMessage);
    for (let seconds = 0; seconds < 20; seconds += 1) await engine.later(SECOND);
    expect(await only(runId)).toMatchObject({ state: 'waiting', attempts: 0 });
    places = 1;
    await engine.later(SECOND);
    expect(await only(runId)).toMatchObject({ state: 'sent', attempts: 1 });
  });

  test('that has waited its turn for a day is given up after as many tries as any other', async () => {
    setUp.texts = {
      send: async () => ({ kind: 'busy', why: 'It waits its turn.', afterMs: 12 * HOUR }),
    };
    const runId = await granted(textMessage);
    for (let times = 0; times < 12; times += 1) await engine.later(12 * HOUR);
    expect(await only(runId)).toMatchObject({ state: 'failed', attempts: 6 });
  });

  test('whose sending was interrupted is not sent again, and is marked unknown', async () => {
    let texts = 0;
    setUp.texts = {
      async send() {
        texts += 1;
        throw new Error('killed');
      },
    };
    await expect(granted(textMessage)).rejects.toThrow('killed');
    await engine.die('worker-1');
    await engine.runJobs();
    expect(await theOne()).toMatchObject({
      state: 'unknown',
      why: containing('it may or may not have gone out'),
    });
    await untilGivenUp();
    expect(texts).toBe(1);
  });
});

describe('a chat message', () => {
  test('goes to a channel by its name', async () => {
    const runId = await granted({ ...chatMessage, to: '#joiners' });
    expect(chat.sent.map(({ to }) => to)).toEqual(['#joiners']);
    expect(await only(runId)).toMatchObject({ state: 'sent', via: 'channel' });
  });

  test('with a generated value goes to no channel', async () => {
    const secret = { ...chatMessage, to: '#joiners', message: '{{PASSWORD}}' };
    expect(await only(await granted(secret))).toMatchObject({
      state: 'failed',
      why: containing("which doesn't belong in a channel"),
    });
    expect(chat.sent).toEqual([]);
  });

  test('to what is neither a person nor a channel fails, and says so', async () => {
    expect(await only(await granted({ ...chatMessage, to: 'everybody' }))).toMatchObject({
      state: 'failed',
      why: containing('"everybody" is neither an email address nor a channel'),
    });
  });

  test('waits while chat is down for an hour, and is sent once when it is back', async () => {
    await isInChat();
    chat.trouble = new PlatformError('unreachable', 'Slack could not be reached');
    const runId = await granted(chatMessage);
    for (let minutes = 0; minutes < 60; minutes += 1) await engine.later(MINUTE);
    expect((await only(runId)).state).toBe('waiting');

    chat.trouble = undefined;
    for (let minutes = 0; minutes < 60; minutes += 1) await engine.later(MINUTE);
    expect(chat.sent).toHaveLength(1);
    expect(await only(runId)).toMatchObject({ state: 'sent' });
  });

  test('goes to the person it was written for, also where another has their address since', async () => {
    const sealed = { ...chatMessage, message: '{{PASSWORD}}' };
    await isInChat();
    chat.trouble = new PlatformError('unreachable', 'no route');
    const runId = await granted(sealed);
    await engine.change(grace, { email: 'grace.hopper@example.com' });
    await isInChat(await engine.person({ email: 'grace@example.com', firstName: 'Other' }));
    chat.trouble = undefined;
    await engine.later(MINUTE);
    expect(chat.sent.map(({ to }) => to)).toEqual(['direct-Grace']);
    expect(await only(runId)).toMatchObject({ state: 'sent', recipientId: grace.id });
  });

  test('that is longer than chat takes is cut, and says so', async () => {
    await isInChat();
    const runId = await granted({ ...chatMessage, message: `x${'🙂'.repeat(30_000)}` });
    const text = JSON.stringify(chat.sent[0]?.card.blocks);
    expect(text.length).toBeLessThan(41_000);
    expect(text).not.toMatch(/\p{Surrogate}/u);
    expect(text).toContain('This message is too long for chat');
    expect((await only(runId)).state).toBe('sent');
  });

  test('that the platform refuses fails at once', async () => {
    await isInChat();
    chat.trouble = new PlatformError('refused', 'Slack answered not_allowed');
    expect(await only(await granted(chatMessage))).toMatchObject({
      state: 'failed',
      attempts: 1,
      why: "Latchkey couldn't send it in chat: Slack answered not_allowed. Please tell them yourself.",
    });
  });

  test('that has to wait is not given up for that, however often: the platform has not taken it', async () => {
    await isInChat();
    chat.trouble = new PlatformError('rate-limited', 'Slow down', { retryAfterMs: SECOND });
    const runId = await granted(chatMessage);
    for (let minutes = 0; minutes < 20; minutes += 1) await engine.later(MINUTE);
    expect(await only(runId)).toMatchObject({ state: 'waiting', attempts: 0 });
    chat.trouble = undefined;
    await engine.later(MINUTE);
    expect(chat.sent).toHaveLength(1);
  });

  test('waits as long as the platform asks', async () => {
    await isInChat();
    chat.trouble = new PlatformError('rate-limited', 'Slow down', { retryAfterMs: HOUR });
    expect(await only(await granted(chatMessage))).toMatchObject({
      state: 'waiting',
      dueAt: new Date(engine.now().getTime() + HOUR),
    });
  });
});

describe('a body', () => {
  test('is sealed until it is dropped, a day after it was sent', async () => {
    await furnish({ ownFile: true });
    const runId = await granted(secretEmail);
    const secret = password();
    const { outgoing } = await only(runId);
    expect(outgoing?.notification.message).toContain(secret);
    expect(engine.databaseBytes()).not.toContain(secret);

    engine.clock.advance(24 * HOUR);
    await sweeping();
    expect((await only(runId)).body).toBe('kept');
    engine.clock.advance(1);
    await sweeping();
    const dropped = await only(runId);
    expect(dropped).toMatchObject({ state: 'sent', body: 'dropped' });
    expect(dropped.outgoing?.notification).toEqual({
      type: 'email',
      to: 'grace@example.com',
      subject: '',
      message: '',
    });
  });
});

describe('on the card of its run', () => {
  const shown = async (runId: string): Promise<string> => {
    const { stores, now, admin } = engine;
    const payload = JSON.stringify({ runId });
    const context = {
      reader: admin,
      stores,
      now,
      timeZone: 'UTC',
      scheduleZone: 'UTC',
    };
    return textOf(await cards.find('run').render(payload, context));
  };

  test('each delivery says what it is, to whom it goes, how far it is and why', async () => {
    server.refusals.set('nobody@example.com', 550);
    await isInChat();
    const runId = await granted(
      email,
      { ...email, to: 'nobody@example.com' },
      { ...chatMessage, message: '{{PASSWORD}}' },
      { ...email, to: '{{manager_email}}' },
    );
    const text = await shown(runId);
    expect(text).toContain(
      '✓ Email to grace@example.com: sent by email on 24 Nov 2026, 09:00.\n✗ Email to nobody@example.com: not sent. The mail server rejected this message.',
    );
    expect(text).toContain(
      '✓ Chat message to grace@example.com: sent in chat, as a link on 24 Nov 2026, 09:00. Not shown yet.',
    );
    expect(text).toContain('✗ Notification 4 (email) has no recipient');
    expect(text).not.toContain(password());
  });

  test('a secret that no one viewed before the access ended is deleted, and the cards say so', async () => {
    await isInChat();
    const runId = await granted({ ...chatMessage, message: '{{PASSWORD}}' }, secretEmail);
    const other = startedRun(
      await engine.grant(
        grace,
        await engine.integration(
          {
            initial_data_form: [{ id: 'PASSWORD', name: 'generate' }],
            execute: [{ url: `${engine.party.url}/users` }],
            post_execute_notification: [{ ...chatMessage, message: '{{PASSWORD}}' }],
          },
          {},
          'Vault',
        ),
      ),
    );
    await engine.runJobs();
    await revoked(runId);
    expect(await only(runId)).toMatchObject({
      body: 'dropped',
      outgoing: { notification: { message: '' } },
    });
    expect(await shown(runId)).toContain(
      "Not viewed before its time was over or the access ended, so it's deleted.",
    );
    expect((await only(other.id)).body).toBe('kept');
    const context = { reader: grace, stores: engine.stores, now: engine.now, timeZone: 'UTC' };
    const payload = JSON.stringify({ deliveryId: (await only(runId)).id });
    const card = await cards.find('delivery').render(payload, { ...context, scheduleZone: 'UTC' });
    expect(textOf(card)).toContain('It was kept for a day, or until the access ended.');
  });

  test('what waits to be sent when the access ends is not sent any more, and says why', async () => {
    await server.stop();
    const runId = await granted(secretEmail);
    await revoked(runId);
    expect((await only(runId)).outgoing?.notification.message).toBe('');
    await server.start();
    await engine.later(HOUR);
    expect(server.mails).toEqual([]);
    expect(await shown(runId)).toContain(
      '✗ Email to grace@example.com: not sent. The access ended first.',
    );
  });

  test('one that nobody can read any more keeps no access from ending, and is never sent', async () => {
    await server.stop();
    const runId = await granted(secretEmail, email);
    const [lost] = await engine.stores.deliveries.forRun(runId);
    const ofLost = () =>
      engine.db<{ id: string; content: string }>('deliveries').where({ id: lost?.id ?? '' });
    await ofLost().update({ content: 'damaged' });
    await revoked(runId);
    const bodies = (await engine.stores.deliveries.forRun(runId)).map(({ body }) => body);
    expect(bodies).toEqual(['dropped', 'dropped']);
    expect((await ofLost().first('content'))?.content).not.toBe('damaged');
    await server.start();
    await engine.later(HOUR);
    expect(server.mails).toEqual([]);
    expect(await shown(runId)).toContain('The access ended first.');
    expect((await engine.stores.deliveries.find(lost?.id ?? ''))?.state).toBe('failed');
  });

  test('a change of a delivery refreshes the card', async () => {
    await server.stop();
    const runId = await granted(email);
    await engine.transact((tx) =>
      tx.messages.put({
        id: engine.newId(),
        card: { view: 'run', payload: JSON.stringify({ runId }), topic: runTopic(runId) },
        readerId: engine.admin.id,
        address: { platform: 'slack', key: 'D1:1' },
        shown: '',
        postedAt: engine.now(),
      }),
    );
    expect(await shown(runId)).toContain('Next try on 24 Nov 2026, 09:01.');
    engine.chat.length = 0;
    await engine.later(MINUTE);
    expect(engine.chat.map(({ name }) => name)).toContain('message.refresh');
  });
});

describe("an admin's Home is refreshed", () => {
  beforeEach(() =>
    engine.transact((tx) =>
      tx.messages.put({
        id: 'home-of-admin',
        card: { view: 'home', payload: '{}', topic: homeTopic(engine.admin.id) },
        readerId: engine.admin.id,
        address: { platform: 'slack', key: 'D1:1' },
        shown: '',
        postedAt: engine.now(),
      }),
    ),
  );
  /** Those that were queued since it was last asked. */
  const refreshes = () =>
    engine.chat
      .splice(0)
      .filter(({ name }) => name === 'message.refresh')
      .map(({ payload }) => payload);
  const once = [{ messageId: 'home-of-admin' }];

  test('when a message is given up, and not while it is still tried', async () => {
    await server.stop();
    await granted(email);
    expect(refreshes()).toEqual([]);
    await untilGivenUp();
    expect(refreshes()).toEqual(once);
  });

  test('when a message could not be written', async () => {
    await granted({ ...email, to: '{{manager_email}}' });
    expect(refreshes()).toEqual(once);
  });

  test('when nobody knows whether a text went out, and when it is sent again', async () => {
    setUp.texts = {
      send: () => Promise.reject(new Error('killed')),
    };
    await expect(granted(textMessage)).rejects.toThrow('killed');
    expect(refreshes()).toEqual([]);
    await engine.die('worker-1');
    await engine.runJobs();
    const { id, state } = await theOne();
    expect(state).toBe('unknown');
    expect(refreshes()).toEqual(once);

    setUp.texts = { send: async () => ({ kind: 'sent' }) };
    const { admin } = engine;
    const by = {
      person: admin,
      actor: { kind: 'person', personId: admin.id, via: 'web' },
    } as const;
    const again = await engine.transact((tx) => sendAgain(tx, id, by));
    expect(again.kind).toBe('queued');
    await engine.runJobs();
    expect(refreshes()).toEqual(once);
  });
});
