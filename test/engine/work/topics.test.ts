/** Which cards are drawn again after a change: those that say what has changed. */
import { beforeEach, expect, test } from 'vitest';
import type { Hold } from '../../../src/engine/access/hold.ts';
import { endHolds } from '../../../src/engine/access/holds.ts';
import { beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import { beginIfOver, planOffboarding } from '../../../src/engine/offboarding/offboard.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { assignSequence } from '../../../src/engine/sequences/assign.ts';
import { cancelOffboardingItems } from '../../../src/engine/sequences/cancel-planned.ts';
import { skipItem } from '../../../src/engine/sequences/decide-item.ts';
import {
  holdTopic,
  homeTopic,
  offboardingTopic,
  personTopic,
  removalTopic,
  requestTopic,
  runTopic,
  taskTopic,
} from '../../../src/engine/work/topics.ts';
import { planOf, statementsOf } from '../../support/database/plans.ts';
import { startedRun, type TestEngine, testEngine } from '../../support/engine.ts';
import { addedManual, addedPerson, inSlack, requested } from '../../support/given/added.ts';
import { firstOf, present } from '../../support/given/outcomes.ts';
import { accessSince } from '../../support/has-access.ts';
import { aTask, sequenceLab } from '../sequences/lab.ts';

const actor = { kind: 'system' } as const;
const FAR = '2027-06-30';

let engine: TestEngine;
let ada: Person;
let ann: Person;
/** An admin, and nobody's manager. */
let eve: Person;
beforeEach(async () => {
  engine = await testEngine();
  ada = await addedPerson(engine.transact, { email: 'adam@example.com', role: 'admin' });
  ann = await addedPerson(engine.transact, { email: 'ann@example.com', managerEmail: ada.email });
  eve = await addedPerson(engine.transact, { email: 'eve@example.com', role: 'admin' });
});

const invalidatedBy = (work: (tx: Transaction) => Promise<unknown>): Promise<readonly string[]> =>
  engine.transact(async (tx) => {
    await work(tx);
    return [...tx.invalidated];
  });

test('a request is on the cards of its person at once', async () => {
  const integration = await addedManual(engine.transact);
  const wish = { actor: inSlack(ann), requester: ann, person: ann, integration };
  const content = { reason: 'A project', form: {}, answers: [], facts: {} };
  const topics = await invalidatedBy((tx) => createRequest(tx, { ...wish, content }));
  expect(topics).toContain(personTopic(ann.id));
});

test('access that ends is on the cards of its person', async () => {
  const integration = await addedManual(engine.transact);
  const whose = { personId: ann.id, integrationId: integration.id };
  const ended = { at: engine.now(), why: 'revoked' } as const;
  const topics = await invalidatedBy((tx) => endHolds(tx, whose, ended));
  expect(topics).toContain(personTopic(ann.id));
});

/** A card that stands in chat. */
async function posted(topic: string): Promise<void> {
  const address = { platform: 'slack', key: topic } as const;
  const card = { view: 'run', payload: '{}', topic };
  const message = { id: topic, card, readerId: ada.id, address, shown: '', postedAt: engine.now() };
  await engine.transact((tx) => tx.messages.put(message));
}

/** Topics of the cards that the transaction refreshes. */
async function refreshedBy(work: (tx: Transaction) => Promise<unknown>) {
  await engine.db('jobs').where({ name: 'message.refresh' }).delete();
  await engine.transact(work);
  const keys: string[] = await engine.db('jobs').where({ name: 'message.refresh' }).pluck('key');
  return keys.map((key) => key.replace('refresh:', '')).toSorted();
}

test('a hold refreshes the cards of its run, and of nothing else', async () => {
  const integration = await engine.integration({
    execute: [{ method: 'GET', url: `${engine.party.url}/users` }],
  });
  const run = startedRun(await engine.grant(ann, integration));
  const other = await addedManual(engine.transact);
  const wish = await requested(engine.transact, { requester: ann, integration: other });
  const [hold] = await engine.stores.holds.openAt(ann.id, integration.id);
  const held = present(hold);
  for (const topic of [runTopic(run.id), holdTopic(held.id), requestTopic(wish.id)])
    await posted(topic);
  expect(await refreshedBy((tx) => tx.holds.save({ ...held, endsAt: engine.now() }))).toEqual([
    holdTopic(held.id),
    runTopic(run.id),
  ]);
});

/** Someone has it by hand, and it is being removed by hand. */
async function everyRow() {
  const assignee = { kind: 'person', personId: ada.id } as const;
  const integration = await addedManual(engine.transact, { assignee });
  const whose = { personId: ann.id, integrationId: integration.id };
  const held = { ...whose, id: engine.newId(), version: 1, givenBy: actor };
  const hold: Hold = { ...held, source: 'by-hand', startedAt: engine.now() };
  const about = { person: ann, integration, cause: { kind: 'revoked' }, actor } as const;
  await engine.transact(async (tx) => {
    await tx.holds.insert(hold);
    await tx.access.put(accessSince(tx.now, whose));
    await beginRemoval(tx, about);
  });
  await engine.runJobs();
  const removal = present(await engine.stores.removals.open(ann.id, integration.id));
  const { tasks } = await engine.stores.tasks.list({ personId: ann.id }, { offset: 0, limit: 5 });
  return { hold, removal, task: firstOf(tasks) };
}

test('whatever row about access is written, the cards about that access are refreshed', async () => {
  const { hold, removal, task } = await everyRow();
  const topics = [holdTopic(hold.id), removalTopic(removal.id), taskTopic(task.id)].toSorted();
  for (const topic of topics) await posted(topic);
  const again = { ...hold, id: engine.newId() };
  const writes: readonly ((tx: Transaction) => Promise<unknown>)[] = [
    (tx) => tx.holds.insert(again),
    (tx) => tx.holds.setEnd([again], engine.now()),
    async (tx) => tx.holds.save(present(await tx.holds.find(again.id))),
    (tx) => tx.removals.save(removal),
    (tx) => tx.tasks.save(task),
  ];
  for (const write of writes) expect(await refreshedBy(write)).toEqual(topics);
});

const plan = (tx: Transaction) => planOffboarding(tx, { person: ann, endDate: FAR, actor });

test('a planned last day is on the homes of admins', async () => {
  expect(await invalidatedBy(plan)).toContain(homeTopic(eve.id));
});

test('an offboarding that begins is no longer on the homes of admins', async () => {
  await engine.transact(plan);
  const planned = present(await engine.stores.offboardings.current(ann.id));
  const over = { ...planned, endDate: '2020-01-01' };
  expect(await invalidatedBy((tx) => beginIfOver(tx, over))).toContain(homeTopic(eve.id));
});

/** Their last day is planned, and nothing else. */
async function leavingWithSequence() {
  await engine.transact(plan);
  const { id } = present(await engine.stores.offboardings.current(ann.id));
  const person = present(await engine.stores.people.find(ann.id));
  const timing = { kind: 'before', days: 300, time: '09:00' } as const;
  const sequence = await sequenceLab(engine).sequence([{ timing, does: aTask('Say goodbye') }], {
    anchor: 'end-date',
  });
  const assign = (tx: Transaction) => assignSequence(tx, { sequence, person, actor, past: 'hold' });
  return { id, assign };
}

test('a sequence is on the card of an offboarding, and what waits for a decision on the homes of admins', async () => {
  const { id, assign } = await leavingWithSequence();
  expect(await invalidatedBy(assign)).toEqual(
    expect.arrayContaining([offboardingTopic(id), homeTopic(eve.id)]),
  );
  const [waiting] = await engine.stores.plannedItems.openOf({ personIds: [ann.id] });
  const decided = (tx: Transaction) =>
    skipItem(tx, present(waiting).id, { person: ada, actor: inSlack(ada) });
  const topics = await invalidatedBy(decided);
  // It was the only item, so the sequence is over.
  expect(topics).toEqual(expect.arrayContaining([offboardingTopic(id), homeTopic(eve.id)]));
});

test('a sequence that is cancelled leaves the card of the offboarding', async () => {
  const { id, assign } = await leavingWithSequence();
  await engine.transact(assign);
  const topics = await invalidatedBy((tx) =>
    cancelOffboardingItems(tx, ann.id, { actor, why: () => 'Back' }),
  );
  expect(topics).toContain(offboardingTopic(id));
});

test('cards about access are found by index, however many there are', async () => {
  const some = [1, 2, 3].map((n) => ({ personId: `p${n}`, integrationId: `i${n}` }));
  const [asked] = await statementsOf(engine.db, () => engine.stores.messages.about(some));
  const steps = (await planOf(engine.db, present(asked))).split('\n');
  const scanned = steps.filter((step) => step.startsWith('SCAN') && !step.includes('VALUES'));
  expect(scanned).toEqual([]);
  const tables = steps.filter((step) =>
    /^SEARCH \w+ USING INDEX .*(?:topic=\?|person_id=\? AND integration_id=\?|integration_id=\? AND person_id=\?)/.test(
      step,
    ),
  );
  expect(tables).toHaveLength(6);
});
