/** Someone who was deactivated long before their offboarding: nothing of theirs is open by then, however much there was. */
import { expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { deactivate } from '../../../src/engine/people/change-person.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { blank } from '../../../src/engine/people/people.ts';
import { reevaluateRequests } from '../../../src/engine/requests/reevaluate-requests.ts';
import { DAY, testEngine } from '../../support/engine.ts';
import { present } from '../../support/given/outcomes.ts';

/** More than a page of any list that leaving reads. */
const MANY = 101;

test('leaves no open request, approval, task or delegation', async () => {
  const engine = await testEngine();
  const { actor, db, stores, transact } = engine;
  const gone = await engine.person({ email: 'gone@example.com' });
  const others = Array.from({ length: MANY }, (_, n) => blank(newId(), `p${n}@example.com`));
  await stores.people.insertMany(others);
  const app = await engine.integration({ execute: [{ url: 'http://127.0.0.1:9/' }] });
  const content = { reason: '', form: {}, answers: [], facts: {} };
  const asks = (requester: Person, person: Person, integrationId: string) => ({
    id: newId(),
    version: 1,
    kind: 'grant' as const,
    integrationId,
    personId: person.id,
    requestedById: requester.id,
    createdAt: engine.now(),
    state: 'open' as const,
  });
  const opens = (
    kind: 'grant' | 'other',
    person: Person,
    rest: { readonly integrationId?: string; readonly assigneeId?: string },
  ) => ({
    id: newId(),
    version: 1,
    kind,
    title: 'T',
    personId: person.id,
    createdAt: engine.now(),
    comments: [],
    state: 'open' as const,
    ...rest,
  });
  const ofTheirs: string[] = [];
  await transact(async (tx) => {
    for (const [n, other] of others.entries()) {
      const id = newId();
      const createdAt = new Date(0);
      await tx.integrations.insert({ id, version: 1, name: `App ${n}`, enabled: true, createdAt });
      await tx.requests.insert(asks(gone, gone, id), content);
      await tx.requests.insert(asks(gone, other, id), content);
      const theirs = asks(other, other, app.id);
      await tx.requests.insert(theirs, content);
      await tx.requests.setApprovers(theirs.id, { all: [gone.id] });
      ofTheirs.push(theirs.id);
      await tx.tasks.insert(opens('grant', gone, { integrationId: id }));
      await tx.tasks.insert(opens('other', other, { assigneeId: gone.id }));
      const days = { from: '2026-11-01', until: '2027-11-30' };
      await tx.delegations.put({ personId: other.id, delegateId: gone.id, ...days });
    }
  });
  await transact((tx) => deactivate(tx, gone, { actor }));
  const jobs = await db('jobs').where({ name: 'requests.re-evaluate' });
  for (const { payload } of jobs)
    await reevaluateRequests(JSON.parse(payload as string) as { personId: string }, engine);
  await engine.runJobs();
  await engine.later(30 * DAY);
  await engine.offboard(present(await stores.people.find(gone.id)), '2026-11-01');
  await engine.tick(DAY);
  expect(await stores.offboardings.last(gone.id)).toMatchObject({ state: 'done' });
  const page = { offset: 0, limit: 1 };
  const totals = [
    await stores.requests.list({ state: 'open', personIds: [gone.id] }, page),
    await stores.requests.list({ state: 'open', requestedById: gone.id }, page),
    await stores.requests.list({ state: 'open', approverId: gone.id }, page),
    await stores.tasks.list({ state: 'open', personId: gone.id }, page),
    await stores.tasks.list({ state: 'open', assigneeId: gone.id }, page),
  ].map(({ total }) => total);
  expect(totals).toEqual([0, 0, 0, 0, 0]);
  expect(await stores.delegations.to(gone.id)).toEqual([]);
  for (const id of ofTheirs) expect(await stores.requests.approvers(id)).toEqual([engine.admin.id]);
});
