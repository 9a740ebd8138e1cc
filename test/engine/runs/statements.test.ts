/**
 * How many SQL statements a durable run of two writes takes. Where one is too many, the test shows all of its transaction. Ask
 * questions together (`core/together.ts`), and store what changes once, at the end of the transaction (`RunUnit`).
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { advanceRun } from '../../../src/engine/runs/advance-run.ts';
import { newWorker } from '../../../src/engine/work/leased.ts';
import { type CountingParty, startCountingParty } from '../../support/counting-party.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import { openRunLab, type RunLab } from '../../support/run-lab.ts';

/** Of each transaction, without its BEGIN and COMMIT. The first one finds the run first, and asks whose the account is. */
const MAX_STATEMENTS = [4, 2, 2];

describe.each(bothDatabases)('%s', (_, openEmpty) => {
  let database: { readonly url: string; readonly cleanup: () => Promise<void> };
  let party: CountingParty;
  let lab: RunLab;
  beforeEach(async () => {
    database = await openEmpty();
    party = await startCountingParty(() => 0);
    lab = await openRunLab(database.url, party);
  });
  afterEach(async () => {
    await lab.close();
    await party.close();
    await database.cleanup();
  });

  test('a run of two writes is three transactions of few statements', async () => {
    const { foundation } = lab;
    const worker = { ...foundation, ...newWorker('worker') };
    const [first = '', second = '', third = '', last = ''] = await lab.start(4, ['writes']);
    // Later runs find what Latchkey knows of the app, and what SQLite does for writes that come again.
    for (const runId of [first, second, third]) await advanceRun(runId, worker);
    const transactions: string[][] = [[]];
    foundation.db.on('query', ({ sql }: { readonly sql: string }) => {
      if (sql.startsWith('COMMIT')) transactions.push([]);
      else if (!sql.startsWith('BEGIN')) transactions.at(-1)?.push(sql);
    });
    await advanceRun(last, worker);
    expect(await lab.unfinished()).toBe(0);
    expect(transactions.splice(3).flat()).toHaveLength(1); // Of `unfinished`.
    const tooLong = transactions.filter(({ length }, at) => length > (MAX_STATEMENTS[at] ?? 0));
    expect(tooLong).toEqual([]);
  });
});
