import { beforeEach, expect, test } from 'vitest';
import {
  discoveriesCard,
  findAt,
  findEverywhere,
} from '../../../../src/bots/features/access/discoveries.ts';
import { openFound } from '../../../../src/bots/features/access/found-list.ts';
import { newId } from '../../../../src/core/ids.ts';
import type { Discovery } from '../../../../src/engine/access/discovery.ts';
import { addItem, makeRule, turnOn } from '../../../../src/engine/rules/change-rule.ts';
import { definitionOf } from '../../../../src/engine/rules/rule.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonsOf, Clicker } from '../../../support/clicks.ts';
import { ok } from '../../../support/given/outcomes.ts';

const execute = [{ url: 'https://api.example.com/u' }];
const exists = { method: 'GET', url: 'https://api.example.com/u' };

let chat: TestChat;
let fernboard: string;

beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
  fernboard = await chat.integration('Fernboard', { execute, exists });
});

const ada = () => new Clicker(chat, 'ada@example.com');
const card = async (userId = 'ada@example.com') =>
  discoveriesCard.render('{"page":0}', await liveReader(chat, userId));

/** As a worker keeps it. */
async function kept(about: Partial<Discovery>): Promise<void> {
  await chat.services.transact(async (tx) => {
    const discovery = await tx.discoveries.at(fernboard);
    if (discovery) await tx.discoveries.save({ ...discovery, ...about });
  });
}

test('says what it does, and which apps it can and cannot check', async () => {
  await chat.integration('Tidebook', { execute });
  const shown = await card();
  expect(textOf(shown)).toContain('Nothing changes at the apps.');
  expect(textOf(shown)).toContain('Not checked yet');
  expect(textOf(shown)).toContain("Latchkey can't check: Tidebook.");
  expect(buttonsOf(shown).map(({ label }) => label)).toEqual(['Find', 'Find everywhere']);
});

test('shows how far it is, and Stop', async () => {
  await ada().press(findAt.with({ integrationId: fernboard }));
  await kept({ checked: 1, found: 1 });
  const shown = await card();
  expect(textOf(shown)).toContain('1 of 2 people checked.');
  expect(textOf(shown)).toContain("Found 1 person with access that Latchkey didn't know of.");
  expect(buttonsOf(shown).map(({ label }) => label)).toEqual(['Stop']);
});

test('says since when an app has not answered', async () => {
  await ada().press(findAt.with({ integrationId: fernboard }));
  await kept({ waitsSince: chat.services.now() });
  expect(textOf(await card())).toContain('Latchkey keeps trying.');
});

test('offers a review of what was found, at the end', async () => {
  await ada().press(findEverywhere.with({}));
  const endedAt = chat.services.now();
  await kept({ state: 'done', checked: 2, found: 2, unconfirmed: 1, endedAt });
  const shown = await card();
  expect(textOf(shown)).toContain('1 not confirmed.');
  expect(buttonsOf(shown).map(({ label }) => label)).toEqual([
    'Find again',
    'Find everywhere',
    'Start a review…',
  ]);
});

test('an integration that is turned off is shown as that', async () => {
  await chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(fernboard);
    if (integration) await tx.integrations.save({ ...integration, enabled: false });
  });
  const shown = await card();
  expect(textOf(shown)).toContain('Turned off');
  expect(buttonsOf(shown)).toEqual([]);
});

test('is for admins alone', async () => {
  const ann = new Clicker(chat, 'ann@example.com');
  expect((await ann.types('existing')).title).toBe("You can't see existing access");
  expect(textOf(await card('ann@example.com'))).not.toContain('Fernboard');
});

test('says who has it by no rule, where a rule gives it', async () => {
  const { stores, transact, now } = chat.services;
  const ann = await stores.people.findByEmail('ann@example.com');
  const bo = await chat.person({ email: 'bo@example.com', firstName: 'Bo' });
  const by = { actor: { kind: 'system' } } as const;
  const found = { version: 1, integrationId: fernboard, givenBy: by.actor, startedAt: now() };
  for (const person of [ann, bo])
    await stores.holds.insert({
      ...found,
      id: newId(),
      personId: person?.id ?? '',
      source: 'found',
    });
  await ada().press(findAt.with({ integrationId: fernboard }));
  await kept({ state: 'done', checked: 3, found: 2, endedAt: now() });
  expect(textOf(await card())).not.toContain('by no rule');
  await transact(async (tx) => {
    const definition = { matching: 'all', daysBefore: 0, overlapDays: 0 } as const;
    const conditions = [
      { field: 'email', comparison: 'is', not: false, values: ['bo@example.com'] },
    ] as const;
    const made = await makeRule(tx, { name: 'Bo', definition: { ...definition, conditions } }, by);
    if (!made.ok) throw new Error(made.why);
    const item = { integrationId: fernboard, form: {}, answers: [] };
    const added = ok(await addItem(tx, made.value.id, { item, ...by }));
    await turnOn(tx, made.value.id, { seen: added.value.version, ...by });
    const [given] = definitionOf(added.value).items;
    const rule = { ruleId: made.value.id, ruleItemId: given?.id ?? '' };
    await tx.holds.insert({ ...found, id: newId(), personId: bo.id, source: 'rule', ...rule });
  });
  const shown = await card();
  expect(textOf(shown)).toContain('1 person has it by no rule.');
  const list = await ada().presses(openFound.with({ integrationId: fernboard }));
  expect(textOf(list)).toMatch(/^Fernboard: found, and granted by no rule\n1 in all[^]*Ann/);
  expect(textOf(list)).not.toContain('Bo');
});
