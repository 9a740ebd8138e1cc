/** Under More on an approver's card: a shorter time, a question, another approver. */
import { beforeEach, describe, expect, test } from 'vitest';
import {
  answerApprover,
  approveForShorter,
  askTheRequester,
  reassignApproval,
} from '../../../../src/bots/features/requests/decide-otherwise.ts';
import {
  approveWithComment,
  denyRequest,
} from '../../../../src/bots/features/requests/decide-request.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import { requestRef } from '../../../../src/bots/features/requests/request-ref.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import { deactivate } from '../../../../src/engine/people/change-person.ts';
import { type Person, ROLES } from '../../../../src/engine/people/directory.ts';
import { type AccessRequest, policyKey } from '../../../../src/engine/requests/access-request.ts';
import { MAX_QUESTIONS } from '../../../../src/engine/requests/question.ts';
import { reevaluateRequests } from '../../../../src/engine/requests/reevaluate-requests.ts';
import { undecidedSources } from '../../../../src/engine/requests/undecided.ts';
import { defaultPolicy, type Policy } from '../../../../src/engine/settings/settings.ts';
import { claimJobs, finishJobs } from '../../../../src/store/queue/queue.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker, introOf } from '../../../support/clicks.ts';
import { firstOf } from '../../../support/given/outcomes.ts';
import { fire } from '../../../support/tick.ts';

const DAY = 24;
const system = { kind: 'system' } as const;

let chat: TestChat;
let bo: Person;
let ann: Person;
let ada: Person;
let integrationId: string;
let policy: Policy;

beforeEach(async () => {
  chat = await testChat();
  bo = await chat.person({ email: 'bo@example.com', firstName: 'Bo', lastName: 'Boss' });
  ada = await chat.person({
    email: 'ada@example.com',
    firstName: 'Ada',
    lastName: 'Okafor',
    role: 'admin',
  });
  ann = await chat.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: 'Lee',
    managerEmail: bo.email,
  });
  integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://fernboard.example/u', data: { email: '{{email}}' } }],
    revoke: [{ url: 'https://fernboard.example/u/{{email}}', method: 'DELETE' }],
  });
  policy = defaultPolicy;
});

const by = (person: Pick<Person, 'email'>) => new Clicker(chat, person.email);

async function setPolicy(changed: Partial<Policy>): Promise<void> {
  policy = { ...defaultPolicy, ...changed };
  await chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(integrationId);
    if (integration) await tx.integrations.save({ ...integration, settings: { policy } });
  });
}

async function ask(days: string): Promise<AccessRequest> {
  await by(ann).gets(askForAccess.with({ integrationId }), { reason: 'A project', days });
  return theRequest();
}

async function theRequest(): Promise<AccessRequest> {
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
  return firstOf(requests);
}

const cardFor = async (person: Person): Promise<Card> =>
  by(person).sees(requestRef((await theRequest()).id));
const labelsFor = async (person: Person) =>
  buttonsOf(await cardFor(person)).map(({ label }) => label);
const shorten = async (person: Person, hours: number, comment?: string) =>
  by(person).sends(buttonOf(await cardFor(person), 'Approve for less time…'), {
    days: `${hours}h`,
    comment,
  });

/** Whom the queued messages are for, by first name. */
async function messaged(): Promise<readonly string[]> {
  const claim = {
    lane: 'chat',
    leaseMs: 60_000,
    workerId: 'w',
    now: chat.services.now(),
    limit: 100,
  } as const;
  const jobs = await claimJobs(chat.database.db, claim);
  await finishJobs(chat.database.db, jobs);
  const names = jobs.flatMap(({ name, payload }) =>
    name === 'message.post' ? [chat.services.stores.people.find(payload.personId)] : [],
  );
  return (await Promise.all(names)).map((person) => person?.firstName ?? '').toSorted();
}

const audited = async (what: string) =>
  (await chat.database.db('audit_log').where({ what })).map(({ detail }) => detail as string);

describe('someone who may not approve it', () => {
  test.each([approveForShorter, approveWithComment, denyRequest])(
    'reads nothing of the request in the form of a card that was forwarded',
    async (form) => {
      await ask('168h');
      const eve = await chat.person({ email: 'eve@example.com' });
      const { id: requestId } = await theRequest();
      const opened = by(eve).opens(form.with({ requestId, rules: policyKey(policy) }));
      await expect(opened).rejects.toThrow("You're not the approver");
      expect(await audited('refused')).toHaveLength(1);
    },
  );

  test('reads no hours of it in answer to a form that was open when they lost the role', async () => {
    await ask('168h');
    const shorter = buttonOf(await cardFor(bo), 'Approve for less time…');
    const form = await by(bo).opens(shorter);
    await chat.services.stores.people.save({ ...ann, managerId: ada.id });
    const answered = by(bo).answersTo(form, shorter, { days: '720h' });
    expect(textOf(await card(answered))).toContain("You're not the approver");
  });
});

test.each([
  'Approve with a comment…',
  'Approve for less time…',
  'Deny…',
  'Ask the requester…',
  'Reassign…',
])('the form of %s names the request that it is about', async (label) => {
  await ask('168h');
  const form = await by(bo).opens(buttonOf(await cardFor(bo), label));
  expect(introOf(form)).toMatch(/^\nAnn Lee requests Fernboard/);
});

test('so does the form of an answer', async () => {
  await ask('168h');
  const question = { question: 'Which team?' };
  await by(bo).sends(buttonOf(await cardFor(bo), 'Ask the requester…'), question);
  const form = await by(ann).opens(buttonOf(await cardFor(ann), 'Answer…'));
  expect(introOf(form)).toContain('You requested Fernboard\nBo Boss asks: "Which team?"');
});

test('whoever reads it comes first among those it waits for, and a denial quotes its reason', async () => {
  const cy = await chat.person({ email: 'cy@example.com', firstName: 'Cy' });
  await setPolicy({ approvers: { kind: 'people', personIds: [bo.id, cy.id] } });
  await ask('168h');
  expect(textOf(await cardFor(bo))).toContain('Waiting for you or Cy');
  expect(textOf(await cardFor(cy))).toContain('Waiting for you or Bo Boss.');
  await by(cy).sends(buttonOf(await cardFor(cy), 'Deny…'), { reason: 'Ask for less' });
  expect(textOf(await cardFor(ann))).toMatch(
    /✗ Denied by Cy.* on 25 Nov 2026, 09:00: "Ask for less"\n/,
  );
});

describe('a shorter time', () => {
  test('is what the approval grants, and the requester reads it with the comment', async () => {
    await ask('168h');
    await shorten(bo, 4, 'Enough for the incident');
    const request = await theRequest();
    expect(request).toMatchObject({ state: 'approved', hours: 4, requestedHours: 7 * DAY });
    const runId = request.state === 'approved' ? (request.runId ?? '') : '';
    expect((await chat.services.stores.runs.inputs(runId)).hours).toBe(4);
    const text = textOf(await cardFor(ann));
    expect(text).toContain('✓ Approved for 4 hours by Bo Boss on');
    expect(text).toContain('Comment: "Enough for the incident".');
    expect(text).toContain('How long: 4 hours, shortened by an approver (requested: 7 days)');
    expect(await audited('request.approved')).toEqual([expect.stringContaining('"hours":4')]);
  });

  test.each([
    ['the first one shortens it more', 4, 8],
    ['the second one shortens it more', 8, 4],
    ['the second one does not shorten it', 4, undefined],
  ])('the shortest of two counts: %s', async (_name, first, second) => {
    const cy = await chat.person({ email: 'cy@example.com', firstName: 'Cy' });
    await setPolicy({ approvers: { kind: 'people', personIds: [bo.id, cy.id] }, approvals: 2 });
    await ask('no-end');
    await shorten(bo, first);
    expect(textOf(await cardFor(ann))).toContain(`Bo Boss approved for ${first} hours at most on`);
    expect((await theRequest()).requestedHours).toBe('no-end');
    if (second === undefined) await by(cy).press(buttonOf(await cardFor(cy), 'Approve'));
    else
      await by(cy).answers(approveForShorter.with(await target()), {
        days: `${second}h`,
      });
    expect(await theRequest()).toMatchObject({ state: 'approved', hours: 4 });
  });

  test('is refused where it is not shorter', async () => {
    await ask('24h');
    const button = buttonOf(await cardFor(bo), 'Approve for less time…');
    expect(await by(bo).isTold(button, { otherLength: '2 days' })).toEqual({
      otherLength: 'Choose a time that is shorter than 1 day.',
    });
    expect((await theRequest()).state).toBe('open');
  });

  test('leaves the request the time that it had to wait for the other approvers', async () => {
    const cy = await chat.person({ email: 'cy@example.com', firstName: 'Cy' });
    await setPolicy({ approvers: { kind: 'people', personIds: [bo.id, cy.id] }, approvals: 2 });
    await ask('168h');
    await shorten(bo, 1);
    chat.clock += 13 * 24 * 60 * 60_000;
    await tick();
    expect((await theRequest()).state).toBe('open');
  });
});

describe('a question', () => {
  const question = 'Which team is it for?';
  const askIt = async (person: Person, text = question) =>
    by(person).sends(buttonOf(await cardFor(person), 'Ask the requester…'), { question: text });

  test('is answered by a button, and every approver reads both', async () => {
    const cy = await chat.person({ email: 'cy@example.com', firstName: 'Cy' });
    await setPolicy({ approvers: { kind: 'people', personIds: [bo.id, cy.id] } });
    await ask('24h');
    await messaged();
    await askIt(bo);
    expect(await messaged()).toEqual(['Ann']);
    const answer = buttonOf(await cardFor(ann), 'Answer…');
    await by(ann).sends(answer, { answer: 'The docs team' });
    expect(await messaged()).toEqual(['Bo']);
    for (const approver of [bo, cy]) {
      const text = textOf(await cardFor(approver));
      expect(text).toContain('Bo Boss asked: "Which team is it for?"');
      expect(text).toContain(': "The docs team"');
    }
    expect(await labelsFor(ann)).toEqual(['Withdraw']);
    expect(await audited('request.question')).toHaveLength(1);
    expect(await audited('request.answer')).toHaveLength(1);
  });

  test('and its answer stand first while the request is open, and below the facts once it is closed', async () => {
    await ask('24h');
    await askIt(bo);
    const order = async () =>
      /Waiting for|Requested:|Bo Boss ask(?:s|ed)/.exec(textOf(await cardFor(ann)))?.[0];
    expect(await order()).toBe('Bo Boss asks');
    await by(ann).sends(buttonOf(await cardFor(ann), 'Answer…'), { answer: 'The docs team' });
    expect(await order()).toBe('Bo Boss asked');
    await by(bo).press(buttonOf(await cardFor(bo), 'Approve'));
    expect(await order()).toBe('Requested:');
  });

  test('keeps the request open, and it expires all the same', async () => {
    await ask('24h');
    await askIt(bo);
    chat.clock += 15 * 24 * 60 * 60_000;
    await tick();
    expect((await theRequest()).state).toBe('expired');
    const [asked] = await chat.services.stores.questions.of((await theRequest()).id);
    const late = answerApprover.with({ questionId: asked?.id ?? '' });
    expect(textOf(await card(by(ann).answers(late, { answer: 'Late' })))).toContain(
      'This request is closed',
    );
  });

  test('is limited in length and number', async () => {
    await ask('24h');
    const button = buttonOf(await cardFor(bo), 'Ask the requester…');
    expect(await by(bo).isTold(button, { question: 'x'.repeat(501) })).toHaveProperty('question');
    for (let index = 0; index < MAX_QUESTIONS; index += 1) await askIt(bo, `Question ${index}`);
    expect(textOf(await card(askIt(bo, 'One more')))).toContain('The limit is reached');
  });

  test('that is sent twice is one', async () => {
    await ask('24h');
    await askIt(bo);
    await askIt(bo);
    expect(await chat.services.stores.questions.of((await theRequest()).id)).toHaveLength(1);
  });

  test('is answered once, and by the requester alone', async () => {
    await ask('24h');
    await askIt(bo);
    const [asked] = await chat.services.stores.questions.of((await theRequest()).id);
    const answer = answerApprover.with({ questionId: asked?.id ?? '' });
    expect(textOf(await card(by(bo).answers(answer, { answer: 'Mine' })))).toContain(
      "You can't answer this",
    );
    await by(ann).answers(answer, { answer: 'First' });
    expect(textOf(await card(by(ann).answers(answer, { answer: 'Second' })))).toContain(
      'This question has an answer',
    );
    expect(textOf(await cardFor(bo))).toContain('"First"');
  });
});

describe('reassigning', () => {
  const reassign = async (person: Person, to: Person, comment?: string) =>
    by(person).sends(buttonOf(await cardFor(person), 'Reassign…'), { to: to.id, comment });

  test('gives the seat to an admin, who is told, and the former approver has it no more', async () => {
    await ask('24h');
    await messaged();
    await reassign(bo, ada, 'I am not on this project');
    expect(await messaged()).toEqual(['Ada']);
    expect(await labelsFor(bo)).toEqual([]);
    expect(textOf(await cardFor(ann))).toContain('Waiting for Ada Okafor.');
    expect(textOf(await cardFor(ada))).toContain('Bo Boss reassigned it to Ada Okafor on');
    expect(textOf(await cardFor(ada))).toContain('Comment: "I am not on this project".');
    expect(await audited('request.reassigned')).toEqual([
      expect.stringMatching(/"from":"bo@example.com".*"to":"ada@example.com"/),
    ]);
    const late = await by(bo).press(approveForShorter.with({ ...(await target()) }));
    expect(late.kind).toBe('open');
    expect(
      textOf(await card(by(bo).answers(approveForShorter.with(await target()), { days: '4h' }))),
    ).toContain("You're not the approver");
    await by(ada).press(buttonOf(await cardFor(ada), 'Approve'));
    expect((await theRequest()).state).toBe('approved');
  });

  test('offers whom the rules name and admins, and neither the requester nor others', async () => {
    const cy = await chat.person({ email: 'cy@example.com', firstName: 'Cy' });
    await chat.person({ email: 'dee@example.com', firstName: 'Dee' });
    await setPolicy({ approvers: { kind: 'people', personIds: [bo.id, cy.id, ann.id] } });
    await ask('24h');
    const form = await by(bo).opens(buttonOf(await cardFor(bo), 'Reassign…'));
    const { to } = form.fields;
    expect(to?.kind === 'choice' && to.options.map(({ label }) => label)).toEqual([
      'Ada Okafor',
      'Cy',
    ]);
  });

  test('is refused for someone else, whatever was sent', async () => {
    const dee = await chat.person({ email: 'dee@example.com', firstName: 'Dee' });
    const { id: requestId } = await ask('24h');
    for (const to of [dee, ann, bo])
      expect(
        textOf(await card(by(bo).answers(reassignApproval.with({ requestId }), { to: to.id }))),
      ).toContain("They can't approve this");
    expect(await labelsFor(bo)).toContain('Approve');
  });

  test('is refused where too few would be left', async () => {
    const cy = await chat.person({ email: 'cy@example.com', firstName: 'Cy' });
    await setPolicy({ approvers: { kind: 'people', personIds: [bo.id, cy.id] }, approvals: 3 });
    await ask('24h');
    expect(textOf(await card(reassign(bo, cy)))).toContain('Too few approvers would be left');
  });

  test('lapses when the new approver leaves: the seat is the former one’s again, who is told', async () => {
    await ask('24h');
    await chat.person({ email: 'eve@example.com', firstName: 'Eve', role: 'admin' });
    await reassign(bo, ada);
    await messaged();
    await leaves(ada);
    await reevaluateRequests({ personId: ada.id }, chat.services);
    expect(await messaged()).toContain('Bo');
    expect(await labelsFor(bo)).toContain('Approve');
  });

  test('can go back again', async () => {
    await ask('24h');
    await reassign(bo, ada);
    await reassign(ada, bo);
    expect(await labelsFor(bo)).toContain('Approve');
    expect(await labelsFor(ada)).not.toContain('Approve');
  });
});

test('who may not decide it is refused each of these, whatever their role', async () => {
  const request = await ask('24h');
  await by(bo).sends(buttonOf(await cardFor(bo), 'Ask the requester…'), { question: 'Why?' });
  const [asked] = await chat.services.stores.questions.of(request.id);
  const before = await written();
  const answered: string[] = [];
  for (const role of [...ROLES, 'requester']) {
    const email = role === 'requester' ? ann.email : `${role}@example.com`;
    if (role !== 'requester') await chat.person({ email, role: role as Person['role'] });
    const presser = by({ email });
    const calls = [
      [approveForShorter.with(await target()), { days: '1h' }],
      [askTheRequester.with({ requestId: request.id }), { question: 'Why?' }],
      [reassignApproval.with({ requestId: request.id }), { to: ada.id }],
      ...(role === 'requester'
        ? []
        : [[answerApprover.with({ questionId: asked?.id ?? '' }), { answer: 'So' }] as const]),
    ] as const;
    for (const [call, answers] of calls) {
      const noted = (await audited('refused')).length;
      const said = textOf(await card(presser.answers(call, answers)));
      if (!/^You('re not the approver| can't )/.test(said)) answered.push(`${role}: ${call.id}`);
      if ((await audited('refused')).length !== noted + 1)
        answered.push(`${role}: ${call.id} without a note`);
    }
  }
  expect(answered).toEqual([]);
  expect(await written()).toEqual(before);
});

/** What these buttons write. */
async function written(): Promise<unknown> {
  const { db } = chat.database;
  const tables = [
    'access_requests',
    'verdicts',
    'request_approvers',
    'request_questions',
    'request_reassignments',
    'runs',
    'holds',
  ];
  return Promise.all(tables.map((table) => db(table)));
}

const target = async () => ({ requestId: (await theRequest()).id, rules: policyKey(policy) });

const tick = () => fire(chat.services, undecidedSources);

async function card(reply: Promise<unknown>): Promise<Card> {
  const said = (await reply) as { readonly card?: Card };
  if (!said.card) throw new Error(`No card: ${JSON.stringify(said)}`);
  return said.card;
}

const leaves = ({ id }: Person) =>
  chat.services.transact(async (tx) => {
    const person = await tx.people.find(id);
    if (person) await deactivate(tx, person, { actor: system });
  });
