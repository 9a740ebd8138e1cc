/** A removal or a deletion that was begun when something else is decided. */
import { beforeEach, expect, test } from 'vitest';
import { advanceRemoval } from '../../../src/engine/access/removals/advance-removal.ts';
import { deleteIntegration } from '../../../src/engine/integrations/delete-integration.ts';
import { deactivate, reactivate } from '../../../src/engine/people/change-person.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { DAY, MINUTE, type TestEngine, testEngine } from '../../support/engine.ts';
import { present } from '../../support/given/outcomes.ts';

let engine: TestEngine;
let person: Person;
beforeEach(async () => {
  engine = await testEngine();
  person = await engine.person();
});

const url = () => `${engine.party.url}/users`;
const current = async () => present(await engine.stores.people.find(person.id));

test('keep after remove: nobody whose removal has yet to begin loses access', async () => {
  const app = await engine.integration({
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: url() }],
  });
  engine.party.on('POST /users', { json: {} });
  engine.party.on('DELETE /users', { status: 500 });
  const other = await engine.person({ email: 'o@example.com' });
  await engine.grant(person, app);
  await engine.granted(other, app);
  await engine.revoke(person, app); // one that is stuck
  await engine.later(MINUTE);
  const remove = (access: 'remove' | 'keep') =>
    engine.transact((tx) => deleteIntegration(tx, app, { access, ...engine, actor: engine.actor }));
  await remove('remove'); // its job has not been done yet, or is at an earlier page
  await remove('keep');
  await engine.later(MINUTE);
  const begun = await engine.stores.removals.latest(other.id, app.id);
  expect(begun).toBeUndefined();
});

test('a revoke that is queued when the person comes back is not sent while the removal is paused', async () => {
  const app = await engine.integration({
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: url() }],
  });
  engine.party.on('POST /users', { json: {} });
  engine.party.on('DELETE /users', { status: 204 });
  await engine.granted(person, app);
  const { transact, actor } = engine;
  const deps = { actor };
  const here = await current();
  await transact((tx) => deactivate(tx, here, deps));
  const removal = await engine.removal(person, app);
  await advanceRemoval(removal.id, { ...deps, transact });
  const left = await current();
  await transact((tx) => reactivate(tx, left, deps));
  await engine.runJobs();
  expect(engine.party.sent('DELETE')).toBe(0);
});

test('a deletion whose job was lost goes on', async () => {
  const app = await engine.integration({
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: url() }],
  });
  engine.party.on('POST /users', { json: {} });
  engine.party.on('DELETE /users', { status: 204 });
  await engine.granted(person, app);
  await engine.transact((tx) =>
    deleteIntegration(tx, app, { access: 'remove', ...engine, actor: engine.actor }),
  );
  await engine.db('jobs').where({ name: 'integration.empty' }).delete();
  await engine.timePasses(10 * DAY);
  const now = await engine.stores.integrations.find(app.id);
  expect(now?.deletedAt).toBeDefined();
});
