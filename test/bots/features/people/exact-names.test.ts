/** A whole name means the one that has it, though another one's name contains it. */
import { beforeEach, expect, test } from 'vitest';
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

test.each([
  ['access', 'Access of Ann Lee'],
  ['grant', 'What should Ann Lee get?'],
  ['offboard', 'Is Ann Lee leaving?'],
])(
  '%s Ann means her, though parts of other names and addresses are the same',
  async (word, opens) => {
    await chat.integration('Fernboard', { execute });
    await chat.person({ email: 'al@example.com', firstName: 'Ann', lastName: 'Lee' });
    await chat.person({ email: 'marco@annex.example', firstName: 'Marco', lastName: 'Ruiz' });
    await chat.person({ email: 'jo@example.com', firstName: 'Joanna', lastName: 'Ott' });
    expect(textOf(await ada.types(word, 'ann'))).toContain(opens);
  },
);

test('a part of a name stands before a part of an address, and a list has all', async () => {
  await chat.person({ email: 'a@annex.example', firstName: 'Alma', lastName: 'Ruiz' });
  await chat.person({ email: 'jo@example.com', firstName: 'Joanna', lastName: 'Ott' });
  expect(textOf(await ada.types('access', 'ann'))).toMatch(/Joanna Ott[^]*Alma Ruiz/);
  await chat.person({ email: 'al@example.com', firstName: 'Ann', lastName: 'Lee' });
  expect(textOf(await ada.types('people', 'ann'))).toMatch(/Alma Ruiz[^]*Ann Lee[^]*Joanna Ott/);
});

test.each([
  ['Jörg', 'joerg'],
  ['Joerg', 'jörg'],
  ['Łukasz', 'lukasz'],
  ['Søren', 'soeren'],
])('%s is found by %s, among all people and among reports', async (firstName, typed) => {
  const max = { email: 'max@example.com', firstName: 'Max' };
  await chat.person(max);
  await chat.person({ email: 'jw@example.com', firstName, managerEmail: max.email });
  for (const by of [ada, new Clicker(chat, max.email)])
    expect(textOf(await by.types('access', typed))).toContain(`Access of ${firstName}`);
  expect(textOf(await ada.types('people', typed))).toContain('Email: jw@example.com');
});

test.each([
  ['Büroschlüssel', 'bueroschluessel'],
  ['Bueroschluessel', 'büroschlüssel'],
  ['Großraumdrucker', 'grossraumdrucker'],
])('the app %s is found by %s', async (name, typed) => {
  await chat.integration(name, { execute });
  await chat.integration('Zoom', { execute });
  expect(textOf(await ada.types('integrations', typed))).toMatch(new RegExp(`^${name}\\n`));
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
