/** A whole name means the one that has it, though another one's name contains it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commands } from '../../../../src/bots/features/features.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { Clicker } from '../../../support/clicks.ts';

let chat: TestChat;
let ada: Clicker;

beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  ada = new Clicker(chat, 'ada@example.com');
});
afterEach(() => chat.cleanup());

const execute = [{ url: 'https://api.example.com/u' }];
async function titleOfForm(...typed: string[]): Promise<string> {
  const [word, ...args] = typed;
  const command = commands.find((known) => known.word === word);
  const reply = await command?.run(args, await chat.turn('ada@example.com'));
  return reply?.kind === 'open' ? reply.title : (reply?.kind ?? 'nothing');
}

test('request opens the form of the one that is called that', async () => {
  await chat.integration('GitHub team', { execute });
  await chat.integration('GitHub team admins', { execute });
  expect(await titleOfForm('request', 'github', 'team')).toBe('Request access');
  expect(textOf(await ada.types('request', 'github'))).toContain('GitHub team admins\n[Request…]');
});

test('integrations shows the card of the one that is called that', async () => {
  await chat.integration('Équipe', { execute });
  await chat.integration('Équipe Plus', { execute });
  expect(textOf(await ada.types('integrations', 'equipe'))).toMatch(/^Équipe\n/);
});

test('people, access and offboard mean the person who is called that, in any case and without accents', async () => {
  await chat.person({ email: 'jo@example.com', firstName: 'Jo', lastName: 'Müller' });
  await chat.person({ email: 'jo.anne@example.com', firstName: 'Jo', lastName: 'Müller-Ott' });
  expect(textOf(await ada.types('people', 'jo', 'muller'))).toMatch(/^Jo Müller\n/);
  expect(textOf(await ada.types('access', 'JO', 'MÜLLER'))).toContain('Email: jo@example.com');
  expect(textOf(await ada.types('offboard', 'jo', 'muller'))).toContain('Is Jo Müller leaving?');
  expect(textOf(await ada.types('access', 'jo'))).toContain('Which "jo" do you mean?');
});

test('of two people with the same whole name a picker shows those two alone', async () => {
  for (const email of ['jo@a.example', 'jo@b.example'])
    await chat.person({ email, firstName: 'Jo', lastName: 'Ott' });
  await chat.person({ email: 'jo@c.example', firstName: 'Jo', lastName: 'Otter' });
  const picker = textOf(await ada.types('access', 'jo', 'ott'));
  expect(picker).toContain('jo@a.example');
  expect(picker).toContain('jo@b.example');
  expect(picker).not.toContain('Otter');
});
