import { beforeEach, describe, expect, test } from 'vitest';
import { grantAccess } from '../../../../src/bots/features/access/grant-access.ts';
import { optionsAt } from '../../../../src/bots/features/access/grant-form.ts';
import { revokeAccess } from '../../../../src/bots/features/access/revoke-access.ts';
import { runRef } from '../../../../src/bots/features/runs/run-ref.ts';
import type { Form } from '../../../../src/bots/view/form.ts';
import type { ManifestFormField } from '../../../../src/engine/manifest/form-schema.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { Clicker } from '../../../support/clicks.ts';
import { ofKind } from '../../../support/given/outcomes.ts';
import { workOnRemovals } from '../../../support/removals.ts';
import { bossAndAnn } from '../../../support/team.ts';

const manifest = {
  form: [
    { id: 'ROLE', name: 'Role', type: 'choice', items: [{ id: 'r1', name: 'Reader' }] },
    { id: 'NOTE', name: 'Note', type: 'input', required: false },
  ],
  extra_user_info: [{ id: 'GITHUB', name: 'GitHub name', description: 'Without the @.' }],
  execute: [{ url: 'https://api.example.com/u', data: { role: '{{ROLE}}' } }],
  revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
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

const call = () => grantAccess.with({ personId: ann.id, integrationId }).payload;

async function open(email: string, action = grantAccess): Promise<Form | string> {
  const reply = ofKind('open', await action.press(call(), await chat.turn(email)));
  const form = await reply.form;
  return 'refused' in form ? textOf(form.refused) : form;
}

describe('the form', () => {
  test('asks what the manifest asks, and the facts that the person lacks', async () => {
    const form = await open(boss.email);
    expect(form).toMatchObject({
      title: 'Grant Fernboard',
      submitLabel: 'Grant',
      fields: {
        'form.ROLE': { kind: 'choice', label: 'Role', options: [{ label: 'Reader', value: 'r1' }] },
        'form.NOTE': { kind: 'text', optional: true },
        'fact.GITHUB': { kind: 'text', label: 'GitHub name', hint: 'Without the @.' },
      },
    });
  });

  test('does not ask a fact that is known', async () => {
    await chat.services.transact((tx) => tx.people.save({ ...ann, stored: { GITHUB: 'annlee' } }));
    expect(Object.keys(((await open(boss.email)) as Form).fields)).toEqual([
      'form.ROLE',
      'form.NOTE',
      'days',
      'otherLength',
    ]);
  });

  test('shows why options are missing, when their third party does not answer in time', async () => {
    integrationId = await chat.integration('Slowpoke', {
      ...manifest,
      form: [{ id: 'TEAM', name: 'Team', type: 'choice', url: 'https://api.example.com/teams' }],
    });
    const form = (await open(boss.email)) as Form;
    expect(form.fields['form.TEAM']).toEqual({
      kind: 'problem',
      label: 'Team',
      message: "Slowpoke hasn't answered yet. Try again in a moment.",
    });
  });

  test('tells who sees how an app is set up what it answered, and others in plain words', async () => {
    integrationId = await chat.integration('Lodestone', {
      ...manifest,
      form: [{ id: 'TEAM', name: 'Team', type: 'choice', url: 'https://api.example.com/teams' }],
    });
    const field = { id: 'TEAM', name: 'Team', type: 'choice' } as ManifestFormField;
    const said = async (email: string) => {
      const turn = await chat.turn(email);
      const answer = { kind: 'problem', message: 'Lodestone answered with status 403' } as const;
      const options = { ...turn.stores.options, find: async () => answer };
      const of = { id: integrationId, name: 'Lodestone' };
      return optionsAt(of, ann, { ...turn, stores: { ...turn.stores, options } })(field);
    };
    const admin = await chat.person({ email: 'admin@example.com', role: 'admin' });
    expect(JSON.stringify(await said(admin.email))).toContain('status 403');
    expect(JSON.stringify(await said(boss.email))).toContain('tell a Latchkey admin');
    expect(JSON.stringify(await said(boss.email))).not.toContain('status 403');
  });

  test('is refused to someone who is not the manager, and the audit log remembers', async () => {
    const other = await chat.person({ email: 'other@example.com', role: 'manager' });
    expect(await open(other.email)).toContain("You can't grant this");
    const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
    expect(entry).toMatchObject({
      what: 'refused',
      personId: ann.id,
      detail: { wanted: 'grant this' },
    });
  });

  test('to revoke asks once more, with what it will do', async () => {
    const form = (await open(boss.email, revokeAccess)) as Form;
    expect(form).toMatchObject({ title: 'Revoke Fernboard', tone: 'danger', fields: {} });
    expect(form.intro.flat()).toContainEqual({ kind: 'strong', text: 'Ann Lee' });
  });
});

describe('the answer', () => {
  const values = { 'form.ROLE': 'r1', 'fact.GITHUB': 'annlee' };
  const role = (name: string) => ({ 'form.ROLE': name });

  test('of an admin starts a run with the form values, and keeps the facts with the person', async () => {
    const ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
    const reply = await grantAccess.submit(call(), values, await chat.turn(ada.email));
    expect(reply).toMatchObject({ kind: 'show', card: { view: 'run' } });
    const [run] = await chat.services.stores.runs.unfinishedOf(ann.id);
    expect(run).toMatchObject({ state: 'queued' });
    expect(run && (await chat.services.stores.runs.inputs(run.id)).form).toEqual({ ROLE: 'r1' });
    expect((await chat.services.stores.people.find(ann.id))?.stored).toEqual({ GITHUB: 'annlee' });
  });

  test('of a manager waits with its facts for the person, and the card says so', async () => {
    const reply = await grantAccess.submit(call(), values, await chat.turn(boss.email));
    const [run] = await chat.services.stores.runs.unfinishedOf(ann.id);
    expect(run).toMatchObject({ state: 'deferred' });
    expect((await chat.services.stores.people.find(ann.id))?.stored).toEqual({});
    if (reply.kind !== 'show') throw new Error('It shows the run');
    await chat.turn(ann.email); // She is in chat.
    const card = textOf(await new Clicker(chat, boss.email).sees(reply.card));
    expect(card).toContain('It starts when Ann Lee confirms this in chat: GitHub name.');
  });

  test('is refused beside the field where another person has that name', async () => {
    await chat.services.transact((tx) => tx.people.save({ ...boss, stored: { GITHUB: 'AnnLee' } }));
    const reply = await grantAccess.submit(call(), values, await chat.turn(boss.email));
    expect(reply).toMatchObject({
      kind: 'invalid',
      errors: {
        'fact.GITHUB':
          'Someone else already has annlee as GitHub name. Check the spelling, or ask a Latchkey admin.',
      },
    });
    expect(await chat.services.stores.runs.unfinishedOf(ann.id)).toEqual([]);
  });

  test('with other answers than the grant that is under way waits behind it, and shows its own card', async () => {
    const turn = await chat.turn(boss.email);
    await grantAccess.submit(call(), role('r1'), turn);
    const reply = await grantAccess.submit(call(), role('r2'), turn);
    const runs = await chat.services.stores.runs.unfinishedOf(ann.id);
    expect(runs.map(({ state }) => state)).toEqual(['queued', 'deferred']);
    expect(reply).toEqual({ kind: 'show', card: runRef(runs[1]?.id ?? '') });
  });

  test('with the same answers joins the grant that is under way, and holds it for its own time, too', async () => {
    const turn = await chat.turn(boss.email);
    await grantAccess.submit(call(), role('r1'), turn);
    const [run] = await chat.services.stores.runs.unfinishedOf(ann.id);
    const shown = { kind: 'show', card: runRef(run?.id ?? '') };
    expect(await grantAccess.submit(call(), role('r1'), turn)).toEqual(shown);
    expect(await grantAccess.submit(call(), { ...role('r1'), days: '7' }, turn)).toEqual(shown);
    const holds = await chat.services.stores.holds.openAt(ann.id, run?.integrationId ?? '');
    expect(holds.map(({ endsAt }) => endsAt === undefined)).toEqual([true, false]);
  });

  test('of someone who is not the manager any more is refused, and nothing starts', async () => {
    const turn = await chat.turn(boss.email);
    const { managerId: _, ...without } = ann;
    await chat.services.transact((tx) => tx.people.save(without));
    const reply = await grantAccess.submit(call(), values, turn);
    expect(reply.kind === 'say' && textOf(reply.card)).toContain("You can't grant this");
    expect(await chat.services.stores.runs.unfinishedOf(ann.id)).toEqual([]);
  });

  test('without a field that the manifest requires by now starts nothing', async () => {
    const reply = await grantAccess.submit(call(), {}, await chat.turn(boss.email));
    expect(reply.kind === 'say' && textOf(reply.card)).toContain('Fernboard has changed');
    expect(await chat.services.stores.runs.unfinishedOf(ann.id)).toEqual([]);
  });

  test('to a field whose id looks like a fact is no fact', async () => {
    integrationId = await chat.integration('Odd', {
      form: [{ id: 'fact.PET', name: 'Pet', type: 'input' }],
      execute: manifest.execute,
    });
    const form = (await open(boss.email)) as Form;
    const [name = ''] = Object.keys(form.fields);
    const answer = { [name]: 'cat' };
    await grantAccess.submit(call(), answer, await chat.turn(boss.email));
    const [run] = await chat.services.stores.runs.unfinishedOf(ann.id);
    expect(run && (await chat.services.stores.runs.inputs(run.id)).form).toEqual({
      'fact.PET': 'cat',
    });
    expect((await chat.services.stores.people.find(ann.id))?.stored).toEqual({});
  });

  test('to a revoke of an integration without one is a removal by hand, which says why', async () => {
    integrationId = await chat.integration('Ledger', { execute: manifest.execute });
    const at = chat.services.now();
    const access = { personId: ann.id, integrationId, reason: '', since: at, checkedAt: at };
    await chat.services.stores.access.put({ ...access, state: 'has' });
    const reply = await revokeAccess.submit(call(), {}, await chat.turn(boss.email));
    expect(reply).toMatchObject({ kind: 'show', card: { view: 'removal' } });
    await workOnRemovals(chat);
    expect(await chat.services.stores.removals.open(ann.id, integrationId)).toMatchObject({
      state: 'by-hand',
      why: "Latchkey can't revoke access to Ledger. Remove it in Ledger itself.",
    });
  });
});
