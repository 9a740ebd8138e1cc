import { beforeEach, expect, test } from 'vitest';
import { accessNotice, moreAccess } from '../../../../src/bots/features/access/access-notice.ts';
import { failedRuns } from '../../../../src/bots/features/runs/failed-runs.ts';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import type { Actor, Person } from '../../../../src/engine/people/directory.ts';
import { evaluatePeople } from '../../../../src/engine/rules/evaluate.ts';
import { lease, type Run, succeed } from '../../../../src/engine/runs/run.ts';
import { changeWorkspaceSettings } from '../../../../src/engine/settings/workspace-settings.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker } from '../../../support/clicks.ts';
import { ruleAtCompany } from '../../../support/company/company-rules.ts';
import { inState } from '../../../support/engine.ts';
import { ofKind, present } from '../../../support/given/outcomes.ts';
import { begunRemoval } from '../../../support/removals.ts';

let chat: TestChat;
let ada: Person;
let bea: Person;
let ann: Person;

beforeEach(async () => {
  chat = await testChat();
  ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
  bea = await chat.person({ email: 'bea@example.com', role: 'admin' });
  ann = await chat.person({ email: 'ann@example.com' });
});

const facts = () => ({
  id: 'run-1',
  version: 2,
  kind: 'execute' as const,
  integrationId: 'integration-1',
  personId: ann.id,
  manifestVersionId: 'manifest-1',
  startedBy: { kind: 'person', personId: ada.id, via: 'slack' } as const,
  createdAt: chat.services.now(),
  attempt: 1,
});
/** Who gets which card. */
async function notified(run: Run): Promise<readonly string[]> {
  await chat.services.transact((tx) => tx.emit({ kind: 'run-ended', run }));
  const jobs = await chat.database
    .db<{ payload: string }>('jobs')
    .where('name', 'message.post')
    .select('payload');
  return jobs.map(({ payload }) => {
    const { personId, card } = JSON.parse(payload) as { personId: string; card: { view: string } };
    return `${personId} ${card.view}`;
  });
}

/** When their messages are due. */
async function sentAt(): Promise<readonly string[]> {
  const jobs = await chat.database.db<{ due_at: number }>('jobs').where('name', 'message.post');
  return jobs.map(({ due_at }) => new Date(due_at).toISOString());
}

/** A grant to Ann that has begun at a new app. */
async function begun(name: string, actor: Actor = { kind: 'system' }): Promise<Run> {
  const id = await chat.integration(name, { execute: [{ url: 'https://api.example.com/u' }] });
  const integration = present(await chat.services.stores.integrations.find(id));
  const started = await chat.services.transact((tx) =>
    startGrant(tx, { actor, person: ann, integration, form: {} }),
  );
  return ofKind('started', started).run;
}

/** @returns the id of an app that Ann was granted */
async function granted(name: string): Promise<string> {
  const run = inState(await begun(name), 'queued');
  const held = lease(
    run,
    { workerId: 'w1', newestManifestVersionId: run.manifestVersionId },
    chat.services.now(),
  );
  await chat.services.transact((tx) => tx.runs.save(succeed(held, tx.now)));
  return run.integrationId;
}

test('a run that succeeded notifies the person', async () => {
  const finishedAt = chat.services.now();
  expect(await notified({ ...facts(), state: 'succeeded', finishedAt })).toEqual([
    `${ann.id} access-notice`,
  ]);
});

test('of the grants of ten minutes, all but the first are one message at their end', async () => {
  const done = { ...facts(), state: 'succeeded', finishedAt: chat.services.now() } as const;
  await notified(done);
  await notified({ ...done, id: 'run-2' });
  expect(await notified({ ...done, id: 'run-3' })).toEqual([
    `${ann.id} access-notice`,
    `${ann.id} more-access`,
  ]);
  expect(await sentAt()).toEqual(['2026-11-25T09:00:00.000Z', '2026-11-25T09:10:00.000Z']);
});

test('that message names every app that was granted, and leads to their access', async () => {
  const since = chat.clock;
  for (const name of ['Fernboard', 'Zoom']) await granted(name);
  const payload = moreAccess.with({ personId: ann.id, since }).payload;
  const text = textOf(await moreAccess.render(payload, await liveReader(chat, ann.email)));
  expect(text).toBe(
    "You now have access to 2 apps\nGranted since 25 Nov 2026, 09:00: Fernboard, Zoom. If you can't get in, let a Latchkey admin know.\n[Your access]",
  );
});

test('that message leaves out what is being removed again', async () => {
  const since = chat.clock;
  const fernboard = await granted('Fernboard');
  await granted('Zoom');
  await begunRemoval(chat, ann, fernboard, ada);
  const payload = moreAccess.with({ personId: ann.id, since }).payload;
  const text = textOf(await moreAccess.render(payload, await liveReader(chat, ann.email)));
  expect(text).toContain('You now have access to 1 app\nGranted since 25 Nov 2026, 09:00: Zoom.');
});

test('of one that is being removed again, nobody reads that they have it', async () => {
  const run = await begun('Zoom');
  await begunRemoval(chat, ann, run.integrationId, ada);
  const { payload } = accessNotice.with({ runId: run.id });
  const text = textOf(await accessNotice.render(payload, await liveReader(chat, ann.email)));
  expect(text).toBe(
    'You had Zoom for a short time\nIt was granted, and is removed again. If you still need it, ask a Latchkey admin.\n[Your access]',
  );
});

test.each([
  [{ kind: 'system' }, 'Latchkey granted it automatically.'],
  [{ kind: 'operator', user: 'root' }, 'Your Latchkey admin granted it.'],
] as const)('a grant by %j says so to the person who has it', async (actor, says) => {
  const run = await begun('Zoom', actor);
  const { payload } = accessNotice.with({ runId: run.id });
  const text = textOf(await accessNotice.render(payload, await liveReader(chat, ann.email)));
  expect(text).toContain(`You now have Zoom\n${says}`);
});

test('a grant by a rule names the rule, and why they match it', async () => {
  const id = await chat.integration('Zoom', { execute: [{ url: 'https://api.example.com/u' }] });
  await ruleAtCompany(chat.services, 'Designers', {
    department: 'Design',
    gives: { Zoom: { form: {}, answers: [] } },
  });
  const { stores, transact } = chat.services;
  await transact(async (tx) => {
    await tx.people.save({ ...present(await tx.people.find(ann.id)), department: 'Design' });
    await evaluatePeople(tx, [ann.id]);
  });
  const filter = { concerning: { about: [ann.id] } } as const;
  const [run] = (await stores.runs.list(filter, { offset: 0, limit: 1 })).runs;
  expect(run?.integrationId).toBe(id);
  const { payload } = accessNotice.with({ runId: present(run).id });
  const text = textOf(await accessNotice.render(payload, await liveReader(chat, ann.email)));
  expect(text).toContain(
    'You now have Zoom\nLatchkey granted it automatically: rule Designers, because department is Design. If you',
  );
});

test('a grant by a sequence names the sequence', async () => {
  const run = await begun('Zoom');
  await chat.services.transact(async (tx) => {
    const id = tx.newId();
    const about = { id, version: 1 } as const;
    const sequence = { anchor: 'start-date', isOn: true, isForEveryHire: false } as const;
    await tx.sequences.insert({ ...about, ...sequence, name: 'Welcome', createdAt: tx.now });
    await tx.sequences.insertItem({
      ...about,
      sequenceId: id,
      position: 0,
      timing: { kind: 'at-once' },
      does: { kind: 'grant', integrationId: run.integrationId, form: {}, answers: [] },
    });
    const assignedBy = { kind: 'system' } as const;
    const whose = { sequenceId: id, personId: ann.id, assignedBy, assignedAt: tx.now };
    await tx.assignments.insert({ ...about, ...whose });
    const planned = { ...about, assignmentId: id, itemId: id, personId: ann.id };
    await tx.plannedItems.insertMany([
      { ...planned, state: 'fired', endedAt: tx.now, runId: run.id },
    ]);
  });
  const { payload } = accessNotice.with({ runId: run.id });
  const text = textOf(await accessNotice.render(payload, await liveReader(chat, ann.email)));
  expect(text).toContain('Latchkey granted it automatically: sequence Welcome.');
});

test('nobody is notified of a revoke: its removal says what became of it', async () => {
  const finishedAt = chat.services.now();
  expect(await notified({ ...facts(), kind: 'revoke', state: 'succeeded', finishedAt })).toEqual(
    [],
  );
});

test('a run that a condition stopped notifies every admin but the one who has its card already', async () => {
  const error = { code: 'not-matched', message: 'Not yet.', step: 0 } as const;
  const finishedAt = chat.services.now();
  expect(await notified({ ...facts(), state: 'blocked', finishedAt, error })).toEqual([
    `${bea.id} run`,
  ]);
});

test('who started a run reads that someone else cancelled it, in a new message', async () => {
  const by = (personId: string) => ({ kind: 'person', personId, via: 'slack' }) as const;
  const cancelledBy = async (personId: string) => {
    const finishedAt = chat.services.now();
    const run: Run = { ...facts(), state: 'cancelled', finishedAt, cancelledBy: by(personId) };
    await chat.services.transact((tx) => tx.emit({ kind: 'run-cancelled', run, by: by(personId) }));
    const jobs = chat.database.db<{ payload: string }>('jobs').where('name', 'message.post');
    return (await jobs.select('payload')).map(({ payload }) => JSON.parse(payload) as object);
  };
  expect(await cancelledBy(ada.id)).toEqual([]);
  expect(await cancelledBy(bea.id)).toMatchObject([{ personId: ada.id, card: { view: 'run' } }]);
});

const failed = (about: Partial<Run> = {}): Run =>
  ({
    ...facts(),
    state: 'failed',
    finishedAt: chat.services.now(),
    error: { code: 'http-status', message: 'No.', step: 0 },
    ...about,
  }) as Run;

test('nobody is notified of a run that failed within a minute: the person who started it sees it on the card', async () => {
  expect(await notified(failed())).toEqual([]);
});

test('a run that failed later is a new message to the person who started it', async () => {
  const run = failed();
  chat.clock += 61_000;
  expect(await notified(run)).toEqual([`${ada.id} run`]);
});

test('of the failures of ten minutes, all but the first are one message at their end', async () => {
  const run = failed();
  chat.clock += 61_000;
  await notified(run);
  await notified({ ...run, id: 'run-2' });
  expect(await notified({ ...run, id: 'run-3' })).toEqual([
    `${ada.id} run`,
    `${ada.id} failed-runs`,
  ]);
  expect(await sentAt()).toEqual(['2026-11-25T09:01:01.000Z', '2026-11-25T09:10:00.000Z']);
});

test('a run that failed at night notifies at the end of quiet hours', async () => {
  await chat.services.transact((tx) =>
    changeWorkspaceSettings(tx, { quietHours: { from: '20:00', until: '08:00' } }),
  );
  chat.clock = Date.parse('2026-11-25T21:30:00Z');
  await notified(failed({ createdAt: new Date('2026-11-25T21:00:00Z') }));
  expect(await sentAt()).toEqual(['2026-11-26T08:00:00.000Z']);
});

test('the message about several failures opens the list of them', async () => {
  const reader = await liveReader(chat, ada.email);
  const card = await failedRuns.render(failedRuns.with({ personId: ada.id }).payload, reader);
  const list = await new Clicker(chat, ada.email).presses(buttonOf(card, 'View runs'));
  expect(textOf(list)).toContain('Nothing was granted to you, or by you, yet.');
});

test('an admin who is told of several failures has everyone’s in that list', async () => {
  const reader = await liveReader(chat, ada.email);
  const { payload } = failedRuns.with({ personId: ada.id, ofAll: true });
  const card = await failedRuns.render(payload, reader);
  expect(card.title).toBe('✗ More runs failed');
  const list = await new Clicker(chat, ada.email).presses(buttonOf(card, 'View runs'));
  expect(textOf(list)).toContain("Everyone's");
});

test('nobody is notified of a failed revoke: its removal retries it', async () => {
  const run = failed({ kind: 'revoke' });
  chat.clock += 61_000;
  expect(await notified(run)).toEqual([]);
});
