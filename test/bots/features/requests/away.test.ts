import { beforeEach, describe, expect, test } from 'vitest';
import { accessNotice } from '../../../../src/bots/features/access/access-notice.ts';
import {
  endAbsence,
  openAbsence,
  setAbsence,
} from '../../../../src/bots/features/requests/away.ts';
import { approveRequest } from '../../../../src/bots/features/requests/decide-request.ts';
import { delegateNotice } from '../../../../src/bots/features/requests/delegate-notice.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import { requestCard } from '../../../../src/bots/features/requests/request-card.ts';
import { changePerson, deactivate } from '../../../../src/engine/people/change-person.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { absenceSources } from '../../../../src/engine/requests/absences.ts';
import { policyKey, rulesKey } from '../../../../src/engine/requests/access-request.ts';
import { reevaluateRequests } from '../../../../src/engine/requests/reevaluate-requests.ts';
import { defaultPolicy, type Policy } from '../../../../src/engine/settings/settings.ts';
import { fireDue } from '../../../../src/engine/work/due.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { Clicker } from '../../../support/clicks.ts';
import { messaged } from '../../../support/messaged.ts';
import { fire } from '../../../support/tick.ts';

let chat: TestChat;
let boss: Person;
let cleo: Person;
let ann: Person;

beforeEach(async () => {
  chat = await testChat();
  boss = await chat.person({ email: 'boss@example.com', firstName: 'Bo' });
  cleo = await chat.person({ email: 'cleo@example.com', firstName: 'Cleo' });
  ann = await chat.person({ email: 'ann@example.com', managerEmail: boss.email });
});

const leave = async (values: Record<string, string>) =>
  setAbsence.submit(setAbsence.with({}).payload, values, await chat.turn(boss.email));
const days = { from: '2026-11-25', until: '2026-11-30' };

async function ask(changed: Partial<Policy> = {}): Promise<string> {
  const integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
  });
  await chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(integrationId);
    const policy = { ...defaultPolicy, ...changed };
    if (integration) await tx.integrations.save({ ...integration, settings: { policy } });
  });
  const { payload } = askForAccess.with({ integrationId });
  await askForAccess.submit(payload, { reason: 'A project' }, await chat.turn(ann.email));
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
  return requests[0]?.id ?? '';
}

const openOf = async (person: Person) =>
  (
    await chat.services.stores.requests.list(
      { state: 'open', approverId: person.id },
      { offset: 0, limit: 9 },
    )
  ).total;

test('a delegate gets what is open, sees it, and approves it', async () => {
  const requestId = await ask();
  await leave({ delegate: cleo.email, ...days });
  expect(await openOf(cleo)).toBe(1);
  const { payload } = requestCard.with({ requestId });
  const card = await requestCard.render(payload, await liveReader(chat, cleo.email));
  expect(textOf(card)).toContain('Waiting for Bo (or you, their delegate).');
  const theirs = await requestCard.render(payload, await liveReader(chat, boss.email));
  expect(textOf(theirs)).toContain('Waiting for you (or Cleo, your delegate).');
  const approve = approveRequest.with({ requestId, rules: policyKey(defaultPolicy) });
  await approveRequest.press(approve.payload, await chat.turn(cleo.email));
  expect((await chat.services.stores.requests.find(requestId))?.state).toBe('approved');
  const decided = await requestCard.render(payload, await liveReader(chat, boss.email));
  expect(textOf(decided)).toContain('✓ Approved by Cleo (for Bo) on 25 Nov 2026');
});

test.each([
  ['delegate', "Cleo (for Bo) approved it. If you can't get in, let your manager know."],
  ['approver', "Bo approved it. If you can't get in, let them know."],
])('who gets what the %s approved reads that they did, and whom to tell', async (who, says) => {
  const requestId = await ask();
  await leave({ delegate: cleo.email, ...days });
  const { payload } = approveRequest.with({ requestId, rules: policyKey(defaultPolicy) });
  await approveRequest.press(
    payload,
    await chat.turn(who === 'delegate' ? cleo.email : boss.email),
  );
  const request = await chat.services.stores.requests.find(requestId);
  const runId = request?.state === 'approved' ? request.runId : undefined;
  const notice = accessNotice.with({ runId: runId ?? '' }).payload;
  const card = await accessNotice.render(notice, await liveReader(chat, ann.email));
  expect(textOf(card)).toContain(says);
});

describe('where two have to approve, and the approver or the delegate has', () => {
  let requestId: string;
  beforeEach(async () => {
    const dee = await chat.person({ email: 'dee@example.com', firstName: 'Dee' });
    requestId = await ask({
      approvers: { kind: 'people', personIds: [boss.id, dee.id] },
      approvals: 2,
    });
    await leave({ delegate: cleo.email, ...days });
  });
  const toApprove = async ({ id }: Person) => {
    const page = { offset: 0, limit: 9 };
    return (await chat.services.stores.requests.list({ waitsForId: id }, page)).total;
  };
  const rules = async () => {
    const request = await chat.services.stores.requests.find(requestId);
    const app = request && (await chat.services.stores.integrations.find(request.integrationId));
    return request && app ? rulesKey(request, app) : '';
  };
  const press = async (person: Person) => {
    const { payload } = approveRequest.with({ requestId, rules: await rules() });
    const reply = await approveRequest.press(payload, await chat.turn(person.email));
    return reply.kind === 'say' ? textOf(reply.card) : reply.kind;
  };

  test.each(['approver', 'delegate'])('the %s did: it waits for neither of them', async (who) => {
    expect([await toApprove(boss), await toApprove(cleo)]).toEqual([1, 1]);
    await press(who === 'approver' ? boss : cleo);
    expect([await toApprove(boss), await toApprove(cleo)]).toEqual([0, 0]);
  });

  test('who begins to approve for them then is not asked', async () => {
    await endAbsence.press(endAbsence.with({}).payload, await chat.turn(boss.email));
    await press(boss);
    await messaged(chat);
    await leave({ delegate: cleo.email, ...days });
    expect(await messaged(chat)).toEqual(['Cleo']); // That they are a delegate.
  });

  test('the other one who presses all the same reads that it was answered in their place', async () => {
    await press(boss);
    const said = await press(cleo);
    expect(said).toContain('This was answered in your place');
    expect(said).not.toContain('Your response is saved');
  });

  test('it waits for the approver again when the delegate has left, who is told', async () => {
    await press(cleo);
    await messaged(chat);
    await chat.services.transact(async (tx) => {
      const now = await tx.people.find(cleo.id);
      if (now) await deactivate(tx, now, { actor: { kind: 'system' } });
    });
    await reevaluateRequests({ personId: cleo.id }, chat.services);
    expect(await toApprove(boss)).toBe(1);
    expect(await messaged(chat)).toEqual(['Bo']);
  });
});

describe('a delegate reads', () => {
  const shown = async () => {
    const { payload } = delegateNotice.with({ personId: boss.id, delegateId: cleo.id });
    return textOf(await delegateNotice.render(payload, await liveReader(chat, cleo.email)));
  };
  beforeEach(async () => {
    await leave({ delegate: cleo.email, ...days });
  });

  test('for whom they approve, and on which days, where nothing waits yet', async () => {
    expect(await messaged(chat)).toEqual(['Cleo']);
    expect(await shown()).toContain('You approve for Bo from 25 Nov 2026 to 30 Nov 2026.');
  });

  test('that they no longer do, once the approver is back', async () => {
    await endAbsence.press(endAbsence.with({}).payload, await chat.turn(boss.email));
    expect(await shown()).toContain("You're no longer the delegate of Bo");
  });

  test('that they no longer do, once someone else does', async () => {
    await leave({ delegate: ann.email, ...days });
    expect(await shown()).toContain("You're no longer the delegate of Bo");
  });

  test.each([
    [
      'is back',
      async () => endAbsence.press(endAbsence.with({}).payload, await chat.turn(boss.email)),
    ],
    [
      'leaves',
      () => chat.services.transact((tx) => deactivate(tx, boss, { actor: { kind: 'system' } })),
    ],
  ])('that on the same card, which follows the absence of who %s', async (_, ends) => {
    const { stores, now } = chat.services;
    const card = delegateNotice.with({ personId: boss.id, delegateId: cleo.id });
    const address = { platform: 'slack', key: 'x' } as const;
    const about = { id: 'm1', card, readerId: cleo.id, address, shown: '', postedAt: now() };
    await stores.messages.put(about);
    await ends();
    const jobs = await chat.database.db('jobs').where({ name: 'message.refresh' }).pluck('payload');
    expect(jobs).toContain('{"messageId":"m1"}');
  });

  test('nothing of the kind where someone else is the delegate', async () => {
    const { payload } = delegateNotice.with({ personId: boss.id, delegateId: cleo.id });
    const theirs = await delegateNotice.render(payload, await liveReader(chat, ann.email));
    expect(textOf(theirs)).toContain('This item no longer exists');
  });
});

test('an approver who is back approves alone again', async () => {
  await ask();
  await leave({ delegate: cleo.email, ...days });
  await endAbsence.press(endAbsence.with({}).payload, await chat.turn(boss.email));
  expect(await openOf(cleo)).toBe(0);
  expect(await openOf(boss)).toBe(1);
});

test.each([
  [{ delegate: 'boss@example.com', ...days }, 'delegate'],
  [{ delegate: 'nobody@example.com', ...days }, 'delegate'],
  [{ delegate: 'cleo@example.com', from: '2026-11-30', until: '2026-11-29' }, 'until'],
  [{ delegate: 'cleo@example.com', from: '2026-11-01', until: '2026-11-02' }, 'until'],
])('%j is refused beside its field', async (values, field) => {
  const reply = await leave(values);
  expect(reply.kind === 'invalid' && Object.keys(reply.errors)).toEqual([field]);
});

test.each([
  // It is nine in the morning of the 25th in UTC: in Honolulu the evening of the 24th, and 23:00 of the 25th in Kiritimati.
  { zone: 'Pacific/Honolulu', from: '2026-11-25', until: '2026-11-25', begins: 1, ends: 25 },
  { zone: 'Pacific/Kiritimati', from: '2026-11-26', until: '2026-11-26', begins: 1, ends: 25 },
])('days are those of who is away: $zone', async ({ zone, from, until, begins, ends }) => {
  await ask();
  const { services } = chat;
  const { stores, transact } = services;
  await transact((tx) => tx.people.save({ ...boss, timeZone: zone }));
  await leave({ delegate: cleo.email, from, until });
  const start = services.now().getTime();
  const sources = absenceSources({ timeZone: 'UTC' });
  const opensAfter = async (hours: number) => {
    chat.clock = start + hours * 3_600_000;
    await fire(chat.services, sources);
    return openOf(cleo);
  };
  expect(await opensAfter(begins - 1)).toBe(0);
  expect(await opensAfter(begins)).toBe(1);
  expect(await opensAfter(ends - 0.1)).toBe(1);
  expect(await opensAfter(ends)).toBe(0);
  expect(await stores.delegations.of(boss.id)).toBeUndefined();
});

test.each([
  // It is 23:00 of the 25th in Kiritimati, and 22:00 of the 24th in Pago Pago.
  { here: 'Pacific/Kiritimati', zone: 'Pacific/Pago_Pago', day: '2026-11-25', begins: 2 },
  { here: 'Pacific/Pago_Pago', zone: 'Pacific/Kiritimati', day: '2026-11-26', begins: 1 },
])('an absence of one day in $zone begins and ends in time for $here', async (about) => {
  await ask();
  const { transact } = chat.services;
  await transact((tx) => tx.people.save({ ...boss, timeZone: about.zone }));
  await leave({ delegate: cleo.email, from: about.day, until: about.day });
  const start = chat.clock;
  const sources = absenceSources({ timeZone: about.here });
  const opensAfter = async (hours: number) => {
    chat.clock = start + hours * 3_600_000;
    await fire(chat.services, sources);
    return openOf(cleo);
  };
  expect(await opensAfter(about.begins - 0.1)).toBe(0);
  expect(await opensAfter(about.begins)).toBe(1);
  expect(await opensAfter(about.begins + 23.9)).toBe(1);
  expect(await opensAfter(about.begins + 24)).toBe(0);
});

test('where a time zone puts an absence off that had begun, its delegate approves nothing until it begins', async () => {
  const { stores, transact } = chat.services;
  boss = await transact((tx) => tx.people.save({ ...boss, role: 'admin' }));
  ann = await transact((tx) => tx.people.save({ ...ann, managerId: undefined }));
  await ask({ approvers: { kind: 'admins' } });
  await leave({ delegate: cleo.email, from: '2026-11-25', until: '2026-11-26' });
  const actor = { kind: 'system' } as const;
  const moves = async (timeZone: string) => {
    const jobs = () => chat.database.db('jobs').where({ name: 'requests.re-evaluate' });
    await jobs().delete();
    await transact(async (tx) => {
      const current = await tx.people.hold(boss.id);
      if (current) await changePerson(tx, current, { actor, details: { timeZone } });
    });
    const [payload] = (await jobs().pluck('payload')) as string[];
    await reevaluateRequests(JSON.parse(payload ?? '') as object, { stores, transact });
  };
  expect(await openOf(cleo)).toBe(1);
  await moves('Pacific/Honolulu'); // Where it is still the 24th.
  expect(await openOf(cleo)).toBe(0);
  await moves('UTC');
  expect(await openOf(cleo)).toBe(1);
});

test('a delegate is asked however many people go away on that day', async () => {
  await ask();
  const { stores, transact, now } = chat.services;
  const day = { from: '2026-11-26', until: '2026-11-26' };
  await transact(async (tx) => {
    for (let n = 0; n < 500; n += 1) {
      const id = `0 comes before ${n}`;
      await tx.people.insert({ ...boss, id, email: `away${n}@example.com`, managerId: undefined });
      await tx.delegations.put({ personId: id, delegateId: ann.id, ...day });
    }
  });
  await leave({ delegate: cleo.email, ...day });
  chat.clock += 24 * 3_600_000;
  const [sources, onError] = [absenceSources({ timeZone: 'UTC' }), () => undefined];
  for (let tick = 0; tick < 2; tick += 1)
    await fireDue({ stores, transact, sources, onError }, now());
  expect(await openOf(cleo)).toBe(1);
});

test('both see on which days the delegate approves', async () => {
  await leave({ delegate: cleo.email, ...days });
  const said = async (person: Person) => {
    const reply = await openAbsence(await chat.turn(person.email));
    return reply.kind === 'say' ? textOf(reply.card) : '';
  };
  expect(await said(boss)).toContain('Cleo is your delegate from 25 Nov 2026 to 30 Nov 2026.');
  expect(await said(cleo)).toContain('You approve for Bo from 25 Nov 2026 to 30 Nov 2026.');
});

test('whose delegate is away, too, reads on which days', async () => {
  await leave({ delegate: cleo.email, ...days });
  const said = async () => {
    const reply = await openAbsence(await chat.turn(boss.email));
    return reply.kind === 'say' ? textOf(reply.card) : '';
  };
  const away = { personId: cleo.id, delegateId: ann.id };
  const put = (theirs: { readonly from: string; readonly until: string }) =>
    chat.services.stores.delegations.put({ ...away, ...theirs });
  await put({ from: '2026-11-30', until: '2026-12-02' });
  expect(await said()).toContain(
    "to 30 Nov 2026. They are away themselves from 30 Nov 2026 to 2 Dec 2026; their delegate doesn't approve for you.",
  );
  await put({ from: '2026-12-01', until: '2026-12-02' });
  expect(await said()).not.toContain('away themselves');
});

test('a delegate who is picked replaces one whose address the form held', async () => {
  await leave({ delegate: cleo.email, ...days });
  await chat.turn(ann.email); // The platform's list has her, and lacks Cleo.
  await new Clicker(chat, boss.email).sends(setAbsence.with({}), { picked: ann.email });
  expect((await chat.services.stores.delegations.of(boss.id))?.delegateId).toBe(ann.id);
});

test('a delegate whose address the form held stays where no one is picked', async () => {
  await leave({ delegate: cleo.email, ...days });
  await new Clicker(chat, boss.email).sends(setAbsence.with({}), { until: '2026-12-01' });
  expect(await chat.services.stores.delegations.of(boss.id)).toMatchObject({
    delegateId: cleo.id,
    until: '2026-12-01',
  });
});
