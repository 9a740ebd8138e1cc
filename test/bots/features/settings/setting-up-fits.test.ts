/** Setting up in a large company with long names: every card is one message, and every form opens, on both platforms. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { integrationCardRef } from '../../../../src/bots/features/integrations/integration-ref.ts';
import { joinsCard } from '../../../../src/bots/features/people/join-list.ts';
import { renderCard as slackCard } from '../../../../src/bots/slack/render-card.ts';
import { renderForm as slackForm } from '../../../../src/bots/slack/render-form.ts';
import { CARD_BYTES } from '../../../../src/bots/teams/limits.ts';
import { renderCard as teamsCard } from '../../../../src/bots/teams/render-card.ts';
import { renderForm as teamsForm } from '../../../../src/bots/teams/render-form.ts';
import type { ActionCall } from '../../../../src/bots/view/action-call.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import type { Form } from '../../../../src/bots/view/form.ts';
import { newId } from '../../../../src/core/ids.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { defaultPolicy } from '../../../../src/engine/settings/settings.ts';
import { sharedChat, type TestChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker } from '../../../support/clicks.ts';
import { present } from '../../../support/given/outcomes.ts';
import {
  type Checked,
  checkMessageBlocks,
  checkView,
} from '../../../support/slack-double/block-kit.ts';

const ADA = 'ada@example.com';
const PEOPLE = 4990;
const INTEGRATIONS = 500;
/** Longer than people's names and titles are; in letters that take two bytes. */
const long = (text: string, length: number) => `${text} ${'Ж'.repeat(length)}`.slice(0, length);

let chat: TestChat;
let ada: Clicker;
let people: readonly Person[];
let integrationId: string;

beforeAll(async () => {
  chat = await sharedChat();
  const { stores, transact } = chat.services;
  const boss = await chat.person({ email: ADA, firstName: 'Ada', role: 'admin' });
  ada = new Clicker(chat, ADA);
  people = Array.from({ length: PEOPLE }, (_, n) => ({
    id: newId(),
    version: 1,
    email: `${'e'.repeat(40)}${n}@${'d'.repeat(30)}.example.com`,
    firstName: long(`First ${n}`, 30),
    lastName: long('Last', 30),
    position: long('Position', 60),
    department: long(`Department ${n % 150}`, 60),
    phone: '1'.repeat(30),
    managerId: boss.id,
    role: n < 30 ? 'admin' : 'new_hire',
    active: true,
    stored: {},
  }));
  for (let from = 0; from < PEOPLE; from += 100)
    await transact((tx) => tx.people.insertMany(people.slice(from, from + 100)));
  const asked = Array.from({ length: 30 }, (_, n) => ({
    id: `SECRET_${n}`,
    name: long(`Secret ${n}`, 60),
  }));
  const manifest = {
    initial_data_form: asked,
    form: Array.from({ length: 20 }, (_, n) => ({
      id: `F${n}`,
      name: long(`Field ${n}`, 100),
      type: 'input',
    })),
    execute: Array.from({ length: 60 }, () => ({ url: 'https://x.io/{{UNKNOWN}}' })),
  };
  integrationId = await chat.integration(long('0', 60), manifest);
  // As they are stored, since each that is added is compared with all others.
  const text = JSON.stringify({ execute: [], initial_data_form: asked });
  await transact(async (tx) => {
    for (let n = 1; n < INTEGRATIONS; n += 1) {
      const [id, manifestVersionId] = [tx.newId(), tx.newId()];
      const [name, createdAt] = [long(`${n}`, 60), tx.now];
      await tx.integrations.insert({
        id,
        version: 1,
        name,
        enabled: true,
        manifestVersionId,
        createdAt,
      });
      await tx.integrations.insertVersion({
        id: manifestVersionId,
        integrationId: id,
        number: 1,
        manifest: text,
        savedBy: { kind: 'system' },
        createdAt,
      });
    }
  });
  const integration = present(await stores.integrations.find(integrationId));
  const personIds = people.slice(0, 10).map(({ id }) => id);
  const policy = { ...defaultPolicy, approvers: { kind: 'people', personIds } } as const;
  await stores.integrations.save({ ...integration, settings: { policy } });
});
afterAll(() => chat.cleanup());

/** Why the cards are not one message each on both platforms, as an edit has to be, too; empty where they are. */
const wrongWith = (...cards: readonly Card[]): readonly string[] =>
  cards.flatMap((card) => {
    const slack = slackCard(card);
    const teams = [true, false].flatMap((dialogs) => teamsCard(card, { dialogs }));
    return [
      ...(slack.length === 1 ? [] : [`${card.title}: ${slack.length} messages in Slack`]),
      ...slack.flatMap(({ blocks }) => refusal(card.title, checkMessageBlocks(blocks))),
      ...(teams.length === 2 ? [] : [`${card.title}: ${teams.length / 2} messages in Teams`]),
      ...teams.filter(isTooLarge).map(() => `${card.title}: too large for Teams`),
    ];
  });

const refusal = (title: string, checked: Checked<unknown>): readonly string[] =>
  checked.ok ? [] : [`${title}: ${checked.error} ${checked.messages.join()}`];
const isTooLarge = (card: unknown): boolean => Buffer.byteLength(JSON.stringify(card)) > CARD_BYTES;

/** Why the forms behind these buttons don't open whole. */
async function wrongBehind(card: Card, ...labels: readonly string[]): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const label of labels) {
    const button = buttonOf(card, label);
    wrong.push(...wrongWithForm(await ada.opens(button), button.does));
  }
  return wrong;
}

function wrongWithForm(form: Form, { id, payload }: ActionCall): readonly string[] {
  const call = { id, payload };
  const frame = { call, origin: { channel: 'C1', place: 'direct' } } as const;
  const teams = (['dialog', 'inline'] as const).map((mode) =>
    teamsForm({ form, session: newId(), call, mode }),
  );
  const cut = teams.filter((card) => /more fields than|too long to/.test(JSON.stringify(card)));
  return [
    ...refusal(form.title, checkView(slackForm(form, { ...frame, session: newId() }))),
    ...teams.filter(isTooLarge).map(() => `${form.title}: too large for Teams`),
    ...cut.map(() => `${form.title}: cut in Teams`),
  ];
}

test('lists of integrations, ready-made ones and people fit', async () => {
  const typed = [
    ['integrations'],
    ['integrations', '1'],
    ['integration', 'add'],
    ['integration', 'add', 'google'],
    ['people'],
    ['people', 'first'],
  ];
  for (const words of typed) expect(wrongWith(await ada.types(...words))).toEqual([]);
});

test('the card of an integration fits, and all its forms', async () => {
  const card = await ada.sees(integrationCardRef(integrationId));
  const versions = await ada.presses(buttonOf(card, 'Versions'));
  const warnings = await ada.presses(buttonOf(card, /warnings$/));
  expect(wrongWith(card, versions, warnings)).toEqual([]);
  const labels = ['Upload a manifest…', 'Settings…', 'Name and emoji…', 'Turn off…', 'Delete…'];
  expect(await wrongBehind(card, ...labels)).toEqual([]);
});

test("someone's card fits, and all forms about people", async () => {
  const list = await ada.types('people', 'first');
  const card = await ada.presses(buttonOf(list, 'Open'));
  const account = await ada.presses(buttonOf(card, 'Account and data'));
  expect(wrongWith(card, account)).toEqual([]);
  expect(await wrongBehind(card, 'Edit…')).toEqual([]);
  expect(await wrongBehind(account, 'Role…', 'Deactivate…')).toEqual([]);
  expect(await wrongBehind(list, 'Hire…', 'Import a file…', 'Search…')).toEqual([]);
});

test('settings, first steps and help fit', async () => {
  const settings = await ada.types('settings');
  expect(wrongWith(settings, await ada.types('setup'), await ada.types('help'))).toEqual([]);
  expect(await wrongBehind(settings, 'Edit…')).toEqual([]);
});

test('three hundred problems of an uploaded manifest are on pages that fit', async () => {
  const broken = JSON.stringify({
    execute: Array.from({ length: 300 }, () => ({ url: 'https://x.io', method: 'F'.repeat(200) })),
  });
  const integration = await ada.sees(integrationCardRef(integrationId));
  const card = await ada.gets(buttonOf(integration, 'Upload a manifest…'), { manifest: broken });
  expect(textOf(card)).toContain('300 errors');
  expect(wrongWith(card)).toEqual([]);
});

test('who joined fits', async () => {
  const joins = Array.from({ length: 9 }, (_, n) => ({
    id: newId(),
    platform: 'teams' as const,
    tenant: 'T',
    userId: `U${n}`,
    email: `${'e'.repeat(40)}${n}@${'f'.repeat(30)}.example.com`,
    name: long(`Name ${n}`, 80),
    joinedAt: new Date(chat.clock),
    state: 'open' as const,
  }));
  for (const join of joins) await chat.services.stores.joins.insert(join);
  expect(wrongWith(await ada.sees(joinsCard.with({ page: 0 })))).toEqual([]);
});
