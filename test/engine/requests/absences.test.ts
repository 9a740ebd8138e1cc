import { beforeEach, expect, test } from 'vitest';
import type { Person } from '../../../src/engine/people/directory.ts';
import { setDelegate } from '../../../src/engine/requests/absences.ts';
import { createPersonalData } from '../../../src/store/people/erase-personal-data.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
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
