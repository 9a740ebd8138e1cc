/** Two workers at one list of accounts: nothing of the slower one's batch stays. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endRound } from '../../../src/engine/findings/account-round.ts';
import { advanceRound } from '../../../src/engine/findings/advance-round.ts';
import {
  beginClosing,
  beginRound,
  LostRound,
  takeRound,
  whileOurs,
} from '../../../src/engine/findings/hold-round.ts';
import type { Integration } from '../../../src/engine/people/directory.ts';
import type { UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import { statementsOf } from '../../support/database/plans.ts';
import { addedIntegration } from '../../support/given/added.ts';
import { present } from '../../support/given/outcomes.ts';
import { workerOn } from '../../support/given/worker.ts';

describe.each(bothDatabases)('%s', (_, open) => {
  let database: Awaited<ReturnType<typeof open>>;
  let now: Date;
  let app: Integration;
  let roundId: string;
  beforeEach(async () => {
    now = new Date('2026-12-01T08:00:00Z');
    database = await open(() => now);
    const manifest = JSON.stringify({ execute: [{ url: 'https://a.example/users' }] });
    app = await addedIntegration(database.transact, { name: 'Fernboard', manifest, secrets: {} });
    roundId = present(await database.transact((tx) => beginRound(tx, app))).id;
  });
  afterEach(() => database.cleanup());

  const worker = (workerId: string) => ({ ...database, workerId });
  const taken = async (workerId: string) => present(await takeRound(roundId, worker(workerId)));

  test('who has lost it stores nothing', async () => {
    const slow = await taken('slow');
    now = new Date(now.getTime() + 3_600_000);
    await taken('quick');
    const storing = whileOurs(slow, worker('slow'), async (tx, round) => {
      await tx.accountRounds.addPage(round.id, 'page');
      return tx.accountRounds.save(round);
    });
    await expect(storing).rejects.toThrow(LostRound);
    expect(await database.stores.accountRounds.hasPage(roundId, 'page')).toBe(false);
  });

  test('a batch writes its round once, and doesn’t read it', async () => {
    const round = await taken('w');
    const statements = await statementsOf(database.db, () =>
      whileOurs(round, worker('w'), (tx, ours) => tx.accountRounds.save(ours)),
    );
    const about = statements.map(({ sql }) => sql).filter((sql) => sql.includes('account_rounds'));
    expect(about).toEqual([expect.stringMatching(/^update .account_rounds. set/)]);
  });

  test('one that closes is not deleted by who has lost it', async () => {
    const begun = present(await database.stores.accountRounds.find(roundId));
    await database.transact(async (tx) => {
      await tx.accountRounds.save(endRound(begun, { state: 'done' }, tx.now));
      await beginClosing(tx, app.id);
    });
    roundId = present(await database.stores.accountRounds.at(app.id)).id;
    let transactions = 0;
    const transact: UnitOfWork = async (work) => {
      transactions += 1;
      if (transactions === 2) {
        now = new Date(now.getTime() + 3_600_000);
        await taken('quick');
      }
      return database.transact(work);
    };
    await advanceRound(roundId, workerOn({ ...database, transact, now: () => now }, 'slow'));
    expect(await database.stores.accountRounds.find(roundId)).toMatchObject({ workerId: 'quick' });
  });
});
