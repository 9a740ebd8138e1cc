import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import {
  type DueDeps,
  fireDue,
  type Occurrence,
  type Source,
  ticker,
} from '../../../src/engine/work/due.ts';
import { createStores } from '../../../src/store/stores.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const MINUTE = 60_000;
const noon = new Date('2026-11-25T12:00:00Z');
const later = (minutes: number) => new Date(noon.getTime() + minutes * MINUTE);

/** Fires these, and notes each in a setting of its own in the same transaction. */
function noting(
  name: string,
  occurrences: readonly Occurrence[],
  before?: () => Promise<void>,
): Source {
  return {
    name,
    async *due(_stores, now) {
      for (const occurrence of occurrences) if (occurrence.at <= now) yield occurrence;
    },
    async fire(tx, { subject, at }) {
      await note(tx, `${name} ${subject} ${at.toISOString()}`);
      await before?.();
    },
  };
}

/** @throws where it is noted already: a second effect never goes unseen. */
const note = (tx: Transaction, key: string): Promise<void> => tx.settings.save(key, 0, 'fired');

const many = (count: number, at = noon): Occurrence[] =>
  Array.from({ length: count }, (_, index) => ({ subject: String(index), at }));

describe('one process', () => {
  let database: TestDatabase;
  let errors: unknown[];
  beforeEach(async () => {
    errors = [];
    database = await temporaryDatabase(() => noon);
  });
  afterEach(() => database.cleanup());

  const parts = (...sources: Source[]): DueDeps => ({
    ...database,
    sources,
    onError: (error, where) => errors.push([where, error]),
  });
  const noted = (key: string) => database.stores.settings.find(key);

  test('what is due fires once, whenever one looks again', async () => {
    const source = noting('s', [{ subject: 'a', at: noon }]);
    expect(await fireDue(parts(source), noon)).toBe(1);
    expect(await fireDue(parts(source), noon)).toBe(0);
    expect(await fireDue(parts(source), later(1))).toBe(0);
    expect(errors).toEqual([]);
  });

  test('what is not due yet waits for its time', async () => {
    const source = noting('s', [{ subject: 'a', at: later(1) }]);
    expect(await fireDue(parts(source), noon)).toBe(0);
    expect(await fireDue(parts(source), later(1))).toBe(1);
  });

  test('everything that fell due while nobody looked fires at the next tick', async () => {
    const hourly = [0, 60, 120].map((minutes) => ({ subject: 'a', at: later(minutes) }));
    expect(await fireDue(parts(noting('s', hourly)), later(125))).toBe(3);
  });

  test('two sources may use the same subject and time', async () => {
    const occurrence = { subject: 'a', at: noon };
    expect(await fireDue(parts(noting('s', [occurrence]), noting('t', [occurrence])), noon)).toBe(
      2,
    );
  });

  test('an occurrence that fails is logged, leaves nothing behind and is tried at the next tick', async () => {
    let broken = true;
    const source = noting('s', many(2), async () => {
      if (broken) throw new Error('no');
    });
    expect(await fireDue(parts(source), noon)).toBe(0);
    expect(errors).toHaveLength(2);
    expect(await noted('s 0 2026-11-25T12:00:00.000Z')).toBeUndefined();

    broken = false;
    expect(await fireDue(parts(source), later(1))).toBe(2);
  });

  test('an occurrence whose row someone changes in that moment is tried again at once', async () => {
    let isTaken = true;
    const source = noting('s', many(1), async () => {
      if (isTaken) {
        isTaken = false;
        throw new StaleWrite('limit', '1');
      }
    });
    expect(await fireDue(parts(source), noon)).toBe(1);
    expect(errors).toEqual([]);
  });

  test('a source that fails keeps no other from firing', async () => {
    const broken: Source = {
      name: 'broken',
      // oxlint-disable-next-line require-yield -- it fails before it gives anything
      async *due() {
        throw new Error('no');
      },
      fire: async () => undefined,
    };
    expect(await fireDue(parts(broken, noting('s', many(1))), noon)).toBe(1);
    expect(errors).toEqual([['due broken', new Error('no')]]);
  });

  test('a backlog is worked off over several ticks', async () => {
    const source = noting('s', many(501));
    expect(await fireDue(parts(source), noon)).toBe(500);
    expect(await fireDue(parts(source), later(1))).toBe(1);
  });

  test('what fails each time, however much it is, keeps nothing else from firing', async () => {
    const source = noting('s', [...many(600), { subject: 'last', at: noon }]);
    let tries = 0;
    const broken: Source = {
      ...source,
      async fire(tx, occurrence, now) {
        if (occurrence.subject === 'last') return source.fire(tx, occurrence, now);
        tries += 1;
        throw new Error('no');
      },
    };
    expect(await fireDue(parts(broken), noon)).toBe(0);
    expect(await fireDue(parts(broken), later(1))).toBe(1);
    expect(tries).toBe(999);
    await fireDue(parts(broken), later(2));
    expect(tries).toBe(1499);
  });

  test('a tick that comes while one is at work ends with that one', async () => {
    let looks = 0;
    const source: Source = {
      name: 's',
      async *due() {
        looks += 1;
        yield { subject: 'a', at: noon };
      },
      fire: async () => undefined,
    };
    const tick = ticker({ ...parts(source), now: () => noon });
    await Promise.all([tick(), tick()]);
    expect(looks).toBe(1);
    await tick();
    expect(looks).toBe(2);
  });
});

describe('three processes on one database', () => {
  let database: TestPostgres;
  let errors: unknown[];
  beforeEach(async () => {
    errors = [];
    database = await temporaryPostgres(() => noon);
  });
  afterEach(() => database.cleanup());

  const process = (source: Source): DueDeps => {
    const db = database.connect();
    return {
      stores: createStores(db, database.vault),
      transact: unitOfWork(db, database.vault, { now: () => noon }),
      sources: [source],
      onError: (error) => errors.push(error),
    };
  };

  test('fire each thing of the same minute once', async () => {
    const source = noting('s', many(60));
    const fired = await Promise.all([1, 2, 3].map(() => fireDue(process(source), noon)));
    expect(fired.reduce((sum, each) => sum + each)).toBe(60);
    expect(errors).toEqual([]); // A second effect would have failed.
  });

  test('leave to the next tick what one was cut off in the middle of', async () => {
    const cutOff = () =>
      database.db.raw(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and state = 'idle in transaction'`,
      );
    const source = noting('s', many(1), async () => void (await cutOff()));
    expect(await fireDue(process(source), noon)).toBe(0);
    expect(errors).toHaveLength(1);
    expect(await database.stores.settings.find('s 0 2026-11-25T12:00:00.000Z')).toBeUndefined();

    expect(await fireDue(process(noting('s', many(1))), later(1))).toBe(1);
  });
});
