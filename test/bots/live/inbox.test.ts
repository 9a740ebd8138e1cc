import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoredInbox } from '../../../src/bots/live/inbox.ts';
import { afterTimeAwake } from '../../../src/bots/live/time-awake.ts';
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
/** Lets pending callbacks run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

interface Timer {
  readonly at: number;
  readonly work: () => void;
}

/** A process. Its timers run when a test says so. */
function startProcess(name: string, store: InboxStore = database.stores.inbox) {
  const timers = new Set<Timer>();
  let elapsed = 0;
  const later = (ms: number, work: () => void) => {
    const timer = { at: elapsed + ms, work };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  const inbox = new StoredInbox({
    store,
    processId: name,
    now: () => now,
    later,
    afterTimeAwake: (ms, work) => afterTimeAwake(ms, later, work),
    isFree: () => isFree,
    rateLimit: () => (isWithinLimit ? { ok: true } : { ok: false, afterMs: 1, isFirst: true }),
    onError: (error) => void errors.push(error),
  });
  inbox.start({
    slack: async (content, receipt) => {
      const refusal = await receipt.refusal;
      replayed.push(`${name} ${JSON.stringify(content)} ${refusal?.kind ?? 'whole'}`);
      receipts.push(receipt);
      if (failing) throw failing;
    },
  });

  /** All timers that are due run in one turn of the event loop, as after a stall. */
  function stall(ms: number): void {
    elapsed += ms;
    for (const timer of [...timers].toSorted((a, b) => a.at - b.at)) {
      if (timer.at > elapsed || !timers.delete(timer)) continue;
      timer.work();
    }
  }
  /** Time passes, and the event loop turns. */
  async function elapse(ms: number): Promise<void> {
    for (let n = 0; n < ms / 100; n += 1) {
      stall(100);
      await settle();
    }
  }

  return {
    inbox,
    stall,
    elapse,
    async close() {
      const closed = inbox.close();
      while ((await soFar(closed)) === 'pending') await elapse(100);
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

/** A store whose inserts wait until the test lets them go on. @param isInstant they then answer at once, and store nothing */
function scripted(isInstant = false) {
  const inserts: { readonly keys: readonly string[]; go(error?: Error): void }[] = [];
  const store: InboxStore = {
    ...database.stores.inbox,
    async insert(rows, lease) {
      await new Promise<void>((resolve, reject) => {
        inserts.push({
          keys: rows.map(({ key }) => key),
          go: (error) => (error ? reject(error) : resolve()),
        });
      });
      return isInstant
        ? new Set(rows.map(({ key }) => key))
        : database.stores.inbox.insert(rows, lease);
    },
  };
  return { store, inserts };
}

const arrival = (key = 'k1'): Arrival => ({
  user: { platform: 'slack', tenant: 'T', userId: 'U' },
  key,
  content: { text: key },
  withinMs: 2500,
});
/** @returns what it gives, or `pending` */
async function soFar(what: Promise<unknown>): Promise<unknown> {
  return Promise.race([what, settle().then(() => 'pending')]);
}
/** Received and stored. */
async function receive({ inbox }: { readonly inbox: StoredInbox }, key?: string): Promise<Receipt> {
  const receipt = inbox.receive(arrival(key));
  expect(await receipt.refusal).toBeUndefined();
  return receipt;
}
const states = () => database.db('inbox').orderBy('key').pluck('state');

describe('what comes in', () => {
  test('is stored as begun where it begins at once, and else begins when it is its turn', async () => {
    const a = startProcess('a');
    isFree = true;
    await receive(a, 'k1');
    isFree = false;
    const receipt = await receive(a, 'k2');
    expect(await states()).toEqual(['begun', 'waiting']);
    expect(await receipt.begin()).toBe(true);
    expect(await states()).toEqual(['begun', 'begun']);
  });

  test('twice is handled by one process', async () => {
    const [a, b] = [startProcess('a'), startProcess('b')];
    const all = await Promise.all(
      [a, a, b, b].map(({ inbox }) => inbox.receive(arrival()).refusal),
    );
    expect(all.map((refused) => refused?.kind ?? 'handled').toSorted()).toEqual([
      'handled',
      'repeated',
      'repeated',
      'repeated',
    ]);
  });

  test('beyond the limit is not stored', async () => {
    isWithinLimit = false;
    const { refusal } = startProcess('a').inbox.receive(arrival());
    expect(await refusal).toEqual({ kind: 'rate-limited', isFirst: true });
    expect(await states()).toEqual([]);
  });

  test('and was answered leaves its key, when the next marks are stored', async () => {
    const a = startProcess('a');
    (await receive(a)).end();
    await a.close();
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
    (await receive(a)).end();
    await a.elapse(200);
    expect([errors.length, await states()]).toEqual([1, ['waiting']]);
    isBroken = false;
    await a.inbox.look();
    await a.close();
    expect(await states()).toEqual(['done']);
  });

  test('at the same moment shares a commit, and so do the marks of what was answered', async () => {
    const commits: string[] = [];
    database.db.on('query', ({ sql }: { readonly sql: string }) => {
      if (sql.startsWith('COMMIT')) commits.push(sql);
    });
    const a = startProcess('a');
    const all = await Promise.all(Array.from({ length: 200 }, (_, n) => receive(a, `k${n}`)));
    expect(commits.length).toBeLessThanOrEqual(2);
    for (const receipt of all) receipt.end();
    await a.close();
    expect(commits.length).toBeLessThanOrEqual(4);
    expect(new Set(await states())).toEqual(new Set(['done']));
  });

  test('at the same moment shares a statement, and what comes during it the next one', async () => {
    const { store, inserts } = scripted();
    const a = startProcess('a', store);
    const all = ['k1', 'k2'].map((key) => a.inbox.receive(arrival(key)).refusal);
    await settle();
    all.push(...['k3', 'k4'].map((key) => a.inbox.receive(arrival(key)).refusal));
    inserts[0]?.go();
    await Promise.all(all.slice(0, 2));
    await settle();
    inserts[1]?.go();
    await Promise.all(all);
    expect(inserts.map(({ keys }) => keys)).toEqual([
      ['k1', 'k2'],
      ['k3', 'k4'],
    ]);
  });
});

describe('when the database is slow', () => {
  test('what it may have is acknowledged in time, and handled when it is stored', async () => {
    const { store, inserts } = scripted();
    const a = startProcess('a', store);
    const { refusal, acknowledgeable } = a.inbox.receive(arrival());
    await a.elapse(2400);
    expect(await soFar(acknowledgeable)).toBe('pending');
    await a.elapse(200);
    expect(await soFar(acknowledgeable)).toBeUndefined();
    expect(await soFar(refusal)).toBe('pending');
    inserts[0]?.go();
    expect(await refusal).toBeUndefined();
  });

  test('what it took longer for than its lease is handled by one process', async () => {
    const { store, inserts } = scripted();
    const a = startProcess('a', store);
    isFree = true;
    const receipt = a.inbox.receive(arrival());
    await settle();
    pass(11);
    inserts[0]?.go();
    expect(await receipt.refusal).toBeUndefined();
    await startProcess('b').look();
    expect(replayed).toEqual(['b {"text":"k1"} interrupted']);
    expect(await receipt.begin()).toBe(false);
  });

  test('what has not been sent to it yet is refused in time, and never stored', async () => {
    const { store, inserts } = scripted();
    const a = startProcess('a', store);
    const first = a.inbox.receive(arrival('k1'));
    await settle();
    const second = a.inbox.receive(arrival('k2'));
    await a.elapse(2600);
    await second.acknowledgeable;
    expect(await second.refusal).toEqual({ kind: 'unstored' });
    second.end();
    inserts[0]?.go();
    expect(await first.refusal).toBeUndefined();
    await a.close();
    expect(inserts.map(({ keys }) => keys)).toEqual([['k1']]);
    expect(await database.db('inbox').pluck('key')).toEqual(['k1']);
  });

  test('time in which this process stood still doesn’t count', async () => {
    const { store, inserts } = scripted();
    const a = startProcess('a', store);
    const first = a.inbox.receive(arrival('k1'));
    await settle();
    const second = a.inbox.receive(arrival('k2'));
    a.stall(60_000);
    await settle();
    a.stall(60_000);
    expect(await soFar(second.refusal)).toBe('pending');
    inserts[0]?.go();
    expect(await first.refusal).toBeUndefined();
    await settle();
    inserts[1]?.go();
    expect(await second.refusal).toBeUndefined();
  });

  test('an answer that arrived with the end of the time counts', async () => {
    const { store, inserts } = scripted(true);
    const a = startProcess('a', store);
    const first = a.inbox.receive(arrival('k1'));
    await settle();
    const second = a.inbox.receive(arrival('k2'));
    await a.elapse(2400);
    a.stall(100);
    inserts[0]?.go(); // In the same turn.
    expect(await first.refusal).toBeUndefined();
    await settle();
    inserts[1]?.go();
    expect(await second.refusal).toBeUndefined();
  });
});

describe('when the database fails', () => {
  const broken = new Error('the connection is lost');

  test('what was stored all the same is cancelled before its person reads that nothing was done', async () => {
    const a = startProcess('a', {
      ...database.stores.inbox,
      async insert(rows, lease) {
        await database.stores.inbox.insert(rows, lease);
        throw broken;
      },
    });
    expect(await a.inbox.receive(arrival()).refusal).toEqual({ kind: 'unstored' });
    expect([errors, await states()]).toEqual([[broken], ['done']]);
    pass(60);
    await startProcess('b').look();
    expect(replayed).toEqual([]);
  });

  test('what reaches it after that is not stored any more', async () => {
    const { store, inserts } = scripted();
    let stored: ReturnType<InboxStore['insert']> | undefined;
    const a = startProcess('a', {
      ...store,
      async insert(rows, lease) {
        stored = store.insert(rows, lease);
        throw broken;
      },
    });
    expect(await a.inbox.receive(arrival()).refusal).toEqual({ kind: 'unstored' });
    inserts[0]?.go();
    expect(await stored).toEqual(new Set());
    expect(await states()).toEqual(['done']);
  });

  test('what it may have, and could not be cancelled, may have been done; it is cancelled later', async () => {
    let isBroken = true;
    const a = startProcess('a', {
      ...database.stores.inbox,
      async insert(rows, lease) {
        await database.stores.inbox.insert(rows, lease);
        throw broken;
      },
      cancel: (marks, processId) =>
        isBroken ? Promise.reject(broken) : database.stores.inbox.cancel(marks, processId),
    });
    expect(await a.inbox.receive(arrival()).refusal).toEqual({ kind: 'failed' });
    expect(await states()).toEqual(['waiting']);
    await a.look(); // Renewed, so that nobody takes it over.
    pass(5);
    await startProcess('b').look();
    isBroken = false;
    await a.inbox.look();
    expect([replayed, await states()]).toEqual([[], ['done']]);
  });

  test('a repeat of what another process handles is left to it', async () => {
    await receive(startProcess('b'));
    const a = startProcess('a', {
      ...database.stores.inbox,
      insert: () => Promise.reject(broken),
    });
    expect(await a.inbox.receive(arrival()).refusal).toEqual({ kind: 'repeated' });
    expect(await states()).toEqual(['waiting']);
  });
});

describe('when a process dies', () => {
  test('another one handles what waited, and hands on that it was interrupted what had begun', async () => {
    const a = startProcess('a');
    await receive(a, 'k1');
    isFree = true;
    await receive(a, 'k2');
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
    await b.close();
    expect(await states()).toEqual(['done', 'done']);
  });

  test('what waited for more than five minutes is only said not to be done', async () => {
    await receive(startProcess('a'));
    pass(5 * 60 + 1);
    await startProcess('b').look();
    expect(replayed).toEqual(['b {"text":"k1"} late']);
  });

  test('and its successor dies too, a third one takes over', async () => {
    await receive(startProcess('a'));
    pass(11);
    await startProcess('b').look();
    pass(11);
    await startProcess('c').look();
    expect(replayed).toEqual(['b {"text":"k1"} whole', 'c {"text":"k1"} whole']);
  });

  test('what could not be answered is tried again also by a process that answers others', async () => {
    await receive(startProcess('a'), 'k1');
    pass(11);
    failing = new Error('Slack is unreachable');
    const b = startProcess('b');
    await receive(b, 'k2');
    await b.look();
    failing = undefined;
    for (let n = 0; n < 6; n += 1) await b.look();
    expect(replayed).toEqual(['b {"text":"k1"} whole', 'b {"text":"k1"} whole']);
  });

  test('what could not be answered is tried again, and dropped when half an hour has passed', async () => {
    await receive(startProcess('a'));
    failing = new Error('Slack is unreachable');
    const b = startProcess('b');
    for (const seconds of [11, 11]) {
      pass(seconds);
      await b.look();
    }
    expect(await states()).toEqual(['waiting']);
    pass(31 * 60);
    await b.look();
    await b.close();
    expect(replayed).toHaveLength(3);
    expect([errors, await states()]).toEqual([[failing, failing, failing], ['done']]);
  });

  test('what was sent with a key that is lost is dropped', async () => {
    await receive(startProcess('a'));
    await database.db('inbox').update({ content: 'eyJub3QiOiJvdXJzIn0....' });
    pass(11);
    const b = startProcess('b');
    await b.look();
    await b.close();
    expect([replayed, errors.length, await states()]).toEqual([[], 1, ['done']]);
  });
});

describe('a process that lives', () => {
  test('keeps what it renews, and is not taken over when it stops for a while', async () => {
    const [a, b] = [startProcess('a'), startProcess('b')];
    await receive(a);
    a.inbox.takeOverNoMore(); // As when it stops: it still answers what it has.
    for (let n = 0; n < 10; n += 1) {
      await a.inbox.look();
      await b.look();
    }
    expect(replayed).toEqual([]);
  });

  test('handles nothing that another one took over while it stood still', async () => {
    const receipt = await receive(startProcess('a'));
    pass(11);
    await startProcess('b').look();
    expect(await receipt.begin()).toBe(false);
    receipt.end();
    await settle();
    expect(await states()).toEqual(['waiting']);
  });

  test('takes over nothing at its first look after an outage, when all look dead', async () => {
    const [a, b] = [startProcess('a'), startProcess('b')];
    await receive(a);
    await b.look();
    pass(60);
    await b.inbox.look();
    await a.inbox.look();
    pass(2);
    await b.inbox.look();
    expect(replayed).toEqual([]);
  });
});

test('a database that is away is said once, and not with each look', async () => {
  const away = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  let isAway = true;
  const process = startProcess('a', {
    ...database.stores.inbox,
    renew: async () => {
      if (isAway) throw away;
    },
    takeOver: async () => [],
  });
  await process.elapse(10_000);
  expect(errors.splice(0)).toEqual([away]);
  isAway = false;
  await process.elapse(4000);
  isAway = true;
  await process.elapse(4000);
  expect(errors.splice(0)).toEqual([away]);
});
