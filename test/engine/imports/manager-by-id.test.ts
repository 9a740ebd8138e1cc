/** Managers whom a source names by employee ID, in whatever order its rows come. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { setOwnedFields } from '../../../src/engine/imports/owned-fields.ts';
import type { SyncRun } from '../../../src/engine/imports/sync-run.ts';
import type { Integration } from '../../../src/engine/people/directory.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import type { TestDatabase } from '../../support/database/database.ts';
import type { TestPostgres } from '../../support/peers/postgres.ts';
import { actor, addSource, importFrom } from './an-import.ts';

/** As BambooHR and Okta name them. */
interface Row {
  readonly id: string;
  readonly workEmail: string;
  readonly supervisorEId?: string | null;
}

describe.each(bothDatabases)('on %s', (_name, open) => {
  let database: TestDatabase | TestPostgres;
  let source: Integration;
  beforeEach(async () => {
    database = await open();
    source = await addSource(database, 'HR', {
      data_from: 'employees',
      data_structure: { email: 'workEmail', employee_id: 'id', manager_id: 'supervisorEId' },
    });
  });
  afterEach(() => database.cleanup());

  async function imported(employees: readonly Row[]): Promise<SyncRun> {
    const run = await importFrom(source, { employees }, database);
    expect(run.state).toBe('done');
    return run;
  }
  /** `ann: bo` for each person with a manager. */
  async function managers(): Promise<readonly string[]> {
    const { people } = await database.stores.people.search('', { offset: 0, limit: 50 });
    const name = (id: string | undefined) =>
      people.find((each) => each.id === id)?.email.split('@')[0] ?? '';
    return people
      .flatMap(({ id, managerId }) => (managerId ? [`${name(id)}: ${name(managerId)}`] : []))
      .toSorted();
  }
  const row = (name: string, id: string, supervisorEId?: string | null): Row => ({
    id,
    workEmail: `${name}@x.io`,
    ...(supervisorEId !== undefined && { supervisorEId }),
  });

  test('managers come before, after, or are here already', async () => {
    await imported([row('cy', '3')]);
    const run = await imported([row('ann', '1', '2'), row('bo', '2', '3'), row('dee', '4', '2')]);
    expect(await managers()).toEqual(['ann: bo', 'bo: cy', 'dee: bo']);
    expect(run.counts.withoutManager).toBe(0);
  });

  test('one who is nobody yet is reported, and found by a later import', async () => {
    const run = await imported([row('ann', '1', '2'), row('bob', '9', '9')]);
    expect([await managers(), run.counts.withoutManager]).toEqual([[], 1]);
    await imported([row('ann', '1', '2'), row('bo', '2')]);
    expect(await managers()).toEqual(['ann: bo']);
  });

  test('another one takes the place, and none clears it, where the import owns managers', async () => {
    const fields = ['manager'];
    await database.transact((tx) => setOwnedFields(tx, source, { actor, fields }));
    // So many that two changes need nobody's OK.
    const others = Array.from({ length: 12 }, (_each, index) => row(`x${index}`, `1${index}`));
    await imported([row('ann', '1', '2'), row('bo', '2'), row('cy', '3', '2'), ...others]);
    const now = [row('ann', '1', '4'), row('bo', '2'), row('cy', '3', null), row('dee', '4')];
    await imported([...now, ...others]);
    expect(await managers()).toEqual(['ann: dee']);
  });
});
