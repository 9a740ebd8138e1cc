/** Managers, the helpdesk and admins request access for someone else. */
import { beforeEach, describe, expect, test } from 'vitest';
import { askForBundle } from '../../../../src/bots/features/bundles/request-bundle.ts';
import { withdrawOwnRequest } from '../../../../src/bots/features/requests/decide-request.ts';
import { requestForThem } from '../../../../src/bots/features/requests/pick-request.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import { requestRef } from '../../../../src/bots/features/requests/request-ref.ts';
import { makeBundle, putItem } from '../../../../src/engine/bundles/change-bundle.ts';
import { type Person, ROLES } from '../../../../src/engine/people/directory.ts';
import { createRequest } from '../../../../src/engine/requests/create-request.ts';
import { defaultPolicy, type Policy } from '../../../../src/engine/settings/settings.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker, introOf } from '../../../support/clicks.ts';
import { ok, present } from '../../../support/given/outcomes.ts';
import { accessSince } from '../../../support/has-access.ts';
import { messaged } from '../../../support/messaged.ts';

let chat: TestChat;
let bo: Person;
let ann: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  bo = await chat.person({ email: 'bo@example.com', firstName: 'Bo', lastName: 'Boss' });
  ann = await chat.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: 'Lee',
    department: 'Docs',
    managerEmail: bo.email,
  });
  integrationId = await chat.integration('Fernboard', {
    extra_user_info: [{ id: 'FERN_NAME', name: 'Fernboard username' }],
    execute: [{ url: 'https://fernboard.example/u', data: { name: '{{FERN_NAME}}' } }],
  });
  for (const role of ROLES)
    await chat.person({ email: `${role}@example.com`, firstName: role, role });
});

const by = (email: string) => new Clicker(chat, email);
const forAnn = () => askForAccess.with({ integrationId, personId: ann.id });
const ANSWERS = { reason: 'She starts today', days: '24h', 'fact.FERN_NAME': 'ann-lee' };

const setPolicy = (changed: Partial<Policy>) =>
  chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(integrationId);
    const policy = { ...defaultPolicy, ...changed };
    if (integration) await tx.integrations.save({ ...integration, settings: { policy } });
  });

const requests = async () =>
  (await chat.services.stores.requests.list({}, { offset: 0, limit: 10 })).requests;

test('the helpdesk chooses the person, then the app; both are told, and the manager approves', async () => {
  const list = await by('helpdesk@example.com').types('request');
  const picked = await by('helpdesk@example.com').gets(buttonOf(list, 'For someone else…'), {
    email: ann.email,
  });
  expect(picked.title).toBe('What does Ann Lee need?');
  const form = await by('helpdesk@example.com').opens(buttonOf(picked, 'Request: Fernboard'));
  expect(introOf(form)).toContain(
    'For Ann Lee (ann@example.com), who is notified and can withdraw it.',
  );
  expect(introOf(form)).toContain('Goes to Bo Boss.');
  expect(form.fields['reason']?.label).toBe('Why do they need it?');
  const card = await by('helpdesk@example.com').gets(
    buttonOf(picked, 'Request: Fernboard'),
    ANSWERS,
  );
  expect(card.title).toBe('You requested Fernboard for Ann Lee');
  expect(await messaged(chat)).toEqual(['Ann', 'Bo']);
  const [request] = await requests();
  const forHer = await by(ann.email).sees(requestRef(request?.id ?? ''));
  expect(forHer.title).toBe('helpdesk requests Fernboard for you');
  expect(buttonsOf(forHer).map(({ label }) => label)).toEqual(['Withdraw']);
});

test('the person may withdraw it, and a second click changes nothing and says nothing', async () => {
  await by('helpdesk@example.com').gets(forAnn(), ANSWERS);
  const [request] = await requests();
  const withdraw = withdrawOwnRequest.with({ requestId: request?.id ?? '' });
  expect(await by(ann.email).press(withdraw)).toEqual({ kind: 'nothing' });
  expect(await by(ann.email).press(withdraw)).toEqual({ kind: 'nothing' });
  expect(await requests()).toMatchObject([{ state: 'withdrawn' }]);
});

test('the app and the person can be written in one line', async () => {
  const reply = await by('helpdesk@example.com').writes(
    'request',
    'fernboard',
    'for',
    'Ann',
    'Lee',
  );
  if (reply.kind !== 'open') throw new Error(reply.kind);
  const form = await reply.form;
  expect('refused' in form ? '' : introOf(form)).toContain('For Ann Lee (ann@example.com)');
});

test('the access card of someone has it for the helpdesk, which grants nothing', async () => {
  const card = await by('helpdesk@example.com').types('access', 'Ann');
  const button = buttonOf(card, 'Request access for Ann Lee…');
  expect((await by('helpdesk@example.com').presses(button)).title).toBe('What does Ann Lee need?');
});

test('their rules apply, not those of who requests', async () => {
  await setPolicy({ requesters: { kind: 'departments', departments: ['Sales'] } });
  const press = await by('helpdesk@example.com').press(forAnn());
  const form = press.kind === 'open' ? await press.form : undefined;
  expect(form && 'refused' in form ? textOf(form.refused) : '').toContain(
    "You can't request Fernboard for Ann Lee",
  );
});

test('their own manager does not approve what they request for them: admins do, and the form says so', async () => {
  const form = await by(bo.email).opens(forAnn());
  expect(introOf(form)).toContain('Goes to admin. Their manager made the request');
  await by(bo.email).gets(forAnn(), ANSWERS);
  const [request] = await requests();
  const card = await by(bo.email).sees(requestRef(request?.id ?? ''));
  expect(buttonsOf(card).map(({ label }) => label)).toEqual(['Withdraw']);
});

describe('who may', () => {
  const may: Readonly<Record<string, boolean>> = { admin: true, helpdesk: true };

  test.each(ROLES.map((role) => [role, may[role] ?? false] as const))(
    '%s who manages nobody: %s',
    async (role, allowed) => {
      const email = `${role}@example.com`;
      const said = await by(email).answers(forAnn(), ANSWERS);
      expect(await requests()).toHaveLength(allowed ? 1 : 0);
      expect(said.kind).toBe(allowed ? 'show' : 'say');
      const list = await by(email).types('request');
      const labels = buttonsOf(list).map(({ label }) => label);
      expect(labels.includes('For someone else…')).toBe(allowed);
      const picker = await by(email).presses(requestForThem.with({ personId: ann.id }));
      expect(picker.title).toBe(
        allowed ? 'What does Ann Lee need?' : "You can't request access for this person",
      );
      const noted = await chat.database.db('audit_log').where({ what: 'refused' });
      expect(noted).toHaveLength(allowed ? 0 : 2);
    },
  );

  test('a manager may for a report, and no more when they are not the manager any more', async () => {
    const form = await by(bo.email).opens(forAnn());
    await chat.services.transact(async (tx) => {
      const { managerId: _, ...rest } = (await tx.people.find(ann.id)) ?? ann;
      await tx.people.save(rest);
    });
    const said = await by(bo.email).answersTo(form, forAnn(), ANSWERS);
    expect('card' in said && !('view' in said.card) && textOf(said.card)).toContain(
      "You can't request access for this person",
    );
    expect(await requests()).toEqual([]);
  });

  test('the engine refuses it as well', async () => {
    const other = present(await chat.services.stores.people.findByEmail('other@example.com'));
    const integration = present(await chat.services.stores.integrations.find(integrationId));
    const outcome = await chat.services.transact((tx) =>
      createRequest(tx, {
        actor: { kind: 'person', personId: other.id, via: 'slack' },
        requester: other,
        person: ann,
        integration,
        content: { reason: '', form: {}, answers: [], facts: {} },
      }),
    );
    expect(outcome).toEqual({ kind: 'refused', why: "You can't request access for Ann Lee." });
  });
});

describe('a bundle', () => {
  const item = { form: {}, answers: [] };
  beforeEach(() =>
    chat.services.transact(async (tx) => {
      const typed = { name: 'Starter kit', description: '', tags: '' };
      const actor = { kind: 'system' } as const;
      const made = ok(await makeBundle(tx, typed, { actor }));
      await putItem(tx, made.bundle.id, { item: { ...item, integrationId }, actor });
    }),
  );

  test('is requested for someone else by the helpdesk, and approved by the manager', async () => {
    const helpdesk = by('helpdesk@example.com');
    const picked = await helpdesk.presses(requestForThem.with({ personId: ann.id }));
    const form = await helpdesk.opens(buttonOf(picked, 'Request: Starter kit'));
    expect(introOf(form)).toContain('For Ann Lee (ann@example.com)');
    expect(introOf(form)).toContain('goes to Bo Boss');
    const card = await helpdesk.gets(buttonOf(picked, 'Request: Starter kit'), {
      reason: 'She starts today',
      'fact.FERN_NAME': 'ann-lee',
    });
    expect(card.title).toBe('Ann Lee: Starter kit — 0 of 1 granted');
    expect(await requests()).toMatchObject([{ personId: ann.id, state: 'open' }]);
  });

  test('is refused to people who may not request for them', async () => {
    const { items: bundles } = await chat.services.stores.bundles.list('', { offset: 0, limit: 1 });
    const { id: bundleId = '', versionId = '' } = bundles[0] ?? {};
    const call = askForBundle.with({ bundleId, versionId, personId: ann.id });
    const refused = "You can't request access for this person";
    await expect(by('other@example.com').opens(call)).rejects.toThrow(refused);
    expect(await requests()).toEqual([]);
  });
});

test('the helpdesk requests the same as a colleague has, and grants nothing', async () => {
  const eve = await chat.person({ email: 'eve@example.com', firstName: 'Eve', lastName: 'Oh' });
  const at = chat.services.now();
  const known = accessSince(at, {});
  await chat.services.stores.access.put({ personId: eve.id, integrationId, ...known });
  const helpdesk = by('helpdesk@example.com');
  const picked = await helpdesk.presses(requestForThem.with({ personId: ann.id }));
  const next = await helpdesk.sends(buttonOf(picked, 'Same as a colleague…'), { email: eve.email });
  if (next.kind !== 'open') throw new Error('It opens the next form');
  const form = await next.form;
  if ('refused' in form) throw new Error(textOf(form.refused));
  expect(form.submitLabel).toBe('Request');
  expect(introOf(form)).toContain('You request what you choose for Ann');
  expect(introOf(form)).toContain('goes to Bo Boss');
  const apps = form.fields['apps'];
  if (!apps || !('options' in apps)) throw new Error('It asks for apps');
  await helpdesk.answersTo(form, next.call, {
    apps: apps.options.map(({ value }) => value),
    reason: 'She starts today',
    'fact.FERN_NAME': 'ann-lee',
  });
  expect(await requests()).toMatchObject([{ personId: ann.id, state: 'open' }]);
  expect(await chat.services.stores.runs.unfinishedOf(ann.id)).toEqual([]);
});

test('an address with other accents than theirs asks who is meant', async () => {
  const asked = await by('helpdesk@example.com').types(
    'request',
    'Fernboard',
    'for',
    'ánn@example.com',
  );
  expect(asked.title).toBe('No one has the address ánn@example.com');
  expect(textOf(asked)).toContain('Ann Lee has ann@example.com. Is that who you mean?');
  expect(buttonsOf(asked).map(({ label }) => label)).toEqual(['Request for Ann Lee…']);
  const which = await by('helpdesk@example.com').types('access', 'ánn@example.com');
  expect(which.title).toBe('Which "ánn@example.com" do you mean?');
});
