/**
 * Every card and form of the bot, with the largest and most awkward content that a company can have, as Slack takes it. Three
 * people write every word and press every button that they are shown.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderHome } from '../../../src/bots/slack/home.ts';
import type { Origin } from '../../../src/bots/slack/interaction.ts';
import { renderCard } from '../../../src/bots/slack/render-card.ts';
import { renderForm, renderLoading, renderRefusal } from '../../../src/bots/slack/render-form.ts';
import type { ActionCall } from '../../../src/bots/view/action-call.ts';
import type { Card } from '../../../src/bots/view/card.ts';
import type { Form } from '../../../src/bots/view/form.ts';
import { newId } from '../../../src/core/ids.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { type Drawn, playCompany } from '../../support/card-page.ts';
import type { TestChat } from '../../support/chat.ts';
import { buttonsOf } from '../../support/clicks.ts';
import { present } from '../../support/given/outcomes.ts';
import {
  type Checked,
  checkHome,
  checkMessageBlocks,
  checkView,
} from '../../support/slack-double/block-kit.ts';

const PLAY_MS = 240_000;

/** Markup of Slack as text, then letters of two bytes. */
const awkward = (text: string, length: number): string =>
  `${text} <!channel> & *b* \`c\` :x: |> "q" 👩‍👩‍👧 ${'Ж'.repeat(length)}`.slice(0, length);

let played: Awaited<ReturnType<typeof playCompany>>;
beforeAll(async () => {
  played = await playCompany(undefined, { grow, typed: awkward('Typed', 2990) });
}, PLAY_MS);
afterAll(() => played?.end());

async function grow(chat: TestChat): Promise<void> {
  const { stores, transact } = chat.services;
  const people = new Map<string, Person>();
  for (const name of ['ann', 'marco', 'ada']) {
    const person = present(await stores.people.findByEmail(`${name}@example.com`));
    const names = { firstName: awkward(person.firstName, 60), lastName: awkward('', 60) };
    const job = { position: awkward('Position', 60), department: awkward('Department', 60) };
    people.set(name, await transact((tx) => tx.people.save({ ...person, ...names, ...job })));
  }
  const [ann, marco] = [people.get('ann'), people.get('marco')];
  if (!ann || !marco) throw new Error('The company is not complete');
  const reports = Array.from(
    { length: 120 },
    (_, n): Person => ({
      ...ann,
      id: newId(),
      version: 1,
      email: `report${n}@${'d'.repeat(60)}.example.com`,
      firstName: awkward(`Report ${n}`, 60),
    }),
  );
  await transact((tx) => tx.people.insertMany(reports));
  const manifest = {
    form: Array.from({ length: 10 }, (_, n) => ({
      id: `F${n}`,
      name: awkward(`Field ${n}`, 300),
      type: n % 2 ? 'choice' : 'multiple_choice',
      items: Array.from({ length: 150 }, (_item, i) => ({
        id: `${i} ${'v'.repeat(300)}`,
        name: awkward(`Option ${i}`, 300),
      })),
    })),
    exists: { url: 'https://x.io/{{email}}', method: 'GET' },
    execute: [{ url: 'https://x.io/users', data: { email: '{{email}}' } }],
    revoke: [{ url: 'https://x.io/users/{{email}}', method: 'DELETE' }],
  };
  const [large, small] = [manifest, { ...manifest, form: [] }].map((each) => JSON.stringify(each));
  await transact(async (tx) => {
    for (let n = 0; n < 120; n += 1) {
      const [id, manifestVersionId] = [tx.newId(), tx.newId()];
      const [name, createdAt] = [awkward(`App ${n}`, 60), tx.now];
      const integration = { id, version: 1, name, enabled: true, manifestVersionId, createdAt };
      await tx.integrations.insert(integration);
      const savedBy = { kind: 'system' } as const;
      const version = {
        id: manifestVersionId,
        integrationId: id,
        number: 1,
        manifest: (n === 0 ? large : small) ?? '',
      };
      await tx.integrations.insertVersion({ ...version, savedBy, createdAt });
      const known = { personId: ann.id, integrationId: id, state: 'has', reason: '' } as const;
      await tx.access.put({ ...known, since: tx.now, checkedAt: tx.now });
    }
  });
}

/** What a modal carries at most: it was opened from a button of a card of many messages, in a channel. */
const origin: Origin = {
  place: 'shared',
  channel: 'C0123456789',
  responseUrl: `https://hooks.slack.com/actions/T0123456789/${'1'.repeat(14)}/${'x'.repeat(24)}`,
  message: {
    ts: '1795982400.123456',
    parts: Array.from({ length: 13 }, () => '1795982400.123456').join(),
  },
};

const isForm = (shown: Card | Form): shown is Form => 'fields' in shown;
const refusals = (checked: Checked<unknown>): readonly string[] =>
  checked.ok ? [] : [`${checked.error} ${checked.messages.join('; ')}`];
const thrown = (work: () => readonly string[]): readonly string[] => {
  try {
    return work();
  } catch (error) {
    return [String(error)];
  }
};

function wrongWith({ shown, by, reader }: Drawn): readonly string[] {
  const wrong = thrown(() => (isForm(shown) ? wrongWithForm(shown) : wrongWithCard(shown)));
  return wrong.map((why) => `${reader}, ${by.slice(0, 100)}: ${why}`);
}

function wrongWithCard(card: Card): readonly string[] {
  const call = { id: 'x', payload: '{}' };
  return [
    ...renderCard(card).flatMap(({ blocks }) => refusals(checkMessageBlocks(blocks))),
    ...refusals(checkHome(renderHome(card))),
    ...refusals(checkView(renderRefusal({ call, origin }, card))),
    ...buttonsOf(card).flatMap(({ does }) => (does.opensForm ? wrongWithCall(does) : [])),
  ];
}

const wrongWithCall = (call: ActionCall): readonly string[] =>
  refusals(checkView(renderLoading({ call, origin }, 'Title')));

const wrongWithForm = (form: Form): readonly string[] =>
  refusals(
    checkView(renderForm(form, { call: { id: 'x', payload: '{}' }, origin, session: newId() })),
  );

test('Slack takes every card and form', () => {
  expect([...new Set(played.drawn.flatMap(wrongWith))]).toEqual([]);
});
