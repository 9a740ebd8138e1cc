/** Lists that a card opens below itself, to choose from: their pages turn in their own place. */
import { beforeEach, expect, test } from 'vitest';
import { pickForBundle } from '../../../src/bots/features/bundles/bundle-item.ts';
import { makeBundle } from '../../../src/bots/features/bundles/edit-bundle.ts';
import { pickBundle } from '../../../src/bots/features/bundles/grant-bundle.ts';
import { makeRule } from '../../../src/bots/features/rules/edit-rule.ts';
import { pickForRule } from '../../../src/bots/features/rules/rule-item.ts';
import { makeSequence } from '../../../src/bots/features/sequences/edit-sequence.ts';
import { pickForSequence } from '../../../src/bots/features/sequences/integration-item.ts';
import type { ActionCall } from '../../../src/bots/view/action-call.ts';
import type { Button, Card } from '../../../src/bots/view/card.ts';
import { type TestChat, testChat, textOf } from '../../support/chat.ts';
import { buttonOf, Clicker } from '../../support/clicks.ts';
import { ofKind } from '../../support/given/outcomes.ts';

let chat: TestChat;
let ada: Clicker;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  ada = new Clicker(chat, 'ada@example.com');
  for (let n = 1; n <= 20; n += 1)
    await chat.integration(`App ${n}`, { execute: [{ url: 'https://api.example.com/u' }] });
});

/** The only one of a table. */
const idIn = async (table: string): Promise<string> => {
  const [id = ''] = await chat.database.db(table).pluck<string[]>('id');
  return id;
};

const pickers: Readonly<Record<string, () => Promise<ActionCall>>> = {
  'an app for a bundle': async () => {
    await ada.sends(makeBundle.with({}), { name: 'Basics' });
    return pickForBundle.with({ bundleId: await idIn('bundles'), page: 0 });
  },
  'an app for a rule': async () => {
    const answers = { name: 'Basics', field: 'department', comparison: 'is', values: 'Sales' };
    await ada.sends(makeRule.with({}), answers);
    return pickForRule.with({ ruleId: await idIn('rules'), page: 0 });
  },
  'an app for a sequence': async () => {
    await ada.sends(makeSequence.with({}), { name: 'First week' });
    return pickForSequence.with({ sequenceId: await idIn('sequences'), does: 'grant', page: 0 });
  },
  'a bundle for someone': async () => {
    for (let n = 1; n <= 20; n += 1) await ada.sends(makeBundle.with({}), { name: `Basics ${n}` });
    const person = await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
    return pickBundle.with({ personId: person.id, page: 0 });
  },
};

test.each(Object.keys(pickers))('%s', async (name) => {
  const open = (await pickers[name]?.()) as ActionCall;
  const first = await ada.press(open);
  expect(first.kind).toBe('say');
  const cardIn = (reply: object) => (reply as { readonly card: Card }).card;
  const second = await ada.press(buttonOf(cardIn(first), 'Next'));
  expect(second.kind).toBe('replace');
  expect((await ada.press(buttonOf(cardIn(second), 'Previous'))).kind).toBe('replace');
});

async function searched(
  button: Button,
  answers: Readonly<Record<string, string>> = {},
): Promise<Card> {
  return ofKind('say', await ada.sends(button, answers)).card;
}

test.each(Object.keys(pickers))(
  '%s is searched, and the pages of what was found keep the search',
  async (name) => {
    const open = (await pickers[name]?.()) as ActionCall;
    const found = await searched(buttonOf(await ada.presses(open), 'Search…'), { text: '1' });
    expect(textOf(found)).toContain('11 '); // 1, and 10 to 19.
    expect(textOf(found)).toContain('for "1"');
    const next = await ada.presses(buttonOf(found, 'Next'));
    expect(textOf(next)).toContain('for "1"');
    const one = await searched(buttonOf(next, 'Search…'), { text: '20' });
    expect(textOf(one)).toMatch(/(App|Basics) 20/);
    const none = await searched(buttonOf(one, 'Search…'), { text: 'Nope' });
    expect(textOf(none)).toContain('0 ');
    const all = await searched(buttonOf(none, 'Search…'), { text: '' });
    expect(textOf(all)).toContain('20 ');
  },
);

test('a rule is offered every bundle, however many there are', async () => {
  await ada.sends(makeBundle.with({}), { name: 'Basics' });
  const { db } = chat.database;
  const [bundle] = await db<{ readonly id: string }>('bundles');
  for (let n = 0; n < 250; n += 1)
    await db('bundles').insert({
      ...bundle,
      id: `bundle-${n}`,
      name: `A${n}`,
      folded_name: `a${n}`,
      search_text: `a${n}`,
    });
  const card = await ada.presses((await pickers['an app for a rule']?.()) as ActionCall);
  expect(textOf(card)).toContain('271 apps and bundles');
});
