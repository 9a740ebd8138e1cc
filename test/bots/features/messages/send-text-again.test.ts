/** Texts of which nobody knows whether they went out: who may send them again, what they read, and what comes of it. */
import { beforeEach, expect, test } from 'vitest';
import { sendTextAgain } from '../../../../src/bots/features/messages/send-text-again.ts';
import { runCard } from '../../../../src/bots/features/runs/run-card.ts';
import { openTimeline } from '../../../../src/bots/features/sequences/assign-sequence.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import { sendDelivery } from '../../../../src/engine/messages/deliver.ts';
import {
  BODY_LIFE_MS,
  type DeliveryIn,
  withoutBody,
} from '../../../../src/engine/messages/delivery.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { assignSequence } from '../../../../src/engine/sequences/assign.ts';
import { defaultPolicy } from '../../../../src/engine/settings/settings.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker, introOf } from '../../../support/clicks.ts';
import { firstOf, present } from '../../../support/given/outcomes.ts';

const ADA = 'ada@example.com';
const MARCO = 'marco@example.com';
const NUMBER = '+32470123456';

let chat: TestChat;
let ada: Clicker;
let marco: Clicker;
let ann: Person;

beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: ADA, firstName: 'Ada', role: 'admin' });
  await chat.person({ email: MARCO, firstName: 'Marco', role: 'manager' });
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann', managerEmail: MARCO });
  ada = new Clicker(chat, ADA);
  marco = new Clicker(chat, MARCO);
});

/** A text that was on its way when Latchkey was stopped. */
async function lostText(of: Partial<DeliveryIn<'unknown'>>): Promise<DeliveryIn<'unknown'>> {
  const { newId, now, stores } = chat.services;
  const delivery: DeliveryIn<'unknown'> = {
    id: newId(),
    version: 1,
    position: 0,
    createdAt: now(),
    attempts: 1,
    body: 'kept',
    outgoing: {
      notification: { type: 'text', to: NUMBER, message: 'Your badge is ready' },
      secret: false,
      shownTo: NUMBER,
    },
    state: 'unknown',
    finishedAt: now(),
    why: 'It may have gone out or not.',
    ...of,
  };
  await stores.deliveries.insert(delivery);
  return delivery;
}

async function ofSequence(): Promise<DeliveryIn<'unknown'>> {
  const sequences = await ada.types('sequences');
  const card = await ada.gets(buttonOf(sequences, 'New sequence…'), { name: 'First week' });
  await ada.gets(buttonOf(card, 'Add a message…'), {
    channel: 'text',
    to: NUMBER,
    text: 'Hi',
    when: 'at-once',
  });
  const { transact, stores, now } = chat.services;
  const sequence = present(await stores.sequences.findByName('First week'));
  await transact((tx) =>
    assignSequence(tx, { sequence, person: ann, actor: { kind: 'system' }, past: 'hold' }),
  );
  const planned = firstOf(await stores.plannedItems.openOf({ personId: ann.id }));
  const delivery = await lostText({ plannedItemId: planned.id });
  await transact((tx) =>
    tx.plannedItems.save({ ...planned, state: 'fired', endedAt: now(), deliveryId: delivery.id }),
  );
  return delivery;
}

async function ofRun(managersGrant: boolean): Promise<DeliveryIn<'unknown'>> {
  const id = await chat.integration('Fernboard', { execute: [{ url: 'https://api.example/u' }] });
  const { transact, stores } = chat.services;
  const found = present(await stores.integrations.find(id));
  const policy = { ...defaultPolicy, managersGrant };
  const integration = await transact((tx) =>
    tx.integrations.save({ ...found, settings: { policy } }),
  );
  const started = await transact((tx) =>
    startGrant(tx, { actor: { kind: 'system' }, person: ann, integration, form: {} }),
  );
  if (started.kind !== 'started') throw new Error(started.kind);
  return lostText({ runId: started.run.id });
}

const labelsOf = (card: Card): readonly string[] => buttonsOf(card).map(({ label }) => label);
const timelineFor = (who: Clicker): Promise<Card> =>
  who.presses(openTimeline.with({ personId: ann.id }));
const again = ({ id: deliveryId }: DeliveryIn<'unknown'>) => sendTextAgain.with({ deliveryId });
const now = async ({ id }: DeliveryIn<'unknown'>) => chat.services.stores.deliveries.find(id);
const jobs = () => chat.database.db('jobs').where({ name: 'delivery.send' });

test('an admin sends it again from the timeline, and reads what may come of it, as everyone does who looks later', async () => {
  const delivery = await ofSequence();
  const timeline = await timelineFor(ada);
  expect(textOf(timeline)).toContain(`? Text to ${NUMBER}: perhaps sent.`);
  const button = buttonOf(timeline, 'Send again…');
  expect(introOf(await ada.opens(button))).toContain(
    `Latchkey can't tell whether the text to ${NUMBER} was sent. It may arrive twice`,
  );
  expect((await ada.sends(button)).kind).toBe('nothing');
  expect(await jobs()).toHaveLength(1);
  const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
  expect(entry).toMatchObject({ what: 'delivery.sent-again', detail: { to: NUMBER } });

  const texts: string[] = [];
  await sendDelivery(delivery.id, {
    ...chat.services,
    workerId: 'w1',
    timeZone: 'UTC',
    mailer: undefined,
    findTexts: async () => ({
      async send({ id, message }) {
        texts.push(`${id} ${message}`);
        return { kind: 'sent' };
      },
    }),
    messenger: {
      toPerson: async () => ({ kind: 'absent' }),
      toChannel: async () => ({ kind: 'sent' }),
    },
    underWay: new Set(),
  });
  // Under the same id, so that a provider that knows it sends it once.
  expect(texts).toEqual([`${delivery.id} Your badge is ready`]);
  const after = await timelineFor(ada);
  expect(textOf(after)).toContain('so it may have arrived twice.');
  expect(textOf(after)).toContain(`✓ Text to ${NUMBER}: sent as a text on`);
  expect(textOf(after)).not.toContain('✓ sent on'); // One line says it.
  expect(labelsOf(after)).not.toContain('Send again…');
});

test('of two who press it at once one sends it', async () => {
  const delivery = await ofSequence();
  const replies = await Promise.all([
    ada.answers(again(delivery), {}),
    ada.answers(again(delivery), {}),
  ]);
  expect(replies.map(({ kind }) => kind).toSorted()).toEqual(['nothing', 'say']);
  expect(await jobs()).toHaveLength(1);
});

test('a manager who may not decide about the item has no button, and is refused', async () => {
  const delivery = await ofSequence();
  expect(labelsOf(await timelineFor(marco))).not.toContain('Send again…');
  await expect(marco.opens(again(delivery))).rejects.toThrow("You can't send this text again");
  const reply = await marco.answers(again(delivery), {});
  expect(reply).toMatchObject({ kind: 'say', card: { title: "You can't send this text again" } });
  expect((await now(delivery))?.state).toBe('unknown');
});

test.each([
  [true, ['Send again…']],
  [false, []],
])(
  'on the card of a run a manager has it where they may grant themselves: %s',
  async (may, labels) => {
    const delivery = await ofRun(may);
    const { payload } = runCard.with({ runId: delivery.runId ?? '' });
    const card = await runCard.render(payload, await liveReader(chat, MARCO));
    expect(labelsOf(card)).toEqual(labels);
    await marco.answers(again(delivery), {});
    expect((await now(delivery))?.state).toBe(may ? 'waiting' : 'unknown');
  },
);

test('a day later its words are gone, and so is the button', async () => {
  const delivery = await ofSequence();
  const button = buttonOf(await timelineFor(ada), 'Send again…');
  chat.clock += BODY_LIFE_MS;
  await chat.services.transact((tx) => tx.deliveries.save(withoutBody(delivery, 'dropped')));
  expect(labelsOf(await timelineFor(ada))).not.toContain('Send again…');
  const reply = await ada.answers(button, {});
  expect(reply).toMatchObject({ kind: 'say', card: { title: "You can't send this text again" } });
});
