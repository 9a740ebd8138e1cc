import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type {
  EventDelivery,
  EventEndpoint,
} from '../../../src/engine/event-endpoints/event-endpoint.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import { createVault } from '../../../src/store/vault/vault.ts';
import { createRetention } from '../../../src/store/work/retention.ts';
import type { StoresDriver } from '../stores.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const after = (seconds: number) => new Date(noon.getTime() + seconds * 1000);

/** What every database must do for event endpoints. `open` gives an empty, migrated one. */
export function endpointsContract(open: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  let stores: StoresDriver['stores'];
  beforeEach(async () => {
    driver = await open(() => noon);
    stores = driver.stores;
  });
  afterEach(() => driver.cleanup());

  const endpoint = (more: Partial<EventEndpoint> = {}): EventEndpoint =>
    ({
      id: newId(),
      version: 1,
      name: 'SIEM',
      url: 'https://siem.example.com/in?key=secret',
      kinds: ['access', 'audit.recorded'],
      secret: 'whsec_bmV3',
      isRevealed: false,
      readSeq: 0,
      state: 'idle',
      ...more,
    }) as EventEndpoint;
  const delivery = (endpointId: string, more: Partial<EventDelivery> = {}): EventDelivery => ({
    id: newId(),
    version: 1,
    endpointId,
    kind: 'access.granted',
    seq: 7,
    at: noon,
    state: 'waiting',
    dueAt: noon,
    attempts: 0,
    ...more,
  });

  test('an endpoint comes back as it was stored, in each of its states', async () => {
    const before = { secret: 'whsec_b2xk', until: after(60) };
    const states: readonly Partial<EventEndpoint>[] = [
      { state: 'idle' },
      { state: 'waiting', dueAt: after(5) },
      { state: 'sending', workerId: 'w1', leasedUntil: after(60) },
      { state: 'off', finishedAt: noon, why: 'gone' },
      {
        state: 'idle',
        before,
        lastSentAt: noon,
        failingSince: after(1),
        isRevealed: true,
        pausedUntil: after(5),
      },
    ];
    for (const [n, state] of states.entries()) {
      const one = endpoint({ ...state, name: `SIEM ${n}` });
      expect(await stores.eventEndpoints.insert(one)).toBe('inserted');
      expect(await stores.eventEndpoints.find(one.id)).toEqual(one);
    }
    expect((await stores.eventEndpoints.list()).map(({ name }) => name)).toEqual(
      states.map((_state, n) => `SIEM ${n}`),
    );
  });

  test('a name is taken whatever its case, and a stale one is not saved', async () => {
    const one = endpoint();
    await stores.eventEndpoints.insert(one);
    expect(await stores.eventEndpoints.insert(endpoint({ name: 'siem' }))).toBe('taken');
    expect(await stores.eventEndpoints.named('Siem')).toEqual({ id: one.id, name: 'SIEM' });
    await stores.eventEndpoints.save({ ...one, name: 'Archive' });
    await expect(stores.eventEndpoints.save(one)).rejects.toThrow(StaleWrite);
  });

  test('one that can’t be read is named, keeps no other one from anything, and can be deleted', async () => {
    const held = { state: 'sending', workerId: 'w1', leasedUntil: after(60) } as const;
    const [good, damaged] = [endpoint({ name: 'Good', ...held }), endpoint({ ...held })];
    for (const each of [good, damaged]) await stores.eventEndpoints.insert(each);
    await driver.db('event_endpoints').where({ id: damaged.id }).update({ content: 'damaged' });
    expect(await stores.eventEndpoints.list()).toEqual([good]);
    expect(await stores.eventEndpoints.leasedBy('w1')).toEqual([good]);
    expect(await stores.eventEndpoints.overdue(after(61))).toEqual([good]);
    const named = { id: damaged.id, name: 'SIEM' };
    expect(await stores.eventEndpoints.unreadable()).toEqual([named]);
    expect(await stores.eventEndpoints.named('siem')).toEqual(named);
    await stores.eventEndpoints.delete(damaged.id);
    expect(await stores.eventEndpoints.unreadable()).toEqual([]);
  });

  test('those are behind that are on, that nobody holds, and that have not read all that is sealed', async () => {
    await stores.auditLog.add({
      id: newId(),
      at: noon,
      actor: { kind: 'system' },
      what: 'settings.changed',
    });
    const all = [
      endpoint({ name: 'idle' }),
      endpoint({ name: 'waits', state: 'waiting', dueAt: after(3600) }),
      endpoint({ name: 'held', state: 'sending', workerId: 'w1', leasedUntil: after(60) }),
      endpoint({ name: 'off', state: 'off', finishedAt: noon, why: 'by-hand' }),
      endpoint({ name: 'has all', readSeq: 1 }),
    ];
    for (const each of all) await stores.eventEndpoints.insert(each);
    expect(await stores.eventEndpoints.behind()).toEqual([]); // Nothing is sealed yet.
    await stores.auditChain.sealSome(10, noon);
    const behind = await stores.eventEndpoints.behind();
    expect(behind.map(({ name }) => name).toSorted()).toEqual(['idle', 'waits']);
    expect((await stores.eventEndpoints.leasedBy('w1')).map(({ name }) => name)).toEqual(['held']);
    const overdue = await stores.eventEndpoints.overdue(after(61));
    expect(overdue.map(({ name }) => name)).toEqual(['held']);
  });

  test('deliveries wait in the order of when they are due, and the log has the newest first', async () => {
    const one = endpoint();
    await stores.eventEndpoints.insert(one);
    const late = delivery(one.id, { dueAt: after(60) });
    const soon = delivery(one.id, { at: after(1), dueAt: after(5), kind: 'audit.recorded' });
    const { seq: _seq, dueAt: _dueAt, ...aTest } = delivery(one.id, { kind: 'endpoint.test' });
    const sent: EventDelivery = { ...aTest, at: after(2), state: 'sent', finishedAt: noon };
    await stores.eventDeliveries.insertMany([late, soon, sent]);
    expect(await stores.eventDeliveries.waiting(one.id, 10)).toEqual([soon, late]);
    expect(await stores.eventDeliveries.countWaiting(one.id, 10)).toBe(2);
    expect(await stores.eventDeliveries.countWaiting(one.id, 1)).toBe(1);
    const page = { offset: 0, limit: 2 };
    expect(await stores.eventDeliveries.list(one.id, page)).toEqual({
      items: [sent, soon],
      total: 3,
    });
    const tried = { ...late, attempts: 1, status: 500, answer: 'Oops', dueAt: after(300) };
    expect(await stores.eventDeliveries.save(tried)).toEqual({ ...tried, version: 2 });
    expect(await stores.eventDeliveries.find(late.id)).toEqual({ ...tried, version: 2 });
  });

  test('what waits at one endpoint is expedited, the oldest first, and nothing else changes', async () => {
    const [one, other] = [endpoint(), endpoint({ name: 'Other' })];
    for (const each of [one, other]) await stores.eventEndpoints.insert(each);
    const older = delivery(one.id, { at: after(1), dueAt: after(900), attempts: 5 });
    const newer = delivery(one.id, { at: after(2), dueAt: after(30), attempts: 2 });
    const theirs = delivery(other.id, { dueAt: after(900), attempts: 5 });
    const { dueAt: _dueAt, ...ended } = delivery(one.id);
    const sent: EventDelivery = { ...ended, state: 'sent', finishedAt: noon, attempts: 3 };
    await stores.eventDeliveries.insertMany([newer, older, theirs, sent]);
    await stores.eventDeliveries.expedite(one.id);
    expect(await stores.eventDeliveries.waiting(one.id, 10)).toEqual([
      { ...older, dueAt: older.at, attempts: 0 },
      { ...newer, dueAt: newer.at, attempts: 0 },
    ]);
    expect(await stores.eventDeliveries.waiting(other.id, 10)).toEqual([theirs]);
    expect(await stores.eventDeliveries.find(sent.id)).toEqual(sent);
  });

  test('deliveries go with their endpoint, and when they ended long ago', async () => {
    const [one, other] = [endpoint(), endpoint({ name: 'Other' })];
    for (const each of [one, other]) await stores.eventEndpoints.insert(each);
    const { dueAt: _dueAt, ...ended } = delivery(other.id);
    await stores.eventDeliveries.insertMany([
      delivery(one.id),
      delivery(other.id, { answer: 'no ann@example.com', status: 500 }),
      delivery(other.id, { answer: 'Oops', dueAt: after(60) }),
      { ...ended, id: newId(), state: 'sent', finishedAt: noon },
      { ...ended, id: newId(), state: 'failed', finishedAt: after(60) },
    ]);
    await stores.eventEndpoints.delete(one.id);
    const vault = createVault([new Uint8Array(32)]); // It signs only what goes of the audit log.
    const retention = createRetention(driver.db, undefined, { vault });
    expect(await retention.deleteSome('event-deliveries', after(30))).toBe(1);
    const left = await stores.eventDeliveries.list(other.id, { offset: 0, limit: 9 });
    const found = left.items.map(({ state, answer }) => [state, answer].join(' '));
    // One that waits is kept for as long as its endpoint is off, but not what was answered.
    expect(found.toSorted()).toEqual(['failed ', 'waiting ', 'waiting Oops']);
    expect(await stores.eventDeliveries.countWaiting(one.id, 9)).toBe(0);
  });
}
