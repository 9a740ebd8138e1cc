import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ActionBook, buttonAction, type Reply } from '../../../src/bots/view/action.ts';
import { Bot } from '../../../src/bots/view/bot.ts';
import type { BotDeps } from '../../../src/bots/view/bot-deps.ts';
import { type Card, note } from '../../../src/bots/view/card.ts';
import type { Inbound, Surface } from '../../../src/bots/view/platform.ts';
import type { LiveCardRef } from '../../../src/core/message.ts';

interface Turn {
  readonly personId: string;
}

/** What was shown, where, in this order; a card as its title and what is above the rest of it. */
let shown: string[];
let errors: string[];
/** The language of the user; only '' is refused. */
let personId: string;
/** What the button answers with. */
let reply: Reply;
let showHome: (card: Card) => Promise<void>;

const payload = z.object({});
const again = buttonAction({
  id: 'home.again',
  payload,
  handle: async (_payload, _turn: Turn): Promise<Reply> => ({ kind: 'nothing' }),
});
const button = buttonAction({
  id: 'button',
  payload,
  handle: async (_payload, _turn: Turn) => reply,
});
const live: LiveCardRef = { view: 'run', payload: '{}', topic: 'run:1' };

const titled = ({ title, blocks: [first] }: Card): string => {
  if (first?.kind === 'buttons') return `${title} [${first.buttons[0]?.label}]`;
  return first?.kind === 'text' && typeof first.text[0] === 'object'
    ? `${title}, ${first.text[0].text}`
    : title;
};
const say = (where: string) => async (card: Card) => void shown.push(`${where}: ${titled(card)}`);
const surface = (): Surface => ({
  home: (card) => showHome(card),
  async toPerson(card) {
    shown.push(`person: ${card.title}`);
    return { platform: 'slack', key: 'm' };
  },
  here: say('here'),
  replace: say('replace'),
  openForm: () => Promise.reject(new Error('There is no form')),
});
let events = 0;
const inbound = (): Inbound => ({
  user: { platform: 'slack', tenant: 'T', userId: 'U' },
  key: `event-${++events}`,
  place: 'direct',
  profileOf: async () => undefined,
});

const botWith = (more: Partial<BotDeps<Turn>> = {}): Bot<Turn> => {
  const seen = new Set<string>();
  return new Bot<Turn>({
    actions: new ActionBook<Turn>([again, button]),
    commands: [],
    sessions: {
      save: async () => '',
      find: async () => undefined,
      use: async () => false,
      isAnswered: async () => false,
      reopen: async () => undefined,
    },
    live: {
      show: async (card, _turn, post) => void (await post(note(`live ${card.view}`))),
      replace: () => Promise.reject(new Error('Home follows nothing')),
      current: async () => undefined,
      forget: async () => undefined,
    },
    firstTime: async (key) => !seen.has(key) && Boolean(seen.add(key)),
    identify: async () => (personId === '' ? { refused: note('Who are you?') } : { personId }),
    home: { card: async (turn) => note(`Home of ${turn.personId}`), again: again.with({}) },
    onError: (error, where) => void errors.push(`${where}: ${String(error)}`),
    ...more,
  });
};
let bot: Bot<Turn>;
beforeEach(() => {
  shown = [];
  errors = [];
  personId = 'ann';
  reply = { kind: 'nothing' };
  showHome = say('home');
  bot = botWith();
});

describe('Home', () => {
  test('shows the reader what is theirs, once for each time', async () => {
    const event = inbound();
    await bot.home(event, showHome);
    await bot.home(event, showHome);
    expect(shown).toEqual(['home: Home of ann']);
  });

  test('says to those who are refused why', async () => {
    personId = '';
    await bot.home(inbound(), showHome);
    expect(shown).toEqual(['home: Who are you?']);
  });

  test('that breaks says so without its reason, which the log has', async () => {
    bot = botWith({
      home: { card: () => Promise.reject(new Error('a bug')), again: again.with({}) },
    });
    await bot.home(inbound(), showHome);
    expect(shown).toEqual(['home: Something went wrong on our side']);
    expect(errors).toEqual(['home: Error: a bug']);
  });
});

describe('what is pressed in Home', () => {
  const press = (call = button.with({})) => bot.press(inbound(), call, surface());

  test.each<[string, Reply, string[]]>([
    ['nothing', { kind: 'nothing' }, ['home: Home of ann']],
    [
      'a card for the person',
      { kind: 'say', to: 'person', card: note('For you') },
      ['person: For you', "home: Home of ann, I've sent it to you"],
    ],
    [
      'a card here, which is no place for messages',
      { kind: 'say', to: 'here', card: note('Said') },
      ['here: Said', "home: Home of ann, I've sent it to you"],
    ],
    [
      'a card that follows its subject',
      { kind: 'show', card: live },
      ['person: live run', "home: Home of ann, I've sent it to you"],
    ],
    [
      'such a card in its place, which Home has none for',
      { kind: 'replace', card: live },
      ['person: live run', "home: Home of ann, I've sent it to you"],
    ],
    [
      'another card in its place, with the way back',
      { kind: 'replace', card: note('A list') },
      ['home: A list [Back to Home]'],
    ],
  ])('and answered with %s', async (_name, answered, expected) => {
    reply = answered;
    await press();
    expect(shown).toEqual(expected);
  });

  test('to see it again shows it as it is now', async () => {
    await press(again.with({}));
    expect(shown).toEqual(['home: Home of ann']);
  });

  test('by someone who is refused says there why', async () => {
    personId = '';
    await press();
    expect(shown).toEqual(['home: Who are you?']);
  });

  test('stays done where Home cannot be shown after it', async () => {
    showHome = () => Promise.reject(new Error('gone'));
    reply = { kind: 'say', to: 'person', card: note('For you') };
    await press();
    expect(shown).toEqual(['person: For you']);
    expect(errors).toEqual(['home: Error: gone']);
  });
});

describe('a shortcut', () => {
  const where = (): Surface => {
    const { home: _, ...rest } = surface();
    return rest;
  };

  test('says what it was used on, and is answered once', async () => {
    bot = botWith({
      shortcut: async (used, turn) => ({
        kind: 'say',
        to: 'here',
        card: note(`${turn.personId}, ${used.kind === 'author' ? used.userId : 'anybody'}`),
      }),
    });
    const event = inbound();
    await bot.shortcut(event, { kind: 'author', userId: 'U2' }, where());
    await bot.shortcut(event, { kind: 'author', userId: 'U2' }, where());
    await bot.shortcut(inbound(), { kind: 'global' }, where());
    expect(shown).toEqual(['here: ann, U2', 'here: ann, anybody']);
  });

  test('of someone who is refused does nothing but say why', async () => {
    personId = '';
    await bot.shortcut(inbound(), { kind: 'global' }, where());
    expect(shown).toEqual(['here: Who are you?']);
  });
});
