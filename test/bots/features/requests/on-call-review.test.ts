/** At night an app's answer ("on call") approves a request, and the owner looks at it the next morning. */
import { beforeEach, expect, test } from 'vitest';
import { breakGlassOk } from '../../../../src/bots/features/requests/break-glass.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import { requestRef } from '../../../../src/bots/features/requests/request-ref.ts';
import { changeSettings } from '../../../../src/engine/integrations/change-integration.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { breakGlassSource, whyNotBreakGlass } from '../../../../src/engine/requests/break-glass.ts';
import { type ChooseDeps, chooseRoute } from '../../../../src/engine/requests/choose-route.ts';
import { defaultPolicy, FOR_ROUTE, settingsOf } from '../../../../src/engine/settings/settings.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker } from '../../../support/clicks.ts';
import { requested as requestedFor } from '../../../support/given/added.ts';
import { present } from '../../../support/given/outcomes.ts';
import { messaged } from '../../../support/messaged.ts';
import { fire } from '../../../support/tick.ts';

const HOUR = 60 * 60_000;
const SYSTEM = { kind: 'system' } as const;

let chat: TestChat;
let owner: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  chat.clock = Date.parse('2026-11-25T02:00:00Z');
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  owner = await chat.person({ email: 'olga@example.com', firstName: 'Olga', lastName: 'Ray' });
  const bo = await chat.person({ email: 'bo@example.com', firstName: 'Bo' });
  await chat.person({ email: 'ann@example.com', firstName: 'Ann', managerEmail: bo.email });
  integrationId = await chat.integration('Production', {
    execute: [{ url: 'https://production.example/u' }],
  });
  const onCall = await chat.integration('On call', {
    exists: { url: 'https://on-call.example/?of={{email}}', method: 'GET', expected: 'yes' },
    execute: [{ url: 'https://on-call.example/u' }],
  });
  const route = {
    cases: [{ when: [{ kind: 'check' as const, integrationId: onCall }], stages: [] }],
    stages: [{ approvers: [{ kind: 'manager' as const }], approvals: 1, differentPerson: false }],
  };
  await chat.services.transact(async (tx) => {
    const app = present(await tx.integrations.find(integrationId));
    const policy = { ...defaultPolicy, ...FOR_ROUTE, route };
    const change = { policy, ownerIds: [owner.id] };
    await changeSettings(tx, app, { actor: SYSTEM, change });
  });
});

const by = (email: string) => new Clicker(chat, email);

/** Ann requests it, and the app that knows who is on call answers. */
async function requested(answer: Answer): Promise<string> {
  await by('ann@example.com').sends(askForAccess.with({ integrationId }), { reason: 'It burns' });
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
  const id = requests[0]?.id ?? '';
  await answered(id, answer);
  return id;
}

type Answer = 'yes' | 'no' | 'down';

async function answered(id: string, answer: Answer): Promise<void> {
  await chooseRoute(id, {
    ...chat.services,
    tokens: {
      fresh: async (context: unknown) => ({ ok: true, context }),
      renewed: async () => undefined,
    },
    http: {
      send: async () =>
        answer === 'down'
          ? { kind: 'failed', code: 'no-connection', message: '' }
          : { kind: 'answer', status: 200, headers: {}, text: `"${answer}"` },
    },
  } as unknown as ChooseDeps);
}

async function after(hours: number): Promise<readonly string[]> {
  chat.clock += hours * HOUR;
  await fire(chat.services, [breakGlassSource]);
  return messaged(chat);
}

test('on call it is approved at once, and the owner reviews it at nine', async () => {
  const id = await requested('yes');
  expect((await chat.services.stores.requests.find(id))?.state).toBe('approved');
  const before = await by(owner.email).sees(requestRef(id));
  expect(textOf(before)).toContain('Please review it.');
  expect(textOf(await by('ann@example.com').sees(requestRef(id)))).toContain(
    'An owner or a Latchkey admin has to review it.',
  );
  expect(textOf(before)).not.toMatch(/break-glass/i);
  await messaged(chat);
  expect(await after(6)).toEqual([]);
  expect(await after(1)).toEqual(['Ada', 'Olga']);
  await by(owner.email).press(buttonOf(before, 'OK'));
  expect(await messaged(chat)).toEqual([]);
  const reviewed = textOf(await by(owner.email).sees(requestRef(id)));
  expect(reviewed).toContain('Approved automatically: Olga Ray reviewed it on');
  expect(await after(24)).toEqual([]);
});

test.each(['no', 'down'] as const)('with the answer %s it goes to stage one', async (answer) => {
  const id = await requested(answer);
  expect((await chat.services.stores.requests.find(id))?.state).toBe('open');
  expect(await chat.services.stores.breakGlasses.find(id)).toBeUndefined();
});

test('who was on call reviews nothing of their own, even as an owner', async () => {
  const ann = await chat.services.stores.people.findByEmail('ann@example.com');
  await chat.services.transact(async (tx) => {
    const app = await tx.integrations.find(integrationId);
    if (app && ann)
      await changeSettings(tx, app, { actor: SYSTEM, change: { ownerIds: [ann.id] } });
  });
  const id = await requested('yes');
  const card = await by('ann@example.com').sees(requestRef(id));
  expect(buttonsOf(card).map(({ label }) => label)).not.toContain('OK');
});

test('who requested it for someone on call does not review it, even as an admin', async () => {
  const { stores, transact } = chat.services;
  const ada = present(await stores.people.findByEmail('ada@example.com'));
  const ann = present(await stores.people.findByEmail('ann@example.com'));
  const integration = present(await stores.integrations.find(integrationId));
  const made = await requestedFor(transact, { requester: ada, person: ann, integration });
  await answered(made.id, 'yes');
  const ok = breakGlassOk.with({ requestId: made.id });
  expect(textOf(await by(ada.email).presses(ok))).toContain("You can't review this");
  await messaged(chat);
  expect(await after(7)).toEqual(['Olga']);
});

test('while someone looks into it, its person knows, break-glass is refused, and the reason does not say that it was taken', async () => {
  const ann = present(await chat.services.stores.people.findByEmail('ann@example.com'));
  const app = present(await chat.services.stores.integrations.find(integrationId));
  const id = await requested('yes');
  const card = await by(owner.email).sees(requestRef(id));
  await messaged(chat);
  await by(owner.email).sends(buttonOf(card, 'Look into it…'), { comment: 'Why?' });
  expect(await messaged(chat)).toEqual(['Ann']);
  const breakGlass = { longestHours: 4, withApprovalOptions: false };
  const allowed = { ...app, settings: { ...settingsOf(app), breakGlass } };
  await chat.services.transact(async (tx) => {
    for (const hold of await tx.holds.openAt(ann.id, integrationId))
      await tx.holds.save({ ...hold, ended: { at: tx.now, why: 'expired' } });
  });
  expect(await whyNotBreakGlass(chat.services.stores, ann, allowed)).toBe(
    'Someone is still looking into the last time you got Production without an approval. Until they say OK, request it instead.',
  );
});
