/** What happens to someone while they are being erased: looking through all texts takes long. */
import { beforeEach, expect, test } from 'vitest';
import { beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import { deactivate, reactivate } from '../../../src/engine/people/change-person.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { finishErasure } from '../../../src/engine/people/erase-person.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { insertTask } from '../../../src/engine/tasks/new-task.ts';
import { createPersonalData } from '../../../src/store/people/erase-personal-data.ts';
import { MINUTE, type TestEngine, testEngine } from '../../support/engine.ts';
import { ok } from '../../support/given/outcomes.ts';

let engine: TestEngine;
let person: Person;
beforeEach(async () => {
  engine = await testEngine();
  const { actor } = engine;
  const here = await engine.person();
  const left = ok(await engine.transact((tx) => deactivate(tx, here, { actor })));
  person = left.person;
});

/** @param meanwhile after it was decided, and before anything is deleted */
function erase(meanwhile: (tx: Transaction) => Promise<unknown>) {
  const real = createPersonalData(engine.db, engine.vault);
  let isDone = false;
  return finishErasure(person.id, {
    ...engine,
    personalData: {
      ...real,
      async erase(...what) {
        engine.clock.advance(MINUTE);
        if (!isDone) await engine.transact(meanwhile);
        isDone = true;
        return real.erase(...what);
      },
    },
  });
}

test('who comes back stays', async () => {
  const { actor } = engine;
  expect(await erase((tx) => reactivate(tx, person, { actor }))).toEqual({ kind: 'nothing' });
  expect(await engine.stores.people.find(person.id)).toMatchObject({ active: true });
});

test('access of theirs that is found is removed first', async () => {
  const integration = await engine.integration({ execute: [{ url: engine.party.url }] });
  const cause = { kind: 'found' } as const;
  const found = { person, integration, cause, actor: engine.actor };
  expect(await erase((tx) => beginRemoval(tx, found))).toMatchObject({
    kind: 'waits',
    removals: 1,
  });
  expect(await engine.stores.removals.openOf(person.id)).toHaveLength(1);
});

test('a task of theirs that is damaged, or whose key is lost, holds up nothing', async () => {
  const { actor, transact, db } = engine;
  const task = { kind: 'other', title: 'Their desk', personId: person.id } as const;
  await transact((tx) => insertTask(tx, task, { actor }));
  await db('tasks').update({ content: 'damaged' });
  expect(await erase(async () => undefined)).toEqual({ kind: 'erased' });
});

test('else nothing is left of them', async () => {
  expect(await erase(async () => undefined)).toEqual({ kind: 'erased' });
  expect(await engine.stores.people.find(person.id)).toBeUndefined();
});
