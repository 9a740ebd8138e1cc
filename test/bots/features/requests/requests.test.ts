import { beforeEach, expect, test } from 'vitest';
import { cards } from '../../../../src/bots/features/features.ts';
import { NoticeSender } from '../../../../src/bots/features/messages/notice-sender.ts';
import {
  approveRequest,
  denyRequest,
} from '../../../../src/bots/features/requests/decide-request.ts';
import { openRequest } from '../../../../src/bots/features/requests/pick-request.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import { requestCard } from '../../../../src/bots/features/requests/request-card.ts';
import { openRequests } from '../../../../src/bots/features/requests/request-list.ts';
import { MessageSender } from '../../../../src/bots/live/message-sender.ts';
import { renderCard } from '../../../../src/bots/teams/render-card.ts';
import { type Card, note } from '../../../../src/bots/view/card.ts';
import { inLocale } from '../../../../src/core/translate.ts';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import { fullName, type Person } from '../../../../src/engine/people/directory.ts';
import type { AccessRequest } from '../../../../src/engine/requests/access-request.ts';
import { endIfStuck } from '../../../../src/engine/requests/create-request.ts';
import { refuse } from '../../../../src/engine/runs/run.ts';
import { defaultPolicy, FOR_ROUTE, type Policy } from '../../../../src/engine/settings/settings.ts';
import {
  liveReader,
  RecordingPlatform,
  type TestChat,
  testChat,
  textOf,
} from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker, introOf } from '../../../support/clicks.ts';
import { firstOf, ofKind, present } from '../../../support/given/outcomes.ts';
import { bossAndAnn } from '../../../support/team.ts';

const manifest = {
  form: [{ id: 'ROLE', name: 'Role', type: 'choice', items: [{ id: 'r1', name: 'Reader' }] }],
  execute: [{ url: 'https://api.example.com/u', data: { role: '{{ROLE}}' } }],
};

let chat: TestChat;
let boss: Person;
let ann: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  ({ boss, ann } = await bossAndAnn(chat));
  integrationId = await chat.integration('Fernboard', manifest);
});

async function ask(): Promise<AccessRequest> {
  const turn = await chat.turn(ann.email);
  const { payload } = askForAccess.with({ integrationId });
  await askForAccess.submit(payload, { 'form.ROLE': 'r1', reason: 'A project', days: '7' }, turn);
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 10 });
  return firstOf(requests);
}

const setPolicy = (policy: Partial<Policy>) =>
  chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(integrationId);
    const settings = { policy: { ...defaultPolicy, ...policy } };
    if (integration) await tx.integrations.save({ ...integration, settings });
  });

const cardFor = async (reader: Person, { id }: AccessRequest): Promise<Card> =>
  requestCard.render(
    requestCard.with({ requestId: id }).payload,
    await liveReader(chat, reader.email),
  );

const labelsOf = (card: Card) => buttonsOf(card).map(({ label }) => label);
const payloadOf = (card: Card, label: string): string =>
  buttonsOf(card).find((button) => button.label === label)?.does.payload ?? '';

test('the only integration that is meant opens its form at once, with whom it goes to, a reason and how long', async () => {
  const reply = ofKind('open', await openRequest(['fern'], await chat.turn(ann.email)));
  const form = await reply.form;
  if ('refused' in form) throw new Error(textOf(form.refused));
  expect(form.title).toBe('Request Fernboard');
  expect(Object.keys(form.fields)).toEqual(['form.ROLE', 'reason', 'days', 'otherLength']);
  expect(form.intro).toEqual([[`Goes to ${fullName(boss)}.`]]);
});

test('an app is not offered until its secrets are entered, and a button of before says so', async () => {
  const secrets = [{ id: 'TOKEN', name: 'Token' }];
  const asana = await chat.integration('Asana', { ...manifest, initial_data_form: secrets });
  const clicker = new Clicker(chat, ann.email);
  const offered = textOf(await clicker.types('request'));
  expect(offered).toContain('Fernboard');
  expect(offered).not.toContain('Asana');
  await expect(clicker.opens(askForAccess.with({ integrationId: asana }))).rejects.toThrow(
    /Asana can't be used now\nThe app isn't set up yet: an admin has to enter its secrets\./,
  );

  await chat.services.transact((tx) => tx.secrets.put(asana, 'TOKEN', 't'));
  expect(textOf(await clicker.types('request'))).toContain('Asana');
  await clicker.opens(askForAccess.with({ integrationId: asana }));
});

test('an admin whom nothing is offered reads where that is set, and not whom to ask', async () => {
  await setPolicy({ requesters: { kind: 'nobody' } });
  const ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
  const card = await new Clicker(chat, ada.email).types('request');
  expect(textOf(card)).toContain("The settings on an app's card say who may request it.");
  expect(labelsOf(card)).toContain('Integrations');
  const asked = textOf(await new Clicker(chat, ann.email).types('request'));
  expect(asked).toContain('Latchkey admins choose what can be requested.');
});

test('a list of their own requests leaves out their name, and other lists say whose each is', async () => {
  await ask();
  const listFor = async (email: string) => textOf(await new Clicker(chat, email).types('requests'));
  expect(await listFor(ann.email)).toContain('Mine: 1\nFernboard · waiting for approval');
  expect(await listFor(boss.email)).toContain('To approve: 1\nAnn Lee: Fernboard · waiting');
  await chat.services.transact((tx) => tx.people.save({ ...ann, role: 'admin' }));
  const own = new Clicker(chat, ann.email);
  const all = await own.presses(buttonOf(await own.types('requests'), "Everyone's"));
  expect(textOf(all)).toContain("Everyone's: 1\nAnn Lee: Fernboard · waiting");
});

test('where nothing waits, the question what to approve is answered with that', async () => {
  const asked = textOf(await new Clicker(chat, boss.email).types('requests', 'approve'));
  expect(asked).toContain('Nothing needs your approval.');
  expect(textOf(await new Clicker(chat, boss.email).types('requests'))).toContain(
    "You haven't requested anything.",
  );
});

test('the form says the rule where more than the manager decides', async () => {
  await setPolicy({ approvals: 2, approvers: { kind: 'admins' } });
  for (const name of ['ada', 'cleo'])
    await chat.person({ email: `${name}@example.com`, firstName: name, role: 'admin' });
  const reply = ofKind('open', await openRequest(['fern'], await chat.turn(ann.email)));
  expect(JSON.stringify(await reply.form)).toContain('2 admins approve');
});

/** Asked on Wednesday, 25 November 2026, at 09:00 UTC. */
test.each([
  { days: '94h', zone: 'UTC', says: 'How long: about 4 days\nUntil: 29 Nov 2026, or later' },
  { days: '111h', zone: 'UTC', says: 'How long: about 5 days\nUntil: 29 Nov 2026, or later' },
  {
    days: '111h',
    zone: 'Pacific/Auckland',
    says: 'How long: about 5 days\nUntil: 30 Nov 2026, or later',
  },
  { days: '7', zone: 'UTC', says: 'How long: 7 days\nUntil: 2 Dec 2026, or later' },
  { days: '30h', zone: 'UTC', says: 'How long: 30 hours\nUntil: 26 Nov 2026, 15:00, or later' },
])('an approver in $zone reads of $days: $says', async ({ days, zone, says }) => {
  const asked = { 'form.ROLE': 'r1', reason: 'A project', days };
  await new Clicker(chat, ann.email).gets(askForAccess.with({ integrationId }), asked);
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
  const { payload } = requestCard.with({ requestId: requests[0]?.id ?? '' });
  const reader = { ...(await liveReader(chat, boss.email)), timeZone: zone };
  expect(textOf(await requestCard.render(payload, reader))).toContain(says);
});

test('without an end the card says so, and names no day', async () => {
  const asked = { 'form.ROLE': 'r1', reason: 'A project', days: 'no-end' };
  const card = await new Clicker(chat, ann.email).gets(askForAccess.with({ integrationId }), asked);
  expect(textOf(card)).toContain('How long: no end date');
  expect(textOf(card)).not.toContain('Until:');
});

test('an approver sees who asks for what, why, the answers, and what they have', async () => {
  const card = await cardFor(boss, await ask());
  expect(textOf(card)).toContain('Ann Lee requests Fernboard');
  expect(textOf(card)).toContain('A project');
  expect(textOf(card)).toContain('7 days');
  expect(textOf(card)).toContain('Waiting for you.');
  expect(labelsOf(card)).toEqual([
    'Approve',
    'Deny…',
    'Approve with a comment…',
    'Approve for less time…',
    'Ask the requester…',
    'Reassign…',
    'What they have',
  ]);
});

test('who reads German has the same card in German sentences', async () => {
  const request = await ask();
  const german = async (reader: Person) =>
    textOf(await inLocale('de-DE', () => cardFor(reader, request)));
  expect(await german(boss)).toMatch(/^Ann Lee fragt Fernboard an\nWartet auf Sie\.\n/);
  expect(await german(ann)).toMatch(/^Sie haben Fernboard angefragt\nWartet auf Bo Boss\.\n/);
});

test('an approver reads the answers by what the choices are called, and the run gets their values', async () => {
  const form = askForAccess.with({ integrationId });
  const card = await new Clicker(chat, ann.email).gets(form, { 'form.ROLE': 'r1', reason: 'Tea' });
  expect(textOf(card)).toContain('Role: Reader');
  const [request] = (await chat.services.stores.requests.list({}, { offset: 0, limit: 1 }))
    .requests;
  const asked = await chat.services.stores.requests.content(request?.id ?? '');
  expect(asked.form).toEqual({ ROLE: 'r1' });
});

const anAdmin = () =>
  chat.person({ email: 'ada@example.com', firstName: 'Ada', lastName: 'Okafor', role: 'admin' });

test('the card of one who asks and would decide names who does, and how many of them have to', async () => {
  await anAdmin();
  const cleo = await chat.person({ email: 'cleo@example.com', firstName: 'Cleo', lastName: 'Ray' });
  await setPolicy({ approvers: { kind: 'people', personIds: [ann.id, cleo.id] }, approvals: 2 });
  const own = textOf(await cardFor(ann, await ask()));
  expect(own).toContain(
    'Waiting for Cleo Ray and Ada Okafor. Too few of its approvers can approve this one, so admins can too.',
  );
  expect(own).toContain('0 of 2 approvals so far.');
});

test('the approver of a later stage reads who approved before', async () => {
  const ada = await anAdmin();
  const stage = { approvals: 1, differentPerson: false } as const;
  const stages = [
    { ...stage, approvers: [{ kind: 'manager' as const }] },
    { ...stage, approvers: [{ kind: 'admins' as const }] },
  ];
  await setPolicy({ ...FOR_ROUTE, route: { stages, cases: [] } });
  const request = await ask();
  expect(textOf(await cardFor(boss, request))).not.toContain('so far');
  await new Clicker(chat, boss.email).press(buttonOf(await cardFor(boss, request), 'Approve'));
  const card = textOf(await cardFor(ada, request));
  expect(card).toContain('Stage 2 of 2. Waiting for you.');
  expect(card).toMatch(/\nBo Boss approved on 25 Nov 2026, \d\d:\d\d\.\n\[Approve\]/);
});

test.each([
  [
    'nobody',
    1,
    'No one can approve it now. Ask a Latchkey admin to name an approver for Fernboard.',
  ],
  [
    'too few',
    3,
    'Too few people can approve it now. Ask a Latchkey admin to name more approvers for Fernboard.',
  ],
] as const)('where %s could approve it, no form opens', async (_, approvals, why) => {
  if (approvals > 1) await anAdmin();
  await setPolicy({
    approvers: { kind: 'people', personIds: [ann.id, boss.id].slice(0, approvals) },
    approvals,
  });
  const said = await refusedForm(ann);
  expect(said.title).toBe('No one can approve Fernboard now');
  expect(textOf(said)).toContain(why);
});

test('the only admin, whom no one else can approve, is told to grant it to themselves', async () => {
  const ada = await anAdmin();
  await setPolicy({ approvers: { kind: 'admins' } });
  const said = await refusedForm(ada);
  expect(textOf(said)).toContain("you're the only admin. Grant Fernboard to yourself, or name");
  expect(labelsOf(said)).toEqual(['Grant…']);
});

/** What stands in place of the form. */
async function refusedForm(by: Person): Promise<Card> {
  const reply = await new Clicker(chat, by.email).press(askForAccess.with({ integrationId }));
  const form = await ofKind('open', reply).form;
  return present('refused' in form ? form.refused : undefined);
}

test('what no one can approve any more does not say that someone has left', async () => {
  const request = await ask();
  await chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(integrationId);
    const now = await tx.requests.find(request.id);
    await tx.people.save({ ...boss, active: false });
    if (integration && now?.state === 'open') await endIfStuck(tx, now, integration);
  });
  const [ended] = (await chat.services.stores.requests.list({}, { offset: 0, limit: 1 })).requests;
  const card = textOf(await cardFor(ann, ended ?? request));
  expect(card).toContain('since too few people are left who could approve it');
});

test('what no one could approve when it is requested is not stored', async () => {
  const form = askForAccess.with({ integrationId });
  const answers = { 'form.ROLE': 'r1', reason: 'Tea', days: '24h' };
  const said = await new Clicker(chat, boss.email).answers(form, answers);
  expect(ofKind('say', said).card).toMatchObject({ title: 'Nothing was requested' });
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
  expect(requests).toEqual([]);
  const entries = await chat.database.db('audit_log').pluck('what');
  expect(entries.filter((what) => String(what).startsWith('request.'))).toEqual([]);
});

test('who has no manager reads that about themselves, and the admin about them', async () => {
  const ada = await anAdmin();
  await chat.services.transact(async (tx) => {
    const now = (await tx.people.find(ann.id)) ?? ann;
    return tx.people.save({ ...now, managerId: undefined });
  });
  const request = await ask();
  expect(textOf(await cardFor(ann, request))).toContain(
    'Waiting for Ada Okafor. You have no manager in the directory, so admins approve it.',
  );
  expect(textOf(await cardFor(ada, request))).toContain(
    'Waiting for you. They have no manager in the directory, so admins approve it.',
  );
});

test('whose manager has left reads that in the form', async () => {
  await anAdmin();
  await chat.services.transact((tx) => tx.people.save({ ...boss, active: false }));
  const form = await new Clicker(chat, ann.email).opens(askForAccess.with({ integrationId }));
  expect(introOf(form)).toContain(
    'Goes to Ada Okafor. Your manager has left, so admins approve it.',
  );
});

test('who asked sees how it stands, and may withdraw it only', async () => {
  expect(labelsOf(await cardFor(ann, await ask()))).toEqual(['Withdraw']);
});

test('what was approved behind another grant says that it waits, and why it could not start', async () => {
  const { stores, transact } = chat.services;
  const integration = present(await stores.integrations.find(integrationId));
  const actor = { kind: 'person', personId: boss.id, via: 'slack' } as const;
  const wish = { actor, person: ann, integration, form: { ROLE: 'r2' }, hours: 24 };
  const request = await ask();
  await transact((tx) => startGrant(tx, wish));
  const payload = payloadOf(await cardFor(boss, request), 'Approve');
  await approveRequest.press(payload, await chat.turn(boss.email));
  const waiting = textOf(await cardFor(ann, request));
  expect(waiting).toContain('It starts when another grant of Fernboard for Ann Lee has finished.');
  expect(waiting).not.toContain('Until:'); // Its days begin then.
  const form = await new Clicker(chat, ann.email).opens(askForAccess.with({ integrationId }));
  expect(introOf(form)).toContain(
    "The grant is still waiting, so its time hasn't begun. This requests more time.",
  );
  const run = firstOf(await stores.runs.deferredOf(ann.id, integrationId));
  const refused = refuse(run, 'Fernboard is turned off.', chat.services.now());
  await transact((tx) => tx.runs.save(refused));
  expect(textOf(await cardFor(ann, request))).toContain(
    'Setup was cancelled. Fernboard is turned off.',
  );
});

test('after an approval every copy says who decided, and has no buttons', async () => {
  const request = await ask();
  const payload = payloadOf(await cardFor(boss, request), 'Approve');
  expect(await approveRequest.press(payload, await chat.turn(boss.email))).toEqual({
    kind: 'nothing',
  });
  for (const reader of [boss, ann]) {
    const card = await cardFor(reader, request);
    expect(card.title).toBe(
      reader === ann ? 'You requested Fernboard' : 'Ann Lee requested Fernboard',
    );
    expect(textOf(card)).toContain('✓ Approved by Bo Boss');
    expect(textOf(card)).not.toContain('Has now');
    expect(textOf(card)).toContain('Until: 2 Dec 2026');
    expect(buttonsOf(card)).toEqual([]);
  }
});

test('a second click on Approve is answered with silence', async () => {
  const request = await ask();
  const payload = payloadOf(await cardFor(boss, request), 'Approve');
  for (let click = 0; click < 2; click++)
    expect(await approveRequest.press(payload, await chat.turn(boss.email))).toEqual({
      kind: 'nothing',
    });
});

test('a request whose route can not be read says that the approval so far is not enough', async () => {
  const cleo = await anAdmin();
  await setPolicy({ approvers: { kind: 'admins' }, approvals: 2 });
  await chat.person({ email: 'dee@example.com', role: 'admin' });
  const request = await ask();
  await new Clicker(chat, cleo.email).press(buttonOf(await cardFor(cleo, request), 'Approve'));
  await chat.database.db('access_requests').update({ route: '{"kind":' });
  const text = textOf(await cardFor(ann, request));
  expect(text).toContain("Latchkey can't read any more who has to approve it");
  expect(text).not.toContain('every approval');
});

test('a comment that comes after the approval says that it was not added', async () => {
  await anAdmin();
  await setPolicy({ approvals: 2 });
  const card = await cardFor(boss, await ask());
  const bo = new Clicker(chat, boss.email);
  const more = buttonOf(card, 'Approve with a comment…');
  const form = await bo.opens(more);
  await bo.press(buttonOf(card, 'Approve'));
  const reply = await bo.answersTo(form, more, { comment: 'Until the launch only.' });
  expect(reply.kind === 'say' && textOf(reply.card)).toMatch(
    /You've already responded[^]*The comment was not added\./,
  );
});

test('an approval with a comment that is sent twice is answered with silence', async () => {
  await anAdmin();
  await setPolicy({ approvals: 2 });
  const bo = new Clicker(chat, boss.email);
  const more = buttonOf(await cardFor(boss, await ask()), 'Approve with a comment…');
  const form = await bo.opens(more);
  for (let click = 0; click < 2; click++)
    expect(await bo.answersTo(form, more, { comment: 'Fine.' })).toEqual({ kind: 'nothing' });
});

test('a comment with an approval is read by who asked', async () => {
  const request = await ask();
  const bo = new Clicker(chat, boss.email);
  const more = buttonOf(await cardFor(boss, request), 'Approve with a comment…');
  await bo.sends(more, { comment: 'Until the launch only.' });
  expect(textOf(await cardFor(ann, request))).toContain(
    'Comment: "Until the launch only." Access is being granted…',
  );
});

test('a grant that waits for the app says so, and until when', async () => {
  const request = await ask();
  await new Clicker(chat, boss.email).press(buttonOf(await cardFor(boss, request), 'Approve'));
  const { stores, transact, now } = chat.services;
  const [run] = await stores.runs.unfinishedOf(ann.id);
  if (run?.state !== 'queued') throw new Error('It is granted by a run');
  const dueAt = new Date(now().getTime() + 3_600_000);
  await transact((tx) => tx.runs.save({ ...run, state: 'waiting', dueAt, why: 'Not yet.' }));
  expect(textOf(await cardFor(ann, request))).toContain(
    'Access is being granted… Waiting for an answer from Fernboard. It continues on 25 Nov 2026, 10:00.',
  );
});

test('the form names who approves, also where that is an admin for want of a manager', async () => {
  const form = (email: string) =>
    new Clicker(chat, email).opens(askForAccess.with({ integrationId }));
  expect(introOf(await form(ann.email))).toContain('Goes to Bo Boss.');
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', lastName: 'O', role: 'admin' });
  expect(introOf(await form(boss.email))).toContain(
    'Goes to Ada O, since you have no manager on record.',
  );
});

test('the form says how it is approved, and not who may request it', async () => {
  await setPolicy({ approvers: { kind: 'people', personIds: [boss.id] }, longestHours: 48 });
  const form = await new Clicker(chat, ann.email).opens(askForAccess.with({ integrationId }));
  expect(introOf(form).trim()).toBe('Bo Boss approves; at most 2 days.\nGoes to Bo Boss.');
});

test('the form says "your manager" to the one who requests it for themselves', async () => {
  const stages = (['manager', 'admins'] as const).map((kind) => ({
    approvers: [{ kind }],
    approvals: 1,
    differentPerson: false,
  }));
  await setPolicy({ ...FOR_ROUTE, route: { stages, cases: [] } });
  for (const firstName of ['Ada', 'Eve'])
    await chat.person({
      email: `${firstName}@example.com`,
      firstName,
      lastName: 'O',
      role: 'admin',
    });
  const ofAnn = askForAccess.with({ integrationId, personId: ann.id });
  const intro = async (email: string) => introOf(await new Clicker(chat, email).opens(ofAnn));
  expect(await intro(ann.email)).toContain('First your manager approves, then an admin approves;');
  expect(await intro('ada@example.com')).toContain(
    'First their manager approves, then an admin approves;',
  );
});

test('to keep it for longer only the reason and the days are asked, and the answers stay', async () => {
  const payload = payloadOf(await cardFor(boss, await ask()), 'Approve');
  await approveRequest.press(payload, await chat.turn(boss.email));
  const clicker = new Clicker(chat, ann.email);
  const call = askForAccess.with({ integrationId });
  const form = await clicker.opens(call);
  expect(form.title).toBe('Keep Fernboard for longer');
  expect(Object.keys(form.fields)).toEqual(['reason', 'days', 'otherLength']);
  const card = textOf(await clicker.gets(call, { reason: 'It takes longer', days: '3' }));
  expect(card).toContain('You requested to keep Fernboard longer');
  expect(card).toContain('How much longer: 3 days\nUntil: 5 Dec 2026');
  expect(card).toContain('Role: ');
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 9 });
  const extension = present(requests.find(({ kind }) => kind === 'extend'));
  const approve = payloadOf(await cardFor(boss, extension), 'Approve');
  await approveRequest.press(approve, await chat.turn(boss.email));
  const extended = textOf(await cardFor(ann, extension));
  expect(extended).toMatch(/The access was extended\.\n[^]*\nUntil: 5 Dec 2026\n/);
});

test.each([
  {
    when: 'the longest time is shorter by now',
    meanwhile: () => setPolicy({ longestHours: 24 }),
  },
  {
    when: 'it has no end date any more',
    meanwhile: () =>
      chat.services.transact(async (tx) => {
        const [hold] = await tx.holds.openAt(ann.id, integrationId);
        if (hold) await tx.holds.insert({ ...hold, id: tx.newId(), endsAt: undefined });
      }),
  },
])(
  'an extension that changes nothing does not say that it extended the access: $when',
  async ({ meanwhile }) => {
    const payload = payloadOf(await cardFor(boss, await ask()), 'Approve');
    await approveRequest.press(payload, await chat.turn(boss.email));
    chat.clock += 1000;
    const clicker = new Clicker(chat, ann.email);
    await clicker.gets(askForAccess.with({ integrationId }), {
      reason: 'It takes longer',
      days: '3',
    });
    const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
    const [extension] = requests;
    if (extension?.kind !== 'extend') throw new Error('There is no extension');
    await meanwhile();
    const approve = payloadOf(await cardFor(boss, extension), 'Approve');
    await approveRequest.press(approve, await chat.turn(boss.email));
    const card = textOf(await cardFor(ann, extension));
    expect(card).toContain('✓ Approved by Bo Boss');
    expect(card).toContain(
      'The access was not extended: it has no end date, or lasts as long as is allowed already.',
    );
    expect(card).not.toContain('was extended');
  },
);

test('where the rules allow less by now, an approver reads for how long it is given', async () => {
  const request = await ask();
  await setPolicy({ longestHours: 5 * 24 });
  const text = textOf(await cardFor(boss, request));
  expect(text).toContain('How long: 5 days, the most allowed now (requested: 7 days)');
});

test('a channel that is set reads who asks for what and who decided, and never why', async () => {
  const place = { address: { platform: 'slack', key: 'C1' }, name: '#access' } as const;
  await chat.person({ email: 'ada@example.com', role: 'admin' });
  await chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(integrationId);
    if (integration) await tx.integrations.save({ ...integration, settings: { notices: place } });
  });
  const request = await ask();
  const posts = await chat.database.db<{ name: string; payload: string }>('jobs').where({
    name: 'notice.post',
  });
  const platform = new RecordingPlatform();
  const sending = { ...chat.services, timeZone: 'UTC', cards, onError: () => undefined };
  const sender = new MessageSender(sending, [platform], () => chat.clock);
  for (const { payload } of posts)
    await new NoticeSender(sending, [platform], sender.pace).post(JSON.parse(payload));
  expect(platform.sent.map(({ to }) => to)).toEqual([place.address]);
  const [asked = note('')] = platform.shown();
  expect(textOf(asked)).toContain("Ann Lee requests Fernboard\nIt's waiting for approval.");
  expect(textOf(asked)).not.toContain('A project');

  const opened = await new Clicker(chat, boss.email).presses(buttonOf(asked, 'Open the request'));
  const denial = { reason: 'Use the shared one' };
  await new Clicker(chat, boss.email).sends(buttonOf(opened, 'Deny…'), denial);
  const refreshed = await chat.database.db<{ name: string; payload: string }>('jobs').where({
    name: 'message.refresh',
  });
  for (const { payload } of refreshed) await sender.refresh(JSON.parse(payload).messageId);
  const [decided = note('')] = platform.shown();
  expect(textOf(decided)).toContain('Ann Lee requested Fernboard\n✗ Denied by Bo Boss on 25 Nov');
  expect(textOf(decided)).not.toContain('Use the shared one');
  expect((await cardFor(ann, request)).title).toContain('Fernboard');

  const eve = await chat.person({ email: 'eve@example.com' });
  const refused = await new Clicker(chat, eve.email).presses(buttonOf(asked, 'Open the request'));
  expect(refused.title).toBe("You can't see this request");
});

test('a reason that would take a card apart is refused beside its field, and one just shorter fits a message', async () => {
  const clicker = new Clicker(chat, ann.email);
  const call = askForAccess.with({ integrationId });
  const answers = { 'form.ROLE': 'r1', days: '7' };
  const long = 'ж'.repeat(2001);
  expect(await clicker.isTold(call, { ...answers, reason: long })).toEqual({
    reason: 'This has 2001 characters; the limit is 2000. Please shorten it.',
  });
  const card = await clicker.gets(call, { ...answers, reason: long.slice(1) });
  expect(renderCard(card, { dialogs: true })).toHaveLength(1);
  const [request] = (await chat.services.stores.requests.list({}, { offset: 0, limit: 1 }))
    .requests;
  if (!request) throw new Error('Nothing was asked');
  const deny = buttonOf(await cardFor(boss, request), 'Deny…');
  expect(await new Clicker(chat, boss.email).isTold(deny, { reason: long })).toHaveProperty(
    'reason',
  );
});

test('a denial tells its reason to who asked', async () => {
  const request = await ask();
  const payload = payloadOf(await cardFor(boss, request), 'Deny…');
  await denyRequest.submit(payload, { reason: 'Use the shared one' }, await chat.turn(boss.email));
  expect(textOf(await cardFor(ann, request))).toContain(': "Use the shared one"\n');
});

test('a forged approval by who asked is refused and remembered', async () => {
  const request = await ask();
  const payload = payloadOf(await cardFor(boss, request), 'Approve');
  const reply = await approveRequest.press(payload, await chat.turn(ann.email));
  expect(reply.kind === 'say' && textOf(reply.card)).toContain("You can't decide this one");
  const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
  expect(entry).toMatchObject({ what: 'refused', detail: { wanted: 'approve their own request' } });
});

test('a second request for the same shows that there is one', async () => {
  await ask();
  const reply = await openRequest(['fern'], await chat.turn(ann.email));
  const form = reply.kind === 'open' && (await reply.form);
  expect(form && 'refused' in form && textOf(form.refused)).toContain(
    'You have already requested Fernboard',
  );
});

test('the list begins with what waits for a decision', async () => {
  await ask();
  const toDecide = await openRequests(await chat.turn(boss.email));
  expect(toDecide.kind === 'say' && 'title' in toDecide.card && textOf(toDecide.card)).toContain(
    'To approve: 1',
  );
  const mine = await openRequests(await chat.turn(ann.email));
  expect(mine.kind === 'say' && 'title' in mine.card && textOf(mine.card)).toContain('Mine: 1');
});

test('the form of an answer says which request it is, and opens for approvers alone', async () => {
  const request = await ask();
  const deny = buttonOf(await cardFor(boss, request), 'Deny…');
  expect(introOf(await new Clicker(chat, boss.email).opens(deny))).toContain(
    'Ann Lee requests Fernboard',
  );
  const other = await chat.person({ email: 'eve@example.com', firstName: 'Eve' });
  await expect(new Clicker(chat, other.email).opens(deny)).rejects.toThrow(
    /^(?!.*Fernboard).*not the approver/s,
  );
});

test('a search of any length shows the picker, with buttons that both platforms take', async () => {
  for (let n = 1; n <= 10; n += 1) await chat.integration(`Armada ${n}`, manifest);
  const clicker = new Clicker(chat, ann.email);
  const card = await clicker.types('request', ...Array.from({ length: 1500 }, () => 'a'));
  const lengths = buttonsOf(card).map(({ does }) => does.payload.length);
  expect(lengths.length).toBeGreaterThan(2);
  expect(Math.max(...lengths)).toBeLessThan(1000);
});
