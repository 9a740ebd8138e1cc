import { beforeEach, expect, test } from 'vitest';
import { requestCard } from '../../../../src/bots/features/requests/request-card.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import { HOUR_MS } from '../../../../src/core/hours.ts';
import type { Actor, Person } from '../../../../src/engine/people/directory.ts';
import { type AccessRequest, policyKey } from '../../../../src/engine/requests/access-request.ts';
import { decideRequest } from '../../../../src/engine/requests/decide-request.ts';
import { fulfil } from '../../../../src/engine/requests/fulfil-request.ts';
import type { RunIn } from '../../../../src/engine/runs/run.ts';
import { defaultPolicy } from '../../../../src/engine/settings/settings.ts';
import { changeWorkspaceSettings } from '../../../../src/engine/settings/workspace-settings.ts';
import type { Task } from '../../../../src/engine/tasks/task.ts';
import { invalidateRun, requestTopic } from '../../../../src/engine/work/topics.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonsOf } from '../../../support/clicks.ts';
import { requested } from '../../../support/given/added.ts';
import { firstOf, present } from '../../../support/given/outcomes.ts';
import { bossAndAnn } from '../../../support/team.ts';

const SYSTEM: Actor = { kind: 'system' };

let chat: TestChat;
let boss: Person;
let ann: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  ({ boss, ann } = await bossAndAnn(chat));
  integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/users' }],
  });
});

const asActor = ({ id: personId }: Person): Actor => ({ kind: 'person', personId, via: 'slack' });

/** An open request for Ann. */
async function request(requester = ann): Promise<AccessRequest> {
  const { stores, transact } = chat.services;
  const integration = present(await stores.integrations.find(integrationId));
  const made = await requested(transact, {
    requester,
    person: ann,
    integration,
    hours: 7 * 24,
    content: { reason: 'A project' },
  });
  await chat.database.db('jobs').delete();
  return made;
}

/** Who gets the request's card as a new message, and when. */
async function messages(): Promise<readonly string[]> {
  const jobs = await chat.database
    .db<{ payload: string; due_at: number }>('jobs')
    .where('name', 'message.post')
    .orderBy('due_at');
  return jobs.map(({ payload, due_at }) => {
    const { personId, card } = JSON.parse(payload) as { personId: string; card: { view: string } };
    const who = { [ann.id]: 'ann', [boss.id]: 'boss' }[personId] ?? personId;
    return `${who} ${card.view} ${new Date(due_at).toISOString().slice(11, 16)}`;
  });
}

async function end(
  { id, ...open }: AccessRequest,
  state: 'denied' | 'withdrawn' | 'expired' | 'cancelled',
  by: Actor,
): Promise<void> {
  await chat.services.transact(async (tx) => {
    const ended = await tx.requests.save({ ...open, id, state, decidedAt: tx.now });
    await tx.emit({ kind: 'request-ended', request: ended, by });
  });
}

test.each(['denied', 'expired', 'cancelled'] as const)(
  'the requester gets a new message about a request that is %s',
  async (state) => {
    await end(await request(), state, state === 'denied' ? asActor(boss) : SYSTEM);
    expect(await messages()).toEqual(['ann request 09:00']);
  },
);

test('nobody gets a message about what they ended themselves', async () => {
  await end(await request(), 'withdrawn', asActor(ann));
  expect(await messages()).toEqual([]);
});

test('the requester and the person both get a message where they are two', async () => {
  await chat.person({ email: 'ada@example.com', role: 'admin' });
  await end(await request(boss), 'expired', SYSTEM);
  expect(await messages()).toEqual(['ann request 09:00', 'boss request 09:00']);
});

test('a person who has left gets no message', async () => {
  const open = await request();
  await chat.services.transact((tx) => tx.people.save({ ...ann, active: false }));
  await end(open, 'cancelled', SYSTEM);
  expect(await messages()).toEqual([]);
});

test('the message waits for the end of quiet hours', async () => {
  const open = await request();
  await chat.services.transact((tx) =>
    changeWorkspaceSettings(tx, { quietHours: { from: '08:30', until: '10:00' } }),
  );
  await end(open, 'expired', SYSTEM);
  expect(await messages()).toEqual(['ann request 10:00']);
});

test('a grant that was approved for its requester has its own message', async () => {
  const open = await request();
  if (open.state !== 'open') throw new Error('It waits');
  await chat.services.transact(async (tx) => {
    const done = await fulfil(tx, open, { actor: asActor(boss) });
    if (done.kind === 'approved')
      await tx.emit({ kind: 'request-ended', request: done.request, by: asActor(boss) });
  });
  expect(await messages()).toEqual([]);
});

/** Approved by their manager; a run grants it. */
async function approved(): Promise<RunIn<'queued'>> {
  const open = await request();
  if (open.state !== 'open') throw new Error('It waits');
  const wish = { requestId: open.id, verdict: 'approve' as const, rules: policyKey(defaultPolicy) };
  const actor = { kind: 'person', personId: boss.id, via: 'slack' } as const;
  await chat.services.transact((tx) => decideRequest(tx, { ...wish, by: boss, actor }));
  const run = await chat.services.stores.runs.unfinished(ann.id, integrationId);
  if (run?.state !== 'queued') throw new Error('No run');
  await chat.database.db('jobs').delete();
  return run;
}

test.each(['failed', 'blocked'] as const)(
  'an approved grant that %s is a new message to the requester and the approver',
  async (state) => {
    const { state: _, ...run } = await approved();
    const error = { code: 'http-status', message: 'No.', step: 0 } as const;
    chat.clock += 10 * 60_000;
    await chat.services.transact((tx) =>
      tx.emit({ kind: 'run-ended', run: { ...run, state, finishedAt: tx.now, error } }),
    );
    expect(await messages()).toEqual(['ann request 09:10', 'boss request 09:10']);
  },
);

test('an approver who can try a failed setup again finds it on the request, and its requester does not', async () => {
  const { state: _, ...run } = await approved();
  const error = { code: 'http-status', message: 'No.', step: 0 } as const;
  await chat.services.transact((tx) =>
    tx.runs.save({ ...run, state: 'failed', finishedAt: tx.now, error }),
  );
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
  expect(await labels(boss, firstOf(requests))).toContain('Details');
  expect(await labels(ann, firstOf(requests))).not.toContain('Details');
});

test('a requester reads that the app doesn’t answer, and what Latchkey does about it', async () => {
  const { state: _, ...run } = await approved();
  const error = { code: 'no-answer', message: "Fernboard doesn't answer.", step: 0 } as const;
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
  const { dueAt: __, ...retrying } = await chat.services.transact((tx) =>
    tx.runs.save({ ...run, state: 'retrying', dueAt: new Date(tx.now.getTime() + HOUR_MS), error }),
  );
  expect(textOf(await cardFor(ann, firstOf(requests)))).toContain(
    "Setup failed. Fernboard doesn't answer. Next try: 25 Nov 2026, 10:00.",
  );
  await chat.services.transact((tx) =>
    tx.runs.save({ ...retrying, state: 'failed', finishedAt: tx.now }),
  );
  expect(textOf(await cardFor(ann, firstOf(requests)))).toContain(
    "Setup failed. Fernboard doesn't answer. Latchkey admins have been told and can try again.",
  );
});

test('the card of the request is redrawn when its run waits for the app', async () => {
  const run = await approved();
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
  const topics = await chat.services.transact(async (tx) => {
    const waiting = { ...run, state: 'waiting', dueAt: tx.now, why: 'Busy.' } as const;
    await invalidateRun(tx, waiting);
    return [...tx.invalidated];
  });
  expect(topics).toContain(requestTopic(firstOf(requests).id));
});

test('what else an app answered is for those who can mend it: a requester doesn’t read it', async () => {
  const { state: _, ...run } = await approved();
  const error = { code: 'http-status', message: 'Fernboard answered 422.', step: 0 } as const;
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
  await chat.services.transact((tx) =>
    tx.runs.save({ ...run, state: 'failed', finishedAt: tx.now, error }),
  );
  expect(textOf(await cardFor(ann, firstOf(requests)))).toContain(
    'Setup failed. Latchkey admins have been told and can try again.',
  );
});

test('admins who have no part in a request get its run when that failed, and many together', async () => {
  const ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
  const { state: _, ...run } = await approved();
  const error = { code: 'http-status', message: 'No.', step: 0 } as const;
  const failed = { ...run, state: 'failed' as const, finishedAt: chat.services.now(), error };
  await chat.services.transact((tx) => tx.emit({ kind: 'run-ended', run: failed }));
  await chat.services.transact((tx) => tx.emit({ kind: 'run-ended', run: failed }));
  const toAda = (await messages()).filter((each) => each.startsWith(ada.id));
  expect(toAda).toEqual([`${ada.id} run 09:00`, `${ada.id} failed-runs 09:10`]);
});

test('an approved request that someone grants by hand is a new message, since that takes longer', async () => {
  const open = await request();
  await chat.services.transact(async (tx) => {
    const taken = { ...open, state: 'approved' as const, taskId: 'task-1', decidedAt: tx.now };
    await tx.emit({ kind: 'request-ended', request: taken, by: asActor(boss) });
  });
  expect(await messages()).toEqual(['ann request 09:00']);
});

test('an approved request that waits behind another grant is a new message', async () => {
  const { state: _, ...run } = await approved();
  await chat.services.transact(async (tx) => {
    await tx.runs.save({ ...run, state: 'deferred' });
    const { requests } = await tx.requests.list({}, { offset: 0, limit: 1 });
    for (const each of requests)
      await tx.emit({ kind: 'request-ended', request: each, by: asActor(boss) });
  });
  expect(await messages()).toEqual(['ann request 09:00']);
});

test.each([
  ['cancelled', ['ann request 09:00']],
  ['done', []],
] as const)(
  'a task of a request that is %s notifies the requester of %j',
  async (state, expected) => {
    const { id: requestId, personId } = await request();
    const ended = { id: 'task-1', version: 2, kind: 'grant', personId, integrationId, requestId };
    const times = { createdAt: chat.services.now(), endedAt: chat.services.now() };
    const task = {
      ...ended,
      ...times,
      title: 'Grant it',
      state,
      endedById: ann.id,
    } as unknown as Task;
    await chat.services.transact((tx) => tx.emit({ kind: 'task-ended', task }));
    expect(await messages()).toEqual(expected);
  },
);

test('a cancelled task notifies the requester of each request that it was for', async () => {
  await chat.person({ email: 'ada@example.com', role: 'admin' });
  const first = await request();
  await end(first, 'withdrawn', asActor(ann));
  const second = await request(boss);
  const task = {
    id: 'task-1',
    kind: 'grant',
    state: 'cancelled',
    personId: ann.id,
    integrationId,
    others: [{ requestId: second.id }, { requestId: first.id }],
  } as unknown as Task; // Of a grant by hand that came last.
  await chat.services.transact((tx) => tx.emit({ kind: 'task-ended', task }));
  expect((await messages()).toSorted()).toEqual(['ann request 09:00', 'boss request 09:00']);
});

test('who was reminded of a bundle still gets a message when another of its apps waits for them', async () => {
  const remindedAt = chat.services.now();
  const bundled = { ...(await request()), bundleRequestId: 'bundle-1', remindedAt };
  const asks = { kind: 'approval-requested', request: bundled, approverIds: [boss.id] } as const;
  await chat.services.transact((tx) => tx.emit({ ...asks, isReminder: true }));
  expect(await messages()).toEqual(['boss bundle-request 09:00']);
  await chat.database.db('jobs').delete();
  await chat.services.transact((tx) => tx.emit(asks));
  expect(await messages()).toEqual(['boss bundle-request 09:00']);
  await chat.database.db('jobs').delete();
  await chat.services.transact((tx) => tx.emit(asks));
  expect(await messages()).toEqual([]); // Another one of the same minutes, on the same card.
});

async function cardFor(reader: Person, { id: requestId }: AccessRequest): Promise<Card> {
  const { payload } = requestCard.with({ requestId });
  return requestCard.render(payload, await liveReader(chat, reader.email));
}

const labels = async (reader: Person, about: AccessRequest): Promise<readonly string[]> =>
  buttonsOf(await cardFor(reader, about)).map(({ label }) => label);

test('an expired request offers its requester to request it again, and nobody else', async () => {
  const open = await request();
  await end(open, 'expired', SYSTEM);
  expect([await labels(ann, open), await labels(boss, open)]).toEqual([['Request again…'], []]);
});

test('what can no longer be requested is not offered again', async () => {
  const open = await request();
  await end(open, 'denied', asActor(boss));
  await chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(integrationId);
    const policy = { ...defaultPolicy, requesters: { kind: 'nobody' as const } };
    if (integration) await tx.integrations.save({ ...integration, settings: { policy } });
  });
  expect(await labels(ann, open)).toEqual([]);
});
