/** Which cards are drawn again after a change: those that say what has changed. */
import { beforeEach, expect, test } from 'vitest';
import { endHolds } from '../../../src/engine/access/holds.ts';
import { beginIfOver, planOffboarding } from '../../../src/engine/offboarding/offboard.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { assignSequence } from '../../../src/engine/sequences/assign.ts';
import { skipItem } from '../../../src/engine/sequences/decide-item.ts';
import {
  homeTopic,
  offboardingTopic,
  personTopic,
  runTopic,
} from '../../../src/engine/work/topics.ts';
import { startedRun, type TestEngine, testEngine } from '../../support/engine.ts';
import { addedManual, addedPerson, inSlack } from '../../support/given/added.ts';
import { present } from '../../support/given/outcomes.ts';
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

test('access that ends is on the cards of its person, and of the run that granted it', async () => {
  const integration = await engine.integration({
    execute: [{ method: 'GET', url: `${engine.party.url}/users` }],
  });
  const run = startedRun(await engine.grant(ann, integration));
  const whose = { personId: ann.id, integrationId: integration.id };
  const ended = { at: engine.now(), why: 'revoked' } as const;
  const topics = await invalidatedBy((tx) => endHolds(tx, whose, ended));
  expect(topics).toEqual(expect.arrayContaining([personTopic(ann.id), runTopic(run.id)]));
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

test('a sequence is on the card of an offboarding, and what waits for a decision on the homes of admins', async () => {
  await engine.transact(plan);
  const { id } = present(await engine.stores.offboardings.current(ann.id));
  const person = present(await engine.stores.people.find(ann.id));
  const timing = { kind: 'before', days: 300, time: '09:00' } as const;
  const sequence = await sequenceLab(engine).sequence([{ timing, does: aTask('Say goodbye') }], {
    anchor: 'end-date',
  });
  const topics = await invalidatedBy((tx) =>
    assignSequence(tx, { sequence, person, actor, past: 'hold' }),
  );
  expect(topics).toEqual(expect.arrayContaining([offboardingTopic(id), homeTopic(eve.id)]));
  const [waiting] = await engine.stores.plannedItems.openOf({ personIds: [ann.id] });
  const decided = (tx: Transaction) =>
    skipItem(tx, present(waiting).id, { person: ada, actor: inSlack(ada) });
  expect(await invalidatedBy(decided)).toContain(homeTopic(eve.id));
});
