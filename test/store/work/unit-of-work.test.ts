import { afterEach, beforeEach, expect, test } from 'vitest';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';

const now = () => new Date('2026-11-24T12:00:00.000Z');

let database: TestDatabase;
beforeEach(async () => {
  database = await temporaryDatabase(now);
});
afterEach(() => database.cleanup());

test('two connections that each read and then write, a hundred times at once, all get through', async () => {
  const person = {
    id: 'p',
    version: 1,
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: '',
    role: 'other',
    active: true,
    stored: {},
  } as const;
  await database.stores.people.insert(person);
  const transacts = [database.transact, unitOfWork(database.connect(), database.vault, now)];

  const rounds = transacts.map(async (transact) => {
    for (let round = 0; round < 100; round += 1) {
      await transact(async (tx) => {
        const read = await tx.people.find('p');
        if (!read) throw new Error('The person is gone');
        await tx.people.save({ ...read, position: String(read.version) });
      });
    }
  });
  await Promise.all(rounds);

  expect((await database.stores.people.find('p'))?.version).toBe(201);
});

test('a wake-up is given after a commit that pushed a job, and after no other', async () => {
  let woken = 0;
  const transact = unitOfWork(database.db, database.vault, now, () => {
    woken += 1;
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

test('an error of the database names the statement and none of its values', async () => {
  const entry = { id: 'e', at: now(), actor: { kind: 'system' }, what: 'a-secret-value' } as const;
  await database.stores.audit.add(entry);
  await expect(database.stores.audit.add(entry)).rejects.toThrow(
    /^(?!.*a-secret-value)insert into .audit_log.*unique/i,
  );
});
