import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoredInbox } from '../../../src/bots/live/inbox.ts';
import type { Arrival } from '../../../src/bots/view/inbox.ts';
import type { Receipt } from '../../../src/bots/view/receipt.ts';
import type { InboxStore } from '../../../src/engine/ports/chat-stores.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
let database: TestDatabase;
let now: Date;
let isFree: boolean;
let isWithinLimit: boolean;
let errors: unknown[];
/** What other processes handed on, as `process key refusal`. */
let replayed: string[];
let receipts: Receipt[];
let failing: Error | undefined;

beforeEach(async () => {
  database = await temporaryDatabase();
  now = noon;
  isFree = false;
  isWithinLimit = true;
  errors = [];
  replayed = [];
  receipts = [];
  failing = undefined;
});
afterEach(() => database.cleanup());

const pass = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
};
/** Lets what was told something hear it. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A process. Its longer timers run when a test says so. */
function startProcess(name: string, store: InboxStore = database.stores.inbox) {
  const timers = new Set<{ readonly ms: number; readonly work: () => void }>();
  const inbox = new StoredInbox({
    store,
    processId: name,
    now: () => now,
    later(ms, work) {
      if (ms <= 100) setImmediate(work);
      const timer = { ms, work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    isFree: () => isFree,
    rateLimit: () => (isWithinLimit ? { ok: true } : { ok: false, afterMs: 1, isFirst: true }),
    onError: (error) => void errors.push(error),
  });
  inbox.start({
    slack: async (content, receipt) => {
      replayed.push(`${name} ${JSON.stringify(content)} ${receipt.refused?.kind ?? 'whole'}`);
      receipts.push(receipt);
      if (failing) throw failing;
    },
  });
  return {
    inbox,
    /** A second passes for what waits to be stored. */
    second() {
      for (const { ms, work } of timers) if (ms === 1000) work();
    },
    /** Two looks: with the first alone a process doesn't know that it wasn't cut off. */
    async look() {
      await inbox.look();
      pass(2);
      await inbox.look();
      await settle();
    },
  };
}

const arrival = (key = 'k1'): Arrival => ({
  user: { platform: 'slack', tenant: 'T', userId: 'U' },
  key,
  content: { text: key },
});
const states = () => database.db('inbox').orderBy('key').pluck('state');

describe('what comes in', () => {
  test('is stored as begun where it begins at once, and else begins when it is its turn', async () => {
    const a = startProcess('a');
    isFree = true;
    await a.inbox.receive(arrival('k1'));
    isFree = false;
    const receipt = await a.inbox.receive(arrival('k2'));
    expect(await states()).toEqual(['begun', 'waiting']);
    expect(await receipt.begin()).toBe(true);
    expect(await states()).toEqual(['begun', 'begun']);
  });

  test('twice is handled by one process', async () => {
    const [a, b] = [startProcess('a'), startProcess('b')];
    const all = await Promise.all([a, a, b, b].map(({ inbox }) => inbox.receive(arrival())));
    expect(all.map(({ refused }) => refused?.kind ?? 'handled').toSorted()).toEqual([
      'handled',
      'repeated',
      'repeated',
      'repeated',
    ]);
  });

  test('beyond the limit is not stored', async () => {
    isWithinLimit = false;
    const { refused } = await startProcess('a').inbox.receive(arrival());
    expect(refused).toEqual({ kind: 'rate-limited', isFirst: true });
    expect(await states()).toEqual([]);
  });

  test('and was answered leaves its key, when the next marks are stored', async () => {
    const a = startProcess('a');
    const receipt = await a.inbox.receive(arrival());
    receipt.end();
    await a.inbox.close();
    expect(await states()).toEqual(['done']);
  });

  test('and could not be marked as answered is marked later', async () => {
    let isBroken = true;
    const a = startProcess('a', {
      ...database.stores.inbox,
      end: (keys, processId) =>
        isBroken
          ? Promise.reject(new Error('no connection'))
          : database.stores.inbox.end(keys, processId),
    });
    (await a.inbox.receive(arrival())).end();
    await settle();
    await settle();
    expect([errors.length, await states()]).toEqual([1, ['waiting']]);
    isBroken = false;
    await a.inbox.look();
    await a.inbox.close();
    expect(await states()).toEqual(['done']);
  });
});

describe('what is not stored within a second', () => {
  test('is refused, and not handled later although it was stored after all', async () => {
    const happened = new EventEmitter();
    const slow = startProcess('a', {
      ...database.stores.inbox,
      insert: async (rows, lease) => {
        await once(happened, 'database answers');
        const inserted = await database.stores.inbox.insert(rows, lease);
        happened.emit('stored');
        return inserted;
      },
    });
    const receiving = slow.inbox.receive(arrival());
    await settle();
    slow.second();
    expect((await receiving).refused).toEqual({ kind: 'unstored' });
    const stored = once(happened, 'stored');
    happened.emit('database answers');
    await stored;
    await settle();
    await slow.inbox.close();
    expect(await states()).toEqual(['done']);
    pass(60);
    await startProcess('b').look();
    expect(replayed).toEqual([]);
  });

  test('since the database fails is refused, and the log says why', async () => {
    const broken = { ...database.stores.inbox, insert: () => Promise.reject(new Error('broken')) };
    const { refused } = await startProcess('a', broken).inbox.receive(arrival());
    expect(refused).toEqual({ kind: 'unstored' });
    expect(errors).toEqual([new Error('broken')]);
  });
});

describe('when a process dies', () => {
  test('another one handles what waited, and hands on that it was interrupted what had begun', async () => {
    const a = startProcess('a');
    await a.inbox.receive(arrival('k1'));
    isFree = true;
    await a.inbox.receive(arrival('k2'));
    const [b, c] = [startProcess('b'), startProcess('c')];
    await b.look();
    expect(replayed).toEqual([]);
    pass(10);
    await b.look();
    await c.look();
    expect(replayed).toEqual(['b {"text":"k1"} whole', 'b {"text":"k2"} interrupted']);
    expect(await receipts[0]?.begin()).toBe(true);
    expect(await states()).toEqual(['begun', 'begun']);
    for (const receipt of receipts) receipt.end();
    await b.inbox.close();
    expect(await states()).toEqual(['done', 'done']);
  });

  test('what waited for more than five minutes is only said not to be done', async () => {
    await startProcess('a').inbox.receive(arrival());
    pass(5 * 60 + 1);
    await startProcess('b').look();
    expect(replayed).toEqual(['b {"text":"k1"} late']);
  });

  test('and its successor, too, is a third one takes over', async () => {
    await startProcess('a').inbox.receive(arrival());
    pass(11);
    await startProcess('b').look();
    pass(11);
    await startProcess('c').look();
    expect(replayed).toEqual(['b {"text":"k1"} whole', 'c {"text":"k1"} whole']);
  });

  test('what could not be answered is tried again, and dropped when half an hour has passed', async () => {
    await startProcess('a').inbox.receive(arrival());
    failing = new Error('Slack is unreachable');
    const b = startProcess('b');
    for (const seconds of [11, 11]) {
      pass(seconds);
      await b.look();
    }
    expect(await states()).toEqual(['waiting']);
    pass(31 * 60);
    await b.look();
    await b.inbox.close();
    expect(replayed).toHaveLength(3);
    expect([errors, await states()]).toEqual([[failing, failing, failing], ['done']]);
  });

  test('what was sent with a key that is lost is dropped', async () => {
    await startProcess('a').inbox.receive(arrival());
    await database.db('inbox').update({ content: 'eyJub3QiOiJvdXJzIn0....' });
    pass(11);
    const b = startProcess('b');
    await b.look();
    await b.inbox.close();
    expect([replayed, errors.length, await states()]).toEqual([[], 1, ['done']]);
  });
});

describe('a process that lives', () => {
  test('keeps what it renews, and is not taken over when it stops for a while', async () => {
    const [a, b] = [startProcess('a'), startProcess('b')];
    await a.inbox.receive(arrival());
    a.inbox.takeOverNoMore(); // As when it stops: it still answers what it has.
    for (let n = 0; n < 10; n += 1) {
      await a.inbox.look();
      await b.look();
    }
    expect(replayed).toEqual([]);
  });

  test('handles nothing that another one took over while it stood still', async () => {
    const receipt = await startProcess('a').inbox.receive(arrival());
    pass(11);
    await startProcess('b').look();
    expect(await receipt.begin()).toBe(false);
    receipt.end();
    await settle();
    expect(await states()).toEqual(['waiting']);
  });

  test('takes over nothing at its first look after an outage, when all look dead', async () => {
    const [a, b] = [startProcess('a'), startProcess('b')];
    await a.inbox.receive(arrival());
    await b.look();
    pass(60);
    await b.inbox.look();
    await a.inbox.look();
    pass(2);
    await b.inbox.look();
    expect(replayed).toEqual([]);
  });
});
