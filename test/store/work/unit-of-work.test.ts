import { afterEach, beforeEach, expect, test } from 'vitest';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';
import { present } from '../../support/given/outcomes.ts';

const now = () => new Date('2026-11-24T12:00:00.000Z');

const ANN = {
  id: 'p',
  version: 1,
  email: 'ann@example.com',
  firstName: 'Ann',
  lastName: '',
  role: 'other',
  active: true,
  stored: {},
} as const;

let database: TestDatabase;
beforeEach(async () => {
  database = await temporaryDatabase(now);
});
afterEach(() => database.cleanup());

test('two connections that each read and then write, a hundred times at once, all get through', async () => {
  await database.stores.people.insert(ANN);
  const transacts = [database.transact, unitOfWork(database.connect(), database.vault, { now })];

  const rounds = transacts.map(async (transact) => {
    for (let round = 0; round < 100; round += 1) {
      await transact(async (tx) => {
        const read = present(await tx.people.find('p'));
        await tx.people.save({ ...read, position: String(read.version) });
      });
    }
  });
  await Promise.all(rounds);

  expect((await database.stores.people.find('p'))?.version).toBe(201);
});

test('a wake-up is given after a commit that pushed a job, and after no other', async () => {
  let woken = 0;
  const transact = unitOfWork(database.db, database.vault, {
    now,
    pushed: () => {
      woken += 1;
    },
  });
  const push = { lane: 'background' } as const;

  await transact(async (tx) => {
    await tx.queue.push('run.advance', { runId: 'a' }, push);
    expect(woken).toBe(0);
  });
  expect(woken).toBe(1);
  await transact(async (tx) => tx.people.find('p'));
  const undone = transact(async (tx) => {
    await tx.queue.push('run.advance', { runId: 'b' }, push);
    throw new RangeError('undo');
  });
  await expect(undone).rejects.toThrow('undo');
  expect(woken).toBe(1);
});

test('a job that is pushed after the end of its transaction is refused, since nothing would store it', async () => {
  const { queue } = await database.transact(async (tx) => tx);
  const late = queue.push('run.advance', { runId: 'a' }, { lane: 'background' });
  await expect(late).rejects.toThrow('The transaction has ended');
});

test('what a unit of work has left running stores nothing in the one that shares its transaction', async () => {
  let goOn = (): void => undefined;
  const waits = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let left: Promise<unknown> | undefined;
  const leaving = database.transact(async (tx) => {
    left = waits.then(() => tx.people.insert(ANN));
  });
  const next = database.transact(async () => {
    goOn();
    await Promise.allSettled([left]);
  });

  await Promise.all([leaving, next]);
  await expect(left).rejects.toMatchObject({ code: 'outside-of-unit' });
  expect(await database.stores.people.find('p')).toBeUndefined();
});

test('an error of the database names the statement and none of its values', async () => {
  const entry = { id: 'e', at: now(), actor: { kind: 'system' }, what: 'a-secret-value' } as const;
  await database.stores.auditLog.add(entry);
  await expect(database.stores.auditLog.add(entry)).rejects.toThrow(
    /^(?!.*a-secret-value)insert into .audit_log.*unique/i,
  );
});

test('a transaction that another one overtook runs again, and nothing of its first try is left', async () => {
  await database.stores.people.insert(ANN);
  const woken: unknown[] = [];
  const transact = unitOfWork(database.db, database.vault, {
    now,
    pushed: (jobs) => void woken.push(...jobs),
  });
  let tries = 0;
  await transact(async (tx) => {
    tries += 1;
    await tx.queue.push('run.advance', { runId: `try ${tries}` }, { lane: 'background' });
    const overtaken = tries === 1 ? { version: 0 } : {};
    await tx.people.save({ ...ANN, ...overtaken, position: `try ${tries}` });
  });
  expect((await database.stores.people.find('p'))?.position).toBe('try 2');
  expect(woken).toMatchObject([{ name: 'run.advance', payload: { runId: 'try 2' } }]);
});

test('a transaction that comes with a row that was changed before it began fails after two tries', async () => {
  await database.stores.people.insert(ANN);
  await database.transact((tx) => tx.people.save({ ...ANN, position: 'Pilot' }));
  let tries = 0;
  const late = database.transact((tx) => {
    tries += 1;
    return tx.people.save({ ...ANN, position: 'Captain' });
  });
  await expect(late).rejects.toThrow('person p has changed since it was read');
  expect(tries).toBe(2);
  expect((await database.stores.people.find('p'))?.position).toBe('Pilot');
});

test('a transaction looks at the clock each time: it may have waited for a row since it began', async () => {
  let seconds = 0;
  const ticking = () => new Date(Date.UTC(2026, 10, 24, 12, 0, seconds++));
  const transact = unitOfWork(database.db, database.vault, { now: ticking });
  const [first, second] = await transact(async (tx) => [tx.now, tx.now]);
  expect(second?.getTime()).toBeGreaterThan(first?.getTime() ?? 0);
});
