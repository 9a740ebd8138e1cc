import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepAccess, revokeReviewed } from '../../../src/bots/features/decide-review.ts';
import { reviewCard } from '../../../src/bots/features/review-card.ts';
import { beginReview } from '../../../src/bots/features/review-list.ts';
import { reviewReport } from '../../../src/bots/features/review-report.ts';
import type { Person } from '../../../src/engine/directory.ts';
import { fireDue } from '../../../src/engine/due.ts';
import { reviewSources } from '../../../src/engine/reviews.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../support/chat.ts';

let chat: TestChat;
let admin: Person;
let boss: Person;
let ann: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  admin = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  boss = await chat.person({ email: 'boss@example.com', firstName: 'Bo', lastName: 'Boss' });
  ann = await chat.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: 'Lee',
    managerEmail: boss.email,
  });
  integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
    revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
  });
  await has(ann);
});
afterEach(() => chat.cleanup());

const has = (person: Person) =>
  chat.services.stores.access.put({
    personId: person.id,
    integrationId,
    state: 'has',
    reason: '',
    since: chat.services.now(),
    checkedAt: chat.services.now(),
  });

async function start(): Promise<string> {
  const values = { name: 'Autumn', due: '2026-12-09' };
  await beginReview.submit(beginReview.with({}).payload, values, await chat.turn(admin.email));
  const { reviews } = await chat.services.stores.reviews.list({ offset: 0, limit: 1 });
  return reviews[0]?.id ?? '';
}

async function cardOf(reviewId: string, reader: Person): Promise<string> {
  const { payload } = reviewCard.with({ reviewId, page: 0 });
  return textOf(await reviewCard.render(payload, await liveReader(chat, reader.email)));
}

async function report(reviewId: string): Promise<string> {
  const { payload } = reviewReport.with({ reviewId, page: 0 });
  return textOf(await reviewReport.render(payload, await liveReader(chat, admin.email)));
}

const target = (reviewId: string) => ({ reviewId, personId: ann.id, integrationId });

test('a manager is asked about what their people have', async () => {
  const text = await cardOf(await start(), boss);
  expect(text).toContain('Ann Lee: Fernboard · has access since');
  expect(text).toContain('0 of 1 are decided; please decide the rest by 9 Dec 2026');
});

test('Keep ends the review when it was the last, and whoever started it sees the report', async () => {
  const reviewId = await start();
  const { payload } = keepAccess.with(target(reviewId));
  expect(await keepAccess.press(payload, await chat.turn(boss.email))).toEqual({ kind: 'nothing' });
  expect(await cardOf(reviewId, boss)).toContain('you have decided everything');
  expect(await report(reviewId)).toContain('Ann Lee: Fernboard · ✓ kept by Bo Boss');
});

test('Revoke takes the access away at once', async () => {
  const reviewId = await start();
  const { payload } = revokeReviewed.with(target(reviewId));
  await revokeReviewed.press(payload, await chat.turn(boss.email));
  const [run] = await chat.services.stores.runs.unfinishedOf(ann.id);
  expect(run?.kind).toBe('revoke');
});

test('nobody decides about themselves, not even an admin', async () => {
  const reviewId = await start();
  await chat.services.transact(async (tx) => {
    const now = (await tx.people.find(ann.id)) ?? ann;
    await tx.people.save({ ...now, role: 'admin' });
  });
  const { payload } = keepAccess.with(target(reviewId));
  const reply = await keepAccess.press(payload, await chat.turn(ann.email));
  expect(reply.kind === 'say' && textOf(reply.card)).toContain("You can't decide this one");
});

test('whoever has no manager is reviewed by who started it', async () => {
  await has(boss);
  expect(await cardOf(await start(), admin)).toContain('Bo Boss: Fernboard');
});

test('two days before the end reviewers are reminded once, and after the day it is closed', async () => {
  const reviewId = await start();
  const { services } = chat;
  const { stores, transact } = services;
  const sources = reviewSources({
    ...services,
    timeZone: 'UTC',
    taskNews: services.taskNews,
    reviewNews: services.reviewNews,
  });
  const onError = (error: unknown) => {
    throw error;
  };
  const tick = async (at: string) => {
    chat.clock = Date.parse(at);
    return fireDue({ stores, transact, sources, onError }, services.now());
  };
  expect(await tick('2026-12-06T23:00:00Z')).toBe(0);
  expect(await tick('2026-12-07T00:01:00Z')).toBe(1);
  expect(await tick('2026-12-08T00:01:00Z')).toBe(0);
  expect(await tick('2026-12-10T00:01:00Z')).toBe(1);
  expect(await report(reviewId)).toContain('It ended on 10 Dec 2026');
});
