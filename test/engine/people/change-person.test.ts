import { beforeEach, describe, expect, test } from 'vitest';
import { changePerson, deactivate, reactivate } from '../../../src/engine/people/change-person.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { addPerson, ensureAdmins } from '../../../src/engine/people/people.ts';
import type { PersonDetails } from '../../../src/engine/people/person-details.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { startReview } from '../../../src/engine/reviews/start-review.ts';
import { defaultPolicy, settingsOf } from '../../../src/engine/settings/settings.ts';
import { inState, startedRun, type TestEngine, testEngine } from '../../support/engine.ts';
import { requested } from '../../support/given/added.ts';
import { present } from '../../support/given/outcomes.ts';
import { accessSince } from '../../support/has-access.ts';

let engine: TestEngine;
let grace: Person;
beforeEach(async () => {
  engine = await testEngine();
  grace = await engine.person();
});

const now = async ({ id }: Person): Promise<Person> => present(await engine.stores.people.find(id));
const change = async (person: Person, details: PersonDetails) => {
  const current = await now(person);
  return engine.transact((tx) => changePerson(tx, current, { ...engine, details }));
};
const errorsOf = async (person: Person, details: PersonDetails) => {
  const changed = await change(person, details);
  return changed.ok ? {} : changed.errors;
};
const leave = async (person: Person) => {
  const current = await now(person);
  return engine.transact((tx) => deactivate(tx, current, engine));
};

describe('a change', () => {
  test('keeps what it leaves out, and takes away what it empties', async () => {
    await change(grace, { position: 'Admiral', managerEmail: 'ADA@example.com', phone: '4711' });
    const changed = await change(grace, { position: ' ', managerEmail: '' });
    expect(changed).toMatchObject({ ok: true, changed: ['managerEmail', 'position'] });
    const { version: _, ...after } = await now(grace);
    const { version: __, ...before } = grace;
    expect(after).toEqual({ ...before, phone: '4711' });
  });

  test('takes a free address in any case, and tells whose another is', async () => {
    await change(grace, { email: ' Amazing@Example.com ' });
    expect((await now(grace)).email).toBe('amazing@example.com');
    expect(await errorsOf(grace, { email: 'ADA@example.com' })).toEqual({
      email: 'ada@example.com is the address of someone else in the directory',
    });
    const bo = await engine.person({ email: 'bo@example.com' });
    await leave(bo);
    expect((await errorsOf(grace, { email: bo.email })).email).toContain('who has left');
  });

  test('makes nobody their own manager or buddy, nor anybody who has left', async () => {
    const bo = await engine.person({ email: 'bo@example.com', firstName: 'Bo', lastName: 'Lee' });
    await leave(bo);
    expect(await errorsOf(grace, { managerEmail: grace.email, buddyEmail: bo.email })).toEqual({
      managerEmail: 'this is the same person; choose someone else',
      buddyEmail: 'Bo Lee has left; choose someone else',
    });
  });

  test('makes no circle, however long, and names everybody in it', async () => {
    const named = { lastName: '' };
    const a = await engine.person({ ...named, email: 'a@x.io', firstName: 'A' });
    const b = await engine.person({
      ...named,
      email: 'b@x.io',
      firstName: 'B',
      managerEmail: 'a@x.io',
    });
    await engine.person({ ...named, email: 'c@x.io', firstName: 'C', managerEmail: 'b@x.io' });
    expect((await errorsOf(a, { managerEmail: 'c@x.io' })).managerEmail).toMatch(
      /^that would make a circle: C reports to B reports to A;/,
    );
    expect((await change(b, { managerEmail: 'ada@example.com' })).ok).toBe(true);
  });

  test('takes no phone number that is none, and every one that can be called', async () => {
    for (const phone of ['soon', '12', 'call me on 4711', '+32 470 CALLME'])
      expect(await errorsOf(grace, { phone })).toEqual({
        phone: `"${phone}" isn't a phone number; use one like +32470123456`,
      });
    for (const phone of ['+32 (470) 12.34.56', '0470 12 34 56', '4711', '020 7946 0018 ext. 12'])
      expect(await errorsOf(grace, { phone })).toEqual({});
  });

  test('is audited by its fields, never by their values', async () => {
    await change(grace, { phone: '+31 6 12345678', firstName: 'G.' });
    const [entry] = await engine.stores.auditLog.list({ offset: 0, limit: 1 });
    expect(entry).toMatchObject({
      what: 'person.changed',
      actor: engine.actor,
      personId: grace.id,
      detail: { fields: 'first name, phone' },
    });
    expect(JSON.stringify(entry)).not.toContain('6 1234');
  });

  test('says all that is wrong at once, and changes nothing then', async () => {
    const errors = await errorsOf(grace, {
      email: 'x',
      startDate: '2026-02-30',
      timeZone: 'Mars/Olympus',
      managerEmail: 'y@z.io',
      position: 'x'.repeat(201),
      lastName: 'Fine',
    });
    expect(Object.keys(errors).toSorted()).toEqual([
      'email',
      'managerEmail',
      'position',
      'startDate',
      'timeZone',
    ]);
    expect(await now(grace)).toEqual(grace);
  });
});

describe('the last admin', () => {
  test('keeps the role and stays, until there is another', async () => {
    expect(await errorsOf(engine.admin, { role: 'other' })).toEqual({
      role: 'no one else is an admin; make someone else one first',
    });
    expect(await leave(engine.admin)).toMatchObject({ ok: false });
    await change(grace, { role: 'admin' });
    expect((await change(engine.admin, { role: 'other' })).ok).toBe(true);
    expect(await leave(grace)).toMatchObject({ ok: false });
  });

  test('is not one who has left', async () => {
    await change(grace, { role: 'admin' });
    await leave(grace);
    expect(await leave(engine.admin)).toMatchObject({ ok: false });
  });

  test('whom ADMIN_EMAILS names is an admin again at the next start', async () => {
    await change(grace, { role: 'admin' });
    await change(engine.admin, { role: 'other' });
    await engine.transact((tx) => ensureAdmins(tx, [engine.admin.email]));
    expect((await now(engine.admin)).role).toBe('admin');
  });
});

describe('a leaver', () => {
  test('is being granted nothing any more', async () => {
    const asana = await engine.integration({ execute: [{ url: engine.party.url }] });
    const run = startedRun(await engine.grant(grace, asana));
    expect(await leave(grace)).toMatchObject({ ok: true, person: { active: false } });
    inState(await engine.run(run.id), 'cancelled');
    expect(await engine.audited()).toContain('person.deactivated');
    expect(await engine.grant(await now(grace), asana)).toMatchObject({ kind: 'refused' });
  });

  test('twice is left once', async () => {
    await leave(grace);
    const audited = await engine.audited();
    await leave(grace);
    expect(await engine.audited()).toEqual(audited);
  });
});

/** Grace has left, with much that was hers. @returns an integration where she had access */
async function gone(): Promise<string> {
  const { id: integrationId } = await engine.integration({
    exists: { url: engine.party.url, expected: 'x' },
    execute: [{ url: engine.party.url }],
  });
  const access = { personId: grace.id, integrationId, state: 'has', reason: '' } as const;
  await engine.stores.access.put({ ...access, since: engine.now(), checkedAt: engine.now() });
  const current = await now(grace);
  await engine.stores.people.save({
    ...current,
    role: 'admin',
    endDate: '2026-11-01',
    phone: '4711',
    stored: { ASANA_ID: '12', LOCKER: '7' },
  });
  await leave(grace);
  return integrationId;
}

describe('someone who comes back', () => {
  test('by hand has no old id, grant, end or role, and the fields that they had', async () => {
    const integrationId = await gone();
    const current = await now(grace);
    await engine.transact((tx) => reactivate(tx, current, engine));
    const back = await now(grace);
    expect(back).toMatchObject({ active: true, phone: '4711', stored: {}, role: 'other' });
    expect(back.endDate).toBeUndefined();
    expect(back.addressSince).toBeUndefined();
    expect(await engine.stores.access.find(grace.id, integrationId)).toMatchObject({
      state: 'unknown',
      reason: 'Not checked since they came back.',
    });
    const page = { offset: 0, limit: 1 };
    expect(await engine.stores.auditLog.list(page, { what: 'person.reactivated' })).toMatchObject([
      { detail: { storedValuesDropped: 2, samePerson: true } },
    ]);
    expect(await engine.stores.auditLog.list(page, { what: 'person.role' })).toMatchObject([
      { detail: { role: 'other', before: 'admin' } },
    ]);
  });

  test('is not said to have what the app denied and no one had granted them', async () => {
    const had = await gone();
    const { id: integrationId } = await engine.integration(
      { execute: [{ url: engine.party.url }] },
      {},
      'Zoom',
    );
    const none = { personId: grace.id, integrationId, state: 'none', reason: '' } as const;
    const times = { since: engine.now(), checkedAt: engine.now() };
    await engine.stores.access.put({ ...none, ...times });
    const current = await now(grace);
    await engine.transact((tx) => reactivate(tx, current, engine));
    const access = await engine.stores.access.forPerson(grace.id);
    expect(new Map(access.map((each) => [each.integrationId, each.state]))).toEqual(
      new Map([
        [had, 'unknown'],
        [integrationId, 'none'],
      ]),
    );
  });

  test('since their address is added again, has what is said of them and nothing that was known before', async () => {
    await gone();
    const wanted = { email: 'GRACE@example.com', firstName: 'Gwen', role: 'new_hire' } as const;
    const added = await engine.transact((tx) => addPerson(tx, wanted, engine));
    expect(added).toMatchObject({ ok: true, returned: true });
    const { version: _, ...back } = await now(grace);
    expect(back).toEqual({
      id: grace.id,
      email: 'grace@example.com',
      firstName: 'Gwen',
      lastName: '',
      role: 'new_hire',
      active: true,
      addressSince: engine.now(),
      stored: {},
    });
    const page = { offset: 0, limit: 1 };
    expect(await engine.stores.auditLog.list(page, { what: 'person.reactivated' })).toMatchObject([
      { detail: { samePerson: false } },
    ]);
  });

  test('by their address, without a name, is not called by the name of who left', async () => {
    await gone();
    await engine.transact((tx) => addPerson(tx, { email: grace.email }, engine));
    expect(await now(grace)).toMatchObject({ firstName: '', lastName: '' });
  });

  test('is no admin but where someone says so', async () => {
    await gone();
    const wanted = { email: grace.email, role: 'admin' } as const;
    await engine.transact((tx) => addPerson(tx, wanted, engine));
    expect((await now(grace)).role).toBe('admin');
  });
});

describe('what others have of someone who left', () => {
  const cleo = () => engine.person({ email: 'cleo@example.com', managerEmail: grace.email });
  const delegate = (personId: string, delegateId: string) =>
    engine.transact((tx) =>
      tx.delegations.put({ personId, delegateId, from: '2026-11-20', until: '2027-11-20' }),
    );
  const addAgain = () =>
    engine.transact((tx) => addPerson(tx, { email: grace.email, firstName: 'Gwen' }, engine));
  const sayBack = async () => {
    const left = await now(grace);
    return engine.transact((tx) => reactivate(tx, left, engine));
  };

  test('ends where they stood in for someone, or someone for them', async () => {
    const report = await cleo();
    await delegate(grace.id, report.id);
    await delegate(report.id, grace.id);
    await leave(grace);
    expect(await engine.stores.delegations.of(grace.id)).toBeUndefined();
    expect(await engine.stores.delegations.of(report.id)).toBeUndefined();
    const ended = await engine.stores.auditLog.list(
      { offset: 0, limit: 10 },
      { what: 'delegation.ended' },
    );
    const theirs = expect.arrayContaining([
      expect.objectContaining({ personId: grace.id, detail: { delegateId: report.id } }),
      expect.objectContaining({ personId: report.id, detail: { delegateId: grace.id } }),
    ]) as unknown;
    expect(ended).toHaveLength(2);
    expect(ended).toEqual(theirs);
  });

  test('does not pass to the next person with their address: they are nobody’s manager', async () => {
    const report = await cleo();
    await leave(grace);
    await addAgain();
    expect((await now(report)).managerId).toBeUndefined();
    expect(await engine.audited()).toContain('person.changed');
  });

  test('does not pass to the next person with their address: they are nobody’s buddy', async () => {
    const report = await cleo();
    await change(report, { managerEmail: '', buddyEmail: grace.email });
    await leave(grace);
    await addAgain();
    expect((await now(report)).buddyId).toBeUndefined();
    const page = { offset: 0, limit: 1 };
    expect(await engine.stores.auditLog.list(page, { what: 'person.changed' })).toMatchObject([
      { personId: report.id, detail: { fields: 'buddy' } },
    ]);
  });

  test('does not pass to the next person with their address: nor are they the manager of someone who comes back later', async () => {
    const report = await cleo();
    await leave(report);
    await leave(grace);
    await addAgain();
    const left = await now(report);
    await engine.transact((tx) => reactivate(tx, left, engine));
    expect((await now(report)).managerId).toBeUndefined();
  });

  test('does not pass to the next person with their address: a task of a sequence is any admin’s', async () => {
    const at = { id: 'sequence', version: 1, name: 'First week', anchor: 'start-date' } as const;
    const task = { kind: 'task', title: 'Order', note: '', dueInDays: 1, checklist: [] } as const;
    const assignee = { kind: 'person', personId: grace.id } as const;
    await engine.transact(async (tx) => {
      const createdAt = engine.now();
      await tx.sequences.insert({ ...at, isOn: true, isForEveryHire: false, createdAt });
      await tx.sequences.insertItem({
        id: 'item',
        version: 1,
        sequenceId: at.id,
        position: 0,
        timing: { kind: 'at-once' },
        does: { ...task, assignee },
      });
    });
    await leave(grace);
    await addAgain();
    expect(await engine.stores.sequences.findItem('item')).toMatchObject({
      does: { ...task, assignee: { kind: 'admins' } },
    });
    const page = { offset: 0, limit: 1 };
    expect(await engine.stores.auditLog.list(page, { what: 'sequence.changed' })).toMatchObject([
      { detail: { sequence: 'First week', changed: 'task' } },
    ]);
  });

  async function taskOfTheirs(kind: 'revoke' | 'other'): Promise<string> {
    const { id: personId } = await cleo();
    const id = engine.newId();
    await engine.transact((tx) =>
      tx.tasks.insert({
        id,
        version: 1,
        kind,
        title: 'Take the badge back',
        personId,
        assigneeId: grace.id,
        createdAt: tx.now,
        comments: [],
        state: 'open',
      }),
    );
    return id;
  }

  test('is any admin’s from the moment they leave, where it is a task of theirs', async () => {
    const taskId = await taskOfTheirs('revoke');
    await leave(grace);
    expect((await engine.stores.tasks.find(taskId))?.assigneeId).toBeUndefined();
  });

  test('does not pass to the next person with their address: a task is any admin’s, at once', async () => {
    const taskId = await taskOfTheirs('other');
    await leave(grace);
    await addAgain();
    expect((await engine.stores.tasks.find(taskId))?.assigneeId).toBeUndefined();
  });

  test.each([
    { whose: 'for them', isFor: true },
    { whose: 'by them for someone else', isFor: false },
  ])(
    'does not pass to the next person with their address: a request $whose is over',
    async (how) => {
      const boss = await engine.person({ email: 'boss@example.com' });
      await change(grace, { managerEmail: boss.email });
      const report = await cleo();
      const integration = await engine.integration({ execute: [{ url: engine.party.url }] });
      const asked = await requested(engine.transact, {
        actor: engine.actor,
        requester: grace,
        person: how.isFor ? grace : report,
        integration,
        insteadOfGrant: true,
      });
      await leave(grace);
      await addAgain();
      expect((await engine.stores.requests.find(asked.id))?.state).toBe('cancelled');
    },
  );

  test('does not pass to the next person with their address: whose approval and review it no longer is, is audited', async () => {
    const report = await cleo();
    const added = await engine.integration({ execute: [{ url: engine.party.url }] });
    const approvers = { kind: 'people' as const, personIds: [grace.id, engine.admin.id] };
    const { actor, transact, admin } = engine;
    const integration = await transact((tx) =>
      tx.integrations.save({ ...added, settings: { policy: { ...defaultPolicy, approvers } } }),
    );
    const content = { reason: '', form: {}, answers: [], facts: {} };
    const wish = { actor, requester: report, person: report, integration, content };
    const asked = await transact((tx) => createRequest(tx, { ...wish, insteadOfGrant: true }));
    const about = { personId: report.id, integrationId: integration.id };
    await engine.stores.access.put(accessSince(engine.now(), { ...about, reason: 'asked' }));
    const named = { reviewers: 'named' as const, reviewerIds: [grace.id, admin.id] };
    const wanted = { name: 'Autumn', startedBy: admin, actor, dueDate: '2027-12-10', ...named };
    const review = await transact((tx) => startReview(tx, wanted));
    await leave(grace);
    await addAgain();
    const page = { offset: 0, limit: 9 };
    const { auditLog } = engine.stores;
    expect(await auditLog.list(page, { what: 'request.approver-left' })).toMatchObject([
      {
        ...about,
        detail: {
          requestId: 'request' in asked ? asked.request.id : '',
          approverId: grace.id,
        },
      },
    ]);
    expect(await auditLog.list(page, { what: 'review.reviewer-left' })).toMatchObject([
      {
        detail: {
          reviewId: review?.id,
          reviewerIds: admin.id,
          reviewerIdsBefore: `${grace.id}, ${admin.id}`,
        },
      },
    ]);
  });

  test('is theirs again where an admin says that they are back', async () => {
    const report = await cleo();
    await leave(grace);
    await sayBack();
    expect((await now(report)).managerId).toBe(grace.id);
  });

  test.each([
    { named: 'alone', others: false, after: { kind: 'admins' } },
    { named: 'with others', others: true, after: { kind: 'people' } },
  ])('names them $named as approvers: the next person with their address is none', async (how) => {
    const report = await cleo();
    const added = await engine.integration({ execute: [{ url: engine.party.url }] });
    const personIds = how.others ? [grace.id, report.id] : [grace.id];
    const policy = { ...defaultPolicy, approvers: { kind: 'people' as const, personIds } };
    const assignee = { kind: 'person' as const, personId: grace.id };
    await engine.transact((tx) =>
      tx.integrations.save({ ...added, settings: { policy, assignee } }),
    );
    await leave(grace);
    await addAgain();
    const settings = settingsOf(await engine.stores.integrations.find(added.id));
    expect(settings.policy?.approvers).toMatchObject(how.after);
    expect(JSON.stringify(settings)).not.toContain(grace.id);
  });
});
