/** The task of a removal by hand says what someone should inherit, where the manifest's `revoke_note` does. */
import { beforeEach, expect, test } from 'vitest';
import { changePerson } from '../../../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../../../src/engine/people/directory.ts';
import { MINUTE, type TestEngine, testEngine } from '../../../support/engine.ts';

let engine: TestEngine;
let person: Person;
beforeEach(async () => {
  engine = await testEngine();
  person = await engine.person();
  engine.party.on('POST /users', { json: {} });
});

/** It has no revoke, so someone has to remove it. */
const granted = async (rest: Readonly<Record<string, unknown>>): Promise<Integration> => {
  const execute = [{ url: `${engine.party.url}/users`, data: { email: '{{email}}' } }];
  const initial_data_form = [{ id: 'TOKEN', name: 'Token' }];
  const manifest = { initial_data_form, execute, ...rest };
  const app = await engine.integration(manifest, { TOKEN: 'hush' });
  await engine.granted(person, app);
  return app;
};

const change = (details: Parameters<typeof changePerson>[2]['details']) =>
  engine.transact(async (tx) => {
    const now = await tx.people.hold(person.id);
    if (now) await changePerson(tx, now, { ...engine, details });
  });

const noteOf = async (app: Integration): Promise<string | undefined> => {
  await engine.revoke(person, app);
  await engine.later(MINUTE);
  const { taskId = '' } = await engine.removal(person, app);
  return (await engine.stores.tasks.find(taskId))?.note;
};

const WHY = "Latchkey can't revoke access to Asana. Remove it in Asana itself.";

test('it stands below why the removal is by hand, with the facts about the person', async () => {
  await engine.person({ email: 'bo@example.com', firstName: 'Bo', lastName: 'Boss' });
  await change({ managerEmail: 'bo@example.com' });
  const app = await granted({ revoke_note: 'Give the files of {{email}} to {{manager}}.' });
  expect(await noteOf(app)).toBe(`${WHY}\n\nGive the files of grace@example.com to Bo Boss.`);
});

test('it names the account as it was granted', async () => {
  const app = await granted({ revoke_note: 'The files of {{email}}.' });
  await change({ email: 'grace.murray@example.com' });
  expect(await noteOf(app)).toBe(
    `${WHY} Also look for grace@example.com.

The files of grace@example.com.`,
  );
});

test('what is no fact about the person leaves nothing in its place', async () => {
  const app = await granted({
    revoke_note: 'Files{{TEAM}}{{#email}}{{TOKEN}}{{/email}}.',
  });
  expect(await noteOf(app)).toBe(`${WHY}\n\nFiles.`);
});

test('it says the first day in words', async () => {
  await change({ startDate: '2026-11-30' });
  const app = await granted({ revoke_note: 'The files since {{start}}.' });
  expect(await noteOf(app)).toBe(`${WHY}\n\nThe files since 30 Nov 2026.`);
});

test('without one the task says only why', async () => {
  expect(await noteOf(await granted({}))).toBe(WHY);
});
