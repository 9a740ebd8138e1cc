/**
 * Every card and form of the bot with the largest and most awkward content that Latchkey takes, drawn as Teams gets it. A company
 * with long names is played: people write every word, and press each button that they are shown.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commands } from '../../../src/bots/features/features.ts';
import { CARD_BYTES } from '../../../src/bots/teams/limits.ts';
import { renderCard, renderInOne } from '../../../src/bots/teams/render-card.ts';
import { renderForm } from '../../../src/bots/teams/render-form.ts';
import type { PressReply, SubmitReply } from '../../../src/bots/view/action.ts';
import type { ActionCall } from '../../../src/bots/view/action-call.ts';
import type { Card } from '../../../src/bots/view/card.ts';
import type { Field, Form } from '../../../src/bots/view/form.ts';
import { onceFor } from '../../../src/core/once-for.ts';
import { unreachable } from '../../../src/core/unreachable.ts';
import { makeBundle, putItem } from '../../../src/engine/bundles/change-bundle.ts';
import { editRoute } from '../../../src/engine/integrations/change-route.ts';
import { addManual } from '../../../src/engine/integrations/integrations.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { addItem as addRuleItem, makeRule } from '../../../src/engine/rules/change-rule.ts';
import { addItem } from '../../../src/engine/sequences/change-items.ts';
import { makeSequence } from '../../../src/engine/sequences/change-sequence.ts';
import { claimJobs, finishJobs } from '../../../src/store/queue/queue.ts';
import { sharedChat, type TestChat } from '../../support/chat.ts';
import { buttonsOf, Clicker } from '../../support/clicks.ts';
import { present } from '../../support/given/outcomes.ts';
import { accessSince } from '../../support/has-access.ts';
import { textsOf, validate } from './official-parser.ts';

const SYSTEM = { kind: 'system' } as const;
const PLAY_MS = 240_000;

const MARKS = `<at>All</at> **b** [x](https://evil.example) \u202Eabc "q" \\ {{DATE(2026-11-24T10:00:00Z)}} \u{1F642} &amp; `;
/** So long, with everything that a client could take for something else than text. */
const hostile = (text: string, length: number) =>
  `${text} ${MARKS.repeat(Math.ceil(length / MARKS.length))}`
    .slice(0, length)
    .replace(/[\uD800-\uDBFF]$/, 'x')
    .trim();

interface Player {
  readonly name: string;
  readonly clicker: Clicker;
  /** The ids of actions that they have pressed or sent. */
  readonly pressed: Set<string>;
}
type Shown = Card | Form;
interface Drawn {
  /** How they came to it. */
  readonly by: string;
  readonly shown: Shown;
  readonly call?: ActionCall;
}
const isForm = (shown: Shown): shown is Form => 'fields' in shown;

let chat: TestChat;
const drawn: Drawn[] = [];
const failures: string[] = [];

beforeAll(async () => {
  chat = await sharedChat();
  const players = await company();
  for (const player of players) {
    await follow(() => player.clicker.writes('integrations', 'Fernboard'), {
      by: 'Fernboard',
      id: 'integrations',
      player,
    });
    for (const { word } of commands)
      for (const args of [[], ...(ARGUMENTS[word] ?? [])])
        await follow(() => player.clicker.writes(word, ...args), {
          by: [word, ...args].join(' '),
          id: word,
          player,
        });
    await readMessages(players);
  }
}, PLAY_MS);
afterAll(() => chat.cleanup());

const PERSON = ['Ann'];
const ARGUMENTS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  access: [PERSON],
  grant: [PERSON],
  revoke: [PERSON],
  offboard: [PERSON],
  people: [PERSON, ['Report']],
  request: [['Fernboard']],
  integrations: [['Fernboard']],
};

interface Step {
  readonly by: string;
  readonly id: string;
  readonly player: Player;
}

async function follow(
  work: () => Promise<PressReply | SubmitReply>,
  { by, id, player }: Step,
): Promise<void> {
  let reply: PressReply | SubmitReply;
  try {
    reply = await work();
  } catch (error) {
    failures.push(`${player.name}: ${by} (${id}): ${String(error)}`);
    return;
  }
  if (reply.kind === 'open') {
    const form = await reply.form;
    if ('refused' in form) return followCard(form.refused, { by, id, player });
    drawn.push({ by, shown: form, call: reply.call });
    return send(form, reply.call, { by, id, player });
  }
  if (!('card' in reply)) return;
  const { card } = reply;
  await followCard('view' in card ? await player.clicker.sees(card) : card, { by, id, player });
}

async function followCard(card: Card, { by, player }: Step): Promise<void> {
  drawn.push({ by, shown: card });
  const isLast = (id: string) => Number(LAST.has(id));
  for (const { does, label } of buttonsOf(card).toSorted(
    (a, b) => isLast(a.does.id) - isLast(b.does.id),
  )) {
    if (player.pressed.has(does.id)) continue;
    player.pressed.add(does.id);
    await follow(() => player.clicker.press(does), {
      by: `${by} > ${label.slice(0, 30)}`,
      id: does.id,
      player,
    });
  }
}

/** What turns off or ends what the play goes on with. */
const LAST = new Set(['sequence.turn']);
const UNSENT = new Set([
  'bundle.deny',
  'fact.reject',
  'offboarding.plan',
  'request.break-glass',
  'request.deny',
]);

async function send(form: Form, call: ActionCall, { by, player }: Step): Promise<void> {
  const id = `${call.id} sent`;
  if (
    (form.tone === 'danger' && call.id !== 'access.revoke') ||
    UNSENT.has(call.id) ||
    player.pressed.has(id) ||
    Object.values(form.fields).some(({ kind }) => kind === 'file' || kind === 'problem')
  )
    return;
  player.pressed.add(id);
  const sending = (texts: readonly string[]) => async (): Promise<PressReply | SubmitReply> => {
    for (const text of texts) {
      const answers = Object.fromEntries(
        Object.entries(form.fields).flatMap(([name, field]) => answerTo(name, field, text)),
      );
      const reply = await player.clicker.answersTo(form, call, answers);
      if (reply.kind !== 'invalid' || text === texts.at(-1)) return reply;
    }
    return { kind: 'nothing' };
  };
  const texts = [2000, 500, 300, 200, 100, 80, 60, 30].map((length) =>
    hostile(`Text of ${call.id}`, length),
  );
  await follow(sending([...texts, 'Release planning']), {
    by: `${by} > ${form.submitLabel}`,
    id,
    player,
  });
}

function answerTo(
  name: string,
  field: Field,
  text: string,
): [string, string | readonly string[]][] {
  switch (field.kind) {
    case 'text':
      return /mail|address/i.test(field.label) ? [[name, 'ann@example.com']] : [[name, text]];
    case 'date':
      return [[name, field.initial ?? '2026-12-18']];
    case 'choice':
      return field.options.slice(0, 1).map(({ value }) => [name, field.initial ?? value]);
    case 'choices':
      return [[name, field.options.slice(0, 30).map(({ value }) => value)]];
    case 'file':
    case 'user':
    case 'person':
    case 'people':
    case 'problem':
      return [];
    default:
      return unreachable(field);
  }
}

async function readMessages(players: readonly Player[]): Promise<void> {
  const { stores, now } = chat.services;
  const claim = { lane: 'chat', limit: 250, leaseMs: 60_000, workerId: 'page' } as const;
  for (const job of await claimJobs(chat.database.db, { ...claim, now: now() })) {
    await finishJobs(chat.database.db, [job]);
    if (job.name !== 'message.post') continue;
    const { personId, card } = job.payload;
    const email = (await stores.people.find(personId))?.email;
    const player = players.find(({ name }) => name === email);
    if (player)
      await followCard(await player.clicker.sees(card), {
        by: `message ${card.view}`,
        id: card.view,
        player,
      });
  }
}

async function company(): Promise<readonly Player[]> {
  const { stores, transact, now } = chat.services;
  const named = (first: string) => ({
    firstName: hostile(first, 200),
    lastName: hostile('Last', 200),
    position: hostile('Position', 200),
    department: hostile('Department', 200),
  });
  await chat.person({ email: 'ada@example.com', ...named('Ada'), role: 'admin' });
  await chat.person({ email: 'marco@example.com', ...named('Marco') });
  const ann = await chat.person({
    email: 'ann@example.com',
    ...named('Ann'),
    startDate: '2026-12-01',
    managerEmail: 'marco@example.com',
  });
  for (let n = 0; n < 110; n += 1)
    await chat.person({
      email: `${'e'.repeat(60)}${n}@example.com`,
      ...named(`Report ${n}`),
      managerEmail: 'marco@example.com',
    });
  const items = Array.from({ length: 300 }, (_, n) => ({
    id: `o${n}`,
    name: hostile(`Option ${n}`, 300),
    needs_approval: n % 2 === 1,
  }));
  const fernboard = await chat.integration(hostile('Fernboard', 60), {
    extra_user_info: Array.from({ length: 8 }, (_, n) => ({
      id: `FACT_${n}`,
      name: hostile(`Fact ${n}`, 100),
      description: hostile('About', 300),
    })),
    form: [
      { id: 'ROLE', name: hostile('Role', 100), type: 'choice', items },
      { id: 'TEAMS', name: hostile('Teams', 100), type: 'multiple_choice', items },
      { id: 'FEW', name: hostile('Few', 100), type: 'choice', items: items.slice(0, 90) },
      ...Array.from({ length: 8 }, (_, n) => ({
        id: `F${n}`,
        name: hostile(`Field ${n}`, 100),
        type: 'input',
      })),
    ],
    exists: { url: 'https://fernboard.example/users/{{email}}', method: 'GET' },
    execute: [{ url: 'https://fernboard.example/users', data: { email: '{{email}}' } }],
    revoke: [{ url: 'https://fernboard.example/users/{{email}}', method: 'DELETE' }],
    revoke_note: 'Ж "q" '.repeat(160),
  });
  await chat.integration(hostile('Lodestone', 60), {
    initial_data_form: Array.from({ length: 30 }, (_, n) => ({
      id: `TOKEN_${n}`,
      name: hostile(`Token ${n}`, 100),
    })),
    action: 'create',
    execute: [{ url: 'https://lodestone.example/people', method: 'GET' }],
    data_structure: { email: 'email', first_name: 'first', last_name: 'last' },
  });
  const apps = [fernboard];
  for (let n = 0; n < 24; n += 1)
    apps.push(
      await chat.integration(hostile(`App ${n}`, 60), {
        exists: { url: `https://app${n}.example/users/{{email}}`, method: 'GET' },
        execute: [{ url: `https://app${n}.example/users`, data: { email: '{{email}}' } }],
        ...(n % 2 && {
          revoke: [{ url: `https://app${n}.example/users/{{email}}`, method: 'DELETE' }],
        }),
      }),
    );
  await transact((tx) =>
    addManual(
      tx,
      { name: hostile('Door badge', 60), assignee: { kind: 'manager' } },
      { actor: SYSTEM },
    ),
  );
  await transact(async (tx) => {
    const tags = Array.from({ length: 10 }, (_, n) =>
      hostile(`t${n}`, 30).replaceAll(',', ' '),
    ).join(', ');
    const made = await makeBundle(
      tx,
      { name: hostile('Basics', 60), description: hostile('For', 300), tags },
      { actor: SYSTEM },
    );
    if (!made.ok) throw new Error(JSON.stringify(made));
    for (const integrationId of apps.slice(0, 20)) {
      const answers = Array.from({ length: integrationId === fernboard ? 11 : 0 }, (_, n) => ({
        label: hostile(`Field ${n}`, 100),
        value: hostile('v', 300),
      }));
      const form: Record<string, string | string[]> =
        integrationId === fernboard ? { ROLE: 'o0', TEAMS: ['o0', 'o2'], FEW: 'o0' } : {};
      await putItem(tx, made.bundle.id, {
        item: { integrationId, form, answers, hours: 90 * 24 },
        actor: SYSTEM,
      });
    }
  });
  await transact((tx) => addRuleSequenceAndRoute(tx, apps, fernboard));
  for (const integrationId of apps)
    await stores.access.put(
      accessSince(now(), { personId: ann.id, integrationId, reason: hostile('why', 500) }),
    );
  return ['ann', 'marco', 'ada'].map((name) => ({
    name: `${name}@example.com`,
    clicker: new Clicker(chat, `${name}@example.com`),
    pressed: new Set<string>(),
  }));
}

async function addRuleSequenceAndRoute(
  tx: Transaction,
  apps: readonly string[],
  fernboard: string,
): Promise<void> {
  const conditions = Array.from({ length: 10 }, (_, n) => ({
    field: n % 2 ? ('department' as const) : ('position' as const),
    comparison: 'one-of' as const,
    not: n > 5,
    values: Array.from({ length: 50 }, (_v, value) => hostile(`v${value}`, 200)),
  }));
  const rule = await makeRule(
    tx,
    {
      name: hostile('Rule', 80),
      definition: { matching: 'any', conditions, daysBefore: 3, overlapDays: 14 },
    },
    { actor: SYSTEM },
  );
  if (!rule.ok) throw new Error(JSON.stringify(rule));
  for (const integrationId of apps.slice(1, 20)) {
    const added = await addRuleItem(tx, rule.value.id, {
      item: { integrationId, form: {}, answers: [] },
      actor: SYSTEM,
    });
    if (!added.ok) throw new Error(JSON.stringify(added));
  }
  const sequence = await makeSequence(
    tx,
    { name: hostile('Sequence', 80), anchor: 'start-date', isForEveryHire: false },
    { actor: SYSTEM },
  );
  if (!sequence.ok) throw new Error(JSON.stringify(sequence));
  for (let n = 0; n < 20; n += 1) {
    const added = await addItem(tx, sequence.value.id, {
      timing: { kind: 'at-once' },
      does:
        n % 3
          ? {
              kind: 'task',
              title: hostile(`Task ${n}`, 200).replaceAll('{', '('),
              note: hostile('Note', 2000).replaceAll('{', '('),
              assignee: { kind: 'manager' },
              dueInDays: 3,
              checklist: Array.from({ length: 15 }, (_, line) =>
                hostile(`Line ${line}`, 200).replaceAll('{', '('),
              ),
            }
          : {
              kind: 'message',
              channel: 'direct',
              to: '{{email}}',
              subject: hostile('Subject', 200).replaceAll('{', '('),
              text: hostile('Text', 2000).replaceAll('{', '('),
            },
      actor: SYSTEM,
    });
    if (!added.ok) throw new Error(JSON.stringify(added));
  }
  const integration = present(await tx.integrations.find(fernboard));
  const large = { matching: 'all' as const, conditions };
  // All of them large would be ten megabytes, which each look at the integration reads.
  const small = { ...large, conditions: conditions.slice(0, 1) };
  const stages = Array.from({ length: 5 }, (_, n) => ({
    approvers: [
      { kind: 'group' as const, group: n === 0 ? large : small },
      { kind: 'manager' as const },
    ],
    approvals: 5,
    differentPerson: true,
  }));
  const edited = await editRoute(tx, fernboard, {
    seen: integration.version,
    actor: SYSTEM,
    change: () => ({
      stages,
      cases: Array.from({ length: 10 }, (_, n) => ({
        when: Array.from({ length: 5 }, (_when, at) => ({
          kind: 'person' as const,
          whose: 'person' as const,
          group: n + at === 0 ? large : small,
        })),
        stages: n === 0 ? stages : stages.slice(1),
      })),
    }),
  });
  if (!edited.ok) throw new Error(JSON.stringify(edited));
}

const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const nameOf = ({ by, shown }: Drawn): string => `${by}: ${shown.title.slice(0, 30)}`;
const drawings = <S extends Shown>(is: (shown: Shown) => shown is S) =>
  drawn.filter((each): each is Drawn & { readonly shown: S } => is(each.shown));
const isCard = (shown: Shown): shown is Card => !isForm(shown);

/** A card in both kinds of clients, as it is sent and as it is edited. */
const cardsOf = onceFor(({ shown }: { readonly shown: Card }) =>
  [true, false].map((dialogs) => ({
    sent: renderCard({ ...shown, isLive: true }, { dialogs }),
    edited: renderInOne(shown, { dialogs }),
  })),
);

/** A form in both kinds of clients, as it opens and with an error beside each field. */
function formsOf({ shown: form, call }: { readonly shown: Form; readonly call?: ActionCall }) {
  const carried = call ?? { id: 'x', payload: '{}' };
  const errors = Object.fromEntries(
    Object.keys(form.fields).map((name) => [name, hostile('No', 200)]),
  );
  const view = { form, session: 's'.repeat(36), call: carried, from: '1'.repeat(13) };
  return (['dialog', 'inline'] as const).flatMap((mode) => [
    renderForm({ ...view, mode }),
    renderForm({ ...view, mode, errors }),
  ]);
}

test('nothing fails on long names and awkward characters', () => {
  expect(failures).toEqual([]);
  expect(drawn.length).toBeGreaterThan(250);
});

test('every card is one message that Teams takes', () => {
  const several: string[] = [];
  const wrong: string[] = [];
  for (const each of drawings(isCard))
    for (const { sent, edited } of cardsOf(each)) {
      if (sent.length > 1) several.push(each.shown.title.slice(0, 4));
      for (const card of [...sent, edited]) {
        if (bytes(card) > CARD_BYTES) wrong.push(`${nameOf(each)}: ${bytes(card)} bytes`);
        wrong.push(...validate(card).map((why) => `${nameOf(each)}: ${why}`));
      }
    }
  expect(wrong).toEqual([]);
  // What a rule may compare, and the cases of a policy, stand whole on their own card, and nowhere else.
  expect([...new Set(several)].toSorted()).toEqual(['Rule', 'Who ']);
});

test('a card that is too long for one message keeps the buttons at its end when it is edited', () => {
  const lost = drawings(isCard).flatMap((each) => {
    const last = each.shown.blocks.at(-1);
    const labels = last?.kind === 'buttons' ? last.buttons.map(({ label }) => label) : [];
    return cardsOf(each).flatMap(({ edited }) => {
      const titles = new Set(textsOf(edited, ['title']));
      return labels
        .filter((label) => !titles.has(label))
        .map((label) => `${nameOf(each)}: ${label}`);
    });
  });
  expect(lost).toEqual([]);
});

test('every form is one message that Teams takes, with all its fields', () => {
  const wrong = drawings(isForm).flatMap((each) =>
    formsOf(each).flatMap((card) =>
      [
        ...(bytes(card) > CARD_BYTES ? [`${bytes(card)} bytes`] : []),
        // The parser of 1.5 wants choices in every list; Teams takes an empty one with a type-ahead.
        ...validate(card).filter((why) => !/choices|Choice/.test(why)),
        ...(/more fields than|too long to/.test(JSON.stringify(card)) ? ['cut'] : []),
        ...Object.entries(each.shown.fields)
          .filter(([name, field]) => hasInput(field) && !JSON.stringify(card).includes(`:${name}"`))
          .map(([name]) => `no input ${name}`),
      ].map((why) => `${nameOf(each)}: ${why}`),
    ),
  );
  expect(wrong).toEqual([]);
});

/** Clients without dialogs have no picker of people, and nobody picks from an empty list. */
const hasInput = (field: Field): boolean =>
  !['problem', 'person', 'people'].includes(field.kind) &&
  !('options' in field && field.options.length === 0);
