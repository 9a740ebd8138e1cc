/** Approvals, grants and settings of an app that asks for codes, and how an authenticator comes to count. */
import { beforeEach, describe, expect, test } from 'vitest';
import { grantAccess } from '../../../../src/bots/features/access/grant-access.ts';
import { changeBreakGlass } from '../../../../src/bots/features/integrations/break-glass-setting.ts';
import { changePolicy } from '../../../../src/bots/features/integrations/integration-settings.ts';
import { accountCard } from '../../../../src/bots/features/people/account-card.ts';
import { applyPolicy, setOwners } from '../../../../src/bots/features/policies/apply-policy.ts';
import { breakGlass } from '../../../../src/bots/features/requests/break-glass.ts';
import { approveRequest } from '../../../../src/bots/features/requests/decide-request.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import { requestCard } from '../../../../src/bots/features/requests/request-card.ts';
import { runAgain } from '../../../../src/bots/features/runs/run-again.ts';
import { openTimeline } from '../../../../src/bots/features/sequences/assign-sequence.ts';
import { runPlannedNow } from '../../../../src/bots/features/sequences/decide-item.ts';
import { confirmTheirs } from '../../../../src/bots/features/step-up/answer-authenticator.ts';
import { authenticatorQuestion } from '../../../../src/bots/features/step-up/authenticator-question.ts';
import { planAll } from '../../../../src/engine/bundles/plan-item.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { policyKey } from '../../../../src/engine/requests/access-request.ts';
import { stopRun } from '../../../../src/engine/runs/stop-run.ts';
import { assignSequence as assignIt } from '../../../../src/engine/sequences/assign.ts';
import { defaultPolicy, settingsOf } from '../../../../src/engine/settings/settings.ts';
import {
  beginEnrolment,
  confirmAuthenticator,
  proveAuthenticator,
} from '../../../../src/engine/step-up/enrol.ts';
import { checkOf } from '../../../../src/engine/step-up/totp.ts';
import { aGrant } from '../../../engine/sequences/lab.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker } from '../../../support/clicks.ts';
import { codeAt } from '../../../support/given/authenticator.ts';
import { firstOf, present } from '../../../support/given/outcomes.ts';
import { teamIn } from '../../../support/team.ts';

const STEP = 30_000;

let chat: TestChat;
let admin: Person;
let boss: Person;
let ann: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  ({ admin, boss, ann } = await teamIn(chat));
  integrationId = await chat.integration('Vaultly', {
    execute: [{ url: 'https://api.example.com/users' }],
  });
});

const as = ({ email }: Person) => new Clicker(chat, email);
const asksForCodes = () =>
  chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(integrationId);
    if (integration)
      await tx.integrations.save({ ...integration, settings: { asksForCodes: true } });
  });
const operator = { kind: 'operator', actor: { kind: 'operator', user: 'root' } } as const;

/** @returns the key of an authenticator whose codes count */
async function enrolled(person: Person): Promise<string> {
  const key = await chat.services.transact(async (tx) => {
    const begun = await beginEnrolment(tx, {
      id: tx.newId(),
      personId: person.id,
      openedAt: tx.now,
    });
    if (!begun) throw new Error('Its page shows no key');
    const typed = codeAt(begun.key, tx.now);
    await proveAuthenticator(tx, { id: begun.id, personId: person.id, typed });
    await confirmAuthenticator(tx, begun.id, { ...operator, check: checkOf(begun.key) });
    return begun.key;
  });
  chat.clock += STEP;
  return key;
}
const code = (key: string) => codeAt(key, new Date(chat.clock));

async function requested() {
  await as(ann).sends(askForAccess.with({ integrationId }), { reason: 'On call' });
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
  const request = firstOf(requests);
  const card = () => as(boss).sees(requestCard.with({ requestId: request.id }));
  const state = async () => (await chat.services.stores.requests.find(request.id))?.state;
  return { request, card, state };
}

describe('an approval of an app that asks for codes', () => {
  beforeEach(asksForCodes);

  test('is a form with a code, and counts with a right one', async () => {
    const key = await enrolled(boss);
    const { card, state } = await requested();
    const approve = buttonOf(await card(), 'Approve…');
    expect(await as(boss).isTold(approve, { code: '000000' })).toEqual({
      code: 'This code is wrong. Your authenticator app shows a new one every 30 seconds.',
    });
    expect(await state()).toBe('open');
    await as(boss).sends(approve, { code: code(key), comment: 'Until Monday' });
    expect(await state()).toBe('approved');
  });

  test('by a button of before is refused, and leads to the form', async () => {
    await enrolled(boss);
    const { request, state } = await requested();
    const rules = policyKey(defaultPolicy);
    const answer = await as(boss).presses(approveRequest.with({ requestId: request.id, rules }));
    expect(textOf(answer)).toContain('Vaultly asks for a code from your authenticator app.');
    expect(buttonOf(answer, 'Approve…').does.id).toBe('request.approve-code');
    expect(await state()).toBe('open');
  });

  test('is refused without an authenticator, with the way to one', async () => {
    const { card, state } = await requested();
    const answer = await as(boss).gets(buttonOf(await card(), 'Approve…'), { code: '123456' });
    expect(textOf(answer)).toContain("you haven't set one up yet");
    expect(textOf(await as(boss).presses(buttonOf(answer, 'Set up…')))).toContain('Open it');
    expect(await state()).toBe('open');
  });

  test('needs none to be denied', async () => {
    const { card, state } = await requested();
    await as(boss).sends(buttonOf(await card(), 'Deny…'), { reason: 'Not now' });
    expect(await state()).toBe('denied');
  });
});

describe('a grant by hand', () => {
  beforeEach(asksForCodes);
  const grant = () => grantAccess.with({ personId: ann.id, integrationId });
  const runs = () => chat.services.stores.runs.unfinishedOf(ann.id);

  test('asks for a code, too', async () => {
    const key = await enrolled(boss);
    await as(boss).isTold(grant(), { code: '000000' });
    expect(await runs()).toEqual([]);
    await as(boss).sends(grant(), { code: code(key) });
    expect(await runs()).toHaveLength(1);
  });

  test('is refused where the form was sent without the field', async () => {
    await enrolled(boss);
    await as(boss).answers(grant(), {});
    expect(await runs()).toEqual([]);
  });
});

/** @returns the item of a sequence that grants it to Ann next month */
async function planned(): Promise<string> {
  const at = { id: 'sequence', version: 1, name: 'First week', anchor: 'start-date' } as const;
  return chat.services.transact(async (tx) => {
    const sequence = { ...at, isOn: true, isForEveryHire: false, createdAt: tx.now };
    await tx.sequences.insert(sequence);
    await tx.sequences.insertItem({
      id: 'item',
      version: 1,
      sequenceId: at.id,
      position: 0,
      timing: { kind: 'on', time: '09:00' },
      does: aGrant(integrationId),
    });
    const actor = { kind: 'system' } as const;
    const assigned = await assignIt(tx, { sequence, person: ann, actor, past: 'hold' });
    if (assigned.kind !== 'assigned') throw new Error(assigned.kind);
    return assigned.planned[0]?.id ?? '';
  });
}

describe('what grants in another way', () => {
  beforeEach(asksForCodes);

  test('trying a cancelled grant again asks for a code, too', async () => {
    const key = await enrolled(boss);
    await as(boss).sends(grantAccess.with({ personId: ann.id, integrationId }), {
      code: code(key),
    });
    chat.clock += STEP;
    const run = firstOf(await chat.services.stores.runs.unfinishedOf(ann.id));
    await chat.services.transact((tx) => stopRun(tx, run.id, { kind: 'system' }));
    const again = runAgain.with({ runId: run.id });
    expect(await as(boss).isTold(again, { code: '000000' })).toHaveProperty('code');
    expect(await chat.services.stores.runs.unfinishedOf(ann.id)).toEqual([]);
    await as(boss).sends(again, { code: code(key) });
    expect(await chat.services.stores.runs.unfinishedOf(ann.id)).toHaveLength(1);
  });

  test('Run now of what a sequence plans to grant asks for a code, too', async () => {
    const key = await enrolled(boss);
    const plannedId = await planned();
    const timeline = await as(boss).presses(openTimeline.with({ personId: ann.id }));
    const button = buttonOf(timeline, 'Run now…');
    expect(await as(boss).isTold(button, { code: '000000' })).toHaveProperty('code');
    const answer = await as(boss).presses(runPlannedNow.with({ plannedId }));
    expect(textOf(answer)).toContain('Vaultly asks for a code from your authenticator app.');
    expect(await chat.services.stores.runs.unfinishedOf(ann.id)).toEqual([]);
    await as(boss).sends(buttonOf(answer, 'Run now…'), { code: code(key) });
    expect(await chat.services.stores.runs.unfinishedOf(ann.id)).toHaveLength(1);
  });

  test('of a bundle it is requested, also by an admin', async () => {
    const items = [{ integrationId, form: {}, answers: [], hours: undefined }];
    const at = { now: chat.services.now(), timeZone: 'UTC' };
    const plan = (by: Person) => {
      const actor = { kind: 'person', personId: by.id, via: 'slack' } as const;
      const planning = { person: ann, by, actor, as: 'grant', reason: '', at } as const;
      return planAll(chat.services.stores, planning, items);
    };
    for (const by of [boss, admin])
      expect((await plan(by)).map((each) => each.plan.kind)).toEqual(['request']);
  });
});

describe('break-glass', () => {
  test('asks for a code, too', async () => {
    await chat.services.transact(async (tx) => {
      const found = await tx.integrations.find(integrationId);
      const allowed = { longestHours: 4, withApprovalOptions: false };
      const settings = { asksForCodes: true, breakGlass: allowed };
      if (found) await tx.integrations.save({ ...found, settings });
    });
    const key = await enrolled(ann);
    const take = breakGlass.with({ integrationId });
    await as(ann).isTold(take, { reason: 'The site is down', code: '000000' });
    const open = () => chat.services.stores.holds.openAt(ann.id, integrationId);
    expect(await open()).toEqual([]);
    await as(ann).sends(take, { reason: 'The site is down', code: code(key) });
    expect(await open()).toHaveLength(1);
  });
});

describe('the settings', () => {
  const settings = () => changePolicy.with({ integrationId });
  const integration = () => chat.services.stores.integrations.find(integrationId);
  const asks = async () => settingsOf(await integration()).asksForCodes === true;

  test('are turned on by an admin who has a code', async () => {
    expect(await as(admin).isTold(settings(), { asksForCodes: 'yes' }).catch(String)).toContain(
      'taken',
    );
    expect(await asks()).toBe(false);
    const key = await enrolled(admin);
    await as(admin).sends(settings(), { asksForCodes: 'yes', code: code(key) });
    expect(await asks()).toBe(true);
  });

  test('are not changed without a code once they ask for codes', async () => {
    await asksForCodes();
    await enrolled(admin);
    expect(await as(admin).isTold(settings(), { approvers: 'automatic' })).toHaveProperty('code');
    expect(await as(admin).isTold(settings(), { asksForCodes: 'no' })).toHaveProperty('code');
    const before = (await integration())?.settings;
    const version = (await integration())?.version ?? 0;
    await as(admin).answers(setOwners.with({ integrationId }), { emails: 'ann@example.com' });
    const allowed = { allowed: 'yes', longest: '4 hours' };
    await as(admin).answers(changeBreakGlass.with({ integrationId }), allowed);
    await as(admin).answers(applyPolicy.with({ integrationId, version }), {});
    expect((await integration())?.settings).toEqual(before);
    expect(await asks()).toBe(true);
  });
});

async function waiting() {
  const { id, key } = await chat.services.transact(async (tx) => {
    const page = { id: tx.newId(), personId: boss.id, openedAt: tx.now };
    const begun = present(await beginEnrolment(tx, page));
    const typed = codeAt(begun.key, tx.now);
    await proveAuthenticator(tx, { id: begun.id, personId: boss.id, typed });
    return begun;
  });
  const question = authenticatorQuestion.with({ authenticatorId: id, personId: boss.id });
  return { question, check: checkOf(key) };
}

test('settings that leave codes alone say nothing of them in the audit log', async () => {
  await as(admin).sends(changePolicy.with({ integrationId }), { approvers: 'admins' });
  const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
  expect(entry).toMatchObject({ what: 'integration.settings' });
  expect(entry?.detail).not.toHaveProperty('codes');
});

test('nobody is offered to answer for their own authenticator', async () => {
  await enrolled(admin);
  await enrolled(boss);
  const on = async ({ id: personId }: Person) =>
    buttonsOf(await as(admin).sees(accountCard.with({ personId }))).map(({ does }) => does.id);
  expect(await on(boss)).toContain('authenticator.remove');
  expect(await on(admin)).not.toContain('authenticator.remove');
});

describe('the question whose authenticator it is', () => {
  test('is asked of admins, and Confirm… of who has heard what the page showed makes it count', async () => {
    const { question, check } = await waiting();
    const card = await as(admin).sees(question);
    expect(textOf(card)).toContain("Is it Bo Boss's authenticator?");
    expect(textOf(card)).not.toContain(check);
    const confirm = buttonOf(card, 'Confirm…');
    expect(await as(admin).isTold(confirm, { check: 'aaaaa' })).toHaveProperty('check');
    await as(admin).sends(confirm, { check });
    expect(textOf(await as(admin).sees(question))).toContain(
      "Bo Boss's authenticator is confirmed",
    );
    expect(textOf(await as(boss).types('authenticator'))).toContain('8 recovery codes are left');
  });

  test('is answered by nobody else, and the refusal is in the audit log', async () => {
    const { question } = await waiting();
    expect(buttonsOf(await as(boss).sees(question))).toEqual([]);
    const { authenticatorId } = JSON.parse(question.payload) as { authenticatorId: string };
    for (const person of [boss, ann]) {
      const confirm = confirmTheirs.with({ authenticatorId });
      const said = await as(person).answers(confirm, { check: 'aaaaa' });
      expect(JSON.stringify(said)).toContain("You can't answer for this authenticator");
    }
    const [found] = await chat.services.stores.authenticators.of(boss.id);
    expect(found?.state).toBe('proven');
    const refusals = await chat.services.stores.auditLog.list({ offset: 0, limit: 50 });
    expect(refusals.filter(({ what }) => what === 'refused')).toHaveLength(2);
  });
});
