import { beforeEach, describe, expect, test } from 'vitest';
import { accessCard } from '../../../../src/bots/features/access/access-card.ts';
import { grantAccess } from '../../../../src/bots/features/access/grant-access.ts';
import { pickIntegration } from '../../../../src/bots/features/access/pick-integration.ts';
import { revokeAccess } from '../../../../src/bots/features/access/revoke-access.ts';
import { approveRequest } from '../../../../src/bots/features/requests/decide-request.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import { requestCard } from '../../../../src/bots/features/requests/request-card.ts';
import { reassignTask } from '../../../../src/bots/features/tasks/reassign-task.ts';
import { commentTask, taskCard, taskDone } from '../../../../src/bots/features/tasks/task-card.ts';
import { openTasks, showTasks } from '../../../../src/bots/features/tasks/task-list.ts';
import { taskNotice } from '../../../../src/bots/features/tasks/task-notice.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import type { Form } from '../../../../src/bots/view/form.ts';
import { inLocale } from '../../../../src/core/translate.ts';
import { confirmGone } from '../../../../src/engine/access/removals/removals.ts';
import { deactivate, reactivate } from '../../../../src/engine/people/change-person.ts';
import {
  fullName,
  type Integration,
  type Person,
} from '../../../../src/engine/people/directory.ts';
import { settingsOf } from '../../../../src/engine/settings/settings.ts';
import { changeWorkspaceSettings } from '../../../../src/engine/settings/workspace-settings.ts';
import { cancelGrantTasks } from '../../../../src/engine/tasks/end-task.ts';
import type { Task } from '../../../../src/engine/tasks/task.ts';
import { accessTaskTitle } from '../../../../src/engine/tasks/task-title.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonsOf, Clicker, introOf } from '../../../support/clicks.ts';
import { addedManual } from '../../../support/given/added.ts';
import { ofKind, present } from '../../../support/given/outcomes.ts';
import { messaged } from '../../../support/messaged.ts';
import { begunRemoval, workOnRemovals } from '../../../support/removals.ts';
import { teamIn } from '../../../support/team.ts';

const ALL = { offset: 0, limit: 99 };

let chat: TestChat;
let admin: Person;
let boss: Person;
let ann: Person;
let badge: Integration;

beforeEach(async () => {
  chat = await testChat();
  ({ admin, boss, ann } = await teamIn(chat));
  badge = await manual('Badge');
});

async function manual(name: string): Promise<Integration> {
  return addedManual(chat.services.transact, { name });
}

const target = () => ({ personId: ann.id, integrationId: badge.id });

test('a task that is cancelled since an admin has looked says so', async () => {
  const removal = await begunRemoval(chat, ann, badge.id, admin);
  await workOnRemovals(chat);
  const task = await openTask();
  const checked = { person: admin, actor: { kind: 'system' } } as const;
  await chat.services.transact((tx) => confirmGone(tx, removal.id, checked));
  const { payload } = taskCard.with({ taskId: task.id });
  expect(textOf(await taskCard.render(payload, await liveReader(chat, boss.email)))).toMatch(
    /It was cancelled on .*\n✓ Gone: Ada checked: it's gone/,
  );
});

test('a task by hand is called in the language of its reader, also on lists', async () => {
  const task = await granted(boss);
  expect(task.title).toBe('Grant Badge to Ann Lee');
  const { payload } = taskCard.with({ taskId: task.id });
  const turn = await chat.turn(boss.email);
  const [card, list] = await inLocale('de-DE', async () => [
    await taskCard.render(payload, await liveReader(chat, boss.email)),
    await openTasks(turn),
  ]);
  const title = inLocale('de-DE', () =>
    accessTaskTitle('grant', { person: ann, integration: badge }),
  );
  expect(title).not.toBe(task.title);
  expect(card.title).toBe(title);
  expect(JSON.stringify(list)).toContain(title);
});

async function opened(action: typeof grantAccess, by: Person): Promise<Form> {
  const reply = await action.press(action.with(target()).payload, await chat.turn(by.email));
  if (reply.kind !== 'open') throw new Error('It opens a form');
  const form = await reply.form;
  if ('refused' in form) throw new Error(textOf(form.refused));
  return form;
}

async function granted(by: Person, answers: Record<string, string> = {}): Promise<Task> {
  const reply = await grantAccess.submit(
    grantAccess.with(target()).payload,
    answers,
    await chat.turn(by.email),
  );
  expect(reply).toMatchObject({ kind: 'show', card: { view: 'task' } });
  return openTask();
}

test('the forms of a task name it, to those who may use them', async () => {
  const { id: taskId } = await granted(boss);
  const intro = async (by: Person, form: typeof commentTask | typeof reassignTask) =>
    introOf(await new Clicker(chat, by.email).opens(form.with({ taskId })));
  expect(await intro(boss, commentTask)).toContain('Grant Badge to Ann Lee');
  expect(await intro(admin, reassignTask)).toContain('Grant Badge to Ann Lee');
  expect(await intro(ann, commentTask)).not.toContain('Badge');
});

async function openTask(): Promise<Task> {
  const { tasks } = await chat.services.stores.tasks.list({ state: 'open' }, ALL);
  return present(tasks.at(-1));
}

const done = async ({ id: taskId }: Task, by: Person) =>
  taskDone.press(taskDone.with({ taskId }).payload, await chat.turn(by.email));

const taskFor = async (reader: Person, { id: taskId }: Task): Promise<Card> =>
  taskCard.render(taskCard.with({ taskId }).payload, await liveReader(chat, reader.email));

async function accessFor(reader: Person): Promise<Card> {
  const ref = accessCard.with({ personId: ann.id, page: 0, askedAt: chat.clock });
  return accessCard.render(ref.payload, await liveReader(chat, reader.email));
}

const labelsOf = (card: Card) => buttonsOf(card).map(({ label }) => label);

/** Who was sent which card. */
async function posts(): Promise<readonly string[]> {
  const jobs = await chat.database
    .db<{ name: string; payload: string }>('jobs')
    .where({ name: 'message.post' });
  const names = new Map([admin, boss, ann].map(({ id, firstName }) => [id, firstName]));
  return jobs.map(({ payload }) => {
    const { personId, card } = JSON.parse(payload) as { personId: string; card: { view: string } };
    return `${names.get(personId) ?? personId} ${card.view}`;
  });
}

/** Requested by Ann, approved by her manager. @returns its card */
async function approved() {
  const asking = askForAccess.with({ integrationId: badge.id }).payload;
  const answers = { reason: 'I work there', days: '7' };
  await askForAccess.submit(asking, answers, await chat.turn(ann.email));
  const request = present(await chat.services.stores.requests.openFor(ann.id, badge.id));
  const card = async (reader: Person) =>
    requestCard.render(
      requestCard.with({ requestId: request.id }).payload,
      await liveReader(chat, reader.email),
    );
  const approve = buttonsOf(await card(boss)).find(({ label }) => label === 'Approve');
  await approveRequest.press(approve?.does.payload ?? '', await chat.turn(boss.email));
  return card;
}

describe('what is done by hand', () => {
  test('is granted by a form that says who does it and asks until when', async () => {
    const form = await opened(grantAccess, boss);
    expect(Object.keys(form.fields)).toEqual(['due', 'note', 'days', 'otherLength']);
    expect(JSON.stringify(form.intro)).toContain('creates a task for Bo Boss');
  });

  test('is granted by admins to who would have to do it, and the form says so', async () => {
    const assignee = { kind: 'person', personId: ann.id } as const;
    const saved = present(await chat.services.stores.integrations.find(badge.id));
    await chat.services.transact((tx) =>
      tx.integrations.save({ ...saved, settings: { ...settingsOf(saved), assignee } }),
    );
    const form = await opened(grantAccess, boss);
    expect(JSON.stringify(form.intro)).toContain('creates a task for the Latchkey admins');
  });

  test.each([grantAccess, revokeAccess])(
    'has a note that fits onto its card: $id',
    async (form) => {
      if (form === revokeAccess) await done(await granted(admin), boss);
      const clicker = new Clicker(chat, boss.email);
      expect(await clicker.isTold(form.with(target()), { note: 'x'.repeat(2001) })).toEqual({
        note: 'This has 2001 characters; the limit is 2000. Please shorten it.',
      });
    },
  );

  test('sends the task to its assignee, unless they see it already', async () => {
    await granted(boss);
    expect(await posts()).toEqual([]);
    await done(await openTask(), boss);
    badge = await manual('Key');
    await granted(admin, { due: '2026-12-01', note: 'The red one' });
    expect(await posts()).toEqual(['Ann task-notice', 'Bo task']);
    const card = textOf(await taskFor(boss, await openTask()));
    expect(card).toContain('The red one');
    expect(card).toContain('Due: 1 Dec 2026');
  });

  test('stands on the access card from the task to its end', async () => {
    expect(textOf(await accessFor(boss))).toContain(
      'No access on record (someone grants it by hand)',
    );
    expect(labelsOf(await accessFor(boss))).toEqual(['Grant…']);
    const task = await granted(admin);
    expect(textOf(await accessFor(boss))).toContain('Being granted by hand (assigned to you)');
    expect(labelsOf(await accessFor(boss))).toEqual(['Open the task', 'Revoke…']);
    await done(task, boss);
    expect(textOf(await accessFor(boss))).toContain(
      '✓ Granted by hand on 25 Nov 2026 · no end date',
    );
    expect(labelsOf(await accessFor(boss))).toEqual(['Revoke…']);
  });

  test('is removed by a task, too', async () => {
    await done(await granted(admin), boss);
    const form = await opened(revokeAccess, boss);
    expect(Object.keys(form.fields)).toEqual(['due', 'note']);
    const reply = await revokeAccess.submit(
      revokeAccess.with(target()).payload,
      {},
      await chat.turn(boss.email),
    );
    expect(reply).toMatchObject({ kind: 'show', card: { view: 'removal' } });
    await workOnRemovals(chat);
    expect(textOf(await accessFor(boss))).toContain('Being removed by hand (assigned to you)');
    expect(labelsOf(await accessFor(boss))).toEqual([
      'View removal',
      'Open the task',
      'Grant anyway…',
    ]);
    await done(await openTask(), boss);
    await workOnRemovals(chat);
    expect(textOf(await accessFor(boss))).toContain('Removed by hand on 25 Nov 2026');
  });

  test('says why it is cancelled when the person who left is back', async () => {
    await done(await granted(boss), boss);
    const { transact } = chat.services;
    const by = { ...chat.services, actor: { kind: 'system' } } as const;
    await transact((tx) => deactivate(tx, ann, by));
    await workOnRemovals(chat);
    const task = await openTask();
    await transact(async (tx) => reactivate(tx, present(await tx.people.find(ann.id)), by));
    expect(textOf(await taskFor(boss, task))).toMatch(
      /It was cancelled on .*\nRemoval paused: they're back\. It continues on 28 Nov 2026 unless someone keeps the access\.\nAbout: /,
    );
  });

  test.each([
    { who: 'who is here', active: true, told: ['Ann removal-notice'] },
    { who: 'who has left', active: false, told: [] },
  ])('tells $who that it was removed: $told', async ({ active, told }) => {
    await done(await granted(boss), boss);
    await revokeAccess.submit(revokeAccess.with(target()).payload, {}, await chat.turn(boss.email));
    await workOnRemovals(chat);
    await chat.database.db('jobs').delete();
    await chat.services.transact(async (tx) => {
      const person = (await tx.people.find(ann.id)) ?? ann;
      await tx.people.save({ ...person, active });
    });
    await done(await openTask(), boss);
    await workOnRemovals(chat);
    expect(await posts()).toEqual(told);
  });

  test('is among what can be granted and, once given, revoked', async () => {
    const turn = await chat.turn(boss.email);
    const picked = async (purpose: 'grant' | 'revoke') => {
      const reply = ofKind('say', await pickIntegration(ann, purpose, turn));
      return textOf(reply.card);
    };
    expect(await picked('grant')).toContain('Badge · no access on record\n[Grant…]');
    expect(await picked('revoke')).toContain('nothing to revoke');
    await done(await granted(boss), boss);
    expect(await picked('revoke')).toContain('Badge · has access\n[Revoke…]');
  });

  test('of a request is no task any more when it was cancelled, and its card says so', async () => {
    const card = await approved();
    const { transact } = chat.services;
    const cancelling = { actor: { kind: 'system' } } as const;
    await transact((tx) => cancelGrantTasks(tx, { integrationId: badge.id }, cancelling));
    expect(textOf(await card(ann))).toContain('The task to grant it by hand was cancelled.');
  });

  test('of a request tells the person when it is done, and begins its time then', async () => {
    const card = await approved();
    expect(textOf(await card(ann))).toContain("There's a task to grant it by hand.");
    chat.clock += 24 * 60 * 60_000;
    const task = await openTask();
    await done(task, boss);
    expect(textOf(await card(ann))).toContain('It was granted by hand.');
    expect(await posts()).toContain('Ann task-notice');
    const notice = await taskNotice.render(
      taskNotice.with({ taskId: task.id }).payload,
      await liveReader(chat, ann.email),
    );
    expect(textOf(notice)).toContain('You now have Badge');
    expect(textOf(notice)).toContain('It expires on 3 Dec 2026.');
    await begunRemoval(chat, ann, badge.id, admin);
    const later = await taskNotice.render(
      taskNotice.with({ taskId: task.id }).payload,
      await liveReader(chat, ann.email),
    );
    expect(textOf(later)).toContain('You had Badge for a short time');
  });
});

describe('a task', () => {
  test('has Done for the assignee, and Reassign… for admins', async () => {
    const task = await granted(admin);
    expect(labelsOf(await taskFor(boss, task))).toEqual(['Done', 'Comment…']);
    expect(textOf(await taskFor(boss, task))).toContain('Assigned to you.');
    expect(labelsOf(await taskFor(admin, task))).toEqual(['Done', 'Comment…', 'Reassign…']);
    expect(textOf(await taskFor(ann, task))).toContain("You can't see this task");
  });

  test('says when it is overdue', async () => {
    const task = await granted(admin, { due: '2026-11-26' });
    expect(textOf(await taskFor(boss, task))).not.toContain('Overdue');
    chat.clock += 2 * 24 * 60 * 60_000;
    expect(textOf(await taskFor(boss, task))).toMatch(
      /\n⚠ Overdue\. Assigned to you\.\n[^]*Due: 26 Nov/,
    );
    await done(task, boss);
    expect(textOf(await taskFor(boss, task))).not.toContain('Overdue');
  });

  describe('that went to any admin says why', () => {
    const byBuddy = async (buddyId: string | undefined) => {
      await chat.services.transact(async (tx) => {
        const current = present(await tx.people.find(ann.id));
        await tx.people.save({ ...current, buddyId });
      });
      badge = await addedManual(chat.services.transact, {
        name: 'Key',
        assignee: { kind: 'buddy' },
      });
      return granted(admin);
    };
    const leaves = (person: Person) =>
      chat.services.transact((tx) => deactivate(tx, person, { actor: { kind: 'system' } }));
    const read = async () => textOf(await taskFor(admin, await openTask()));

    test('where its buddy left before it', async () => {
      const cy = await chat.person({ email: 'cy@example.com', firstName: 'Cy' });
      await leaves(cy);
      await byBuddy(cy.id);
      expect(await read()).toContain(
        `It was for ${fullName(cy)}, who had left. Not assigned: any Latchkey admin can do it.`,
      );
    });
    test('where its buddy left since', async () => {
      const cy = await chat.person({ email: 'cy@example.com', firstName: 'Cy' });
      await byBuddy(cy.id);
      expect(await read()).toContain(`Assigned to ${fullName(cy)}.`);
      await leaves(cy);
      expect(await read()).toContain(`It was for ${fullName(cy)}, who had left. Not assigned`);
    });
    test('where its buddy left and was erased', async () => {
      const cy = await chat.person({ email: 'cy@example.com', firstName: 'Cy' });
      await leaves(cy);
      await byBuddy(cy.id);
      await chat.personalData.erase(cy, {
        id: chat.services.newId(),
        at: chat.services.now(),
        actor: { kind: 'system' },
        what: 'person.erased',
        detail: {},
      });
      expect(await read()).toContain('It was for someone who has left. Not assigned');
    });
    test('where there is no buddy', async () => {
      await byBuddy(undefined);
      expect(await read()).toContain('It was for the buddy, and Ann Lee had none. Not assigned');
    });
    test('where it is about the access of its own assignee', async () => {
      badge = await addedManual(chat.services.transact, {
        name: 'Key',
        assignee: { kind: 'person', personId: ann.id },
      });
      await granted(admin);
      expect(await read()).toContain("Ann Lee can't do it: it is about their own access. Not");
    });
    test('until an admin gives it to someone', async () => {
      const task = await byBuddy(undefined);
      const form = new Clicker(chat, admin.email);
      await form.sends(reassignTask.with({ taskId: task.id }), { assignee: boss.email });
      await form.sends(reassignTask.with({ taskId: task.id }), { assignee: undefined });
      expect(await read()).toMatch(/\nNot assigned: any Latchkey admin/);
    });
  });

  test('is reminded of after quiet hours, its assignee and admins alike', async () => {
    const task = await granted(admin);
    await messaged(chat);
    await chat.services.transact(async (tx) => {
      await changeWorkspaceSettings(tx, { quietHours: { from: '08:30', until: '10:00' } });
      await tx.emit({ kind: 'task-due', task, isOverdue: true });
    });
    expect(await messaged(chat)).toEqual([]);
    chat.clock += 60 * 60_000;
    expect(await messaged(chat)).toEqual([admin.firstName, boss.firstName].toSorted());
  });

  test('is given to someone else by admins, and by nobody else', async () => {
    const task = await granted(admin);
    const { payload } = reassignTask.with({ taskId: task.id });
    const cy = await chat.person({ email: 'cy@example.com', firstName: 'Cy' });
    const answers = { assignee: cy.email, due: '2026-12-01' };
    const refused = await reassignTask.submit(payload, answers, await chat.turn(boss.email));
    expect(refused.kind === 'say' && textOf(refused.card)).toContain("You can't reassign tasks");
    await reassignTask.submit(payload, answers, await chat.turn(admin.email));
    expect(labelsOf(await taskFor(cy, task))).toEqual(['Done', 'Comment…']);
    expect(await posts()).toEqual(['Bo task', `${cy.id} task`]);
    const unknown = { assignee: 'nobody@example.com', due: '2026-12-01' };
    const invalid = await reassignTask.submit(payload, unknown, await chat.turn(admin.email));
    expect(invalid.kind).toBe('invalid');
  });

  test('is given to who is picked in chat, whoever had it before', async () => {
    const task = await granted(admin);
    const cy = await chat.person({ email: 'cy@example.com', firstName: 'Cy' });
    chat.profiles.set('UCY', { email: cy.email, name: 'Cy', kind: 'member' });
    const form = new Clicker(chat, admin.email);
    const reassign = reassignTask.with({ taskId: task.id });
    await form.sends(reassign, { picked: 'UCY' });
    expect(await openTask()).toMatchObject({ assigneeId: cy.id });
    const own = { picked: undefined, assignee: undefined };
    await form.sends(reassign, own);
    expect((await openTask()).assigneeId).toBeUndefined();
    chat.profiles.set('UANN', { email: ann.email, name: 'Ann', kind: 'member' });
    expect(await form.isTold(reassign, { picked: 'UANN' })).toEqual({
      picked: 'It is about their own access. Choose someone else.',
    });
  });

  test('that an admin gives to all admins, and then takes over, sends no second card to them', async () => {
    const task = await granted(admin);
    const bea = await chat.person({ email: 'bea@example.com', firstName: 'Bea', role: 'admin' });
    const form = new Clicker(chat, admin.email);
    const reassign = reassignTask.with({ taskId: task.id });
    await chat.database.db('jobs').delete();
    await form.sends(reassign, { assignee: undefined });
    expect((await openTask()).assigneeId).toBeUndefined();
    expect(await posts()).toEqual([`${bea.id} task`]);
    await form.sends(reassign, { assignee: admin.email });
    expect((await openTask()).assigneeId).toBe(admin.id);
    expect(await posts()).toEqual([`${bea.id} task`]);
  });

  test('keeps its new assignee where a form that was open moves its date alone', async () => {
    const task = await granted(admin);
    const form = new Clicker(chat, admin.email);
    const reassign = reassignTask.with({ taskId: task.id });
    const open = await form.opens(reassign);
    const cy = await chat.person({ email: 'cy@example.com', firstName: 'Cy' });
    await form.sends(reassign, { assignee: cy.email });
    await form.answersTo(open, reassign, { due: '2026-12-01' });
    expect(await openTask()).toMatchObject({ assigneeId: cy.id, dueDate: '2026-12-01' });
  });

  test('to grant access is never given to the person who gets it', async () => {
    const task = await granted(admin);
    const call = reassignTask.with({ taskId: task.id });
    const errors = await new Clicker(chat, admin.email).isTold(call, { assignee: ann.email });
    expect(errors).toEqual({ assignee: 'It is about their own access. Choose someone else.' });
    // As a version before may have left it.
    await chat.services.transact((tx) => tx.tasks.save({ ...task, assigneeId: ann.id }));
    await new Clicker(chat, ann.email).press(taskDone.with({ taskId: task.id }));
    expect(await openTask()).toMatchObject({ state: 'open' });
  });

  test('to remove access is never given to the person whose access it is', async () => {
    await begunRemoval(chat, ann, badge.id, admin);
    await workOnRemovals(chat);
    const { id: taskId } = await openTask();
    const { payload } = reassignTask.with({ taskId });
    const answers = { assignee: ann.email, due: '2026-12-01' };
    const reply = await reassignTask.submit(payload, answers, await chat.turn(admin.email));
    expect(reply).toMatchObject({
      kind: 'invalid',
      errors: { assignee: 'It is about their own access. Choose someone else.' },
    });
    expect((await openTask()).assigneeId).toBe(boss.id);
  });
});

describe('the list of tasks', () => {
  const listOf = async (by: Person): Promise<Card> =>
    ofKind('say', await openTasks(await chat.turn(by.email))).card;
  const scopeOf = async (scope: 'mine' | 'reports' | 'all', by: Person): Promise<Card> => {
    const { payload } = showTasks.with({ scope, page: 0 });
    const reply = await showTasks.press(payload, await chat.turn(by.email));
    if (reply.kind !== 'replace' || !('blocks' in reply.card)) throw new Error('It shows a list');
    return reply.card;
  };

  test('begins with what the reader has to do', async () => {
    await granted(admin, { due: '2026-12-01' });
    const card = textOf(await listOf(boss));
    expect(card).toContain('Mine: 1');
    expect(card).toContain('Grant Badge to Ann Lee · due on 1 Dec 2026');
    const all = textOf(await scopeOf('all', admin));
    expect(all).toContain('Grant Badge to Ann Lee · Bo Boss · due on 1 Dec 2026');
    expect(textOf(await scopeOf('reports', boss))).toContain('Ann Lee · you · due on 1 Dec 2026');
    expect(textOf(await listOf(ann))).toContain('You have no open tasks.');
  });

  test('shows managers those about their reports, open ones first', async () => {
    await done(await granted(admin), boss);
    badge = await manual('Key');
    await granted(admin);
    const card = textOf(await scopeOf('reports', boss));
    expect(card.indexOf('Grant Key to Ann Lee')).toBeLessThan(
      card.indexOf('Grant Badge to Ann Lee'),
    );
    expect(card).toContain('✓ done on 25 Nov 2026');
  });

  test("shows everybody's to admins alone", async () => {
    await granted(admin);
    expect(textOf(await scopeOf('all', admin))).toContain("Everyone's: 1");
    expect(textOf(await scopeOf('all', ann))).toContain('You have no open tasks.');
    expect(labelsOf(await listOf(ann))).not.toContain("Everyone's");
  });

  test("offers their reports' to those alone who have reports", async () => {
    expect(labelsOf(await listOf(boss))).toContain("My reports'");
    expect(labelsOf(await listOf(ann))).toEqual([]);
  });

  test('has pages of eight', async () => {
    for (let number = 1; number <= 9; number += 1) {
      badge = await manual(`Key ${number}`);
      await granted(admin);
    }
    const card = await listOf(boss);
    expect(textOf(card)).toContain('Mine: 9, page 1 of 2');
    expect(labelsOf(card).filter((label) => label === 'Open')).toHaveLength(8);
    const next = buttonsOf(card).find(({ label }) => label === 'Next');
    const reply = await showTasks.press(next?.does.payload ?? '', await chat.turn(boss.email));
    expect(reply.kind === 'replace' && 'blocks' in reply.card && textOf(reply.card)).toContain(
      'Key 9',
    );
  });
});
