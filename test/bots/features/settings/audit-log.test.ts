import { beforeEach, expect, test } from 'vitest';
import {
  filterAudit,
  openAudit,
  turnAuditPage,
} from '../../../../src/bots/features/settings/audit-log.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { buttonOn } from '../../../support/browser/web.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { Clicker } from '../../../support/clicks.ts';

let chat: TestChat;
let admin: Person;
beforeEach(async () => {
  chat = await testChat();
  admin = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await chat.integration('Fernboard', { execute: [{ url: 'https://api.example.com/u' }] });
});

async function said(values: Record<string, string>): Promise<string> {
  const { payload } = filterAudit.with({ filter: {}, page: 0 });
  const reply = await filterAudit.submit(payload, values, await chat.turn(admin.email));
  if (reply.kind === 'invalid') return JSON.stringify(reply.errors);
  return reply.kind === 'say' ? textOf(reply.card) : '';
}

test('entries say who did what, about whom, and from where', async () => {
  const reply = await openAudit(await chat.turn(admin.email));
  const text = reply.kind === 'say' ? textOf(reply.card) : '';
  expect(text).toContain('added an integration · Fernboard');
  expect(text).toContain('Ada linked a chat user');
  expect(text).toContain('in Slack');
});

test('the day of several entries is said once, above them', async () => {
  const dayBefore = chat.clock - 24 * 60 * 60_000;
  const now = chat.clock;
  for (const at of [dayBefore, now, now]) {
    chat.clock = at;
    await chat.services.transact((tx) =>
      tx.audit('review.started', { actor: { kind: 'system' }, detail: { name: 'Q4' } }),
    );
  }
  const entry = 'Latchkey started an access review · name: Q4 · automatically';
  expect(await said({ what: 'review' })).toContain(
    `25 Nov 2026\n09:00 · ${entry}\n09:00 · ${entry}\n24 Nov 2026\n09:00 · ${entry}`,
  );
});

test('"audit" with a name has what was done by or about that person, and says so', async () => {
  const { transact } = chat.services;
  const bo = await chat.person({ email: 'bo@example.com', firstName: 'Bo', lastName: 'Ray' });
  await transact((tx) =>
    tx.audit('person.role', {
      actor: { kind: 'system' },
      personId: bo.id,
      detail: { role: 'other' },
    }),
  );
  const told = textOf(await new Clicker(chat, admin.email).types('audit', 'Bo'));
  expect(told).toContain('in all. Filter: by or about Bo Ray.');
  expect(told).not.toContain('Fernboard');
});

test('the list says what it is limited to, also where nothing is found', async () => {
  expect(await said({ what: 'grant', from: '2020-01-01', until: '2020-01-31' })).toContain(
    'No entries found. Filter: Grants, from 1 Jan 2020, until 31 Jan 2020.',
  );
});

test('details are read as people say them: dates, names, and no ids', async () => {
  const { stores, transact } = chat.services;
  const actor = { kind: 'system' } as const;
  await transact(async (tx) => {
    await tx.audit('review.started', { actor, detail: { name: 'Q4', dueDate: '2026-12-09' } });
    await tx.audit('removal.begun', { actor, detail: { cause: 'integration-deleted' } });
    await tx.audit('person.role', { actor, detail: { role: 'admin', before: 'new_hire' } });
    await tx.audit('sequence.changed', { actor, detail: { on: true, added: 'grant' } });
    const asks = { every: 'quarter', reviewers: 'managers', undecided: 'admins' };
    await tx.audit('review-campaign.made', { actor, detail: { ...asks, firstOn: '2026-12-01' } });
    await tx.audit('finding.opened', { actor, detail: { kind: 'left-behind' } });
    await tx.audit('integration.deleting', { actor, detail: { access: 'keep' } });
    await tx.audit('manifest.tried', { actor, detail: { hosts: 'api.example.com', import: 'x1' } });
  });
  const text = await said({});
  for (const words of [
    'name: Q4, due date: 9 Dec 2026',
    'cause: deleted integration',
    'role: admin, before: new hire',
    'on: yes, added: grant',
    'platform: Slack, how: ',
    "how often: every quarter, who reviews: each person's manager",
    'undecided: goes to Latchkey admins, first date: 1 Dec 2026',
    'kind: Left behind',
    'access: stays',
  ])
    expect(text).toContain(words);
  expect(text).not.toMatch(/tenant|api\.example\.com|x1|2026-12-09|new_hire/);
  expect((await stores.auditLog.list({ offset: 0, limit: 9 }, {})).length).toBeGreaterThan(4);
});

test('people in the details are named, as they are called now', async () => {
  const { transact } = chat.services;
  const actor = { kind: 'system' } as const;
  const bo = await chat.person({ email: 'bo@example.com', firstName: 'Bo', lastName: 'Ray' });
  await transact(async (tx) => {
    await tx.audit('delegation.set', { actor, detail: { delegateId: bo.id, until: '2026-12-01' } });
    await tx.audit('request.approved', { actor, detail: { requestId: 'r1', forPersonId: bo.id } });
    const moved = { assigneeId: 'any admin', assigneeIdBefore: bo.id };
    await tx.audit('task.reassigned', { actor, detail: { taskId: 't1', ...moved } });
    await tx.audit('rule.changed', { actor, detail: { overlapDays: 7, overlapDaysBefore: 14 } });
    await tx.audit('person.role', { actor, detail: { role: 'other', roleBefore: 'admin' } });
  });
  const text = await said({});
  for (const words of [
    'delegate: Bo Ray, until: 1 Dec 2026',
    'as delegate of: Bo Ray',
    'assignee: any admin, assignee before: Bo Ray',
    'days that access stays: 7, days that access stays before: 14',
    'role before: admin',
  ])
    expect(text).toContain(words);
});

test('the day of a moment is the one where the reader is', async () => {
  await chat.services.transact(async (tx) => {
    await tx.people.save({ ...admin, timeZone: 'Pacific/Auckland' });
    const detail = { until: '2026-12-09T20:00:00.000Z', name: 'of 2026-12-09T99:00Z' };
    await tx.audit('transition.kept', { actor: { kind: 'system' }, detail });
  });
  expect(await said({})).toContain('until: 10 Dec 2026, name: of 2026-12-09T99:00Z');
});

test('someone who has left can be filtered by', async () => {
  const ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
  await chat.services.transact((tx) => tx.people.save({ ...ann, active: false }));
  expect(await said({ person: ann.email })).toContain('for Ann');
});

test('a filter narrows them', async () => {
  const text = await said({ what: 'integration' });
  expect(text).toContain('added an integration');
  expect(text).not.toContain('added a person');
});

test('nobody with that address is said beside the field', async () => {
  expect(await said({ person: 'nobody@example.com' })).toContain('No one in the directory');
});

test('a filter by dates has both ends', async () => {
  expect(await said({ from: '2026-11-26' })).toContain('No entries found.');
  expect(await said({ until: '2026-11-25' })).toContain('added an integration');
});

test('a last day before the first is said beside the field', async () => {
  expect(await said({ from: '2026-11-26', until: '2026-11-25' })).toBe(
    '{"until":"The last day is before the first."}',
  );
});

test('the form is filled in as it was sent when someone filters again', async () => {
  const turn = await chat.turn(admin.email);
  const { payload } = filterAudit.with({ filter: {}, page: 0 });
  const dates = { from: '2026-11-24', until: '2026-11-25' };
  const reply = await filterAudit.submit(payload, dates, turn);
  const again = buttonOn(reply.kind === 'say' ? reply.card : undefined, 'Filter…');
  const opened = await filterAudit.press(again.payload, turn);
  expect(opened.kind === 'open' && (await opened.form)).toMatchObject({
    fields: { from: { initial: '2026-11-24' }, until: { initial: '2026-11-25' } },
  });
});

test('someone who is no admin reads nothing', async () => {
  const ann = await chat.person({ email: 'ann@example.com' });
  const reply = await openAudit(await chat.turn(ann.email));
  expect(reply.kind === 'say' && textOf(reply.card)).toContain("You can't read the audit log");
});

test('of a long log no more is counted than its next pages need, and each page leads on', async () => {
  const actor = { kind: 'system' } as const;
  for (let n = 0; n < 5; n += 1)
    await chat.services.transact((tx) =>
      tx.auditAll(Array.from({ length: 250 }, () => ({ what: 'person.added', actor }))),
    );
  const page = async (number: number) => {
    const call = turnAuditPage.with({ filter: { what: 'person' }, page: number });
    return textOf(await new Clicker(chat, admin.email).presses(call));
  };
  expect(await page(0)).toMatch(
    /^[^]*More than 999, page 1\. Filter: People and roles\.\n[^]*\[Next\]/,
  );
  expect(await page(66)).toMatch(/1,251 in all, page 67 of 84[^]*\[Next\]/);
  expect(await page(83)).not.toContain('[Next]');
});

test('an entry that someone damaged is shown as it is stored, beside the others', async () => {
  const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
  await chat.database.db('audit_log').where({ id: entry?.id }).update({ detail: '{"how":' });
  const text = await said({});
  expect(text).toContain('damaged: {"how":');
  expect(text).toContain('added an integration · Fernboard');
});

test('an entry whose actor someone damaged names no one, and no place', async () => {
  const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
  await chat.database.db('audit_log').where({ id: entry?.id }).update({ actor: '{"kind":' });
  const text = await said({});
  expect(text).toContain('someone unknown (what is stored is damaged)');
  expect(text).not.toContain('a deleted person');
  expect(text).not.toContain('on a web page');
});

test('every kind of entry can be chosen', async () => {
  const { payload } = filterAudit.with({ filter: {}, page: 0 });
  const opened = await filterAudit.press(payload, await chat.turn(admin.email));
  const form = opened.kind === 'open' ? await opened.form : undefined;
  const what = form && 'fields' in form ? form.fields['what'] : undefined;
  const offered = what?.kind === 'choice' ? what.options.map(({ value }) => value) : [];
  for (const kind of ['access', 'accounts', 'discovery', 'transition', 'hook', 'setup', 'review'])
    expect(offered).toContain(kind);
});
