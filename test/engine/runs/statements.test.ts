/**
 * How many SQL statements a durable run of two writes takes. Where one is too many, the test shows all of its transaction. Ask
 * questions together (`core/together.ts`), and store what changes once, at the end of the transaction (`RunUnit`).
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { advanceRun } from '../../../src/engine/runs/advance-run.ts';
import { newWorker } from '../../../src/engine/work/leased.ts';
import { clientOf } from '../../../src/store/knex-internals.ts';
import { type CountingParty, startCountingParty } from '../../support/counting-party.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import { openRunLab, type RunLab } from '../../support/run-lab.ts';

/** Of each transaction, without its BEGIN and COMMIT. The first one asks whose the account is. */
const MAX_STATEMENTS = [3, 2, 2];

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

  /** Later runs find what Latchkey knows of the app, the texts of statements, and what SQLite does for writes that come again. */
  async function afterThree(): Promise<() => Promise<void>> {
    const worker = { ...lab.foundation, ...newWorker('worker') };
    const [last = '', ...first] = await lab.start(4, ['writes']);
    const about = await lab.foundation.stores.runs.find(last);
    for (const runId of first)
      await advanceRun(runId, worker, await lab.foundation.stores.runs.find(runId));
    return () => advanceRun(last, worker, about);
  }

  test('a run of two writes is three transactions of few statements', async () => {
    const run = await afterThree();
    const transactions: string[][] = [[]];
    lab.foundation.db.on('query', ({ sql }: { readonly sql: string }) => {
      if (sql.startsWith('COMMIT')) transactions.push([]);
      else if (!sql.startsWith('BEGIN')) transactions.at(-1)?.push(sql);
    });
    await run();
    expect(await lab.unfinished()).toBe(0);
    expect(transactions.splice(3).flat()).toHaveLength(1); // Of `unfinished`.
    const tooLong = transactions.filter(({ length }, at) => length > (MAX_STATEMENTS[at] ?? 0));
    expect(tooLong).toEqual([]);
  });

  test('Knex makes no text of a run anew', async () => {
    const run = await afterThree();
    const client = clientOf(lab.foundation.db);
    const makers = [client, client.constructor.prototype].map((each) =>
      vi.spyOn(each, 'queryCompiler'),
    );
    await run();
    expect(makers.flatMap(({ mock }) => mock.calls)).toHaveLength(0);
    expect(await lab.unfinished()).toBe(0);
  });
});
