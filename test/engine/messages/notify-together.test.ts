import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { together } from '../../../src/core/together.ts';
import { addresseeOf, notifyTogether } from '../../../src/engine/messages/notify-person.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { dispatch } from '../../../src/engine/work/on-event.ts';
import { createJobDriver } from '../../../src/store/queue/job-driver.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { aPerson } from '../../contracts/a-person.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';
import { temporaryPostgres } from '../../support/peers/postgres.ts';

const NOON = new Date('2026-11-24T12:00:00.000Z');
const now = () => NOON;
const card = (name: string) => ({ view: name, payload: '{}', topic: name });

describe.each([
  ['SQLite', () => temporaryDatabase(now)],
  ['PostgreSQL', () => temporaryPostgres(now)],
] as const)('%s', (name, open) => {
  const person = aPerson();
  let opened: TestDatabase;
  beforeEach(async () => {
    opened = await open();
    await opened.stores.people.insert(person);
  });
  afterEach(() => opened.cleanup());

  async function notify(tx: Transaction, what: string, meanwhile?: () => Promise<unknown>) {
    const to = await addresseeOf(tx, person.id, 'access-granted');
    await meanwhile?.();
    await notifyTogether(tx, to, { first: card(what), others: () => card('others') });
  }

  /** The cards of the messages that wait, and in how many minutes each is due. */
  async function waiting() {
    const jobs = await createJobDriver(opened.db).waiting({ after: 0, limit: 100 });
    return jobs.map(({ payload, dueAt }) => {
      const { card: sent } = payload as { readonly card: { readonly view: string } };
      return `${sent.view} ${(dueAt.getTime() - NOON.getTime()) / 60_000}`;
    });
  }

  test('of three in one transaction, the first comes at once and one message for the others', async () => {
    await opened.transact(async (tx) => {
      for (const what of ['one', 'two', 'three']) await notify(tx, what);
    });
    expect(await waiting()).toEqual(['one 0', 'others 10']);
  });

  test('of two at the same moment of a transaction, one comes at once, and the other with the others', async () => {
    await opened.transact((tx) => together([notify(tx, 'one'), notify(tx, 'two')]));
    expect(await waiting()).toEqual(['one 0', 'others 10']);
  });

  test('those of the next ten minutes are a message of their own, also while the one before waits', async () => {
    for (const minutes of [0, 10]) {
      const then = new Date(NOON.getTime() + minutes * 60_000);
      const others = (since: Date) => card(`others since ${since.toISOString().slice(11, 16)}`);
      await unitOfWork(opened.db, opened.vault, { now: () => then })(async (tx) => {
        for (const what of ['one', 'two', 'three']) {
          const to = await addresseeOf(tx, person.id, 'access-granted');
          await notifyTogether(tx, to, { first: card(what), others });
        }
      });
    }
    expect(await waiting()).toEqual([
      'one 0',
      'others since 12:00 10',
      'one 10',
      'others since 12:10 20',
    ]);
  });

  // SQLite has one writer at a time.
  test.runIf(name === 'PostgreSQL')(
    'where another transaction notifies of the first at the same moment, this is one of the others',
    async () => {
      const other = unitOfWork(opened.connect(), opened.vault, { now });
      let tries = 0;
      await opened.transact(async (tx) => {
        tries += 1;
        const isFirstTry = tries === 1;
        await notify(tx, 'ours', async () => {
          if (isFirstTry) await other((its) => notify(its, 'theirs'));
        });
      });
      expect(tries).toBe(2);
      expect(await waiting()).toEqual(['theirs 0', 'others 10']);
    },
  );

  test('what the handlers of an event read is one statement, and so are their jobs', async () => {
    const asking = {
      'findings-due': async (tx: Transaction) => {
        const [found] = await tx.holds.openOf(person.id);
        const key = found?.id;
        await tx.queue.push('purge', {}, { lane: 'background', key });
      },
    };
    const onEvent = dispatch(asking, {
      'findings-due': async (tx) => {
        if (await tx.people.find(person.id)) await tx.queue.push('purge', {}, { lane: 'imports' });
      },
    });
    const statements: string[] = [];
    opened.db.on('query', ({ sql }: { readonly sql: string }) => {
      if (!/^(?:begin|commit|select name from pragma)/i.test(sql)) statements.push(sql);
    });
    await opened.transact((tx) => onEvent(tx, { kind: 'findings-due' }));
    expect(statements).toHaveLength(2);
  });
});
