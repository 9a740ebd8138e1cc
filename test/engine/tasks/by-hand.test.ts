import { beforeEach, describe, expect, test } from 'vitest';
import { inLocale } from '../../../src/core/translate.ts';
import { endOfHolds } from '../../../src/engine/access/hold.ts';
import { beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import { whatWillEnd } from '../../../src/engine/access/removals/remove-all.ts';
import { turnOff } from '../../../src/engine/integrations/change-integration.ts';
import { deactivate } from '../../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import type { Assignee } from '../../../src/engine/settings/settings.ts';
import { grantByHand } from '../../../src/engine/tasks/by-hand.ts';
import { reassignTask, taskSources } from '../../../src/engine/tasks/change-task.ts';
import { finishTask } from '../../../src/engine/tasks/manual.ts';
import { insertTask } from '../../../src/engine/tasks/new-task.ts';
import type { Task, TaskIn } from '../../../src/engine/tasks/task.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { DAY, HOUR, MINUTE, type TestEngine, testEngine } from '../../support/engine.ts';
import { addedManual } from '../../support/given/added.ts';
import { firstOf } from '../../support/given/outcomes.ts';
import { fire } from '../../support/tick.ts';

let engine: TestEngine;
let boss: Person;
let person: Person;
let told: string[];

beforeEach(async () => {
  told = [];
  engine = await testEngine({
    async onEvent(_tx, event) {
      if (event.kind === 'task-opened') {
        const { title, assigneeId } = event.task;
        told.push(`${title}: ${assigneeId === boss.id ? 'Bo' : (assigneeId ?? 'any admin')}`);
      }
      if (event.kind === 'task-ended') told.push(`${event.task.title}: ${event.task.state}`);
      if (event.kind === 'task-due')
        told.push(`reminded: ${event.task.title}${event.isOverdue ? ', and admins' : ''}`);
    },
  });
  boss = await engine.person({ email: 'boss@example.com', firstName: 'Bo', lastName: 'Boss' });
  person = await engine.person({ managerEmail: boss.email });
});

async function badge(assignee: Assignee = { kind: 'manager' }): Promise<Integration> {
  return addedManual(engine.transact, { assignee });
}

const grant = (
  integration: Integration,
  more: { days?: number; dueDate?: string; reason?: string } = {},
) =>
  engine.transact((tx) => grantByHand(tx, { ...more, actor: engine.actor, person, integration }));
/** @returns the task that it opened, where it opened one */
async function revoke(integration: Integration): Promise<Task | undefined> {
  await engine.revoke(person, integration);
  await engine.runJobs();
  return (await openTasks()).find(({ kind }) => kind === 'revoke');
}

async function granted(integration: Integration, more = {}): Promise<TaskIn<'open'>> {
  const asked = await grant(integration, more);
  if (asked.kind === 'refused') throw new Error(asked.why);
  return asked.task;
}

const finish = (task: Task, by: Person = boss) =>
  engine.transact((tx) =>
    finishTask(tx, task, { person: by, actor: { kind: 'person', personId: by.id, via: 'slack' } }),
  );

async function tick(ms: number): Promise<void> {
  engine.clock.advance(ms);
  await fire(engine, taskSources({ timeZone: 'UTC' }));
  await engine.tick();
}

const accessNow = async ({ id }: Integration) => engine.stores.access.find(person.id, id);
const openTasks = async () =>
  (await engine.stores.tasks.list({ state: 'open' }, { offset: 0, limit: 9 })).tasks;

test('what everybody reads is kept in the language of the workspace, whichever reader needs it', async () => {
  const integration = await badge();
  const task = await inLocale('de', () => granted(integration));
  await inLocale('de', () => finish(task));

  expect(task.title).toBe('Grant Badge to Grace Hopper');
  expect((await accessNow(integration))?.reason).toBe('Granted by hand.');
});

describe('what is stored with a task can not be read', () => {
  const damaged = async (task: Task): Promise<Task> => {
    await engine.db('tasks').where({ id: task.id }).update({ content: 'damaged' });
    const found = (await engine.stores.tasks.list({}, { offset: 0, limit: 100 })).tasks;
    expect(found).toContainEqual(await engine.stores.tasks.find(task.id));
    return found.find(({ id }) => id === task.id) ?? task;
  };
  const content = async ({ id }: Task) =>
    (await engine.db<{ id: string; content: string }>('tasks').where({ id }).first())?.content;

  test('its list has it by a title that says so, and the others', async () => {
    const integration = await badge();
    await granted(integration);
    await engine.db('tasks').update({ content: 'damaged' });
    person = await engine.person({ email: 'cy@example.com', managerEmail: boss.email });
    await granted(integration);
    expect((await openTasks()).map(({ title }) => title)).toEqual([
      "A task that can't be read",
      expect.stringMatching(/^Grant /),
    ]);
  });

  test('of a grant, no one makes it access without an end: a new grant takes its place', async () => {
    const integration = await badge();
    const task = await damaged(await granted(integration, { days: 7 }));
    expect(await finish(task)).toEqual({ kind: 'unreadable' });
    const next = await granted(integration, { days: 3 });
    expect(await engine.stores.tasks.find(task.id)).toMatchObject({ state: 'cancelled' });
    expect(await content(task)).toBe('damaged');
    expect(await finish(next)).toMatchObject({ kind: 'ended' });
  });

  test('of a revoke, Done still is: the removal goes on', async () => {
    const integration = await badge();
    await finish(await granted(integration));
    const take = await revoke(integration);
    if (take) await finish(await damaged(take));
    await engine.runJobs();
    expect((await engine.removal(person, integration)).state).toBe('gone');
  });

  test('its person leaves all the same', async () => {
    const task = await damaged(await granted(await badge()));
    await engine.transact((tx) => deactivate(tx, person, engine));
    expect((await engine.stores.people.find(person.id))?.active).toBe(false);
    expect(await engine.stores.tasks.find(task.id)).toMatchObject({ state: 'cancelled' });
  });
});

describe('a grant by hand', () => {
  test('asks the manager, and gives the access when it is done', async () => {
    const integration = await badge();
    const task = await granted(integration);
    expect(told).toEqual(['Grant Badge to Grace Hopper: Bo']);
    expect(await accessNow(integration)).toBeUndefined();
    await finish(task);
    expect(await accessNow(integration)).toMatchObject({
      state: 'has',
      reason: 'Granted by hand.',
    });
  });

  test('asks whom the settings name, and any admin where that one has left', async () => {
    await granted(await badge({ kind: 'person', personId: boss.id }));
    expect(told).toEqual(['Grant Badge to Grace Hopper: Bo']);
    await engine.transact((tx) => tx.people.save({ ...boss, active: false }));
    const other = await addedManual(engine.transact, {
      name: 'Key',
      assignee: { kind: 'person', personId: boss.id },
    });
    await granted(other);
    expect(told.at(-1)).toBe('Grant Key to Grace Hopper: any admin');
  });

  test('begins its time when it is done', async () => {
    const integration = await badge();
    const task = await granted(integration, { hours: 7 * 24 });
    await tick(2 * DAY);
    await finish(task);
    const holds = await engine.stores.holds.openAt(person.id, integration.id);
    expect(endOfHolds(holds)).toEqual(new Date(engine.now().getTime() + 7 * DAY));
  });

  test('ends with a task to remove it, and is gone when that is done', async () => {
    const integration = await badge();
    await finish(await granted(integration, { hours: 7 * 24 }));
    await tick(7 * DAY + MINUTE);
    const take = firstOf(await openTasks());
    expect(take).toMatchObject({
      title: 'Remove Badge from Grace Hopper',
      assigneeId: boss.id,
    });
    await finish(take);
    await engine.runJobs();
    expect(await engine.removal(person, integration)).toMatchObject({
      state: 'gone',
      proof: { kind: 'done', byId: boss.id },
    });
    expect((await accessNow(integration))?.state).toBe('none');
  });

  test('twice is one task, with the newer days', async () => {
    const integration = await badge();
    const first = await granted(integration);
    const second = await granted(integration, { hours: 30 * 24 });
    expect(second).toMatchObject({ id: first.id, hours: 30 * 24 });
    expect(await openTasks()).toHaveLength(1);
  });

  test('that is not done when earlier access ends keeps it, and is done afterwards', async () => {
    const integration = await badge();
    await finish(await granted(integration, { hours: 48 }));
    await granted(integration);
    await engine.tick(3 * DAY);
    expect(await engine.stores.removals.latest(person.id, integration.id)).toBeUndefined();
    const [task] = await openTasks();
    if (task) await finish(task);
    const holds = await engine.stores.holds.openAt(person.id, integration.id);
    expect(holds.map(({ endsAt }) => endsAt)).toEqual([undefined]);
  });

  test('that is cancelled after earlier access has ended leaves that to be removed', async () => {
    const integration = await badge();
    await finish(await granted(integration, { hours: 48 }));
    await granted(integration);
    await engine.tick(3 * DAY);
    await engine.transact((tx) => turnOff(tx, integration, { actor: engine.actor }));
    await engine.runJobs();
    expect(await engine.removal(person, integration)).toMatchObject({
      causes: [{ kind: 'expired' }],
    });
  });

  test('is refused where it is turned off, and to who has left', async () => {
    const integration = await badge();
    await engine.transact((tx) => turnOff(tx, integration, { actor: engine.actor }));
    expect(await grant(integration)).toMatchObject({ kind: 'refused' });
    const other = await engine.transact((tx) => tx.people.save({ ...person, active: false }));
    expect(other.active).toBe(false);
    expect(await grant(integration)).toMatchObject({ kind: 'refused' });
  });

  test.each([
    [
      'the integration is turned off',
      (integration: Integration) =>
        engine.transact((tx) => turnOff(tx, integration, { actor: engine.actor })),
    ],
    [
      'the person leaves',
      () => engine.transact((tx) => deactivate(tx, person, { actor: engine.actor })),
    ],
  ])('is cancelled when %s', async (_when, happen) => {
    const integration = await badge();
    const task = await granted(integration);
    await happen(integration);
    expect((await engine.stores.tasks.find(task.id))?.state).toBe('cancelled');
  });
});

describe('a revoke by hand', () => {
  test('asks for it, and ends every hold', async () => {
    const integration = await badge();
    await finish(await granted(integration, { hours: 7 * 24 }));
    const take = await revoke(integration);
    expect(take).toMatchObject({ assigneeId: boss.id, personId: person.id });
    expect(await engine.stores.holds.openAt(person.id, integration.id)).toEqual([]);
  });

  test('is gone when the task is done', async () => {
    const integration = await badge();
    await finish(await granted(integration));
    const take = await revoke(integration);
    if (take) await finish(take);
    await engine.runJobs();
    expect((await engine.removal(person, integration)).state).toBe('gone');
    expect((await accessNow(integration))?.state).toBe('none');
  });

  test('that was just done is in the way of a grant: nothing is left that it would keep', async () => {
    const integration = await badge();
    await finish(await granted(integration));
    const take = await revoke(integration);
    if (take) await finish(take);
    expect(await grant(integration, { reason: 'She stays on the project.' })).toEqual({
      kind: 'refused',
      why: 'Badge is being removed from Grace Hopper right now. Their access shows when that has ended; then grant it.',
    });
    await engine.runJobs();
    expect((await engine.removal(person, integration)).state).toBe('gone');
  });

  test('is a task also for someone whose facts are damaged: nothing is looked for by a fact', async () => {
    const integration = await badge();
    await finish(await granted(integration));
    await engine.db('people').where({ id: person.id }).update({ stored: 'no JSON' });
    const take = await revoke(integration);
    if (take) await finish(take);
    await engine.runJobs();
    expect(await engine.removal(person, integration)).toMatchObject({
      state: 'gone',
      proof: { kind: 'done' },
    });
  });

  test('shows the note and the due date that an older version stored', async () => {
    const integration = await badge();
    await finish(await granted(integration));
    const wanted = { note: 'Badge 12', dueDate: '2026-12-24' };
    await engine.transact(async (tx) => {
      const cause = { kind: 'revoked' } as const;
      const begun = await beginRemoval(tx, { person, integration, actor: engine.actor, cause });
      if (begun.kind !== 'nothing') await tx.removals.save({ ...begun.removal, ...wanted });
    });
    await engine.runJobs();
    expect(await openTasks()).toMatchObject([wanted]);
  });

  test('of what had yet to be given cancels its task, and asks nobody', async () => {
    const integration = await badge();
    const task = await granted(integration);
    expect(await engine.revoke(person, integration)).toEqual({ kind: 'nothing' });
    expect((await engine.stores.tasks.find(task.id))?.state).toBe('cancelled');
    await engine.runJobs();
    expect(await openTasks()).toEqual([]);
  });

  test('is in the way of a grant, until someone says why it is granted all the same', async () => {
    const integration = await badge();
    await finish(await granted(integration));
    const take = await revoke(integration);
    expect(await grant(integration)).toMatchObject({ kind: 'refused' });
    await granted(integration, { reason: 'She stays on the project.' });
    expect((await engine.removal(person, integration)).state).toBe('withdrawn');
    expect((await engine.stores.tasks.find(take?.id ?? ''))?.state).toBe('cancelled');
  });
});

describe('done', () => {
  test('is said by the assignee and by admins, and by nobody else', async () => {
    const task = await granted(await badge());
    expect(await finish(task, person)).toEqual({ kind: 'not-yours' });
    expect((await finish(task, engine.admin)).kind).toBe('ended');
    const current = await engine.stores.tasks.find(task.id);
    expect(current && (await finish(current)).kind).toBe('over');
  });

  test('by an assignee who has left counts no more', async () => {
    const task = await granted(await badge());
    const left = await engine.transact((tx) => tx.people.save({ ...boss, active: false }));
    expect(await finish(task, left)).toEqual({ kind: 'not-yours' });
  });
});

describe('a task that waits', () => {
  test('is reminded of on its day, every three days, and after a week to admins, too', async () => {
    await granted(await badge(), { dueDate: '2026-11-26' });
    told = [];
    await tick(DAY); // 25 November, 9:00
    expect(told).toEqual([]);
    await tick(DAY - MINUTE); // 26 November, 8:59
    expect(told).toEqual([]);
    await tick(MINUTE);
    await tick(HOUR);
    expect(told).toEqual(['reminded: Grant Badge to Grace Hopper']);
    for (let day = 0; day < 8; day += 1) await tick(DAY);
    expect(told).toHaveLength(3);
    await tick(2 * DAY);
    expect(told.at(-1)).toBe('reminded: Grant Badge to Grace Hopper, and admins');
  });

  test('is reminded of in the morning of its assignee, where that is', async () => {
    await engine.change(boss, { timeZone: 'Pacific/Auckland' }); // UTC+13
    await granted(await badge(), { dueDate: '2026-11-26' });
    told = [];
    await tick(DAY + 11 * HOUR - MINUTE); // 25 November, 19:59 UTC: 8:59 of the 26th there
    expect(told).toEqual([]);
    await tick(MINUTE);
    expect(told).toEqual(['reminded: Grant Badge to Grace Hopper']);
  });

  test('is not reminded of before the day begins for its assignee', async () => {
    await engine.change(boss, { timeZone: 'America/Los_Angeles' }); // UTC-8
    await granted(await badge(), { dueDate: '2026-11-26' });
    told = [];
    await tick(2 * DAY + 8 * HOUR - MINUTE); // 26 November, 8:59 there
    expect(told).toEqual([]);
    await tick(MINUTE);
    expect(told).toEqual(['reminded: Grant Badge to Grace Hopper']);
  });

  test('is reminded of at nine also on the day on which clocks change', async () => {
    await engine.change(boss, { timeZone: 'America/Santiago' }); // Forward at midnight of 5 September 2027
    await granted(await badge(), { dueDate: '2027-09-05' });
    told = [];
    await tick(Date.parse('2027-09-05T11:59:00Z') - engine.now().getTime()); // 8:59 there
    expect(told).toEqual([]);
    await tick(MINUTE);
    expect(told).toEqual(['reminded: Grant Badge to Grace Hopper']);
  });

  test('has a due date where nobody said one', async () => {
    expect((await granted(await badge())).dueDate).toBe('2026-11-27');
  });

  test('is due by the calendar of the workspace, where its assignee has none of their own', async () => {
    const integration = await badge();
    engine.clock.advance(2 * HOUR);
    const transact = unitOfWork(engine.connect(), engine.vault, {
      now: engine.now,
      timeZone: 'Pacific/Auckland',
    });
    const asked = await transact((tx) =>
      grantByHand(tx, { actor: engine.actor, person, integration }),
    );
    expect(asked.kind === 'opened' && asked.task.dueDate).toBe('2026-11-28');
  });

  test('is not reminded of when it is done, or has more time', async () => {
    const done = await granted(await badge());
    await finish(done);
    const integration = await engine.integration({ execute: [] }, {}, 'Key');
    const { manifestVersionId: _, ...manual } = integration;
    const key = await engine.transact((tx) => tx.integrations.save(manual));
    const task = await granted(key, { dueDate: '2026-11-25' });
    await engine.transact((tx) =>
      reassignTask(tx, task, { actor: engine.actor, assignee: boss, dueDate: '2026-12-24' }),
    );
    told = [];
    await tick(10 * DAY);
    expect(told).toEqual([]);
  });

  test('goes to the admins when its assignee leaves', async () => {
    await granted(await badge());
    told = [];
    await engine.transact((tx) => tx.people.save({ ...boss, active: false }));
    await tick(MINUTE);
    await tick(MINUTE);
    expect(told).toEqual(['Grant Badge to Grace Hopper: any admin']);
  });

  test('is reminded of once more where its day was moved, and moved back', async () => {
    const task = await granted(await badge(), { dueDate: '2026-11-25' });
    await tick(DAY);
    const move = async (dueDate: string) => {
      const now = await engine.stores.tasks.find(task.id);
      if (now?.state !== 'open') throw new Error('It has ended');
      await engine.transact((tx) =>
        reassignTask(tx, now, { actor: engine.actor, assignee: boss, dueDate }),
      );
    };
    await move('2026-12-24');
    await move('2026-11-25');
    told = [];
    await tick(MINUTE);
    await tick(MINUTE);
    expect(told).toEqual(['reminded: Grant Badge to Grace Hopper']);
  });

  test('goes to the admins each time that its assignee leaves', async () => {
    const task = await granted(await badge());
    const leaves = async (active: boolean) => {
      const now = (await engine.stores.people.find(boss.id)) ?? boss;
      await engine.transact((tx) => tx.people.save({ ...now, active }));
      await tick(MINUTE);
    };
    await leaves(false);
    await leaves(true);
    const now = await engine.stores.tasks.find(task.id);
    if (now?.state !== 'open') throw new Error('It has ended');
    const again = { actor: engine.actor, assignee: boss, dueDate: '2026-12-01' };
    await engine.transact((tx) => reassignTask(tx, now, again));
    await leaves(false);
    expect((await engine.stores.tasks.find(task.id))?.assigneeId).toBeUndefined();
  });

  test('notifies its new assignee, with an entry in the audit log', async () => {
    const task = await granted(await badge({ kind: 'buddy' }));
    told = [];
    await engine.transact((tx) =>
      reassignTask(tx, task, { actor: engine.actor, assignee: boss, dueDate: '2026-12-01' }),
    );
    expect(told).toEqual(['Grant Badge to Grace Hopper: Bo']);
    expect(await engine.audited()).toContain('task.reassigned');
  });
});

test('someone who left while it was opened gets no task: any admin may do it', async () => {
  await engine.transact((tx) => deactivate(tx, boss, engine));
  const about = { kind: 'other', title: 'Hand over', personId: person.id } as const;
  const by = { actor: engine.actor, personId: person.id };
  const task = await engine.transact((tx) => insertTask(tx, { ...about, assigneeId: boss.id }, by));
  expect((await engine.stores.tasks.find(task.id))?.assigneeId).toBeUndefined();
});

test('what is being granted by hand ends with someone who has very many open tasks', async () => {
  const about = { kind: 'other', title: 'Hand over', personId: person.id } as const;
  await engine.transact(async (tx) => {
    for (let n = 0; n < 1001; n++)
      await tx.tasks.insert({
        ...about,
        id: `task-${n}`,
        version: 1,
        createdAt: tx.now,
        comments: [],
        state: 'open',
      });
  });
  const integration = await badge();
  engine.clock.advance(MINUTE);
  await grant(integration);
  expect(await whatWillEnd(engine.stores, person)).toMatchObject([
    { integration: { id: integration.id } },
  ]);
});
