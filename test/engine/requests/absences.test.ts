import { beforeEach, expect, test } from 'vitest';
import type { Person } from '../../../src/engine/people/directory.ts';
import { setDelegate } from '../../../src/engine/requests/absences.ts';
import { reevaluateRequests } from '../../../src/engine/requests/reevaluate-requests.ts';
import { createPersonalData } from '../../../src/store/people/erase-personal-data.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { requested } from '../../support/given/added.ts';
import { present } from '../../support/given/outcomes.ts';

let engine: TestEngine;
let ann: Person;
let bo: Person;

beforeEach(async () => {
  engine = await testEngine();
  ann = await engine.person({ email: 'ann@example.com' });
  bo = await engine.person({ email: 'bo@example.com' });
});

async function erase(person: Person): Promise<void> {
  await engine.change(person, { active: false });
  const left = present(await engine.stores.people.find(person.id));
  const entry = { id: engine.newId(), at: engine.now(), actor: engine.actor, personId: left.id };
  await createPersonalData(engine.db, engine.vault).erase(left, {
    ...entry,
    what: 'person.erased',
  });
}

test('the delegate gets every open request, of however many', async () => {
  const integration = await engine.integration({ execute: [{ url: 'http://127.0.0.1:9/' }] });
  const ids: string[] = [];
  for (let n = 0; n < 101; n += 1) {
    const requester = await engine.person({ email: `r${n}@example.com`, managerEmail: ann.email });
    ids.push((await requested(engine.transact, { requester, integration })).id);
  }
  await engine.db('jobs').delete();
  const days = { from: '2026-11-24', until: '2026-11-30' };
  const delegation = { personId: ann.id, delegateId: bo.id, ...days };
  await engine.transact((tx) => setDelegate(tx, delegation, engine.actor));
  const jobs = await engine.db('jobs').where({ name: 'requests.re-evaluate' });
  for (const { payload } of jobs)
    await reevaluateRequests(JSON.parse(payload as string) as { personId: string }, engine);
  for (const id of ids)
    expect(await engine.stores.requests.approvers(id, { waiting: true })).toContain(bo.id);
});

test.each(['the delegate', 'who is away'])(
  'a delegate is not set where %s was erased while the form was open',
  async (whose) => {
    await erase(whose === 'the delegate' ? bo : ann);
    const days = { from: '2026-11-24', until: '2026-11-30' };
    const delegation = { personId: ann.id, delegateId: bo.id, ...days };
    const set = await engine.transact((tx) => setDelegate(tx, delegation, engine.actor));
    expect(set).toBe('left');
    expect(await engine.stores.delegations.of(ann.id)).toBeUndefined();
  },
);
