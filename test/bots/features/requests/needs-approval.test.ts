/** Options that need approval: a manager's grant of one is a request, and no request for one is approved automatically. */
import { beforeEach, describe, expect, test } from 'vitest';
import { grantAccess } from '../../../../src/bots/features/access/grant-access.ts';
import { approveRequest } from '../../../../src/bots/features/requests/decide-request.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import { requestCard } from '../../../../src/bots/features/requests/request-card.ts';
import { runAgain } from '../../../../src/bots/features/runs/run-again.ts';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import { saveManifest } from '../../../../src/engine/integrations/change-integration.ts';
import type { Integration, Person } from '../../../../src/engine/people/directory.ts';
import { type AccessRequest, policyKey } from '../../../../src/engine/requests/access-request.ts';
import { reevaluateRequests } from '../../../../src/engine/requests/reevaluate-requests.ts';
import { stopRun } from '../../../../src/engine/runs/stop-run.ts';
import {
  defaultPolicy,
  type Policy,
  settingsOf,
} from '../../../../src/engine/settings/settings.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonsOf, Clicker } from '../../../support/clicks.ts';
import { firstOf, present } from '../../../support/given/outcomes.ts';
import { teamIn } from '../../../support/team.ts';

const owner = { id: 'admin', name: 'Owner', needs_approval: true };
const manifest = (item: object = owner) => ({
  form: [
    { id: 'ROLE', name: 'Role', type: 'choice', items: [{ id: 'member', name: 'Member' }, item] },
  ],
  extra_user_info: [{ id: 'GITHUB', name: 'GitHub name' }],
  execute: [{ url: 'https://api.example.com/u/{{GITHUB}}', data: { role: '{{ROLE}}' } }],
});

let chat: TestChat;
let admin: Person;
let boss: Person;
let ann: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  ({ admin, boss, ann } = await teamIn(chat));
  integrationId = await chat.integration('GitHub', manifest());
});

const grant = () => grantAccess.with({ personId: ann.id, integrationId });
const request = () => askForAccess.with({ integrationId });
const as = ({ email }: Person) => new Clicker(chat, email);
const runs = () => chat.services.stores.runs.unfinishedOf(ann.id);
const requests = async (): Promise<readonly AccessRequest[]> =>
  (await chat.services.stores.requests.list({}, { offset: 0, limit: 10 })).requests;
const integration = async (): Promise<Integration> =>
  present(await chat.services.stores.integrations.find(integrationId));
const setPolicy = async (policy: Partial<Policy>) => {
  const settings = { policy: { ...defaultPolicy, ...policy } };
  const before = await integration();
  await chat.services.transact((tx) => tx.integrations.save({ ...before, settings }));
};
const owns = { 'form.ROLE': 'admin', 'fact.GITHUB': 'annlee', reason: 'She runs the releases' };

describe('a manager', () => {
  test('reads beside the option that it needs approval, and is asked why', async () => {
    const { fields } = await as(boss).opens(grant());
    expect(fields['form.ROLE']).toMatchObject({
      options: [{ label: 'Member' }, { label: 'Owner', note: 'needs approval' }],
    });
    expect(fields['reason']).toMatchObject({ label: 'Why is it needed?', optional: true });
  });

  test('makes a request by the same form, which waits for someone else', async () => {
    const card = await as(boss).gets(grant(), owns);
    expect(textOf(card)).toContain('You requested GitHub for Ann Lee');
    expect(textOf(card)).toContain('Role: Owner\n');
    expect(textOf(card)).toContain('Needs approval: Owner');
    expect(textOf(card)).toContain(
      'One of the options needs approval, so a Latchkey admin has to approve it.',
    );
    expect(buttonsOf(card).map(({ label }) => label)).toEqual(['Withdraw']);
    expect(await runs()).toEqual([]);
  });

  test('can not approve it themselves; what an admin approves is granted', async () => {
    await as(boss).gets(grant(), owns);
    const [open] = await requests();
    const card = async (person: Person) =>
      requestCard.render(
        requestCard.with({ requestId: open?.id ?? '' }).payload,
        await liveReader(chat, person.email),
      );
    const approve = present(buttonsOf(await card(admin)).find(({ label }) => label === 'Approve'));
    expect(textOf(await as(boss).presses(approve))).toContain("can't");
    expect(await runs()).toEqual([]);
    await as(admin).press(approve);
    expect(await requests()).toMatchObject([{ state: 'approved' }]);
    expect(await runs()).toMatchObject([{ kind: 'execute', personId: ann.id }]);
  });

  test('has to say why, beside the field', async () => {
    const told = await as(boss).isTold(grant(), { ...owns, reason: undefined });
    expect(told).toEqual({
      reason: 'Enter a reason, since this needs approval: Owner.',
    });
    expect(await requests()).toEqual([]);
  });

  test('grants every other option alone, as before', async () => {
    await as(boss).gets(grant(), { ...owns, 'form.ROLE': 'member', reason: undefined });
    expect(await runs()).toHaveLength(1);
    expect(await requests()).toEqual([]);
  });

  test('requests it although nobody may request it for themselves', async () => {
    await setPolicy({ requesters: { kind: 'nobody' } });
    await as(boss).gets(grant(), owns);
    expect(await requests()).toMatchObject([{ state: 'open', requestedById: boss.id }]);
  });

  test('requests a grant of it also where the person has other access for some days', async () => {
    await as(boss).gets(grant(), { ...owns, 'form.ROLE': 'member', reason: undefined, days: '7' });
    await as(boss).gets(grant(), owns);
    expect(await requests()).toMatchObject([{ kind: 'grant', state: 'open' }]);
  });

  test('makes no second request while one is open', async () => {
    await as(boss).gets(grant(), owns);
    expect(textOf(await as(boss).gets(grant(), owns))).toContain(
      "There's already an open request for GitHub for Ann Lee.",
    );
    expect(await requests()).toHaveLength(1);
  });

  test('is not believed by a form that was opened before the option was marked', async () => {
    integrationId = await chat.integration('Other', manifest({ id: 'admin', name: 'Owner' }));
    const form = await as(boss).opens(grant());
    expect(form.fields).not.toHaveProperty('reason');
    const before = await integration();
    await chat.services.transact(async (tx) => {
      const version = {
        id: 'marked',
        integrationId,
        number: 2,
        manifest: JSON.stringify(manifest()),
        savedBy: { kind: 'system' } as const,
        createdAt: chat.services.now(),
      };
      await tx.integrations.insertVersion(version);
      await tx.integrations.save({ ...before, manifestVersionId: version.id });
    });
    const { reason: _, ...answers } = owns;
    const reply = await as(boss).answersTo(form, grant(), answers);
    expect(reply).toMatchObject({ kind: 'say' });
    expect(JSON.stringify(reply)).toContain('has changed since you opened it');
    expect([await runs(), await requests()]).toEqual([[], []]);
  });

  test('who tries again what an admin had granted makes a request, too', async () => {
    const wish = { person: ann, integration: await integration(), form: { ROLE: 'admin' } };
    const actor = { kind: 'person', personId: admin.id, via: 'slack' } as const;
    const { services } = chat;
    const started = await services.transact((tx) => startGrant(tx, { ...wish, actor }));
    if (started.kind !== 'started') throw new Error('Nothing was started');
    const runId = started.run.id;
    await services.transact((tx) => stopRun(tx, runId, actor));
    const again = runAgain.with({ runId });
    await as(boss).gets(again, { 'fact.GITHUB': 'annlee', reason: 'Releases' });
    expect(await requests()).toMatchObject([{ state: 'open', requestedById: boss.id }]);
  });
});

describe('an admin', () => {
  test('grants it alone, and reads no note', async () => {
    const form = await as(admin).opens(grant());
    expect(JSON.stringify(form)).not.toContain('needs approval');
    await as(admin).gets(grant(), { 'form.ROLE': 'admin', 'fact.GITHUB': 'annlee' });
    expect(await runs()).toHaveLength(1);
  });
});

describe('a request that the manager would decide', () => {
  const approvals = async () => {
    const [open] = await requests();
    const rules = policyKey(settingsOf(await integration()).policy ?? defaultPolicy);
    return approveRequest.with({ requestId: open?.id ?? '', rules });
  };
  const cardOf = async (person: Person) => {
    const [open] = await requests();
    const { payload } = requestCard.with({ requestId: open?.id ?? '' });
    return requestCard.render(payload, await liveReader(chat, person.email));
  };
  const labels = async (person: Person) =>
    buttonsOf(await cardOf(person)).map(({ label }) => label);
  const approverIds = async () => {
    const [open] = await requests();
    return chat.services.stores.requests.approvers(open?.id ?? '');
  };
  const save = async (text: object) => {
    const before = await integration();
    const deps = { ...chat.services, actor: { kind: 'system' } } as const;
    await chat.services.transact((tx) =>
      saveManifest(tx, before, { text: JSON.stringify(text), ...deps }),
    );
  };
  /** Does the job that saving a manifest leaves. */
  const reevaluate = async () => {
    const jobs = await chat.database.db('jobs').where({ name: 'requests.re-evaluate' });
    expect(jobs.map(({ payload }) => JSON.parse(payload as string) as unknown)).toEqual([
      { integrationId },
    ]);
    await reevaluateRequests({ integrationId }, chat.services);
  };

  test('is decided by an admin, and the manager reads that and has no button', async () => {
    const form = await as(ann).opens(request());
    expect(JSON.stringify(form.intro)).toContain(
      'Options marked \\"needs approval\\" go to a Latchkey admin.',
    );
    const card = textOf(await as(ann).gets(request(), owns));
    expect(card).toContain('Waiting for Ada.');
    expect(card).toContain(
      'One of the options needs approval, so a Latchkey admin has to approve it.',
    );
    expect(await approverIds()).toEqual([admin.id]);
    expect(textOf(await cardOf(boss))).toContain(
      'One of the options needs approval, so a Latchkey admin has to approve it.',
    );
    expect([await labels(boss), await labels(admin)]).toEqual([
      [],
      [
        'Approve',
        'Deny…',
        'Approve with a comment…',
        'Approve for less time…',
        'Ask the requester…',
        'Reassign…',
        'What they have',
      ],
    ]);
  });

  test('is approved by no press of the manager, and by one of an admin', async () => {
    await as(ann).gets(request(), owns);
    expect(textOf(await as(boss).presses(await approvals()))).toContain("You're not the approver");
    expect([await requests(), await runs()]).toMatchObject([[{ state: 'open' }], []]);
    await as(admin).press(await approvals());
    expect([await requests(), await runs()]).toMatchObject([[{ state: 'approved' }], [{}]]);
  });

  test('stays with the manager for every other option', async () => {
    const card = textOf(await as(ann).gets(request(), { ...owns, 'form.ROLE': 'member' }));
    expect(card).toContain('Waiting for Bo Boss.');
    await as(boss).press(await approvals());
    expect(await requests()).toMatchObject([{ state: 'approved' }]);
  });

  test('stays with the people whom the rules name', async () => {
    await setPolicy({ approvers: { kind: 'people', personIds: [boss.id] } });
    const form = await as(ann).opens(request());
    expect(JSON.stringify(form.intro)).not.toContain(
      'Options marked \\"needs approval\\" go to a Latchkey admin.',
    );
    expect(textOf(await as(ann).gets(request(), owns))).toContain('Waiting for Bo Boss.');
    await as(boss).press(await approvals());
    expect(await requests()).toMatchObject([{ state: 'approved' }]);
  });

  test('to keep it for longer is decided by an admin, too', async () => {
    await setPolicy({ longestHours: 30 * 24 });
    await as(admin).gets(grant(), { 'form.ROLE': 'admin', 'fact.GITHUB': 'annlee', days: '7' });
    const card = textOf(await as(ann).gets(request(), { reason: 'More', days: '7' }));
    expect(card).toContain('Waiting for Ada.');
    await as(boss).press(await approvals());
    expect(await requests()).toMatchObject([{ kind: 'extend', state: 'open' }]);
  });

  test('asks an admin once its option needs approval: as soon as the manifest says so', async () => {
    await save(manifest({ id: 'admin', name: 'Owner' }));
    await as(ann).gets(request(), owns);
    expect(await approverIds()).toEqual([boss.id]);
    await save(manifest());
    await reevaluate();
    expect(await approverIds()).toEqual([admin.id]);
  });
});

describe('a request', () => {
  test('for it is never approved automatically: admins decide', async () => {
    await setPolicy({ approvers: { kind: 'automatic' } });
    const form = await as(ann).opens(request());
    expect(JSON.stringify(form.intro)).toContain(
      'Options marked \\"needs approval\\" go to a Latchkey admin.',
    );
    expect(JSON.stringify(form.fields)).toContain('needs approval');
    const card = await as(ann).gets(request(), owns);
    expect(textOf(card)).toContain('Waiting for');
    expect(await runs()).toEqual([]);
    expect(await requests()).toMatchObject([{ state: 'open' }]);
  });

  describe('to keep it for longer', () => {
    beforeEach(async () => {
      await setPolicy({ approvers: { kind: 'automatic' }, longestHours: 30 * 24 });
      await as(admin).gets(grant(), { 'form.ROLE': 'admin', 'fact.GITHUB': 'annlee', days: '7' });
    });
    const end = async () =>
      (await chat.services.stores.holds.openAt(ann.id, integrationId)).map(({ endsAt }) => endsAt);

    test('is not approved automatically either, and is judged and read by what was granted', async () => {
      const before = await end();
      const form = await as(ann).opens(request());
      expect(Object.keys(form.fields)).toEqual(['reason', 'days', 'otherLength']);
      expect(JSON.stringify(form.intro)).toContain('Keeps the earlier answers: Role: Owner');
      expect(JSON.stringify(form.intro)).toContain('so a Latchkey admin has to approve it.');
      const card = textOf(await as(ann).gets(request(), { reason: 'More', days: '7' }));
      expect(card).toContain('Waiting for Ada.');
      expect(card).toContain('Role: Owner\n');
      expect(card).toContain('Needs approval: Owner\n');
      expect(await requests()).toMatchObject([{ kind: 'extend', state: 'open' }]);
      expect(await end()).toEqual(before);
    });

    test('takes no other answers, not even from a form that asked for them', async () => {
      const typed = { 'form.ROLE': 'member', reason: 'More', days: '7' };
      const reply = await as(ann).answers(request(), typed);
      expect(JSON.stringify(reply)).toContain('has changed since you opened it');
      expect(await requests()).toEqual([]);
    });

    test('judges also what another hold has left there', async () => {
      const given = firstOf(await runs());
      const hold = firstOf(await chat.services.stores.holds.openAt(ann.id, integrationId));
      const at = await integration();
      await chat.services.transact(async (tx) => {
        const whose = { personId: ann.id, integrationId };
        const account = { ...whose, facts: {}, form: {}, runId: given.id };
        await tx.accounts.insert({ id: 'a1', version: 1, ...account });
        const actor = { kind: 'system' } as const;
        const wish = { actor, source: 'sequence', person: ann, form: { ROLE: 'member' } } as const;
        const deps = chat.services;
        await startGrant(tx, { ...wish, integration: at, hours: 3 * 24 });
        await tx.holds.save({ ...hold, ended: { at: deps.now(), why: 'expired' } });
      });
      const card = textOf(await as(ann).gets(request(), { reason: 'More', days: '7' }));
      expect(card).toMatch(/Role: Owner\n(.*\n)?Role: Member\nNeeds approval: Owner\n/);
      expect(await requests()).toMatchObject([{ kind: 'extend', state: 'open' }]);
    });

    test('waits for an admin where nobody knows any more what was granted', async () => {
      const hold = firstOf(await chat.services.stores.holds.openAt(ann.id, integrationId));
      const { runId: _, ...withoutRun } = hold;
      await chat.services.transact((tx) => tx.holds.save(withoutRun));
      const card = textOf(await as(ann).gets(request(), { reason: 'More', days: '7' }));
      expect(card).toContain('What was granted: no longer known');
      expect(await requests()).toMatchObject([{ kind: 'extend', state: 'open' }]);
    });
  });

  test('for anything else is', async () => {
    await setPolicy({ approvers: { kind: 'automatic' } });
    await as(ann).gets(request(), { ...owns, 'form.ROLE': 'member' });
    expect(await requests()).toMatchObject([{ state: 'approved' }]);
  });
});

test('no other way of a manager grants it: the engine refuses', async () => {
  const wish = { person: ann, integration: await integration(), form: { ROLE: 'admin' } };
  const actor = { kind: 'person', personId: boss.id, via: 'slack' } as const;
  expect(await chat.services.transact((tx) => startGrant(tx, { ...wish, actor }))).toEqual({
    kind: 'refused',
    why: 'This needs approval, so it can only be requested: Owner.',
  });
});
