/** Deleting an integration where people have access: their access is removed first, or a task says who keeps it. */
import { beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { confirmGone } from '../../../src/engine/access/removals/removals.ts';
import { stopOtherGrants } from '../../../src/engine/access/stop-grants.ts';
import { followOrphans } from '../../../src/engine/findings/orphan-task.ts';
import {
  saveManifest,
  turnOff,
  turnOn,
} from '../../../src/engine/integrations/change-integration.ts';
import {
  type AccessWhenDeleted,
  deleteIntegration,
  emptyIntegration,
  finishDeletingOf,
} from '../../../src/engine/integrations/delete-integration.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { addPerson } from '../../../src/engine/people/people.ts';
import type { Jobs } from '../../../src/engine/ports/jobs.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Transaction, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import type { RunState } from '../../../src/engine/runs/run.ts';
import { finishTask } from '../../../src/engine/tasks/manual.ts';
import { aPerson } from '../../contracts/a-person.ts';
import { DAY, HOUR, MINUTE, type TestEngine, testEngine } from '../../support/engine.ts';
import { ok, present } from '../../support/given/outcomes.ts';
import { accessSince } from '../../support/has-access.ts';

let engine: TestEngine;
let integration: Integration;
beforeEach(async () => {
  engine = await testEngine();
  engine.party.on('POST /members', { json: {} });
  engine.party.on('DELETE /members', { json: {} });
  integration = await engine.integration(manifest(), { TOKEN: 's' });
});

const manifest = (path = 'members') => ({
  initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
  execute: [
    {
      url: `${engine.party.url}/members`,
      headers: { authorization: '{{TOKEN}}' },
      data: { email: '{{email}}' },
    },
  ],
  revoke: [{ method: 'DELETE', url: `${engine.party.url}/${path}` }],
});

const deps = () => ({ ...engine, actor: engine.actor });
const remove = (access: AccessWhenDeleted) =>
  engine.transact((tx) => deleteIntegration(tx, integration, { access, ...deps() }));
const found = async (): Promise<Integration> =>
  present(await engine.stores.integrations.find(integration.id));

test('what its list of accounts showed goes with it, since no round ever decides it again', async () => {
  const { stores, transact, now } = engine;
  const seen = { integrationId: integration.id, roundId: 'r', at: now() };
  const mail = 'nobody@elsewhere.example';
  await transact(async (tx) => {
    await tx.listedAccounts.put([{ key: mail, email: mail, name: '' }], { ...seen, newId });
    const [account] = await tx.listedAccounts.withEmails('r', [mail]);
    await tx.findings.insert({
      id: newId(),
      version: 1,
      integrationId: integration.id,
      accountId: account?.id,
      kind: 'orphan',
      state: 'open',
      label: mail,
      foundAt: seen.at,
      seenAt: seen.at,
      roundId: 'r',
    });
  });
  await remove('remove');
  await engine.runJobs();
  expect(await stores.findings.countOpen()).toMatchObject({ orphan: 0 });
  expect(await stores.listedAccounts.withEmails('r', [mail])).toEqual([]);
});

async function withAccess(count: number): Promise<readonly Person[]> {
  const people: Person[] = [];
  for (let each = 0; each < count; each += 1) {
    const person = await engine.person({ email: `p${each}@example.com`, firstName: `P${each}` });
    await engine.grant(person, integration);
    people.push(person);
  }
  await engine.runJobs();
  return people;
}

const openTasks = async () =>
  (await engine.stores.tasks.list({ state: 'open' }, { offset: 0, limit: 9 })).tasks;

test('whom something keeps from being removed keeps nobody else, and the integration stays', async () => {
  const [odd, other] = await withAccess(2);
  if (!odd || !other) throw new Error('There is nobody');
  await engine.db.raw(
    `create trigger keeps before insert on removals when new.person_id = '${odd.id}' begin select raise(abort, 'kept'); end`,
  );
  await remove('remove');
  const empty = () => emptyIntegration({ integrationId: integration.id }, engine);
  await expect(empty()).rejects.toThrow('The removal of 1 people could not begin');
  await engine.later(MINUTE).catch(() => undefined);
  await engine.later(MINUTE).catch(() => undefined);
  expect((await engine.removal(other, integration)).state).toBe('gone');
  expect((await found()).deletedAt).toBeUndefined();

  await engine.db.raw('drop trigger keeps');
  await empty();
  await engine.later(MINUTE);
  expect((await engine.removal(odd, integration)).state).toBe('gone');
  expect((await found()).deletedAt).toBeDefined();
});

describe('where their access is removed first', () => {
  test('it goes with the last removal, and its secrets with it', async () => {
    const people = await withAccess(2);
    expect((await remove('remove')).deletedAt).toBeUndefined();
    await engine.runJobs();
    for (const person of people)
      expect((await engine.removal(person, integration)).state).toBe('gone');
    expect((await found()).deletedAt).toEqual(engine.now());
    expect(await engine.stores.secrets.names(integration.id)).toEqual([]);
    expect(await engine.stores.access.forPerson(people[0]?.id ?? '')).toEqual([]);
  });

  test('until then it is turned off for good, and a new manifest may be the cure of what is stuck', async () => {
    await withAccess(1);
    engine.party.on('DELETE /members', { status: 400 });
    await remove('remove');
    await engine.tick(2 * HOUR);
    await engine.tick(2 * HOUR);
    const deleting = await found();
    expect(deleting).toMatchObject({ enabled: false, deletingSince: expect.any(Date) as Date });
    expect(deleting.deletedAt).toBeUndefined();
    expect(await engine.stores.removals.count({ state: 'stuck' })).toBe(1);
    await engine.transact((tx) => turnOn(tx, deleting, deps()));
    expect((await found()).enabled).toBe(false);

    engine.party.on('DELETE /users', { json: {} });
    const text = JSON.stringify(manifest('users'));
    const saved = await engine.transact((tx) => saveManifest(tx, deleting, { text, ...deps() }));
    expect(saved.ok).toBe(true);
    await engine.runJobs();
    expect((await found()).deletedAt).toBeDefined();
  });

  test('where that choice can not be read any more, it waits until an admin chooses again', async () => {
    const people = await withAccess(1);
    await remove('remove');
    const damaged = { settings: '{"whenDeleted":' };
    await engine.db('integrations').where({ id: integration.id }).update(damaged);
    await engine.runJobs();
    await engine.tick(2 * HOUR);
    expect((await found()).deletedAt).toBeUndefined();
    expect(await engine.stores.secrets.names(integration.id)).toEqual(['TOKEN']);
    await remove('remove');
    await engine.runJobs();
    for (const person of people)
      expect((await engine.removal(person, integration)).state).toBe('gone');
    expect((await found()).deletedAt).toBeDefined();
  });

  test('one that nobody has goes at once', async () => {
    await remove('remove');
    await engine.runJobs();
    expect((await found()).deletedAt).toBeDefined();
  });
});

describe('where people keep it', () => {
  test('it goes at once, and a task for the admin names who has access', async () => {
    await withAccess(2);
    expect((await remove('keep')).deletedAt).toBeDefined();
    const [task, ...others] = await openTasks();
    expect(others).toEqual([]);
    expect(task).toMatchObject({
      kind: 'other',
      title: 'Asana was deleted: remaining access',
      personId: engine.admin.id,
      assigneeId: engine.admin.id,
    });
    expect(task?.note).toContain('2 people keep access to Asana');
    expect(task?.note).toContain('P0 Hopper, P1 Hopper.');
  });

  test('Done ends that task, and no list of accounts does', async () => {
    await withAccess(1);
    await remove('keep');
    const system = { kind: 'system' } as const;
    // The end of a round that read the list when the integration was deleted.
    const deleted = await found();
    await engine.transact((tx) => followOrphans(tx, deleted, system));
    const [task] = await openTasks();
    if (task?.state !== 'open') throw new Error('The task is gone');
    const by = { person: engine.admin, actor: engine.actor };
    expect((await engine.transact((tx) => finishTask(tx, task, by))).kind).toBe('ended');
  });

  test('whose access is being removed is not named, and the integration waits for that', async () => {
    const [ann] = await withAccess(2);
    engine.party.on('DELETE /members', { status: 400 });
    if (ann) await engine.revoke(ann, integration);
    await engine.runJobs();
    expect((await remove('keep')).deletedAt).toBeUndefined();
    const [task] = await openTasks();
    expect(task?.note).toContain('1 person keeps access to Asana');
    expect(task?.note).toContain('P1 Hopper.');
    engine.party.on('DELETE /members', { json: {} });
    await engine.tick(2 * HOUR);
    await engine.tick(DAY);
    expect((await found()).deletedAt).toBeDefined();
    expect(await engine.stores.removals.count({ state: 'gone' })).toBe(1);
  });

  test('nobody is bothered where nobody has access', async () => {
    await remove('keep');
    expect(await openTasks()).toEqual([]);
  });
});

describe('with hundreds of people', () => {
  /** People and rows of one transaction. */
  const AT_ONCE = 250;

  const giveAccessTo = (people: number): Promise<void> =>
    engine.transact(async (tx) => {
      const now = engine.now();
      const all = Array.from({ length: people }, (_, n) => aPerson({ firstName: `P${n}` }));
      await tx.people.insertMany(all);
      const known = accessSince(now, {});
      for (const { id: personId } of all)
        await tx.access.put({ personId, integrationId: integration.id, ...known });
    });

  /** Does the jobs of a deletion. @returns of each transaction how many removals began, and how many rows went */
  async function batches(): Promise<readonly { readonly begun: number; readonly rows: number }[]> {
    const seen: { begun: number; rows: number }[] = [];
    const jobs: Jobs['integration.empty'][] = [{ integrationId: integration.id }];
    const watched: UnitOfWork = (work) => {
      const count = { begun: 0, rows: 0 };
      seen.push(count);
      return engine.transact((tx) => work(counting(tx, count, jobs)));
    };
    for (let job = jobs.shift(); job; job = jobs.shift())
      await emptyIntegration(job, { transact: watched });
    return seen;
  }

  const counting = (
    tx: Transaction,
    count: { begun: number; rows: number },
    jobs: Jobs['integration.empty'][],
  ): Transaction => ({
    ...tx,
    removals: {
      ...tx.removals,
      insert: (removal) => {
        count.begun += 1;
        return tx.removals.insert(removal);
      },
    },
    access: {
      ...tx.access,
      deleteSomeAt: async (id) => {
        const rows = await tx.access.deleteSomeAt(id);
        count.rows += rows;
        return rows;
      },
    },
    queue: {
      ...tx.queue,
      push: async (name, payload, options) => {
        if (name === 'integration.empty') jobs.push(payload as Jobs['integration.empty']);
        else await tx.queue.push(name, payload, options);
      },
    },
  });

  test('each removal begins in a transaction of its own, and none forgets more rows than a batch has', async () => {
    const people = AT_ONCE + 10;
    await giveAccessTo(people);
    await remove('remove');
    const began = await batches();
    expect(Math.max(...began.map(({ begun }) => begun))).toBe(1);
    expect(began.reduce((sum, { begun }) => sum + begun, 0)).toBe(people);
    expect((await found()).deletedAt).toBeUndefined();

    for (let after: string | undefined; ; ) {
      const open = await engine.stores.removals.openAt(integration.id, after);
      if (open.length === 0) break;
      after = open.at(-1)?.id;
      const by = { person: engine.admin, actor: engine.actor };
      await engine.transact(async (tx) => {
        for (const { id } of open) await confirmGone(tx, id, by);
      });
    }
    await engine.transact((tx) => finishDeletingOf(tx, integration.id, deps()));
    const ended = await batches();
    expect((await found()).deletedAt).toBeDefined();
    expect(ended.reduce((sum, { rows }) => sum + rows, 0)).toBe(people);
    expect(Math.max(...ended.map(({ rows }) => rows))).toBe(AT_ONCE);
  });

  test('the removals that end before the others have begun do not delete it', async () => {
    await giveAccessTo(3);
    await remove('remove');
    const page = await engine.stores.access.holdersAt(integration.id);
    const first = page[0]?.personId ?? '';
    const person = present(await engine.stores.people.find(first));
    const begun = await engine.revoke(person, integration);
    if (begun.kind === 'nothing') throw new Error('Nothing began');
    const by = { person: engine.admin, actor: engine.actor };
    await engine.transact((tx) => confirmGone(tx, begun.removal.id, by));
    await engine.transact((tx) => finishDeletingOf(tx, integration.id, deps()));
    expect((await found()).deletedAt).toBeUndefined();
  });

  test('of those who keep it some are named, and all are counted', async () => {
    await giveAccessTo(600); // Three batches: the second one has to ask for another, too.
    await remove('keep');
    const [task] = await openTasks();
    expect(task?.note).toContain('600 people keep access');
    expect(task?.note).toContain('and 400 more');
    const rows = await batches();
    expect(Math.max(...rows.map((each) => each.rows))).toBe(AT_ONCE);
    expect((await engine.stores.access.countAt(integration.id)).has).toBe(0);
  });
});

describe('of more grants in flight than one transaction stops', () => {
  const MANY = 102;
  const count = async (state: RunState): Promise<number> => {
    const all = { offset: 0, limit: MANY + 1 };
    const { runs } = await engine.stores.runs.list({ integrationId: integration.id }, all);
    return runs.filter((run) => run.state === state).length;
  };
  beforeEach(() =>
    engine.transact(async (tx) => {
      for (let each = 0; each < MANY; each += 1) {
        const wanted = { email: `q${each}@example.com`, firstName: `Q${each}` };
        const added = ok(await addPerson(tx, wanted, engine));
        await engine.grantIn(tx, added.person, integration);
      }
    }),
  );

  test('turning off stops the first, a job the rest, and the log counts all', async () => {
    await engine.transact((tx) => turnOff(tx, integration, deps()));
    expect(await count('cancelled')).toBe(100);
    const [latest] = await engine.stores.auditLog.list({ offset: 0, limit: 1 });
    expect(latest?.detail).toMatchObject({ cancelled: MANY });
    await stopOthers();
    expect(await count('cancelled')).toBe(MANY);
    expect(engine.party.requests).toEqual([]);
  });

  test('what is granted after it was turned on again is left alone', async () => {
    await engine.transact((tx) => turnOff(tx, integration, deps()));
    const before = engine.now().getTime();
    engine.clock.advance(MINUTE);
    await engine.transact((tx) => turnOn(tx, integration, deps()));
    const late = await engine.person({ email: 'late@example.com', firstName: 'Late' });
    await engine.grant(late, integration);
    await stopOthers(before);
    expect(await count('queued')).toBe(1);
    expect(await count('cancelled')).toBe(MANY);
  });

  test('an admin who deletes it and keeps the access gets no task for people who had nothing yet', async () => {
    expect((await remove('keep')).deletedAt).toBeUndefined();
    expect(await openTasks()).toEqual([]);
    await engine.runJobs();
    expect((await found()).deletedAt).toBeDefined();
    expect(await count('cancelled')).toBe(MANY);
    expect(engine.party.requests).toEqual([]);
  });

  const stopOthers = (before = engine.now().getTime()) =>
    stopOtherGrants({ integrationId: integration.id, before }, engine);
});

test('no removal begins where it was deleted since someone saw it, since nothing could end it any more', async () => {
  const grace = await engine.person();
  await engine.granted(grace, integration);
  await remove('keep');
  await expect(engine.revoke(grace, integration)).rejects.toThrow(StaleWrite);
  expect(await engine.stores.removals.openOf(grace.id)).toEqual([]);
});
