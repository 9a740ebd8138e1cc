/** Try with a person: what an admin reads of the way that a request would go now. */
import { beforeEach, expect, test } from 'vitest';
import { openPolicy } from '../../../../src/bots/features/policies/apply-policy.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import { changeSettings } from '../../../../src/engine/integrations/change-integration.ts';
import { keepFacts } from '../../../../src/engine/people/fact-claims.ts';
import {
  defaultPolicy,
  type IntegrationSettings,
} from '../../../../src/engine/settings/settings.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker } from '../../../support/clicks.ts';
import { messaged } from '../../../support/messaged.ts';

const ADA = 'ada@example.com';
const MARCO = 'marco@example.com';
const CLEO = 'cleo@example.com';
const ANN = 'ann@example.com';
const SYSTEM = { kind: 'system' } as const;
const ONCE =
  'With no decision, approvers are reminded after 1 day, admins can approve too after 3 days and the request expires after 14 days.';

let chat: TestChat;
let ada: Clicker;
let annId: string;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: ADA, firstName: 'Ada', lastName: 'Okafor', role: 'admin' });
  await chat.person({ email: MARCO, firstName: 'Marco', lastName: 'Bianchi' });
  await chat.person({ email: CLEO, firstName: 'Cleo', lastName: 'Ray' });
  const ann = { email: ANN, firstName: 'Ann', lastName: 'Lee', managerEmail: MARCO };
  annId = (await chat.person({ ...ann, department: 'Engineering' })).id;
  integrationId = await chat.integration('Fernboard', {
    form: [
      {
        id: 'role',
        name: 'Role',
        type: 'choice',
        items: [
          { id: 'viewer', name: 'Viewer' },
          { id: 'owner', name: 'Owner', needs_approval: true },
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
const tried = async (email = ANN): Promise<readonly string[]> => {
  const said = await ada.gets(buttonOf(await card(), 'Try with a person…'), { email });
  return textOf(said).split('\n').slice(1);
};
const set = (change: IntegrationSettings) =>
  chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(integrationId);
    if (integration) await changeSettings(tx, integration, { actor: SYSTEM, change });
  });

test('nothing is requested, and no one is notified', async () => {
  await messaged(chat);
  await tried();
  expect((await chat.services.stores.requests.list({}, { offset: 0, limit: 1 })).total).toBe(0);
  expect(await messaged(chat)).toEqual([]);
});

test('an option that needs approval has a way of its own', async () => {
  expect(await tried()).toEqual([
    'If they choose an option that needs approval: It goes to Ada Okafor. One of the options needs approval, so a Latchkey admin has to approve it. 1 person is notified.',
    'Else: It goes to Marco Bianchi. 1 person is notified.',
    ONCE,
  ]);
});

test('a stage falls away where the person who approves before counts there, too', async () => {
  await answers('Add a stage…', { kinds: ['people'], peopleEmails: `${MARCO}, ${CLEO}` });
  await answers('Add a stage…', { kinds: ['people'], peopleEmails: CLEO });
  expect(await tried()).toEqual([
    'Stage 1: it goes to Marco Bianchi.',
    'Stage 2 falls away: the approval of Marco Bianchi counts there, too.',
    'Stage 3: it goes to Cleo Ray.',
    '1 person is notified. 1 more is notified when it comes to them.',
    ONCE,
  ]);
});

test('a stage that may be spared says by whom', async () => {
  await answers('Edit…', { kinds: ['people'], peopleEmails: `${MARCO}, ${CLEO}` });
  await answers('Add a stage…', { kinds: ['people'], peopleEmails: CLEO });
  const [first, second] = await tried();
  expect(first).toBe('Stage 1: it goes to Marco Bianchi or Cleo Ray.');
  expect(second).toBe(
    'Stage 2: it goes to Cleo Ray. It falls away if Cleo Ray approved before: one press counts in each stage.',
  );
});

test('who may not request it reads why', async () => {
  const requesters = { kind: 'departments' as const, departments: ['Sales'] };
  await set({ policy: { ...defaultPolicy, requesters } });
  expect(await tried()).toEqual(['Only people in Sales can request Fernboard.']);
});

test('an integration that can not be asked about them says so, until an admin has entered what names them', async () => {
  const onCall = await chat.integration('On call', {
    extra_user_info: [{ id: 'CALL_ID', name: 'Call ID' }],
    exists: { url: 'https://on-call.example/', method: 'GET', expected: '{{CALL_ID}}' },
  });
  await answers('Add a case…', { kind: 'check', check: onCall });
  const [why, ...more] = await tried();
  expect(why).toBe(
    "On call isn't asked about them, which counts as a no: it's off, or an admin has to enter what names them there.",
  );
  expect(more.join(' ')).not.toContain('On call says they have access');
  const [admin] = await chat.services.stores.people.admins();
  await chat.services.transact((tx) =>
    keepFacts(tx, {
      personId: annId,
      facts: { CALL_ID: 'PANN' },
      actor: { kind: 'person', personId: admin?.id ?? '', via: 'slack' },
    }),
  );
  const now = (await tried()).join('\n');
  expect(now).toContain('If On call says they have access');
  expect(now).toContain("It's approved automatically.");
});
