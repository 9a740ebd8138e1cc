/** Three approvers on two platforms press Approve and Deny a hundred times at once, through the bot. */
import { beforeEach, expect, test } from 'vitest';
import { actions, cards, commands } from '../../../../src/bots/features/features.ts';
import {
  approveRequest,
  denyRequest,
} from '../../../../src/bots/features/requests/decide-request.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import { openRequestCard } from '../../../../src/bots/features/requests/request-list.ts';
import type { Turn } from '../../../../src/bots/live/context.ts';
import { storedFormSessions } from '../../../../src/bots/live/form-sessions.ts';
import { identifyWith } from '../../../../src/bots/live/identify.ts';
import { LiveMessages } from '../../../../src/bots/live/live-messages.ts';
import { MessageSender } from '../../../../src/bots/live/message-sender.ts';
import type { ActionCall } from '../../../../src/bots/view/action-call.ts';
import { Bot } from '../../../../src/bots/view/bot.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import type { Inbound, Surface } from '../../../../src/bots/view/platform.ts';
import type { Address } from '../../../../src/core/message.ts';
import { policyKey } from '../../../../src/engine/requests/access-request.ts';
import { defaultPolicy, type Policy } from '../../../../src/engine/settings/settings.ts';
import { claimJobs, finishJobs } from '../../../../src/store/queue/queue.ts';
import { RecordingPlatform, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonsOf, Clicker } from '../../../support/clicks.ts';

let chat: TestChat;
let platforms: Readonly<Record<Address['platform'], RecordingPlatform>>;
let bot: Bot<Turn>;
let sender: MessageSender;
let errors: unknown[];
/** What was said in answer to clicks. */
let answers: string[];
let policy: Policy;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  platforms = { slack: new RecordingPlatform('slack'), teams: new RecordingPlatform('teams') };
  [errors, answers] = [[], []];
  const { services } = chat;
  const deps = {
    ...services,
    timeZone: 'UTC',
    cards,
    onError: (error: unknown) => void errors.push(error),
  };
  bot = new Bot<Turn>({
    actions,
    commands,
    sessions: storedFormSessions(services),
    live: new LiveMessages(deps),
    firstTime: (key) => services.stores.inbox.accept(key, services.now()),
    identify: identifyWith(services),
    onError: deps.onError,
  });
  sender = new MessageSender(deps, Object.values(platforms), () => chat.clock);

  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
  const approvers = [
    await chat.person({ email: 'bo@example.com', firstName: 'Bo' }),
    await chat.person({ email: 'cleo@example.com', firstName: 'Cleo' }),
    await chat.person({ email: 'ines@example.com', firstName: 'Ines' }),
  ];
  const personIds = approvers.map(({ id }) => id);
  policy = { ...defaultPolicy, approvers: { kind: 'people', personIds } };
  integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
  });
  await services.transact(async (tx) => {
    const integration = await tx.integrations.find(integrationId);
    if (integration) await tx.integrations.save({ ...integration, settings: { policy } });
  });
});

test('exactly one of a hundred decides, and every copy of the card on both platforms ends the same', async () => {
  const users = [
    inbound('slack', 'bo@example.com'),
    inbound('teams', 'ines@example.com'),
    inbound('slack', 'cleo@example.com'),
    inbound('teams', 'cleo@example.com'), // Where Cleo wrote last.
  ];
  for (const user of users) {
    await bot.command(user(), ['help'], surface(user()));
    chat.clock += 60_000;
  }
  const ask = askForAccess.with({ integrationId });
  await new Clicker(chat, 'ann@example.com').sends(ask, { reason: 'A project' });
  const { stores } = chat.services;
  const [request] = (await stores.requests.list({}, { offset: 0, limit: 1 })).requests;
  const requestId = request?.id ?? '';
  for (const name of ['ann', 'ada']) {
    const user = inbound('slack', `${name}@example.com`);
    await press(user, openRequestCard.with({ requestId }));
  }
  await doChatJobs();
  const copies = () =>
    Object.values(platforms).flatMap((platform) =>
      platform.shown().filter((card) => /Fernboard/.test(card.title)),
    );
  expect(copies()).toHaveLength(5);
  answers = [];

  const target = { requestId, rules: policyKey(policy) };
  const clicks = await Promise.all(
    Array.from({ length: 100 }, async (_, click) => {
      const user = users[click % users.length] ?? inbound('slack', 'bo@example.com');
      return click % 8 < 4
        ? () => press(user, approveRequest.with(target))
        : answering(user, denyRequest.with(target), { reason: `Reason ${click}` });
    }),
  );
  await Promise.all(clicks.map((click) => click()));
  await doChatJobs();

  expect(errors).toEqual([]);
  expect(await stores.requests.verdicts(requestId)).toHaveLength(1);
  const audited = await stores.auditLog.list({ offset: 0, limit: 1000 });
  expect(audited.filter(({ what }) => /^request\.(approved|denied)$/.test(what))).toHaveLength(1);
  // Who decided and says the same once more reads nothing.
  expect(answers.filter((text) => !text.startsWith('This request is closed'))).toEqual([]);
  expect(answers.length).toBeGreaterThan(50);
  expect(copies()).toHaveLength(5);
  expect(new Set(copies().map(standingOf)).size).toBe(1);
  for (const card of copies()) {
    expect(standingOf(card)).toMatch(/^(✓ Approved|✗ Denied) by (Bo|Cleo|Ines) on /);
    expect(buttonsOf(card)).toEqual([]);
  }
});

/** The sentence that says how it stands. */
const standingOf = (card: Card): string => textOf(card).split('\n')[1] ?? '';

/** Makes interactions of someone on a platform. */
const inbound = (platform: Address['platform'], userId: string) => (): Inbound => ({
  ...chat.inbound(userId),
  user: { platform, tenant: 'T1', userId },
  direct: { platform, key: `direct-${userId}` },
});

function surface({ user, direct }: Inbound): Surface {
  const to = direct ?? { platform: user.platform, key: 'nowhere' };
  return {
    toPerson: (card) => platforms[user.platform].send(to, card),
    here: async (card) => void answers.push(textOf(card)),
    replace: async () => undefined,
    openForm: async () => ({ fill: async () => undefined, refuse: async () => undefined }),
  };
}

const press = (user: () => Inbound, call: ActionCall): Promise<void> => {
  const from = user();
  return bot.press(from, call, surface(from));
};

/** Opens the form of an action. @returns what sends it */
async function answering(
  user: () => Inbound,
  call: ActionCall,
  raw: Readonly<Record<string, string>>,
): Promise<() => Promise<void>> {
  const from = user();
  let session = '';
  const fill = async (_form: unknown, id: string) => void (session = id);
  const openForm = async () => ({ fill, refuse: async () => undefined });
  await bot.press(from, call, { ...surface(from), openForm });
  return async () => {
    const sent = user();
    const outcome = await bot.submit(sent, { call, session, raw }, surface(sent));
    if (outcome.kind === 'closed') await outcome.after();
  };
}

/** What a worker would post and edit by now. */
async function doChatJobs(): Promise<void> {
  const { db } = chat.database;
  for (;;) {
    const now = chat.services.now();
    const claim = { lane: 'chat', limit: 50, leaseMs: 60_000, workerId: 'worker', now } as const;
    const jobs = await claimJobs(db, claim);
    for (const job of jobs) {
      if (job.name === 'message.post') await sender.post(job.payload);
      if (job.name === 'message.refresh') await sender.refresh(job.payload.messageId);
      await finishJobs(db, [job]);
    }
    if (jobs.length === 0) return;
  }
}
