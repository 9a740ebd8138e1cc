/**
 * An incident at night. Production asks PagerDuty who is on call: they have access at once, for four hours; others wait for the
 * manager, or break the glass, which the owner reviews in the morning.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Actor, Integration, Person } from '../../../src/engine/people/directory.ts';
import { keepFacts } from '../../../src/engine/people/fact-claims.ts';
import { withReadableFacts, withStored } from '../../../src/engine/people/stored-values.ts';
import type { AccessRequest } from '../../../src/engine/requests/access-request.ts';
import {
  breakGlassSource,
  reviewBreakGlass,
  takeBreakGlass,
} from '../../../src/engine/requests/break-glass.ts';
import { defaultPolicy, FOR_ROUTE, settingsOf } from '../../../src/engine/settings/settings.ts';
import type { Event } from '../../../src/engine/work/events.ts';
import { HOUR, MINUTE, SECOND, type TestEngine, testEngine } from '../../support/engine.ts';
import { requested } from '../../support/given/added.ts';
import { present } from '../../support/given/outcomes.ts';
import { fire } from '../../support/tick.ts';

/** By midnight UTC. */
const TO_MIDNIGHT = 15 * HOUR;

let engine: TestEngine;
let cara: Person;
let gus: Person;
let ben: Person;
let production: Integration;
let events: Event[];

beforeEach(async () => {
  events = [];
  engine = await testEngine({ onEvent: async (_tx, event) => void events.push(event) });
  cara = await engine.person({ email: 'cara@example.com' });
  gus = await engine.person({ email: 'gus@example.com' });
  ben = await engine.person({ email: 'ben@example.com', managerEmail: cara.email });
  const { url } = engine.party;
  const onCall = await engine.integration(
    { exists: { url: `${url}/oncalls`, method: 'GET', expected: '{{email}}' } },
    {},
    'PagerDuty on call',
  );
  const bare = await engine.integration(
    {
      execute: [{ url: `${url}/members` }],
      exists: { url: `${url}/members`, method: 'GET', expected: '{{email}}' },
      revoke: [{ method: 'DELETE', url: `${url}/members` }],
    },
    {},
    'Production',
  );
  const isOnCall = { kind: 'check', integrationId: onCall.id } as const;
  const byManager = {
    approvers: [{ kind: 'manager' } as const],
    approvals: 1,
    differentPerson: false,
  };
  const route = { stages: [byManager], cases: [{ when: [isOnCall], stages: [] }] };
  const settings = {
    policy: { ...defaultPolicy, ...FOR_ROUTE, route },
    ownerIds: [gus.id],
    breakGlass: { longestHours: 4, withApprovalOptions: false },
  };
  production = await engine.transact((tx) => tx.integrations.save({ ...bare, settings }));
  engine.party.on('POST /members', { json: {} });
  engine.party.on('GET /members', { json: [] });
  engine.clock.advance(TO_MIDNIGHT);
});

const benActs = () => ({ kind: 'person', personId: ben.id, via: 'slack' }) as const;
const content = { reason: 'The site is down', form: {}, answers: [], facts: {} };

/** Ben asks for four hours, and Latchkey does what follows. */
async function asks(): Promise<AccessRequest> {
  const made = await requested(engine.transact, {
    actor: benActs(),
    requester: ben,
    integration: production,
    hours: 4,
    content,
  });
  await engine.runJobs();
  return present(await engine.stores.requests.find(made.id));
}

/** Since the app says so. */
const hasIt = () => engine.party.on('GET /members', { json: [{ email: ben.email }] });
const lostIt = () => {
  engine.party.on('DELETE /members', { status: 204 });
  engine.party.on('GET /members', { json: [] });
};
const access = async () =>
  (await engine.stores.access.find(ben.id, production.id))?.state ?? 'never';
const askedOf = () =>
  events.flatMap((event) => (event.kind === 'approval-requested' ? event.approverIds : []));

test('who is on call has it within ten seconds, without anyone else; it ends at its minute, and that is proven', async () => {
  engine.party.on('GET /oncalls', { json: { oncalls: [{ user: { email: ben.email } }] } });
  const before = engine.now().getTime();
  const request = await asks();
  expect(request.state).toBe('approved');
  expect(engine.party.sent('POST', '/members')).toBe(1);
  expect(engine.now().getTime() - before).toBeLessThan(10 * SECOND);
  expect(askedOf()).toEqual([]);
  hasIt();

  await engine.tick(4 * HOUR - MINUTE);
  expect(engine.party.sent('DELETE', '/members')).toBe(0);
  lostIt();
  await engine.tick(MINUTE);
  expect(engine.party.sent('DELETE', '/members')).toBe(1);
  await engine.tick(MINUTE);
  expect((await engine.removal(ben, production)).state).toBe('gone');
  expect(await access()).toBe('none');
});

test.each([
  ['is not on call', { json: { oncalls: [{ user: { email: 'hana@example.com' } }] } }],
  ['asks while PagerDuty is down', { status: 503 }],
  ['asks while PagerDuty answers nonsense', { json: ['ben@', { email: ['ben'] }, null] }],
  ['asks while PagerDuty refuses the token', { status: 401, json: { email: 'ben@example.com' } }],
] as const)('who %s waits for the manager', async (_what, answer) => {
  engine.party.on('GET /oncalls', answer);
  const request = await asks();
  expect(request.state).toBe('open');
  expect(askedOf()).toEqual([cara.id]);
  expect(engine.party.sent('POST', '/members')).toBe(0);
});

describe('where PagerDuty knows people by an ID that is entered', () => {
  beforeEach(async () => {
    const { url } = engine.party;
    const named = JSON.stringify({
      exists: { url: `${url}/oncalls`, method: 'GET', expected: '{{PAGERDUTY_ID}}' },
      extra_user_info: [{ id: 'PAGERDUTY_ID', name: 'PagerDuty ID' }],
    });
    const onCall = settingsOf(production).policy?.route?.cases[0]?.when[0];
    if (onCall?.kind !== 'check') throw new Error('No integration is asked');
    await engine.transact(async (tx) => {
      const integration = present(await tx.integrations.find(onCall.integrationId));
      const saved = { id: 'named', integrationId: integration.id, number: 2, manifest: named };
      await tx.integrations.insertVersion({ ...saved, savedBy: benActs(), createdAt: tx.now });
      await tx.integrations.save({ ...integration, manifestVersionId: 'named' });
    });
    engine.party.on('GET /oncalls', { json: { oncalls: [{ user: { id: 'PHANA' } }] } });
  });

  const facts = { PAGERDUTY_ID: 'PHANA' };
  const entered = (actor: Actor) =>
    engine.transact((tx) => keepFacts(tx, { personId: ben.id, facts, actor }));
  const whatComes = async () => [(await asks()).state, engine.party.sent('GET', '/oncalls')];

  test('who typed a colleague’s is not on call by it', async () => {
    await entered(benActs());
    expect(await whatComes()).toEqual(['open', 0]);
  });

  test('nor is an admin who typed it about themselves', async () => {
    await engine.transact((tx) => tx.people.save({ ...ben, role: 'admin' }));
    await entered(benActs());
    expect(await whatComes()).toEqual(['open', 0]);
  });

  test('one that an admin entered for them counts, also where they type the same later', async () => {
    await entered(engine.actor);
    await entered(benActs());
    expect(await whatComes()).toEqual(['approved', 1]);
  });

  test('not any more once they have typed another one', async () => {
    const { PAGERDUTY_ID } = facts;
    await engine.transact((tx) =>
      keepFacts(tx, {
        personId: ben.id,
        facts: { PAGERDUTY_ID: `OF${PAGERDUTY_ID}` },
        actor: engine.actor,
      }),
    );
    await entered(benActs());
    expect(await whatComes()).toEqual(['open', 0]);
  });

  test('one that an app has stored counts', async () => {
    await engine.transact(async (tx) => {
      const person = await tx.people.hold(ben.id);
      if (person) await tx.people.save(withStored(withReadableFacts(person), facts, 'pagerduty'));
    });
    expect(await whatComes()).toEqual(['approved', 1]);
  });
});

test('who requested it for someone on call does not review it', async () => {
  engine.party.on('GET /oncalls', { json: { oncalls: [{ user: { email: ben.email } }] } });
  const ownerIds = [gus.id, cara.id];
  const settings = { ...settingsOf(production), ownerIds };
  production = await engine.transact((tx) => tx.integrations.save({ ...production, settings }));
  const by = ({ id: personId }: Person) => ({ kind: 'person', personId, via: 'slack' }) as const;
  const forBen = { requester: cara, person: ben, integration: production, hours: 4, content };
  const made = await requested(engine.transact, { actor: by(cara), ...forBen });
  await engine.runJobs();
  const about = { requestId: made.id };
  const reviewed = (person: Person) =>
    engine.transact((tx) => reviewBreakGlass(tx, about, { by: person, actor: by(person) }));
  expect(await reviewed(cara)).toBe('not-yours');
  expect(await reviewed(gus)).toBe('reviewed');
});

test('who can’t wait breaks the glass; the owner reads it at once and reviews it in the morning', async () => {
  engine.party.on('GET /oncalls', { status: 503 });
  await asks();
  const taken = await engine.transact((tx) =>
    takeBreakGlass(tx, { person: ben, integration: production, hours: 4, content }, benActs()),
  );
  if (taken.kind === 'refused') throw new Error(taken.why);
  await engine.runJobs();
  expect(engine.party.sent('POST', '/members')).toBe(1);
  hasIt();
  const broken = () => events.filter(({ kind }) => kind === 'break-glass');
  expect(broken()).toMatchObject([{ isReview: false }]);

  lostIt();
  await engine.tick(4 * HOUR);
  await engine.tick(MINUTE);
  expect((await engine.removal(ben, production)).state).toBe('gone');

  engine.clock.advance(5 * HOUR); // Nine o'clock.
  await fire(engine, [breakGlassSource]);
  expect(broken()).toMatchObject([{ isReview: false }, { isReview: true }]);
  const said = await engine.transact((tx) =>
    reviewBreakGlass(
      tx,
      { requestId: taken.request.id },
      { by: gus, actor: { kind: 'person', personId: gus.id, via: 'teams' } },
    ),
  );
  expect(said).toBe('reviewed');
  expect((await engine.stores.breakGlasses.find(taken.request.id))?.state).toBe('ok');
});
