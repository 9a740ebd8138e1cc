/** Access for hours from the request to the proof that it is gone, on PostgreSQL, minute by minute where something is due. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { defaultPolicy } from '../../../src/engine/settings/settings.ts';
import { type DueDeps, fireDue } from '../../../src/engine/work/due.ts';
import {
  type SimulatedCompany,
  simulatedCompany,
} from '../../support/company/simulated-company.ts';
import { addedIntegration, addedPerson } from '../../support/given/added.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const start = new Date('2026-11-24T22:00:30Z');
const EXISTS = 'https://asana.example/members?who={{email}}';
const manifest = JSON.stringify({
  exists: { url: EXISTS, method: 'GET', expected: '{{email}}' },
  execute: [{ url: EXISTS, method: 'POST' }],
  revoke: [{ url: EXISTS, method: 'DELETE' }],
});

let company: SimulatedCompany;
let due: DueDeps;
let ann: Person;
let asana: Integration;

beforeEach(async () => {
  company = await simulatedCompany(start);
  due = company.process();
  const { transact } = company;
  ann = await addedPerson(transact, { email: 'ann@example.com' });
  const made = await addedIntegration(transact, { manifest });
  const policy = { ...defaultPolicy, approvers: { kind: 'automatic' }, longestHours: 8 } as const;
  asana = await transact((tx) => tx.integrations.save({ ...made, settings: { policy } }));
});
afterEach(() => company.cleanup());

/** The ticks of these minutes after the start, and the work that they cause. */
async function minutes(from: number, to: number): Promise<void> {
  for (let minute = from; minute <= to; minute += 1) {
    company.now = new Date(start.getTime() - 30_000 + minute * MINUTE);
    await fireDue(due, company.now);
    await company.work();
  }
}

test('four hours are granted at once, reminded of, ended within their minute, and proven gone', async () => {
  const { stores, transact } = company;
  const content = { reason: 'An incident', form: {}, answers: [], facts: {} };
  const actor = { kind: 'person', personId: ann.id, via: 'slack' } as const;
  const wish = { actor, requester: ann, person: ann, integration: asana, hours: 4, content };
  expect(await transact((tx) => createRequest(tx, wish))).toMatchObject({
    request: { state: 'approved', hours: 4 },
  });
  await company.work();
  expect((await stores.access.find(ann.id, asana.id))?.state).toBe('has');
  const [hold] = await stores.holds.openAt(ann.id, asana.id);
  expect(hold?.endsAt).toEqual(new Date(start.getTime() + 4 * HOUR));

  // A tenth of four hours: 24 minutes before the end.
  await minutes(214, 216);
  expect((await stores.holds.find(hold?.id ?? ''))?.warnedAt).toBeUndefined();
  await minutes(217, 217);
  expect((await stores.holds.find(hold?.id ?? ''))?.warnedAt).toEqual(company.now);

  await minutes(239, 240);
  expect(await stores.removals.open(ann.id, asana.id)).toBeUndefined();
  await minutes(241, 241);
  const ended = await stores.holds.find(hold?.id ?? '');
  expect(ended?.ended?.why).toBe('expired');
  expect(ended?.ended?.at.getTime()).toBeLessThan(start.getTime() + 4 * HOUR + MINUTE);

  await minutes(242, 244);
  const removal = await stores.removals.latest(ann.id, asana.id);
  expect(removal).toMatchObject({ state: 'gone', proof: { kind: 'asked' } });
  expect((await stores.access.find(ann.id, asana.id))?.state).toBe('none');
});
