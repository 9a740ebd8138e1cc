/** Stages and cases of a policy as an admin writes, tries and applies them in chat, and what approvers read of them. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { changePolicy } from '../../../../src/bots/features/integrations/integration-settings.ts';
import { openPolicy } from '../../../../src/bots/features/policies/apply-policy.ts';
import { removePolicyCondition } from '../../../../src/bots/features/policies/edit-condition.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import type { Button, Card } from '../../../../src/bots/view/card.ts';
import { changeSettings } from '../../../../src/engine/integrations/change-integration.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { MAX_WHEN } from '../../../../src/engine/settings/route.ts';
import { policyOf, settingsOf } from '../../../../src/engine/settings/settings.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker, introOf } from '../../../support/clicks.ts';
import { firstOf, present } from '../../../support/given/outcomes.ts';

const ADA = 'ada@example.com';
const MARCO = 'marco@example.com';
const CLEO = 'cleo@example.com';
const ANN = 'ann@example.com';

let chat: TestChat;
let ada: Clicker;
let cleo: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: ADA, firstName: 'Ada', lastName: 'Okafor', role: 'admin' });
  await chat.person({ email: MARCO, firstName: 'Marco', lastName: 'Bianchi' });
  cleo = await chat.person({ email: CLEO, firstName: 'Cleo', lastName: 'Ray' });
  await chat.person({
    email: ANN,
    firstName: 'Ann',
    lastName: 'Lee',
    department: 'Engineering',
    managerEmail: MARCO,
  });
  integrationId = await chat.integration('Fernboard', {
    form: [
      {
        id: 'role',
        name: 'Role',
        type: 'choice',
        items: [
          { id: 'editor', name: 'Editor' },
          { id: 'viewer', name: 'Viewer' },
        ],
      },
    ],
    execute: [{ url: 'http://127.0.0.1:9/{{role}}' }],
  });
  ada = new Clicker(chat, ADA);
});

const card = (): Promise<Card> => ada.presses(openPolicy.with({ integrationId }));
const answers = async (label: string, given: Record<string, string | readonly string[]>) => {
  await ada.sends(buttonOf(await card(), label), given);
};
const policyNow = async () => {
  const integration = present(await chat.services.stores.integrations.find(integrationId));
  return policyOf(integration);
};

const buttonAbout = (shown: Card, about: string): Button => {
  const found = buttonsOf(shown).find((button) => button.about === about);
  if (!found) throw new Error(`No button about ${about}`);
  return found;
};

/** First the manager, then an owner, who is Cleo. */
async function twoStages(): Promise<void> {
  await answers('Owners…', { emails: CLEO });
  await answers('Add a stage…', { kinds: ['owners'], different: 'different' });
}

test('changes count only when they are applied, and the card says so', async () => {
  await twoStages();
  const text = textOf(await card());
  expect(text).toContain("Your changes aren't applied yet.");
  expect(text).toContain('1. Their manager approves');
  expect(text).toContain("2. An owner approves (someone who hasn't approved it before)");
  expect((await policyNow()).route).toBeUndefined();
  const apply = await ada.opens(buttonOf(await card(), 'Apply changes…'));
  expect(introOf(apply)).toContain('Now: their manager approves.');
  await answers('Apply changes…', {});
  expect((await policyNow()).route?.stages).toHaveLength(2);
  expect(textOf(await card())).not.toContain('applied yet');
});

test('another stage names nobody beforehand, since the manager has approved already', async () => {
  const form = await ada.opens(buttonOf(await card(), 'Add a stage…'));
  expect(form.fields['kinds']).toMatchObject({ initial: [] });
});

test('they are tried with a person before they are applied', async () => {
  await twoStages();
  const said = await ada.gets(buttonOf(await card(), 'Try with a person…'), { email: ANN });
  expect(textOf(said)).toBe(
    [
      'If Ann Lee requests Fernboard',
      'Stage 1: it goes to Marco Bianchi.',
      "Stage 2: it goes to Cleo Ray. Who has approved before doesn't count there.",
      '1 person is notified. 1 more is notified when it comes to them.',
      'With no decision, approvers are reminded after 1 day, admins can approve too after 3 days and the request expires after 14 days.',
    ].join('\n'),
  );
});

test('a case by an answer has stages of its own, and each path is tried', async () => {
  await answers('Add a case…', { kind: 'answer', answer: '0' });
  const add = buttonAbout(await card(), 'Add a stage: If Role is Editor');
  await ada.sends(add, { kinds: ['admins'] });
  const said = await ada.gets(buttonOf(await card(), 'Try with a person…'), { email: ANN });
  expect(textOf(said)).toContain('If Role is Editor: It goes to Ada Okafor.');
  expect(textOf(said)).toContain('Else: It goes to Marco Bianchi.');
  await answers('Apply changes…', {});
  const ann = new Clicker(chat, ANN);
  const form = askForAccess.with({ integrationId });
  const asked = await ann.gets(form, { 'form.role': 'editor', reason: 'A project' });
  expect(textOf(asked)).toContain('Waiting for Ada Okafor.');
});

test('a request goes from stage to stage, and everyone reads where it is', async () => {
  await twoStages();
  await answers('Apply changes…', {});
  const ann = new Clicker(chat, ANN);
  const asked = await ann.gets(askForAccess.with({ integrationId }), {
    'form.role': 'viewer',
    reason: 'A project',
  });
  expect(textOf(asked)).toContain('Stage 1 of 2. Waiting for Marco Bianchi.');
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
  const request = firstOf(requests);
  const marco = new Clicker(chat, MARCO);
  const open = await marco.presses(buttonOf(await marco.types('requests'), 'Open'));
  await marco.press(buttonOf(open, 'Approve'));
  expect(await chat.services.stores.requests.approvers(request.id)).toEqual([cleo.id]);
});

test('what one simple stage says is a simple policy again', async () => {
  await twoStages();
  await answers('Apply changes…', {});
  const remove = "Remove: an owner approves (someone who hasn't approved it before)";
  await ada.press(buttonAbout(await card(), remove));
  await answers('Apply changes…', {});
  expect(await policyNow()).toMatchObject({ approvers: { kind: 'manager' }, approvals: 1 });
  expect((await policyNow()).route).toBeUndefined();
});

test('the simple settings leave stages as they are', async () => {
  await twoStages();
  await answers('Apply changes…', {});
  const settings = changePolicy.with({ integrationId });
  expect(Object.keys((await ada.opens(settings)).fields)).not.toContain('approvers');
  await ada.sends(settings, { longest: '4 hours' });
  expect(await policyNow()).toMatchObject({ longestHours: 4, route: { stages: [{}, {}] } });
});

test('a card that someone else has overtaken changes nothing', async () => {
  const stale = buttonOf(await card(), 'Add a stage…');
  await answers('Add a stage…', { kinds: ['owners'] });
  const said = await ada.gets(stale, { kinds: ['admins'] });
  expect(textOf(said)).toContain('Fernboard has just changed.');
});

test('a case takes so many conditions, and says so at the next', async () => {
  await answers('Add a case…', { kind: 'answer', answer: '0' });
  const add = async () => {
    const button = buttonsOf(await card()).find(({ label }) => label === 'Add a condition…');
    if (!button) throw new Error('There is no case');
    return ada.sends(button, { kind: 'answer', answer: '1' });
  };
  for (let n = 1; n < MAX_WHEN; n += 1) await add();
  const reply = await add();
  expect('card' in reply && 'title' in reply.card && textOf(reply.card)).toContain(
    'A case has at most 5 conditions.',
  );
});

const draft = async () =>
  settingsOf(await chat.services.stores.integrations.find(integrationId)).routeDraft;

test('a stage moves up, and the first one cannot', async () => {
  await twoStages();
  const owners = "an owner approves (someone who hasn't approved it before)";
  await ada.press(buttonAbout(await card(), `Move up: ${owners}`));
  expect((await draft())?.stages.map(({ approvers }) => approvers[0]?.kind)).toEqual([
    'owners',
    'manager',
  ]);
  const abouts = buttonsOf(await card()).map(({ about }) => about);
  expect(abouts).toContain('Move up: their manager approves');
  expect(abouts).not.toContain('Move up: an owner approves');
});

test('of the first stage no one is asked whether earlier approvals count, and it stays as it was', async () => {
  await twoStages();
  const edit = async (words: string) => buttonAbout(await card(), `Edit: ${words}`);
  const owners = "an owner approves (someone who hasn't approved it before)";
  expect(Object.keys((await ada.opens(await edit(owners))).fields)).toContain('different');
  await ada.press(buttonAbout(await card(), `Move up: ${owners}`));
  const first = await edit('an owner approves');
  expect(Object.keys((await ada.opens(first)).fields)).not.toContain('different');
  await ada.sends(first, { approvals: '2' });
  await ada.press(buttonAbout(await card(), 'Move up: their manager approves'));
  expect(textOf(await card())).toContain(
    "2. 2 owners approve (someone who hasn't approved it before)",
  );
});

test('a group takes several conditions, each edited and removed for itself, and keeps them when its stage is edited', async () => {
  const legal = { field: 'department', comparison: 'is', values: 'Legal' };
  await answers('Add a stage…', { kinds: ['group'], ...legal });
  const stage = 'someone whose department is Legal approves';
  await ada.sends(buttonAbout(await card(), `Add a condition: ${stage}`), {
    ...legal,
    values: 'Security',
    matching: 'any',
  });
  const both = 'someone whose department is Legal or department is Security approves';
  expect(textOf(await card())).toContain(`2. S${both.slice(1)}`);
  await ada.sends(buttonAbout(await card(), 'Edit: department is Security'), { values: 'Audit' });
  const edited = 'someone whose department is Legal or department is Audit approves';
  const edit = buttonAbout(await card(), `Edit: ${edited}`);
  expect(Object.keys((await ada.opens(edit)).fields)).not.toContain('comparison');
  await ada.sends(edit, { approvals: '2' });
  expect((await draft())?.stages[1]).toMatchObject({
    approvals: 2,
    approvers: [{ group: { matching: 'any', conditions: [{}, { values: ['Audit'] }] } }],
  });
  await ada.press(buttonAbout(await card(), 'Remove: department is Legal'));
  expect(textOf(await card())).toContain('2. 2 people whose department is Audit approve');
});

test("a case's condition is edited in place, with what it says as the answers", async () => {
  await answers('Add a case…', {
    kind: 'requester',
    field: 'department',
    comparison: 'is',
    values: 'Sales',
  });
  const add = "If the requester's department is Sales";
  await ada.sends(buttonAbout(await card(), `Add a stage: ${add}`), { kinds: ['admins'] });
  const edit = buttonAbout(await card(), `Edit the condition: ${add}`);
  expect(await ada.opens(edit)).toMatchObject({
    title: 'Edit the condition',
    fields: { kind: { initial: 'requester' }, values: { initial: 'Sales' } },
  });
  await ada.sends(edit, { kind: 'answer', answer: '1' });
  expect((await draft())?.cases).toMatchObject([
    { when: [{ kind: 'answer', values: ['viewer'] }], stages: [{}] },
  ]);
});

test('of several conditions of a case one is edited or removed, and the last one stays', async () => {
  await answers('Add a case…', { kind: 'answer', answer: '0' });
  const add = buttonAbout(await card(), 'Add a condition: If Role is Editor');
  await ada.sends(add, { kind: 'person', field: 'department', comparison: 'is', values: 'Legal' });
  await ada.sends(buttonAbout(await card(), 'Edit: their department is Legal'), {
    values: 'Audit',
  });
  const remove = buttonAbout(await card(), 'Remove: Role is Editor');
  await ada.press(remove);
  expect(textOf(await card())).toContain('If their department is Audit');
  const version = (await chat.services.stores.integrations.find(integrationId))?.version ?? 0;
  await ada.press(removePolicyCondition.with({ integrationId, version, inCase: 0, at: 0 }));
  expect((await draft())?.cases[0]?.when).toHaveLength(1);
});

test('settings that were open while stages became simple are saved, and leave who approves as it is', async () => {
  await twoStages();
  await answers('Apply changes…', {});
  const settings = changePolicy.with({ integrationId });
  const form = await ada.opens(settings);
  await ada.press(
    buttonAbout(await card(), "Remove: an owner approves (someone who hasn't approved it before)"),
  );
  await answers('Apply changes…', {});
  await ada.answersTo(form, settings, { longest: '4 hours' });
  expect(await policyNow()).toMatchObject({ longestHours: 4, approvers: { kind: 'manager' } });
});

test('stages that are applied while settings are being saved stay', async () => {
  await twoStages();
  const settings = changePolicy.with({ integrationId });
  const form = await ada.opens(settings);
  const { transact } = chat.services;
  const saving = vi.spyOn(chat.services, 'transact').mockImplementationOnce(async (work) => {
    saving.mockRestore();
    await answers('Apply changes…', {});
    return transact(work);
  });
  await ada.answersTo(form, settings, { longest: '4 hours' });
  expect(await policyNow()).toMatchObject({ longestHours: 4, route: { stages: [{}, {}] } });
});

test('a reminder that another admin sets while settings are being saved stays', async () => {
  const settings = changePolicy.with({ integrationId });
  const form = await ada.opens(settings);
  const { transact } = chat.services;
  const saving = vi.spyOn(chat.services, 'transact').mockImplementationOnce(async (work) => {
    saving.mockRestore();
    await ada.answersTo(form, settings, { remind: '9' });
    return transact(work);
  });
  await ada.answersTo(form, settings, { longest: '4 hours' });
  expect(await policyNow()).toMatchObject({ longestHours: 4, remindAfterDays: 9 });
});

test('owners whom another admin saves while an older form is being read stay', async () => {
  const owners = buttonOf(await card(), 'Owners…');
  const form = await ada.opens(owners);
  const { stores, transact } = chat.services;
  const { id = '' } = (await stores.people.findByEmail(MARCO)) ?? {};
  const integration = present(await stores.integrations.find(integrationId));
  const change = { ownerIds: [id] };
  const saving = vi.spyOn(chat.services, 'transact').mockImplementationOnce(async (work) => {
    saving.mockRestore();
    await transact((tx) => changeSettings(tx, integration, { actor: { kind: 'system' }, change }));
    return transact(work);
  });
  const reply = await ada.answersTo(form, owners, { emails: CLEO });
  expect('card' in reply && !('view' in reply.card) && textOf(reply.card)).toContain(
    'has just changed',
  );
  expect(settingsOf(await stores.integrations.find(integrationId)).ownerIds).toEqual([id]);
});

test('a page of addresses that nobody has is answered in a sentence that fits beside the field', async () => {
  const owners = buttonOf(await card(), 'Owners…');
  const unknown = Array.from({ length: 100 }, (_, n) => `nobody${n}@example.com`);
  const told = await ada.isTold(owners, { emails: unknown.join(', ') });
  expect(told['emails']).toContain('nobody0@example.com');
  expect(told['emails']?.length).toBeLessThan(400);
  const many = Array.from({ length: 3000 }, (_, n) => `a${n}@b.co`);
  expect(await ada.isTold(owners, { emails: many.join(' ') })).toEqual({
    emails: 'At most 500 people.',
  });
});

describe('a form of the owners that was open while someone stopped being one', () => {
  const owners = async () =>
    settingsOf(await chat.services.stores.integrations.find(integrationId)).ownerIds;
  const linked = async (email: string, userId: string) => {
    const profile = chat.profiles.get(email);
    if (profile) chat.profiles.set(userId, profile);
    await chat.turn(userId);
  };
  const left = async (given: Record<string, string | readonly string[]>) => {
    await answers('Owners…', { emails: CLEO });
    await Promise.all([linked(CLEO, 'U1'), linked(MARCO, 'U2')]);
    const edit = buttonOf(await card(), 'Owners…');
    const form = await ada.opens(edit);
    expect(form.fields['picked']).toMatchObject({ initial: ['U1'] });
    await ada.sends(edit, { picked: [] });
    await ada.answersTo(form, edit, given);
    return owners();
  };

  test('does not make them one again', async () => {
    expect(await left({})).toEqual([]);
  });

  test('adds another one alone', async () => {
    const { id } = (await chat.services.stores.people.findByEmail(MARCO)) ?? {};
    expect(await left({ picked: ['U1', 'U2'] })).toEqual([id]);
  });
});

test('a case may be about the last of many options', async () => {
  const items = Array.from({ length: 150 }, (_, n) => ({ id: `r${n}`, name: `Role ${n}` }));
  integrationId = await chat.integration('Quarry', {
    form: [{ id: 'role', name: 'Role', type: 'choice', items }],
    execute: [{ url: 'http://127.0.0.1:9/{{role}}' }],
  });
  await answers('Add a case…', { kind: 'answer', answer: '149' });
  expect(textOf(await card())).toContain('If Role is Role 149');
  const edit = buttonAbout(await card(), 'Edit the condition: If Role is Role 149');
  expect((await ada.opens(edit)).fields['answer']).toMatchObject({ initial: '149' });
});
