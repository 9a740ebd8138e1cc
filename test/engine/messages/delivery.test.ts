import { expect, test } from 'vitest';
import {
  BODY_LIFE_MS,
  beginSending,
  type Delivery,
  type DeliveryIn,
  isWornOut,
  markSent,
  putOffDelivery,
  withoutBody,
} from '../../../src/engine/messages/delivery.ts';
import { loseLease } from '../../../src/engine/work/lease.ts';
import { isDue } from '../../support/given/is-due.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const MINUTE = 60_000;
const after = (ms: number) => new Date(noon.getTime() + ms);

const waiting: DeliveryIn<'waiting'> = {
  id: 'd',
  version: 1,
  runId: 'r',
  position: 0,
  createdAt: noon,
  attempts: 0,
  outgoing: {
    notification: { type: 'email', to: 'ann@example.com', subject: 'Hi', message: 'Secret' },
    secret: true,
    shownTo: 'ann@example.com',
  },
  body: 'kept',
  state: 'waiting',
  dueAt: noon,
};
const begin = (delivery: DeliveryIn<'waiting'>, now = noon) =>
  beginSending(delivery, { workerId: 'w', via: 'email' }, now);

test('five pauses, each longer than the one before, span more than an hour; then it is given up', () => {
  const pauses: number[] = [];
  let current: Delivery = waiting;
  while (current.state === 'waiting') {
    const begun = begin(current, current.dueAt);
    const next: Delivery = putOffDelivery(begun, { why: 'Down.' }, current.dueAt);
    if (next.state === 'waiting') pauses.push(next.dueAt.getTime() - current.dueAt.getTime());
    current = next;
  }
  expect(pauses).toHaveLength(5);
  expect(pauses).toEqual([...new Set(pauses)].toSorted((a, b) => a - b));
  expect(pauses.reduce((sum, pause) => sum + pause)).toBeGreaterThan(60 * MINUTE);
  expect(current).toMatchObject({ state: 'failed', why: 'Down. Latchkey tried 6 times.' });
  expect(isWornOut(current)).toBe(true);
});

test('a pause that the other side asks for is kept where it is longer', () => {
  const pause = (ms: number) => putOffDelivery(begin(waiting), { why: 'Busy.', afterMs: ms }, noon);
  expect(pause(30 * MINUTE)).toMatchObject({ dueAt: after(30 * MINUTE) });
  expect(pause(1)).toMatchObject({ dueAt: after(MINUTE) });
});

test('it is due at its time, while it is sent only when the lease has run out, and never afterwards', () => {
  expect(isDue(waiting, new Date(noon.getTime() - 1))).toBe(false);
  expect(isDue(waiting, noon)).toBe(true);
  const sending = begin(waiting);
  expect(isDue(sending, after(MINUTE))).toBe(false);
  expect(isDue(sending, sending.leasedUntil)).toBe(true);
  expect(isDue(loseLease(sending, noon), noon)).toBe(true);
  expect(isDue(markSent(sending, noon), after(BODY_LIFE_MS))).toBe(false);
});

test('the person of an earlier attempt is not the person of one that takes another way', () => {
  const inChat = beginSending(waiting, { workerId: 'w', via: 'link', recipientId: 'p' }, noon);
  const again = putOffDelivery(inChat, { why: 'Down.' }, noon);
  expect(again).toMatchObject({ state: 'waiting', recipientId: 'p' });
  expect(begin(again as DeliveryIn<'waiting'>).recipientId).toBeUndefined();
});

test('without its body it still says to whom it went', () => {
  const dropped = withoutBody(markSent(begin(waiting), noon), 'dropped');
  expect(dropped).toMatchObject({ state: 'sent', body: 'dropped' });
  expect(JSON.stringify(dropped)).not.toContain('Secret');
  expect(dropped.outgoing?.notification.to).toBe('ann@example.com');
});
