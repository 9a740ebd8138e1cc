/** Setting up in a large company with long names: every card is one message, and every form opens, on both platforms. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { integrationCardRef } from '../../../src/bots/features/integration-ref.ts';
import { joinsCard } from '../../../src/bots/features/join-list.ts';
import { renderCard as slackCard } from '../../../src/bots/slack/render-card.ts';
import { renderForm as slackForm } from '../../../src/bots/slack/render-form.ts';
import { CARD_BYTES } from '../../../src/bots/teams/limits.ts';
import { renderCard as teamsCard } from '../../../src/bots/teams/render-card.ts';
import { renderForm as teamsForm } from '../../../src/bots/teams/render-form.ts';
import type { ActionCall } from '../../../src/bots/view/action.ts';
import type { Button, Card } from '../../../src/bots/view/card.ts';
import type { Form } from '../../../src/bots/view/form.ts';
import { newId } from '../../../src/core/ids.ts';
import type { LiveCardRef } from '../../../src/core/message.ts';
import type { Person } from '../../../src/engine/directory.ts';
import { defaultPolicy } from '../../../src/engine/settings.ts';
import { type TestChat, testChat, textOf } from '../../support/chat.ts';
import { buttonOf, Clicker } from '../../support/clicks.ts';
import { checkMessageBlocks, checkView } from '../../support/slack-double/block-kit.ts';

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
  chat = await testChat();
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
  const parts = Array.from({ length: INTEGRATIONS - 1 }, (_, n) => long(`${n + 1}`, 60));
  for (const name of parts) await chat.integration(name, { execute: [], initial_data_form: asked });
  const integration = await stores.integrations.find(integrationId);
  if (!integration) throw new Error('It is gone');
  const personIds = people.slice(0, 10).map(({ id }) => id);
  const policy = { ...defaultPolicy, approvers: { kind: 'people', personIds } } as const;
  await stores.integrations.save({ ...integration, settings: { policy } });
}, 120_000);
afterAll(() => chat.cleanup());

/** One message on each platform, as an edit has to be, too. */
function fits(card: Card): void {
  const slack = slackCard(card);
  expect(slack.map(({ blocks }) => checkMessageBlocks(blocks).ok)).toEqual([true]);
  for (const dialogs of [true, false]) {
    const teams = teamsCard(card, { dialogs });
    expect(teams).toHaveLength(1);
    expect(Buffer.byteLength(JSON.stringify(teams[0]))).toBeLessThanOrEqual(CARD_BYTES);
  }
}

function opens(form: Form, { id, payload }: ActionCall): void {
  const call = { id, payload };
  const frame = { call, origin: { channel: 'C1', place: 'direct' } } as const;
  const view = checkView(slackForm(form, newId(), frame));
  expect(view.ok ? '' : view).toBe('');
  for (const mode of ['dialog', 'inline'] as const) {
    const text = JSON.stringify(teamsForm({ form, session: newId(), call, mode }));
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(CARD_BYTES);
    expect(text).not.toContain('more fields than');
    expect(text).not.toContain('too long to be shown');
  }
}

const sees = (ref: LiveCardRef) => ada.sees(ref);
async function opensFrom(button: Button): Promise<void> {
  opens(await ada.opens(button), button.does);
}

test('lists of integrations, ready-made ones and people', async () => {
  for (const words of [['integrations'], ['integrations', '1'], ['people'], ['people', 'first']])
    fits(await ada.types(...words));
  fits(await ada.types('integration', 'add'));
  fits(await ada.types('integration', 'add', 'google'));
});

test('the card of an integration, and all its forms', async () => {
  const card = await sees(integrationCardRef(integrationId));
  fits(card);
  for (const label of [
    'Upload a manifest…',
    'Settings…',
    'Name and emoji…',
    'Turn off…',
    'Delete…',
  ])
    await opensFrom(buttonOf(card, label));
  fits(await ada.presses(buttonOf(card, 'Versions')));
  fits(await ada.presses(buttonOf(card, /warnings$/)));
});

test("somebody's card, and all its forms", async () => {
  const list = await ada.types('people', 'first');
  const card = await ada.presses(buttonOf(list, 'Open'));
  fits(card);
  for (const label of ['Edit…', 'Role…', 'Deactivate…']) await opensFrom(buttonOf(card, label));
  for (const label of ['Hire…', 'Import a file…', 'Search…'])
    await opensFrom(buttonOf(list, label));
});

test('settings, first steps and help', async () => {
  const settings = await ada.types('settings');
  fits(settings);
  await opensFrom(buttonOf(settings, 'Edit…'));
  fits(await ada.types('setup'));
  fits(await ada.types('help'));
});

test('three hundred problems of an uploaded manifest', async () => {
  const broken = JSON.stringify({
    execute: Array.from({ length: 300 }, () => ({ url: 'https://x.io', method: 'F'.repeat(200) })),
  });
  const card = await ada.gets(
    buttonOf(await sees(integrationCardRef(integrationId)), 'Upload a manifest…'),
    { manifest: broken },
  );
  expect(textOf(card)).toContain('300 errors');
  fits(card);
});

test('who joined', async () => {
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
  fits(await sees(joinsCard.with({ page: 0 })));
});
