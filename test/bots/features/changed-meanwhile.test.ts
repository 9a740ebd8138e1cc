/** What someone else saves between the reading of a form and its transaction stays, or the form says that it is out of date. */
import { beforeEach, expect, test } from 'vitest';
import { bundleItem } from '../../../src/bots/features/bundles/bundle-item.ts';
import { editBundle } from '../../../src/bots/features/bundles/edit-bundle.ts';
import { ownFields } from '../../../src/bots/features/imports/own-fields.ts';
import { changeBreakGlass } from '../../../src/bots/features/integrations/break-glass-setting.ts';
import { changePolicy } from '../../../src/bots/features/integrations/integration-settings.ts';
import { changeNameAndIcon } from '../../../src/bots/features/integrations/name-and-icon.ts';
import { addCampaign, editCampaign } from '../../../src/bots/features/reviews/campaign-form.ts';
import { editHook } from '../../../src/bots/features/sequences/edit-hook.ts';
import { editStarts } from '../../../src/bots/features/sequences/sequence-starts.ts';
import { taskItem } from '../../../src/bots/features/sequences/task-item.ts';
import { reassignTask } from '../../../src/bots/features/tasks/reassign-task.ts';
import type { ActionCall } from '../../../src/bots/view/action-call.ts';
import { makeBundle } from '../../../src/engine/bundles/change-bundle.ts';
import { deleteIntegration } from '../../../src/engine/integrations/delete-integration.ts';
import type { Integration } from '../../../src/engine/people/directory.ts';
import { makeSequence } from '../../../src/engine/sequences/change-sequence.ts';
import { addHook } from '../../../src/engine/sequences/hooks/change-hook.ts';
import { settingsOf } from '../../../src/engine/settings/settings.ts';
import type { Task } from '../../../src/engine/tasks/task.ts';
import { type TestChat, testChat, textOf } from '../../support/chat.ts';
import { Clicker } from '../../support/clicks.ts';
import { ok, present } from '../../support/given/outcomes.ts';

const by = { actor: { kind: 'system' } } as const;
const ALL = { offset: 0, limit: 9 };
const OUT_OF_DATE = 'This form is out of date';

let chat: TestChat;
let ada: Clicker;
let integrationId: string;
let meanwhile: () => Promise<unknown>;
/** Whose transactions begin only when `meanwhile` is over. */
let slow: Clicker;

beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await chat.person({ email: 'abe@example.com', firstName: 'Abe', role: 'admin' });
  integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
  });
  ada = new Clicker(chat, 'ada@example.com');
  meanwhile = async () => undefined;
  const turn: TestChat['turn'] = async (email) => {
    const usual = await chat.turn(email);
    return {
      ...usual,
      async transact(work) {
        const first = meanwhile;
        meanwhile = async () => undefined;
        await first();
        return usual.transact(work);
      },
    };
  };
  slow = new Clicker({ ...chat, turn }, 'abe@example.com');
});

type Answers = Parameters<Clicker['sends']>[1];

/** Sends both of what opened alike: Ada's is saved when that of Abe has been read. @returns what Abe is told */
async function both(call: ActionCall, ofAda: Answers, ofAbe: Answers): Promise<string> {
  const form = await slow.opens(call);
  meanwhile = () => ada.sends(call, ofAda);
  const reply = await slow.answersTo(form, call, ofAbe ?? {});
  return 'card' in reply && !('view' in reply.card) ? textOf(reply.card) : reply.kind;
}

const integration = async (): Promise<Integration> =>
  present(await chat.services.stores.integrations.find(integrationId));

test('a name stays where an emoji is changed', async () => {
  const call = changeNameAndIcon.with({ integrationId });
  await both(call, { name: 'Fern' }, { icon: '🧭' });
  expect(await integration()).toMatchObject({ name: 'Fern', icon: '🧭' });
});

test('break-glass that someone forbade is not allowed again by a change of its time', async () => {
  const call = changeBreakGlass.with({ integrationId });
  await ada.sends(call, { allowed: 'all' });
  const told = await both(call, { allowed: 'no' }, { longest: '8 hours' });
  expect(told).toContain(OUT_OF_DATE);
  expect(settingsOf(await integration()).breakGlass).toBeUndefined();
});

test('settings of an app that was deleted say so', async () => {
  const call = changePolicy.with({ integrationId });
  const form = await slow.opens(call);
  const app = await integration();
  const deletion = { ...by, access: 'keep' } as const;
  meanwhile = () => chat.services.transact((tx) => deleteIntegration(tx, app, deletion));
  const reply = await slow.answersTo(form, call, {});
  expect('card' in reply && !('view' in reply.card) && textOf(reply.card)).toContain(
    'Fernboard has been deleted',
  );
});

test('fields that an import owns stay where others are added', async () => {
  const source = await chat.integration('HR', {
    action: 'create',
    execute: [{ url: 'https://api.example.com/u', method: 'GET' }],
    data_structure: { email: 'mail', position: 'title', department: 'team' },
  });
  const call = ownFields.with({ integrationId: source });
  await both(call, { owned: ['position'] }, { owned: ['department'] });
  const owns = settingsOf(await chat.services.stores.integrations.find(source)).owns;
  expect(owns?.toSorted()).toEqual(['department', 'position']);
});

test('an assignee stays where the date of a task is changed', async () => {
  const cy = await chat.person({ email: 'cy@example.com', firstName: 'Cy' });
  const { id: taskId } = await aTask();
  const call = reassignTask.with({ taskId });
  await both(call, { assignee: cy.email }, { due: '2026-12-24' });
  const task = await chat.services.stores.tasks.find(taskId);
  expect(task).toMatchObject({ assigneeId: cy.id, dueDate: '2026-12-24' });
});

async function aTask() {
  const task: Task = {
    id: 'task-1',
    version: 1,
    state: 'open',
    kind: 'other',
    title: 'Order a laptop',
    personId: (await chat.person({ email: 'ann@example.com', firstName: 'Ann' })).id,
    createdAt: chat.services.now(),
    comments: [],
    checklist: [],
  };
  await chat.services.transact((tx) => tx.tasks.insert(task));
  return task;
}

test('what starts a sequence stays where something else is added', async () => {
  const { id: sequenceId } = await aSequence();
  const call = editStarts.with({ sequenceId });
  await both(call, { created: 'yes' }, { changes: ['department'] });
  const starts = await chat.services.stores.sequenceStarts.of(sequenceId);
  expect(starts.map(({ kind }) => kind)).toEqual(['person-created', 'field-changed']);
});

test('the name of a webhook stays where its path is changed', async () => {
  const { id: sequenceId } = await aSequence();
  const hook = await chat.services.transact((tx) =>
    addHook(tx, { sequenceId, name: 'HR', emailPath: 'email' }, by),
  );
  await both(editHook.with({ hookId: hook.id }), { name: 'Payroll' }, { emailPath: 'data.email' });
  expect(await chat.services.stores.hooks.find(hook.id)).toMatchObject({
    name: 'Payroll',
    emailPath: 'data.email',
  });
});

test('an item of a sequence that someone has changed is not changed back', async () => {
  const { id: sequenceId } = await aSequence();
  await ada.sends(taskItem.with({ sequenceId }), { title: 'Order a laptop' });
  const items = () => chat.services.stores.sequences.items(sequenceId);
  const call = taskItem.with({ sequenceId, itemId: (await items())[0]?.id });
  expect(await both(call, { title: 'Order a phone' }, { note: 'Soon' })).toContain(OUT_OF_DATE);
  expect((await items())[0]?.does).toMatchObject({ title: 'Order a phone', note: '' });
});

async function aSequence() {
  const about = { name: 'Day one', anchor: 'start-date', isForEveryHire: false } as const;
  return ok(await chat.services.transact((tx) => makeSequence(tx, about, by))).value;
}

test('the description of a bundle stays where its tags are changed', async () => {
  const { id: bundleId } = await aBundle();
  const call = editBundle.with({ bundleId });
  await both(call, { description: 'For developers' }, { tags: 'dev' });
  const bundle = await chat.services.stores.bundles.find(bundleId);
  expect(bundle).toMatchObject({ description: 'For developers', tags: ['dev'] });
});

test('an app of a bundle that someone has changed is not changed back', async () => {
  const { id: bundleId } = await aBundle();
  const call = bundleItem.with({ bundleId, integrationId });
  await ada.sends(call);
  const told = await both(call, { days: '7' }, { days: '1' });
  expect(told).toContain('Someone has just changed this bundle');
});

async function aBundle() {
  const typed = { name: 'Basics', description: '', tags: '' };
  return ok(await chat.services.transact((tx) => makeBundle(tx, typed, by))).bundle;
}

test('a recurring review that someone has changed is not changed back', async () => {
  await ada.sends(addCampaign.with({}));
  const { campaigns } = await chat.services.stores.campaigns.list(ALL);
  const call = editCampaign.with({ campaignId: campaigns[0]?.id ?? '' });
  expect(await both(call, { name: 'Spring' }, { days: '7' })).toContain(OUT_OF_DATE);
});
