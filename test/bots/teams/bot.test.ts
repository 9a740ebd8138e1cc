import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { TeamsPlatform } from '../../../src/bots/teams/platform.ts';
import { MessageSurface } from '../../../src/bots/teams/surface.ts';
import { formAction } from '../../../src/bots/view/action.ts';
import { note } from '../../../src/bots/view/card.ts';
import type { Arrival, Inbox } from '../../../src/bots/view/inbox.ts';
import { refusing } from '../../../src/bots/view/receipt.ts';
import { firstOf } from '../../support/given/outcomes.ts';
import {
  ANN,
  BOB,
  botAdded,
  extension,
  extensionAnywhere,
  extensionSubmit,
  inChannel,
  installed,
  message,
  personal,
  press,
  search,
  TEAM,
  type TestActivity,
  taskFetch,
  taskSubmit,
} from './activities.ts';
import { type Connector, startConnector } from './connector/connector-double.ts';
import { runText, textsOf } from './official-parser.ts';
import {
  type SmallBot,
  type SmallBotOptions,
  startSmallBot,
  type Turn,
  welcome,
} from './small-bot.ts';

let connector: Connector;
let bot: SmallBot;

beforeEach(async () => {
  connector = await startConnector();
  connector.members.push(
    { ...ANN, email: 'ann@example.com', userPrincipalName: 'ann@example.com', userRole: 'user' },
    { ...BOB, email: 'bob@example.com', userPrincipalName: 'bob@example.com', userRole: 'user' },
  );
});
afterEach(async () => {
  await bot.stop();
  await connector.stop();
});

const start = async (options: SmallBotOptions = {}) => {
  bot = await startSmallBot({ local: true }, options);
};

/** Gives the answer's body, after everything that the activity set off is done. */
async function deliver(activity: TestActivity): Promise<unknown> {
  const response = await fetch(bot.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(activity),
  });
  const text = await response.text();
  expect(response.status).toBe(200);
  await bot.teams.idle();
  return text === '' ? undefined : JSON.parse(text);
}

const direct = () => personal(connector.url);
const channel = () => inChannel(connector.url);
const shown = () => connector.messages.map(({ card }) => runText(card));
/** What the button with this title carries, on a card or anywhere in an answer. */
function button(card: unknown, title: string): Record<string, unknown> {
  const found: Record<string, unknown>[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk);
    if (typeof value !== 'object' || value === null) return;
    const element = value as Record<string, unknown>;
    if (element['type'] === 'Action.Submit' && element['title'] === title)
      found.push(element['data'] as Record<string, unknown>);
    Object.values(element).forEach(walk);
  };
  walk(card);
  const [data] = found;
  if (!data) throw new Error(`No button "${title}"`);
  return data;
}

let letSlowFormLoad: () => void = () => undefined;
const slow = new Promise<void>((resolve) => {
  letSlowFormLoad = resolve;
});
const slowForm = formAction({
  id: 'slow',
  payload: z.object({}),
  title: () => 'Slow form',
  submitLabel: () => 'Send',
  fields: async (_payload, _turn: Turn) => {
    await slow;
    return { fields: {} };
  },
  submit: () => Promise.resolve({ kind: 'nothing' }),
});

const erase = formAction({
  id: 'erase',
  payload: z.object({}),
  title: () => 'Erase a person',
  submitLabel: () => 'Erase',
  fields: async (_payload, _turn: Turn) => ({ fields: { why: { kind: 'text', label: 'Why' } } }),
  submit: (_values, _payload, turn) => sure.press('{}', turn),
});
const sure = formAction({
  id: 'sure',
  payload: z.object({}),
  title: () => 'Are you sure?',
  submitLabel: () => 'For good',
  fields: async (_payload, _turn: Turn) => ({
    intro: [['Everything of Ann goes.']],
    fields: {},
  }),
  submit: () => Promise.resolve({ kind: 'say', to: 'here', card: note('Ann is erased') }),
});
/** Its answer changes nothing that the adapter sees. */
const assign = formAction({
  id: 'assign',
  payload: z.object({}),
  title: () => 'Reassign the task',
  submitLabel: () => 'Save',
  fields: async (_payload, _turn: Turn) => ({ fields: {} }),
  submit: () => Promise.resolve({ kind: 'nothing' }),
});

describe('a message to the bot', () => {
  test('is answered in its conversation, which is remembered as the direct one', async () => {
    await start();
    await deliver(message(direct(), 'access Ann'));
    expect(shown()).toHaveLength(1);
    expect(shown()[0]).toContain('Access of Ann Lee');
    expect(connector.messages[0]?.conversation).toBe('a:129:1ann');
    expect(bot.met.get(ANN.aadObjectId)?.key).toContain('a:129:1ann');
  });

  test('that is delivered again is answered once', async () => {
    await start();
    const same = message(direct(), 'access Ann');
    await deliver(same);
    await deliver(same);
    expect(shown()).toHaveLength(1);
  });

  test('in a channel loses the mention of the bot, and a mentioned member is known by object id', async () => {
    await start();
    await deliver(
      message(channel(), '<at>Latchkey</at>&nbsp;echo <at>Bob Ray</at> <at>Eve</at> <b>', BOB),
    );
    expect(shown()[0]).toBe(`Bob Ray <at>Eve</at> <b>${BOB.aadObjectId} from ann@example.com`);
    expect(connector.requests).toContain(`GET /v3/conversations/${TEAM}/members/29:1bob`);
    expect(connector.messages[0]?.conversation).toContain(';messageid=1485983194839');
  });

  test('that quotes another one is read without the quote, and markup that is no quote stays', async () => {
    await start();
    const quoting = message(direct(), '<quoted messageId="17"/> echo <quoted messageId="18"/>');
    const quote = { type: 'quotedReply', quotedReply: { messageId: '17', preview: 'Hello' } };
    await deliver({ ...quoting, entities: [quote] });
    expect(shown()).toEqual(['<quoted messageId="18"/> from ann@example.com']);
  });

  test('from a channel whose answer is private goes to a direct conversation that is opened for it', async () => {
    await start();
    await deliver(message(channel(), '<at>Latchkey</at> tell'));
    expect(connector.messages[0]).toMatchObject({ conversation: 'a:29:1ann' });
    expect(connector.messages[1]?.conversation).toContain('thread.tacv2');
    expect(shown()[1]).toBe("I've sent it to Ann LeeIt's in their direct messages with me.");

    await deliver(message(channel(), '<at>Latchkey</at> tell'));
    expect(connector.messages[2]).toMatchObject({ conversation: 'a:29:1ann' });
    const openings = connector.requests.filter((each) => each === 'POST /v3/conversations');
    expect(openings).toHaveLength(1); // It is remembered.
  });

  test('from a channel, by someone who has removed or blocked the bot since, is answered with what to do', async () => {
    await start();
    await deliver(message(direct(), 'access'));
    for (const [why, typed] of [
      ['ConversationBlockedByUser', 'tell'],
      ['BotNotInConversationRoster', 'grant'],
    ] as const) {
      connector.closed.set('a:129:1ann', why);
      connector.messages.length = 0;
      await deliver(message(channel(), `<at>Latchkey</at> ${typed}`));
      expect(shown()).toEqual([
        expect.stringContaining('Ann Lee, open a direct chat with me first'),
      ]);
    }
  });

  test('from a channel, by someone the bot cannot write to, is answered with what to do and nothing private', async () => {
    await start();
    connector.refuseOpening = true;
    await deliver(message(channel(), '<at>Latchkey</at> tell'));
    expect(shown()).toHaveLength(1);
    expect(shown()[0]).toContain('Ann Lee, open a direct chat with me first');
  });
});

describe('the message extension', () => {
  const open = async (options: SmallBotOptions = { dialogs: true }) => {
    await start(options);
    await deliver(message(direct(), 'access')); // From here on their direct conversation is known.
  };

  test('shows the access of the person who wrote the message, in the direct conversation', async () => {
    await open();
    const answer = await deliver(extension(connector.url, BOB));
    expect(connector.messages[1]?.conversation).toBe('a:129:1ann');
    expect(shown()[1]).toBe(`Access of ${BOB.aadObjectId}`);
    expect(runText(answer)).toContain("I've sent it to you");
  });

  test('takes no chat of two people for a conversation with the bot', async () => {
    await start({ dialogs: true });
    await deliver(extension(connector.url, BOB));
    expect(bot.met.get(ANN.aadObjectId)?.key).toContain('a:29:1ann');
    expect(connector.messages).toMatchObject([{ conversation: 'a:29:1ann' }]);
  });

  test('says in its dialog, and nowhere else, that an app wrote the message', async () => {
    await open();
    expect(runText(await deliver(extension(connector.url, 'an app')))).toContain(
      'An app wrote this',
    );
    expect(connector.messages).toHaveLength(1);
  });

  test.each(['compose', 'commandBox'] as const)(
    'from %s asks whom in a dialog, and says there where the answer is',
    async (place) => {
      await open();
      const dialog = await deliver(extensionAnywhere(connector.url, place));
      expect(textsOf(dialog, ['label'])).toEqual(['Whose access?']);
      const answer = await deliver(
        extensionSubmit(connector.url, button(dialog, 'Show'), { 't:who': 'Bob' }),
      );
      expect(runText(answer)).toContain("I've sent it to you");
      expect(connector.messages).toMatchObject([{}, { conversation: 'a:129:1ann' }]);
      expect(shown()[1]).toBe('Access of Bob');
      expect(bot.errors).toEqual([]);
    },
  );

  test('shows beside the field what is wrong with the answer', async () => {
    await open();
    const dialog = await deliver(extensionAnywhere(connector.url));
    const again = await deliver(extensionSubmit(connector.url, button(dialog, 'Show')));
    expect(runText(again)).toContain('Needs an answer.');
  });

  test('asks in the direct conversation where the client shows no dialogs', async () => {
    await open({ dialogs: false });
    const answer = await deliver(extensionAnywhere(connector.url));
    expect(runText(answer)).toContain("I've sent it to you");
    const form = await connector.nth(2);
    expect(form.conversation).toBe('a:129:1ann');
    await deliver(press(direct(), form.id, button(form.card, 'Show'), { 't:who': 'Bob' }));
    expect(runText(form.card)).toBe('Access of Bob');
    expect(connector.messages).toHaveLength(2);
  });

  test('of someone the bot cannot write to says in its dialog what to do', async () => {
    await start({ dialogs: true });
    connector.refuseOpening = true;
    const answer = await deliver(extension(connector.url, BOB));
    expect(runText(answer)).toContain('Open a direct chat with me first');
    expect(connector.messages).toEqual([]);
  });

  test('that Teams asks twice for one use is answered once', async () => {
    await open();
    const used = extension(connector.url, BOB);
    await deliver(used);
    await deliver(used);
    expect(shown()).toHaveLength(2);
  });
});

test('Home is looked at again in its place', async () => {
  await start({ dialogs: true });
  await deliver(message(direct(), 'home'));
  const card = await connector.nth(1);
  await deliver(press(direct(), card.id, button(card.card, 'Refresh')));
  await deliver(press(direct(), card.id, button(card.card, 'Refresh')));
  expect(shown()).toEqual(['Seen again']);
  expect(card.edits).toBe(2);
});

test('an install, of which Teams tells twice, is greeted once', async () => {
  await start();
  await deliver(installed(direct()));
  await deliver(botAdded(direct()));
  expect(shown()).toEqual([
    'HelloType help to see what I can do, or home for your access and what needs you.',
  ]);
});

test('activities without an id are all answered: none is taken for another one', async () => {
  await start();
  for (const text of ['access Ann', 'echo again']) {
    const { id: _, ...without } = message(direct(), text);
    await deliver(without as unknown as TestActivity);
  }
  expect(shown()).toHaveLength(2);
});

test('what is not for us is acknowledged and does nothing', async () => {
  await start();
  await deliver({ ...direct(), type: 'messageReaction' });
  await deliver({ ...direct(), type: 'installationUpdate', action: 'remove' });
  expect(connector.requests).toEqual([]);
  expect(bot.errors).toEqual([]);
});

test('what comes from another channel than Teams, where a client says who it is, does nothing', async () => {
  await start();
  await deliver({ ...message(direct(), 'access'), channelId: 'webchat' });
  expect(connector.requests).toEqual([]);
  expect(bot.met.size).toBe(0);
});

describe('when Teams asks to wait', () => {
  const pauses: number[] = [];
  const startWaiting = () => {
    pauses.length = 0;
    return start({ pause: (ms) => Promise.resolve(void pauses.push(ms)) });
  };

  test('an answer to a person is said after the wait', async () => {
    await startWaiting();
    connector.failures.push({ status: 429, headers: { 'retry-after': '2' } }, { status: 412 });
    await deliver(message(direct(), 'access'));
    expect(shown()[0]).toContain('Access of Ann Lee');
    expect(pauses).toEqual([2000, 1000]);
  });

  test('for long, nobody is kept waiting, and the log has it', async () => {
    await startWaiting();
    connector.failures.push(
      ...[1, 2].map(() => ({ status: 429, headers: { 'retry-after': '60' } })),
    );
    await deliver(message(direct(), 'access'));
    expect(shown()).toEqual([]);
    expect(pauses).toEqual([]);
    expect(bot.errors[0]).toMatchObject({ code: 'rate-limited', retryAfterMs: 60_000 });
  });
});

test('an invoke that we do not know is answered with 501', async () => {
  await start();
  const response = await fetch(bot.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...direct(), type: 'invoke', name: 'signin/verifyState', value: {} }),
  });
  expect(response.status).toBe(501);
});

test('a press replaces the card that was pressed', async () => {
  await start();
  await deliver(message(direct(), 'access Ann'));
  const card = await connector.nth(1);
  await deliver(press(direct(), card.id, button(card.card, 'Greet')));
  expect(shown()).toEqual(['GreetedGood morning.']);
  expect(card.edits).toBe(1);
});

test('a notice that was posted in a channel is replaced by a press, which comes with the thread that it began', async () => {
  await start();
  await deliver(message(channel(), '<at>Latchkey</at> echo'));
  const place = firstOf(bot.heres);
  const posted = await bot.teams.platform.send(place, welcome);
  const notice = await connector.nth(2);
  const { conversation } = channel();
  const thread = { ...conversation, id: `${notice.conversation};messageid=${notice.id}` };
  const greet = button(notice.card, 'Greet');
  await deliver(press({ ...channel(), conversation: thread }, notice.id, greet));
  expect(runText(notice.card)).toBe('GreetedGood morning.');
  expect(bot.clicked).toEqual([posted]);
});

test('a button that an older version made says so', async () => {
  await start();
  await deliver(press(direct(), '1', { $action: 'gone', $payload: '{}' }));
  expect(shown()[0]).toContain('This button no longer works');
});

describe('a form in the conversation', () => {
  const open = async (options: SmallBotOptions = {}) => {
    await start(options);
    await deliver(message(direct(), 'access Ann'));
    const card = await connector.nth(1);
    await deliver(press(direct(), card.id, button(card.card, 'Grant…')));
    return { card, form: await connector.nth(2) };
  };

  test('keeps the answers beside the errors, then gives way to the outcome', async () => {
    const { card, form } = await open();
    const inputs = { 't:project': '238', 'm:rights': '0,1', 't:reason': 'no' };
    await deliver(press(direct(), form.id, button(form.card, 'Grant'), inputs));
    expect(runText(form.card)).toContain("That isn't a reason.");
    expect(textsOf(form.card, ['value'])).toEqual(expect.arrayContaining(['238', '0,1', 'no']));

    await deliver(
      press(direct(), form.id, button(form.card, 'Grant'), { ...inputs, 't:reason': 'work' }),
    );
    expect(runText(card.card)).toBe('Granted for Ann Leep239 with r+w, because: work');
    expect(runText(form.card)).toContain('The card above shows the result of your answer.');
    expect(connector.messages).toHaveLength(2);
  });

  test('is answered once, and a second press leaves the outcome alone', async () => {
    const { card, form } = await open();
    const answer = () =>
      press(direct(), form.id, grantButton, {
        't:project': '1',
        'm:rights': '0',
        't:reason': 'work',
      });
    const grantButton = button(form.card, 'Grant');
    await Promise.all([deliver(answer()), deliver(answer())]);
    expect(runText(card.card)).toContain('Granted for Ann Lee');
    expect(runText(form.card)).toContain('The card above');
    expect(shown()).toHaveLength(2);
  });

  test('is not for anybody else', async () => {
    const { card, form } = await open();
    const eve = personal(connector.url, BOB);
    await deliver(
      press(eve, form.id, button(form.card, 'Grant'), {
        't:project': '1',
        'm:rights': '0',
        't:reason': 'x',
      }),
    );
    expect(runText(card.card)).not.toContain('Granted');
  });

  test('is searched, keeping what was filled in', async () => {
    const { form } = await open();
    await deliver(
      press(direct(), form.id, button(form.card, 'Search'), {
        'q:project': 'number 24',
        't:reason': 'work',
      }),
    );
    expect(runText(form.card)).toContain('4 of 240 options match.');
    expect(textsOf(form.card, ['title'])).toEqual(
      expect.arrayContaining(['Project number 24', 'Project number 240']),
    );
    expect(textsOf(form.card, ['value'])).toContain('work');
  });

  test('can be cancelled', async () => {
    const { card, form } = await open();
    await deliver(press(direct(), form.id, button(form.card, 'Cancel')));
    expect(runText(form.card)).toContain('Cancelled');
    expect(card.edits).toBe(0);
  });

  test('is answered and cancelled in what its reader has chosen, whatever their client says', async () => {
    const answered = await open({ locale: 'de' });
    const inputs = { 't:project': '238', 'm:rights': '0,1', 't:reason': 'work' };
    await deliver(press(direct(), answered.form.id, button(answered.form.card, 'Grant'), inputs));
    expect(runText(answered.form.card)).toContain('Die Karte oben zeigt');

    await bot.stop();
    connector.messages.length = 0;
    const { form } = await open({ locale: 'de' });
    const cancel = button(form.card, 'Abbrechen');
    await deliver(press(direct(), form.id, cancel));
    expect(runText(form.card)).toContain('Es wurde nichts geändert.');
    await deliver(press(direct(), form.id, { ...cancel, $form: 'made up' }));
    expect(shown().at(-1)).toContain('Dieses Formular ist abgelaufen');
  });

  test('that was cancelled is over: it takes no answer any more, and the card says so still', async () => {
    const { form } = await open();
    const grant = button(form.card, 'Grant');
    await deliver(press(direct(), form.id, button(form.card, 'Cancel')));
    const inputs = { 't:project': '1', 'm:rights': '0', 't:reason': 'work' };
    await deliver(press(direct(), form.id, grant, inputs));
    expect(runText(form.card)).toContain('Cancelled');
    expect(shown()).toHaveLength(2);
  });

  test("can't be cancelled by someone else, who can't write over messages with it either", async () => {
    const { card, form } = await open();
    const cancel = button(form.card, 'Cancel');
    await deliver(press(personal(connector.url, BOB), card.id, cancel));
    await deliver(press(inChannel(connector.url, BOB), card.id, cancel));
    await deliver(press(channel(), card.id, cancel));
    expect([card.edits, runText(form.card)]).toEqual([0, expect.stringContaining('Grant access')]);
  });

  test("can't be searched to write over another message", async () => {
    const { card, form } = await open();
    const data = { ...button(form.card, 'Search'), $form: 'made up' };
    await deliver(press(direct(), card.id, data));
    expect(card.edits).toBe(0);
    expect(shown()[2]).toContain('This form has expired');
  });

  test('with a field that could not be loaded is loaded again in its place', async () => {
    await start();
    const ben = () => personal(connector.url, { ...BOB, aadObjectId: 'inline-flaky' });
    await deliver(message(ben(), 'access'));
    const card = await connector.nth(1);
    await deliver(press(ben(), card.id, button(card.card, 'Flaky…')));
    const form = await connector.nth(2);
    expect(runText(form.card)).toContain('The service answered 503.');
    await deliver(press(ben(), form.id, button(form.card, 'Try again')));
    expect(runText(form.card)).not.toContain('answered 503');
    await deliver(press(ben(), form.id, button(form.card, 'Send'), { 't:list': 'x' }));
    expect(shown().slice(1)).toEqual(['Flaky is done']);
  });

  test('that is followed by another shows it in its place, and only the second does something', async () => {
    await start({ more: [erase, sure] });
    await deliver(message(direct(), 'access'));
    const card = await connector.nth(1);
    await deliver(press(direct(), card.id, { $action: 'erase', $payload: '{}' }));
    const form = await connector.nth(2);
    await deliver(press(direct(), form.id, button(form.card, 'Erase'), { 't:why': 'asked' }));
    expect(runText(form.card)).toContain('Everything of Ann goes.');
    await deliver(press(direct(), form.id, button(form.card, 'For good')));
    expect(shown().slice(1)).toEqual(['Ann is erased']);
  });

  test('that its card follows says so, and not that something was done', async () => {
    await start({ more: [assign] });
    await deliver(message(direct(), 'access'));
    const card = await connector.nth(1);
    await deliver(press(direct(), card.id, { $action: 'assign', $payload: '{}' }));
    const form = await connector.nth(2);
    await deliver(press(direct(), form.id, button(form.card, 'Save')));
    expect(runText(form.card)).toBe('Form sentThe card that opened this form is up to date.');
  });

  test('is opened in the direct conversation when it is requested in a channel', async () => {
    await start();
    await deliver(message(channel(), '<at>Latchkey</at> grant'));
    expect(connector.messages.map(({ conversation }) => conversation.split(';')[0])).toEqual([
      'a:29:1ann',
      '19:253b1f341670408fb6fe51050b6e5ceb@thread.tacv2',
    ]);
    expect(shown()[0]).toContain('Grant access');
    expect(shown()[1]).toBe("I've sent it to Ann LeeThe form is in their direct messages with me.");
  });

  test('is said to be sent to “you” where Teams names nobody', async () => {
    await start();
    const asked = message(channel(), '<at>Latchkey</at> grant');
    await deliver({ ...asked, from: { ...ANN, name: null } });
    expect(shown()[1]).toBe("I've sent it to youThe form is in your direct messages with me.");
  });
});

test.each([
  ['in a direct chat', { place: 'direct' }],
  ['where the bot answers to the person alone', { place: 'shared', outside: true }],
] as const)('nobody is named among others %s', (_, where) => {
  const surface = new MessageSurface({
    ...where,
    name: 'Ann Lee',
    dialogs: false,
    platform: {} as TeamsPlatform,
    conversation: { platform: 'teams', key: 'x' },
    direct: () => Promise.reject(new Error('Nothing is sent')),
  });
  expect(surface.amongOthers).toBeUndefined();
});

describe('a dialog', () => {
  const open = async (title = 'Grant…') => {
    await start({ dialogs: true });
    await deliver(message(direct(), 'access Ann'));
    const card = await connector.nth(1);
    const data = button(card.card, title);
    expect(data['msteams']).toEqual({ type: 'task/fetch' });
    return { card, dialog: await deliver(taskFetch(direct(), card.id, data)) };
  };
  const inputs = { 't:project': '238', 'm:rights': '0', 't:reason': 'work' };

  test('is the answer to the press, and nothing is sent', async () => {
    const { dialog } = await open();
    expect(dialog).toMatchObject({
      task: {
        type: 'continue',
        value: {
          title: 'Grant access',
          card: { contentType: 'application/vnd.microsoft.card.adaptive' },
        },
      },
    });
    expect(connector.messages).toHaveLength(1);
  });

  test('is shown again with errors and answers, then closes and the card is replaced', async () => {
    const { card, dialog } = await open();
    const again = await deliver(
      taskSubmit(direct(), button(dialog, 'Grant'), { ...inputs, 't:reason': 'no' }),
    );
    expect(runText(again)).toContain("That isn't a reason.");
    expect(textsOf(again, ['value'])).toEqual(expect.arrayContaining(['238', 'no']));
    expect(await deliver(taskSubmit(direct(), button(again, 'Grant'), inputs))).toBeUndefined();
    expect(runText(card.card)).toContain('p239 with r, because: work');
  });

  test('searches a long list as one types, and shows positions only', async () => {
    const { dialog } = await open();
    const [dataset = ''] = textsOf(dialog, ['dataset']);
    expect(await deliver(search(direct(), dataset, 'number 239'))).toEqual({
      type: 'application/vnd.microsoft.search.searchResponse',
      value: { results: [{ title: 'Project number 239', value: '238' }] },
    });
    const more = await deliver(search(direct(), dataset, 'number', 15));
    expect(textsOf(more, ['value'])[0]).toBe('15');
    const others = await deliver(search(personal(connector.url, BOB), dataset, 'number'));
    expect(others).toMatchObject({ value: { results: [] } });
  });

  test('says privately what came instead of a form', async () => {
    await start({ dialogs: true });
    const answer = await deliver(taskFetch(channel(), '1', { $action: 'gone', $payload: '{}' }));
    expect(runText(answer)).toContain('This button no longer works');
    expect(connector.messages).toEqual([]);
  });

  test('that is followed by another shows it in its place, and only the second does something', async () => {
    await start({ dialogs: true, more: [erase, sure] });
    const asked = await deliver(taskFetch(direct(), '1', { $action: 'erase', $payload: '{}' }));
    const next = await deliver(taskSubmit(direct(), button(asked, 'Erase'), { 't:why': 'asked' }));
    expect(runText(next)).toContain('Everything of Ann goes.');
    expect(connector.messages).toEqual([]);
    await deliver(taskSubmit(direct(), button(next, 'For good')));
    expect(shown()).toEqual(['Ann is erased']);
  });

  test('that was answered already closes, and says nothing more', async () => {
    const { dialog } = await open();
    await deliver(taskSubmit(direct(), button(dialog, 'Grant'), inputs));
    const before = shown().length;
    await deliver(taskSubmit(direct(), button(dialog, 'Grant'), inputs));
    expect(shown()).toHaveLength(before);
  });

  test('loads a field again', async () => {
    await start({ dialogs: true });
    const dan = () => personal(connector.url, { ...BOB, aadObjectId: 'dialog-flaky' });
    await deliver(message(dan(), 'access'));
    const card = await connector.nth(1);
    const failed = await deliver(taskFetch(dan(), card.id, button(card.card, 'Flaky…')));
    expect(runText(failed)).toContain('The service answered 503.');
    const loaded = await deliver(taskSubmit(dan(), button(failed, 'Try again')));
    expect(textsOf(loaded, ['label'])).toEqual(['List']);
  });

  test('that is not ready within Teams’ time offers to try again', async () => {
    await start({ dialogs: true, invokeMs: 1, more: [slowForm] });
    const asked = fetch(bot.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(taskFetch(direct(), '1', { $action: 'slow', $payload: '{}' })),
    });
    const answer: unknown = await (await asked).json();
    expect(button(answer, 'Try again')).toMatchObject({
      $action: 'slow',
      $do: 'again',
      $from: '1',
    });
    letSlowFormLoad();
    await bot.teams.idle();
    expect(connector.messages).toEqual([]);
  });

  test('that a typed command asks for is offered by a button, since a message can open none', async () => {
    await start({ dialogs: true });
    await deliver(message(direct(), 'grant'));
    const offer = await connector.nth(1);
    expect(button(offer.card, 'Open the form')).toMatchObject({
      $action: 'grant',
      msteams: { type: 'task/fetch' },
    });
  });
});

describe('what is stored before it is acknowledged', () => {
  const stored: Arrival[] = [];
  /** Of a process that dies with everything that it stores. */
  const inbox: Inbox = {
    receive(arrival) {
      stored.push(arrival);
      return { ...refusing({ kind: 'repeated' }), acknowledgeable: Promise.resolve() };
    },
  };
  beforeEach(async () => {
    stored.length = 0;
    await start({ inbox });
  });

  test('a message is answered by another process', async () => {
    await deliver(message(direct(), 'echo hello'));
    expect([stored.map(({ user }) => user.userId), shown()]).toEqual([[ANN.aadObjectId], []]);
    let isEnded = false;
    const end = () => {
      isEnded = true;
    };
    await bot.teams.replay(stored[0]?.content, {
      refusal: Promise.resolve(undefined),
      begin: async () => true,
      end,
    });
    await bot.teams.idle();
    expect(shown().join()).toContain('hello');
    expect(isEnded).toBe(true);
  });

  test('what a form was answered with is no part of it, nor what a dialog waits for', async () => {
    const data = { $action: 'access.grant', $payload: '{}', $do: 'submit', $form: 's' };
    await deliver(press(direct(), 'card', data, { reason: 'a secret' }));
    await deliver(taskSubmit(direct(), data, { reason: 'a secret' }));
    expect(stored).toEqual([]);
  });
});
